//! The Gmail API, as far as mail is sent and looked up with it.
//!
//! - sending: <https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/send> and
//!   <https://developers.google.com/workspace/gmail/api/guides/uploads> (`uploadType=media`, `message/rfc822`, 36,700,160
//!   bytes at the most, the discovery document's `maxSize`)
//! - errors: <https://developers.google.com/workspace/gmail/api/guides/handle-errors>
//! - `messages.list`, `messages.get`, `getProfile`: the same reference

use crate::access::{Access, TokenState};
use crate::http::{Reply, Request};
use crate::mail::Mail;
use crate::server::{self, Provider, Server};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Value, json};
use std::sync::Mutex;

/// Largest message.
const MAX_SIZE: usize = 36_700_160;
/// Base64url with or without padding, as Gmail reads it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Gmail, for one mailbox.
pub struct Gmail {
    /// Its tokens.
    pub access: Access,
    address: String,
    sent: Mutex<Vec<(Mail, String)>>,
    replaces_message_id: Mutex<bool>,
}

impl Gmail {
    /// Starts a server for the mailbox of this address, which takes this token.
    pub fn start(address: &str, token: &str) -> Server<Self> {
        let access = Access::default();
        access.set(token, TokenState::Valid);
        server::start(|_| Self {
            access,
            address: address.to_owned(),
            sent: Mutex::default(),
            replaces_message_id: Mutex::default(),
        })
    }

    /// The mails that were sent.
    pub fn sent(&self) -> Vec<Mail> {
        self.sent.lock().unwrap().iter().map(|(mail, _)| mail.clone()).collect()
    }

    /// From now on it gives mails a Message-ID of its own, as Gmail does with one that it finds broken.
    pub fn replace_message_ids(&self) {
        *self.replaces_message_id.lock().unwrap() = true;
    }

    /// The answer to one request too many, as 429 with a time to wait.
    pub fn throttled(seconds: u32) -> Reply {
        let message = "User-rate limit exceeded.  Retry after 2026-11-23T10:00:00.000Z";
        error(429, message, "usageLimits", "rateLimitExceeded", "RESOURCE_EXHAUSTED")
            .with("retry-after", seconds.to_string())
    }

    /// The answer where the quota of the user is used up, as 403.
    pub fn quota_exceeded() -> Reply {
        error(403, "User Rate Limit Exceeded", "usageLimits", "userRateLimitExceeded", "PERMISSION_DENIED")
    }

    fn send(&self, raw: Vec<u8>) -> Reply {
        if raw.len() > MAX_SIZE {
            return error(413, "Request is too large.", "global", "uploadTooLarge", "INVALID_ARGUMENT");
        }
        if !Mail::has_recipient(&raw) {
            return invalid("Recipient address required", "invalidArgument");
        }
        let mut sent = self.sent.lock().unwrap();
        let id = format!("18c0ffee{:08x}", sent.len() + 1);
        let mail = Mail { id: id.clone(), raw, added: Vec::new() };
        let given = mail.header("message-id").unwrap_or_default();
        let own = if given.is_empty() || *self.replaces_message_id.lock().unwrap() {
            format!("<CA{id}@mail.gmail.com>")
        } else {
            given
        };
        sent.push((mail, own));
        Reply::json(200, &json!({ "id": id, "threadId": id, "labelIds": ["SENT"] }))
    }

    /// `in:sent`, `rfc822msgid:` and `after:` are what is understood of the search's language.
    fn list(&self, request: &Request) -> Reply {
        let query = request.parameter("q").unwrap_or_default();
        let most = request.parameter("maxResults").and_then(|most| most.parse().ok()).unwrap_or(100_usize);
        let wanted = query.split_whitespace().find_map(|word| word.strip_prefix("rfc822msgid:"));
        let sent = self.sent.lock().unwrap();
        let found: Vec<Value> = sent
            .iter()
            .filter(|(_, own)| {
                wanted.is_none_or(|wanted| own.trim_matches(['<', '>']) == wanted.trim_matches(['<', '>']))
            })
            .take(most)
            .map(|(mail, _)| json!({ "id": mail.id, "threadId": mail.id }))
            .collect();
        let count = found.len();
        if count == 0 {
            return Reply::json(200, &json!({ "resultSizeEstimate": 0 }));
        }
        Reply::json(200, &json!({ "messages": found, "resultSizeEstimate": count }))
    }

