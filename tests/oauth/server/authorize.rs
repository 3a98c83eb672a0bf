//! The authorization endpoint: the checks, and the user who consents at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use url::Url;

use super::{CLIENT, Code, Manner, Server, WEB_REDIRECT};

/// How long a code is good, in seconds (RFC 6749 §4.1.2: ten minutes at most).
const CODE_SECONDS: i64 = 60;

/// Parameters, each once (RFC 6749 §3.1).
pub(super) fn once_each(query: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query) {
        if all.insert(name.into_owned(), value.into_owned()).is_some() {
            return None;
        }
    }
    Some(all)
}

/// Exactly what is registered; of a loopback redirect the port is free (RFC 8252 §7.3).
fn is_registered(manner: Manner, redirect: &str) -> bool {
    if redirect == WEB_REDIRECT {
        return true;
    }
    let Ok(url) = Url::parse(redirect) else { return false };
    let host = if manner == Manner::Microsoft { "localhost" } else { "127.0.0.1" };
    url.scheme() == "http"
        && url.host_str() == Some(host)
        && url.path() == "/callback"
        && url.port().is_some()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
}

fn page(words: &str) -> Response {
    (StatusCode::BAD_REQUEST, format!("the request is refused: {words}")).into_response()
}

pub(super) async fn authorize(State(server): State<Arc<Server>>, RawQuery(query): RawQuery) -> Response {
    let Some(asked) = once_each(query.unwrap_or_default().as_bytes()) else {
        return page("a parameter is there twice");
    };
    let of = |name: &str| asked.get(name).map_or("", String::as_str);
    if of("client_id") != CLIENT {
        return page("unknown client");
    }
    // Never redirect to a place that is not registered.
    if !is_registered(server.manner, of("redirect_uri")) {
        return page("redirect_uri_mismatch");
    }
    let mut server_state = server.server_state();
    let behaviour = server_state.behaviour.clone();
    let mut back = Url::parse(of("redirect_uri")).expect("a registered URL");
    if let Some(elsewhere) = &behaviour.elsewhere {
        back = Url::parse(elsewhere).expect("a URL");
    }
    let state = behaviour.state.clone().unwrap_or_else(|| of("state").to_owned());
    let mut answer = vec![("state", state)];
    if let Some(iss) = behaviour.iss.clone().or((server.manner == Manner::Strict).then(|| server.issuer())) {
        answer.push(("iss", iss));
    }
    let scopes: Vec<String> = of("scope").split(' ').map(str::to_owned).collect();
    match complaint(server.manner, &asked) {
        Some((error, words)) => answer.extend([("error", error.to_owned()), ("error_description", words)]),
        None if behaviour.declines => {
            let (error, words) = match server.manner {
                Manner::Microsoft => {
                    ("access_denied", "AADSTS65004: User declined to consent to access the app.")
                }
                _ => ("access_denied", "The user said no."),
            };
            answer.extend([("error", error.to_owned()), ("error_description", words.to_owned())]);
        }
        None => {
            let code = server_state.fresh("4/0A");
            let scopes = scopes.into_iter().filter(|scope| !behaviour.withheld.contains(scope)).collect();
            let granted = Code {
                client: CLIENT.to_owned(),
                redirect: of("redirect_uri").to_owned(),
                challenge: of("code_challenge").to_owned(),
                scopes,
                offline: is_offline(server.manner, &asked),
                until: server.after(CODE_SECONDS),
                family: None,
            };
            server_state.codes.insert(code.clone(), granted);
            answer.push(("code", code));
        }
    }
    back.query_pairs_mut().extend_pairs(answer);
    (StatusCode::FOUND, [(header::LOCATION, back.to_string())]).into_response()
}

/// Whether a refresh token comes with it.
fn is_offline(manner: Manner, asked: &BTreeMap<String, String>) -> bool {
    let of = |name: &str| asked.get(name).map_or("", String::as_str);
    match manner {
        Manner::Google => of("access_type") == "offline" && of("prompt") == "consent",
        Manner::Microsoft => of("scope").split(' ').any(|scope| scope == "offline_access"),
        Manner::Strict => true,
    }
}

/// What is wrong with the request, in the terms of RFC 6749 §4.1.2.1 and RFC 7636 §4.4.1.
fn complaint(manner: Manner, asked: &BTreeMap<String, String>) -> Option<(&'static str, String)> {
    let of = |name: &str| asked.get(name).map_or("", String::as_str);
    let wrong = |words: &str| Some(("invalid_request", words.to_owned()));
    if of("response_type") != "code" {
        return Some(("unsupported_response_type", "only code".to_owned()));
    }
    if of("state").len() < 22 {
        return wrong("state can be guessed");
    }
    if of("code_challenge_method") != "S256" {
        return wrong("code_challenge_method must be S256");
    }
    if of("code_challenge").len() != 43 {
        return wrong("code_challenge is no SHA-256");
    }
    let known = |scope: &str| match manner {
        Manner::Microsoft => {
            matches!(scope, "openid" | "profile" | "email" | "offline_access")
                || scope.starts_with("https://graph.microsoft.com/")
                || scope.starts_with("https://outlook.office.com/")
        }
        _ => {
            matches!(scope, "openid" | "email" | "https://mail.google.com/")
                || scope.starts_with("https://www.googleapis.com/auth/gmail.")
        }
    };
    if let Some(unknown) = of("scope").split(' ').find(|scope| !known(scope)) {
        return Some(("invalid_scope", format!("unknown scope {unknown}")));
    }
    None
}
