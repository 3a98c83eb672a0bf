//! Postmark signs nothing: it calls a URL with a user and a password in it, which come as HTTP Basic credentials.

use super::hook::{Hook, HookError};
use super::verification::{Delivery, Refusal, Verified};
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Whether these are credentials, `user:password`, that a URL can hold and nobody can guess.
pub(super) fn check_credentials(text: &str, shortest: usize) -> Result<(), HookError> {
    let fits = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    match text.split_once(':') {
        Some((user, password))
            if !user.is_empty() && fits(user) && fits(password) && password.len() >= shortest =>
        {
            Ok(())
        }
        _ => Err(HookError(format!(
            "for postmark the file holds user:password, letters, digits and -._~ alone, the password of {shortest} \
             characters or more"
        ))),
    }
}

pub(super) fn verify(hook: &Hook, delivery: Delivery<'_>) -> Result<Verified, Refusal> {
    let given = delivery.header(AUTHORIZATION.as_str()).ok_or(Refusal::Unsigned)?;
    let (scheme, credentials) = given.split_once(' ').ok_or(Refusal::Unsigned)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Refusal::Unsigned);
    }
    let given = STANDARD.decode(credentials.trim()).map_err(|_| Refusal::Forged)?;
    // Digests, so that not even the length shows in the time it takes.
    let (given, known) = (Sha256::digest(given), Sha256::digest(hook.key.expose_secret().as_bytes()));
    if bool::from(given.as_slice().ct_eq(known.as_slice())) {
        Ok(Verified::News(None))
    } else {
        Err(Refusal::Forged)
    }
}
