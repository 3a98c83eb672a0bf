//! The device flow (RFC 8628): codes, patience, and what becomes of those who ask too often.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::TimeDelta;
use serde_json::json;

use super::answers::{Refusal, audience, json_answer, refusal};
use super::token::read;
use super::{Device, Family, Manner, Server};

/// How long a code is good, and the least time between two questions, in seconds.
const CODE_SECONDS: i64 = 900;
const INTERVAL: i64 = 5;

pub(super) async fn begin(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = match read(&headers, &body) {
        Ok(form) => form,
        Err(refused) => return server.refuse(&refused),
    };
    let scopes = form.get("scope").map(|scope| scope.split(' ').map(str::to_owned).collect::<Vec<_>>());
    let mut server_state = server.server_state();
    let device_code = server_state.fresh("DAQAB");
    let user_code = format!("WDJB-{:04}", server_state.last);
    let scopes = scopes.unwrap_or_default();
    if server.manner == Manner::Microsoft && audience(&scopes).is_none() {
        return server.refuse(&refusal("invalid_request", 28_000, "scope contains more than one resource."));
    }
    // The first question may come at once.
    let (until, next) = (server.after(CODE_SECONDS), server.clock.now());
    let device = Device { user_code: user_code.clone(), scopes, until, next, decided: None };
    server_state.devices.insert(device_code.clone(), device);
    if let Some(body) = &server_state.behaviour.device_response {
        return json_answer(200, body);
    }
    let page = server.origin.join("type-it-here").expect("a URL");
    json_answer(
        200,
        &json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?user_code={user_code}"),
            "expires_in": CODE_SECONDS,
            "interval": server_state.behaviour.announced_interval,
            "message": "To sign in, open the page and enter the code.",
        }),
    )
}

impl Server {
    pub(super) fn redeem_device_code(
        &self,
        form: &BTreeMap<String, String>,
    ) -> Result<serde_json::Value, Refusal> {
        let now = self.clock.now();
        let mut server_state = self.server_state();
        let name = form.get("device_code").cloned().unwrap_or_default();
        let Some(device) = server_state.devices.get_mut(&name) else {
            let error =
                if self.manner == Manner::Microsoft { "bad_verification_code" } else { "invalid_grant" };
            return Err(refusal(error, 70_018, "no such device code"));
        };
        if now >= device.until {
            return Err(refusal("expired_token", 70_020, "The device code has expired."));
        }
        if now < device.next {
            device.next = now + TimeDelta::seconds(INTERVAL);
            return Err(refusal("slow_down", 0, "asked too often"));
        }
        device.next = now + TimeDelta::seconds(INTERVAL);
        match device.decided {
            None => {
                return Err(refusal("authorization_pending", 70_016, "The user has not signed in yet."));
            }
            Some(false) => {
                let error =
                    if self.manner == Manner::Microsoft { "authorization_declined" } else { "access_denied" };
                return Err(refusal(error, 70_019, "The user declined."));
            }
            Some(true) => {}
        }
        let granted = device.scopes.clone();
        let scopes = self.narrowed(form, &granted)?;
        server_state.devices.remove(&name);
        let address = server_state.behaviour.user.clone();
        let family = server_state.begin(Family { address, scopes: granted, revoked: None });
        Ok(self.tokens(&mut server_state, family, &scopes, true))
    }
}
