//! The token and revocation endpoints.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::answers::{Refusal, audience, json_answer, refusal};
use super::authorize::once_each;
use super::{Access, Asked, CLIENT, Family, Manner, Once, Refresh, SECRET, Server, ServerState};

type Form = BTreeMap<String, String>;

fn of<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).map_or("", String::as_str)
}

/// Form and client are as RFC 6749 §2.3 and §3.2 want them.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Form, Refusal> {
    let wrong = |words: &str| refusal("invalid_request", 900_144, words);
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type != Some("application/x-www-form-urlencoded") {
        return Err(wrong("the body must be a form"));
    }
    let form = once_each(body).ok_or_else(|| wrong("a parameter is there twice"))?;
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (id, secret) = match basic.and_then(|value| value.strip_prefix("Basic ")) {
        Some(_) if form.contains_key("client_secret") => {
            return Err(wrong("two ways of client authentication"));
        }
        Some(basic) => {
            let decoded = STANDARD.decode(basic).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let decoded = decoded.ok_or_else(|| wrong("malformed authorization"))?;
            let (id, secret) = decoded.split_once(':').ok_or_else(|| wrong("malformed authorization"))?;
            (id.to_owned(), secret.to_owned())
        }
        None => (of(&form, "client_id").to_owned(), of(&form, "client_secret").to_owned()),
    };
    if id != CLIENT {
        return Err(refusal("invalid_client", 700_016, "The OAuth client was not found."));
    }
    if secret != SECRET {
        return Err(refusal("invalid_client", 7_000_215, "Invalid client secret provided."));
    }
    Ok(form)
}

