//! Answers in the manner of each model: refusals, ID tokens, profiles.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::{Manner, Server};

/// A refusal: what it is for OAuth, Microsoft's number for it, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: &'static str,
    pub(super) number: u32,
    pub(super) words: String,
}

pub(super) fn refusal(error: &'static str, number: u32, words: impl Into<String>) -> Refusal {
    Refusal { error, number, words: words.into() }
}

pub(super) fn json_answer(status: u16, body: &serde_json::Value) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    let headers =
        [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}

impl Server {
    /// RFC 6749 §5.2, with what the model adds.
    pub(super) fn refuse(&self, refusal: &Refusal) -> Response {
        let status = if refusal.error == "invalid_client" { 401 } else { 400 };
        let body = match self.manner {
            Manner::Microsoft => {
                let (number, trace) = (refusal.number, "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9");
                json!({
                    "error": refusal.error,
                    "error_description": format!(
                        "AADSTS{number}: {} Trace ID: {trace} Correlation ID: {trace} Timestamp: 2026-11-23 09:00:00Z",
                        refusal.words
                    ),
                    "error_codes": [number],
                    "timestamp": "2026-11-23 09:00:00Z",
                    "trace_id": trace,
                    "correlation_id": trace,
                    "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
                })
            }
            _ => json!({ "error": refusal.error, "error_description": refusal.words }),
        };
        json_answer(status, &body)
    }

    /// An ID token; nobody here checks its signature.
    pub(super) fn id_token(&self, address: &str) -> String {
        let claims = match self.manner {
            Manner::Microsoft => json!({ "iss": self.issuer(), "preferred_username": address }),
            _ => json!({ "iss": self.issuer(), "email": address, "email_verified": true }),
        };
        let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2lnbmF0dXJl", encode(&json!({ "alg": "none" })), encode(&claims))
    }
}

/// The resource of scopes, in Microsoft's manner; none where there are several or none.
pub(super) fn audience(scopes: &[String]) -> Option<&str> {
    let mut found = None;
    for scope in scopes.iter().filter(|scope| scope.contains("://")) {
        let end = scope.rfind('/')? + 1;
        match found {
            Some(other) if other != &scope[..end] => return None,
            _ => found = Some(&scope[..end]),
        }
    }
    found
}

/// Userinfo, or Graph's `/me`.
pub(super) async fn profile(State(server): State<Arc<Server>>, headers: HeaderMap) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let now = server.clock.now();
    let server_state = server.server_state();
    let access = server_state.access.get(token).filter(|access| server_state.is_good(access, now));
    let Some(access) = access else {
        let error = json!({ "error": { "code": 401, "message": "Invalid credentials", "status": "UNAUTHENTICATED" } });
        return json_answer(401, &error);
    };
    if server_state.behaviour.anonymous {
        return json_answer(
            403,
            &json!({ "error": { "code": "Authorization_RequestDenied", "message": "no" } }),
        );
    }
    let address = &server_state.families[&access.family].address;
    let body = match server.manner {
        Manner::Microsoft => {
            json!({ "mail": address, "userPrincipalName": "nord_office#EXT#@nord.onmicrosoft.com" })
        }
        _ => json!({ "sub": "117", "email": address, "email_verified": true }),
    };
    json_answer(200, &body)
}
