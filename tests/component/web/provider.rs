//! An authorization server that gives a token to whatever code comes, for the mailbox that is signed in there.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// The server.
pub(super) struct Provider {
    address: SocketAddr,
    /// Who is signed in there; none: it does not say.
    pub(super) mailbox: Arc<Mutex<Option<String>>>,
}

impl Provider {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mailbox = Arc::new(Mutex::new(None));
        let routes = Router::new().route("/token", post(token)).with_state(Arc::clone(&mailbox));
        tokio::spawn(axum::serve(listener, routes).into_future());
        Self { address, mailbox }
    }

    /// The URL of one of its services.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub(super) fn sign_in_as(&self, mailbox: Option<&str>) {
        *self.mailbox.lock().unwrap() = mailbox.map(str::to_owned);
    }
}

async fn token(
    State(mailbox): State<Arc<Mutex<Option<String>>>>,
) -> ([(header::HeaderName, &'static str); 1], String) {
    let mut answer = json!({
        "access_token": "an-access-token", "refresh_token": "a-refresh-token", "token_type": "Bearer",
        "expires_in": 3600,
    });
    if let Some(mailbox) = &*mailbox.lock().unwrap() {
        let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = encode(&json!({ "email": mailbox }));
        answer["id_token"] = format!("{}.{claims}.c2lnbmF0dXJl", encode(&json!({ "alg": "none" }))).into();
    }
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string())
}