    fn get(&self, id: &str, request: &Request) -> Reply {
        let sent = self.sent.lock().unwrap();
        let Some((mail, own)) = sent.iter().find(|(mail, _)| mail.id == id) else {
            return error(404, "Requested entity was not found.", "global", "notFound", "NOT_FOUND");
        };
        let document = match request.parameter("format") {
            Some("raw") => json!({ "id": id, "threadId": id, "raw": URL_SAFE.encode(&mail.raw) }),
            Some("metadata") => {
                let wanted = request.query.iter().filter(|(name, _)| name == "metadataHeaders");
                let headers: Vec<Value> = wanted
                    .filter_map(|(_, name)| {
                        let value = match name.to_ascii_lowercase().as_str() {
                            "message-id" => Some(own.clone()),
                            "x-google-original-message-id" => {
                                mail.header("message-id").filter(|given| given != own)
                            }
                            _ => mail.header(name),
                        }?;
                        Some(json!({ "name": name, "value": value }))
                    })
                    .collect();
                json!({ "id": id, "threadId": id, "labelIds": ["SENT"], "payload": { "headers": headers } })
            }
            _ => return invalid("This server knows the formats raw and metadata", "invalidArgument"),
        };
        Reply::json(200, &document)
    }
}

impl Provider for Gmail {
    fn answer(&self, request: &Request) -> Reply {
        match self.access.of(request) {
            TokenState::Valid => {}
            TokenState::TooNarrow => {
                let message = "Request had insufficient authentication scopes.";
                return error(403, message, "global", "insufficientPermissions", "PERMISSION_DENIED");
            }
            TokenState::Missing => {
                let message = "Login Required.";
                return error(401, message, "global", "required", "UNAUTHENTICATED");
            }
            TokenState::Expired | TokenState::Revoked | TokenState::Unknown => {
                return error(401, "Invalid Credentials", "global", "authError", "UNAUTHENTICATED").with(
                    "www-authenticate",
                    "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"",
                );
            }
        }
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let own = |user: &str| user == "me" || user.eq_ignore_ascii_case(&self.address);
        match (request.method.as_str(), segments.as_slice()) {
            ("POST", ["upload", "gmail", "v1", "users", user, "messages", "send"]) if own(user) => {
                if request.parameter("uploadType") != Some("media") {
                    return invalid("Invalid upload type: this server knows media", "badRequest");
                }
                if request.media_type() != "message/rfc822" {
                    let message = format!(
                        "Media type '{}' is not supported. Valid media types: [message/rfc822]",
                        request.media_type()
                    );
                    return invalid(&message, "badContent");
                }
                self.send(request.body.clone())
            }
            ("POST", ["gmail", "v1", "users", user, "messages", "send"]) if own(user) => {
                let document: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                match document["raw"].as_str().map(|raw| LENIENT.decode(raw)) {
                    Some(Ok(raw)) if request.media_type() == "application/json" => self.send(raw),
                    Some(Err(_)) => invalid("Invalid value for ByteString: raw", "invalidArgument"),
                    _ => invalid(
                        "'raw' RFC822 payload message string or uploading message via /upload/* URL required",
                        "invalidArgument",
                    ),
                }
            }
            ("GET", ["gmail", "v1", "users", user, "messages"]) if own(user) => self.list(request),
            ("GET", ["gmail", "v1", "users", user, "messages", id]) if own(user) => self.get(id, request),
            ("GET", ["gmail", "v1", "users", user, "profile"]) if own(user) => {
                let count = self.sent.lock().unwrap().len();
                Reply::json(
                    200,
                    &json!({
                        "emailAddress": self.address, "messagesTotal": count, "threadsTotal": count, "historyId": "1"
                    }),
                )
            }
            (_, ["gmail" | "upload", ..]) => {
                error(404, "Requested entity was not found.", "global", "notFound", "NOT_FOUND")
            }
            _ => Reply::empty(404),
        }
    }
}

fn invalid(message: &str, reason: &str) -> Reply {
    error(400, message, "global", reason, "INVALID_ARGUMENT")
}

/// An error in Google's shape.
fn error(code: u16, message: &str, domain: &str, reason: &str, status: &str) -> Reply {
    let mut entry = json!({ "message": message, "domain": domain, "reason": reason });
    if code == 401 {
        entry["location"] = json!("Authorization");
        entry["locationType"] = json!("header");
    }
    Reply::json(
        code,
        &json!({ "error": {
        "code": code, "message": message, "errors": [entry], "status": status
    } }),
    )
}
