//! Whose account it is that was signed in to.
//!
//! The provider's profile is fetched with the fresh token; the ID token, which came over the same connection, is the second
//! choice.
//! Its signature is not checked, so it proves nothing to others: the address is compared with what a user expects
//! (A12), and decides about no access.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::http::{Method, Request};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::client::{Client, Redeemed};

/// The fields in which Google, Microsoft and OpenID Connect send an address, the best first. Microsoft's `mail` is the mailbox's own
/// address, its user principal name often only looks like one.
const FIELDS: [&str; 6] = ["mail", "email", "emailAddress", "preferred_username", "userPrincipalName", "upn"];

/// Returns the address, or none: a sign-in does not fail because a profile can't be read.
pub(super) async fn learn(client: &Client, redeemed: &Redeemed) -> Option<String> {
    if let Some(address) = asked(client, redeemed).await {
        return Some(address);
    }
    address_in(&claims(redeemed.id_token.as_ref()?.expose_secret())?)
}

async fn asked(client: &Client, redeemed: &Redeemed) -> Option<String> {
    let endpoint = client.provider().endpoints.identity.as_ref()?;
    let request = Request::builder()
        .method(Method::GET)
        .uri(endpoint.as_str())
        .header("accept", "application/json")
        .header("authorization", format!("Bearer {}", redeemed.access.expose_secret()))
        .body(Vec::new())
        .ok()?;
    let answer = client.http.send(request).await.ok()?;
    if !answer.status().is_success() {
        return None;
    }
    address_in(&serde_json::from_slice(answer.body()).ok()?)
}

/// Decodes the claims of an ID token: the middle of `header.claims.signature`.
pub(super) fn claims(token: &str) -> Option<Value> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// Returns the first field that is an address.
pub(super) fn address_in(profile: &Value) -> Option<String> {
    FIELDS.iter().filter_map(|field| profile[field].as_str()).find_map(|text| {
        let parsed: lettre::Address = text.trim().parse().ok()?;
        Some(parsed.to_string())
    })
}