pub(super) async fn token(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response {
    let held = server.server_state().behaviour.held.clone();
    if let Some(held) = held {
        held.acquire().await.expect("a gate").forget();
    }
    let once = server.server_state().behaviour.once.pop_front();
    match once {
        Some(Once::Respond(status, content_type, body)) => {
            let status = StatusCode::from_u16(status).expect("a status");
            return (status, [(header::CONTENT_TYPE, content_type)], body).into_response();
        }
        Some(Once::Busy(status, seconds)) => {
            let status = StatusCode::from_u16(status).expect("a status");
            let body = json!({ "error": "temporarily_unavailable", "error_description": "come back later" });
            return (status, [(header::RETRY_AFTER, seconds.to_string())], body.to_string()).into_response();
        }
        Some(Once::Redirect(to)) => {
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response();
        }
        Some(Once::HangUp) | None => {}
    }
    let answer = match read(&headers, &body) {
        Err(refused) => Err((Form::new(), refused)),
        Ok(form) => server.redeem(&form).map_err(|refused| (form.clone(), refused)).map(|body| (form, body)),
    };
    let (form, error) = match &answer {
        Ok((form, _)) => (form, None),
        Err((form, refused)) => (form, Some(refused.error.to_owned())),
    };
    let grant_type = of(form, "grant_type").to_owned();
    server.server_state().asked.push(Asked { grant_type, scope: form.get("scope").cloned(), error });
    if once == Some(Once::HangUp) {
        // Ends the connection's task, and with it the connection; no panic is reported.
        std::panic::resume_unwind(Box::new("hangs up"))
    }
    match answer {
        Ok((_, body)) => json_answer(200, &body),
        Err((_, refused)) => server.refuse(&refused),
    }
}

impl Server {
    fn redeem(&self, form: &Form) -> Result<serde_json::Value, Refusal> {
        match of(form, "grant_type") {
            "authorization_code" => self.redeem_code(form),
            "refresh_token" => self.redeem_refresh_token(form),
            "urn:ietf:params:oauth:grant-type:device_code" => self.redeem_device_code(form),
            other => Err(refusal("unsupported_grant_type", 70_003, format!("what is \"{other}\"?"))),
        }
    }

    fn redeem_code(&self, form: &Form) -> Result<serde_json::Value, Refusal> {
        let now = self.clock.now();
        let mut server_state = self.server_state();
        let bad = |number, words: &str| refusal("invalid_grant", number, words);
        let code = server_state.codes.get(of(form, "code")).cloned();
        let code = code.ok_or_else(|| bad(9_002_313, "Malformed auth code."))?;
        if let Some(family) = code.family {
            // RFC 6749 §4.1.2: what the first one brought is worth nothing either.
            server_state.revoke(family, "its code was replayed");
            return Err(bad(54_005, "OAuth2 Authorization code was already redeemed."));
        }
        if now >= code.until {
            return Err(bad(70_008, "The provided authorization code has expired."));
        }
        if code.client != CLIENT || code.redirect != of(form, "redirect_uri") {
            return Err(bad(
                500_112,
                "The redirect URI does not match the one of the authorization request.",
            ));
        }
        let verifier = of(form, "code_verifier");
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        if !(43..=128).contains(&verifier.len()) || challenge != code.challenge {
            return Err(bad(50_148, "The code_verifier does not match the code_challenge."));
        }
        let scopes = self.narrowed(form, &code.scopes)?;
        let address = server_state.behaviour.user.clone();
        let family = server_state.begin(Family { address, scopes: code.scopes.clone(), revoked: None });
        if let Some(stored) = server_state.codes.get_mut(of(form, "code")) {
            stored.family = Some(family);
        }
        Ok(self.tokens(&mut server_state, family, &scopes, code.offline))
    }

    fn redeem_refresh_token(&self, form: &Form) -> Result<serde_json::Value, Refusal> {
        let now = self.clock.now();
        let mut server_state = self.server_state();
        let bad = |number, words: &str| Err(refusal("invalid_grant", number, words));
        let name = of(form, "refresh_token").to_owned();
        let Some(token) = server_state.refresh.get(&name).cloned() else {
            return bad(9_002_313, "Token has been expired or revoked.");
        };
        if server_state.families[&token.family].revoked.is_some() {
            return bad(50_173, "Token has been expired or revoked.");
        }
        if token.until.is_some_and(|until| now >= until) {
            return bad(700_082, "The refresh token has expired due to inactivity.");
        }
        if token.used && self.manner == Manner::Strict {
            server_state.revoke(token.family, "a refresh token came twice");
            return bad(50_173, "Token has been expired or revoked.");
        }
        let scopes = server_state.families[&token.family].scopes.clone();
        let scopes = self.narrowed(form, &scopes)?;
        if let Some(stored) = server_state.refresh.get_mut(&name) {
            stored.used = true;
        }
        Ok(self.tokens(&mut server_state, token.family, &scopes, self.manner != Manner::Google))
    }

    /// The scopes of the token: those asked for, of those granted; in Microsoft's manner of one resource.
    pub(super) fn narrowed(&self, form: &Form, granted: &[String]) -> Result<Vec<String>, Refusal> {
        let Some(asked) = form.get("scope") else {
            if self.manner == Manner::Microsoft && audience(granted).is_none() {
                let words = "Provided value for the input parameter scope contains more than one resource.";
                return Err(refusal("invalid_request", 28_000, words));
            }
            return Ok(granted.to_vec());
        };
        let asked: Vec<String> = asked.split(' ').map(str::to_owned).collect();
        if self.manner == Manner::Microsoft && audience(&asked).is_none() {
            let words = "Provided value for the input parameter scope contains more than one resource.";
            return Err(refusal("invalid_request", 28_000, words));
        }
        let (stored, missing): (Vec<String>, Vec<String>) =
            asked.into_iter().partition(|scope| granted.contains(scope));
        if self.manner == Manner::Microsoft && stored.iter().all(|scope| !scope.contains("://")) {
            let words = "The user or administrator has not consented to use the application.";
            return Err(refusal("invalid_grant", 65_001, words));
        }
        match missing.first() {
            Some(scope) if self.manner != Manner::Microsoft => {
                Err(refusal("invalid_scope", 70_011, format!("{scope} was not granted")))
            }
            _ => Ok(stored),
        }
    }

    /// A successful answer.
    pub(super) fn tokens(
        &self,
        server_state: &mut ServerState,
        family: u64,
        scopes: &[String],
        with_refresh: bool,
    ) -> serde_json::Value {
        let behaviour = server_state.behaviour.clone();
        let access = server_state.fresh(if self.manner == Manner::Microsoft {
            "eyJ0eXAiOiJKV1Qi."
        } else {
            "ya29.a0"
        });
        let until = self.after(behaviour.access_seconds);
        server_state.access.insert(access.clone(), Access { family, scopes: scopes.to_vec(), until });
        // Microsoft leaves out resource and sign-in scopes.
        let listed: Vec<&str> = match self.manner {
            Manner::Microsoft => {
                let mail = scopes.iter().filter(|scope| scope.contains("://"));
                mail.filter_map(|scope| scope.rsplit('/').next()).collect()
            }
            _ => scopes.iter().map(String::as_str).collect(),
        };
        let mut body = json!({
            "token_type": "Bearer",
            "access_token": access,
            "expires_in": behaviour.access_seconds,
            "scope": listed.join(" "),
        });
        if with_refresh && !behaviour.keeps_refresh_token {
            let refresh = server_state.fresh(if self.manner == Manner::Microsoft { "0.AX" } else { "1//0g" });
            let until = match self.manner {
                // Ninety days, counted from its last use.
                Manner::Microsoft => Some(self.after(90 * 86_400)),
                _ => behaviour.refresh_seconds.map(|seconds| self.after(seconds)),
            };
            server_state.refresh.insert(refresh.clone(), Refresh { family, used: false, until });
            body["refresh_token"] = refresh.into();
        }
        if let Some(seconds) = behaviour.refresh_seconds {
            body["refresh_token_expires_in"] = seconds.into();
        }
        if scopes.iter().any(|scope| scope == "openid") && !behaviour.anonymous {
            body["id_token"] = self.id_token(&server_state.families[&family].address).into();
        }
        body
    }
}

impl ServerState {
    pub(super) fn begin(&mut self, family: Family) -> u64 {
        self.last += 1;
        self.families.insert(self.last, family);
        self.last
    }

    fn revoke(&mut self, family: u64, why: &'static str) {
        if let Some(family) = self.families.get_mut(&family) {
            family.revoked = Some(why);
        }
    }
}

/// RFC 7009: the grant of a token ends. Google says 400 to a token that it does not know, others 200.
pub(super) async fn revoke(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = match read(&headers, &body) {
        Ok(form) => form,
        Err(refused) => return server.refuse(&refused),
    };
    let mut server_state = server.server_state();
    if let Some(status) = server_state.behaviour.revocation_fails {
        return json_answer(status, &json!({ "error": "server_error", "error_description": "out of order" }));
    }
    let token = of(&form, "token");
    let family = server_state.refresh.get(token).map(|token| token.family);
    let family = family.or(server_state.access.get(token).map(|token| token.family));
    let family = family.filter(|family| server_state.families[family].revoked.is_none());
    match family {
        Some(family) => {
            server_state.revoke(family, "revoked by the client");
            json_answer(200, &json!({}))
        }
        None if server.manner == Manner::Google => {
            server.refuse(&refusal("invalid_token", 0, "Token expired or revoked"))
        }
        None => json_answer(200, &json!({})),
    }
}
