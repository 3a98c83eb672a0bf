//! SendGrid's v3 API, as far as mail is sent with it.
//!
//! - `mail/send`: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send> and its limitations, under 30 MB
//! - errors: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors>
//! - rate limits: <https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits>

use crate::access::{Access, TokenState};
use crate::http::{Reply, Request};
use crate::mail::File;
use crate::server::{self, Provider, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// A request has less.
const MAX_SIZE: usize = 30_000_000;
/// Bytes of `custom_args`.
const MAX_ARGUMENTS: usize = 10_000;
/// Header fields that SendGrid keeps to itself.
const RESERVED: &[&str] = &[
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-type",
    "content-transfer-encoding",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
];

/// SendGrid, for one API key.
pub struct SendGrid {
    /// Its keys.
    pub access: Access,
    sent: Mutex<Vec<Value>>,
}

impl SendGrid {
    /// Starts a server that takes this key.
    pub fn start(key: &str) -> Server<Self> {
        let access = Access::default();
        access.set(key, TokenState::Valid);
        server::start(|_| Self { access, sent: Mutex::default() })
    }

    /// The mails that were taken, as they were asked for.
    pub fn sent(&self) -> Vec<Value> {
        self.sent.lock().unwrap().clone()
    }

    /// The files of a mail that was taken.
    pub fn files(mail: &Value) -> Vec<File> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let attachments = mail["attachments"].as_array().into_iter().flatten();
        attachments
            .map(|it| File {
                name: text(&it["filename"]),
                media_type: text(&it["type"]),
                bytes: STANDARD.decode(text(&it["content"])).expect("base64"),
            })
            .collect()
    }

    /// The answer to one request too many: no Retry-After, but when the limit is reset.
    pub fn throttled(seconds: u32) -> Reply {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        errors(429, &[(None, "too many requests")])
            .with("x-ratelimit-limit", "600")
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-reset", (now.as_secs() + u64::from(seconds)).to_string())
    }

    fn send(&self, request: &Request) -> Reply {
        if request.media_type() != "application/json" {
            return errors(415, &[(None, "Content-Type should be application/json.")]);
        }
        if request.body.len() >= MAX_SIZE {
            return errors(413, &[(None, "The total size of your request must be less than 30 MB.")]);
        }
        let Ok(mail) = serde_json::from_slice::<Value>(&request.body) else {
            return errors(400, &[(None, "Bad Request")]);
        };
        let found = complaints(&mail);
        if !found.is_empty() {
            let found: Vec<(Option<&str>, &str)> =
                found.iter().map(|(field, message)| (Some(field.as_str()), message.as_str())).collect();
            return errors(400, &found);
        }
        if mail["mail_settings"]["sandbox_mode"]["enable"] == true {
            return Reply::empty(200);
        }
        let mut sent = self.sent.lock().unwrap();
        sent.push(mail);
        Reply::empty(202).with("x-message-id", format!("sg-{:06}", sent.len()))
    }
}

impl Provider for SendGrid {
    fn answer(&self, request: &Request) -> Reply {
        match self.access.of(request) {
            TokenState::Valid => {}
            TokenState::TooNarrow => return errors(403, &[(None, "access forbidden")]),
            TokenState::Missing => return errors(401, &[(None, "Permission denied, wrong credentials")]),
            _ => {
                let message = "The provided authorization grant is invalid, expired, or revoked";
                return errors(401, &[(None, message)]);
            }
        }
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/v3/mail/send") => self.send(request),
            ("GET", "/v3/scopes") => Reply::json(200, &json!({ "scopes": ["mail.send"] })),
            (_, "/v3/mail/send" | "/v3/scopes") => errors(405, &[(None, "method not allowed")]),
            _ => errors(404, &[(None, "Not Found")]),
        }
    }
}

/// Field and message of everything that is wrong with a mail.
fn complaints(mail: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut wrong = |field: &str, message: &str| found.push((field.to_owned(), message.to_owned()));
    let one_line =
        |value: &Value| value.as_str().is_some_and(|text| !text.is_empty() && !text.contains(['\r', '\n']));

    let personalizations = mail["personalizations"].as_array().map(Vec::as_slice).unwrap_or_default();
    if personalizations.is_empty() {
        wrong(
            "personalizations",
            "The personalizations field is required and must have at least one personalization.",
        );
    }
    for (number, personalization) in personalizations.iter().enumerate() {
        let field = |name: &str| format!("personalizations.{number}.{name}");
        if personalization["to"].as_array().is_none_or(Vec::is_empty) {
            wrong(
                &field("to"),
                "The to array is required for all personalization objects, and must have at least one email object with a valid email address.",
            );
        }
        let mut seen = BTreeSet::new();
        for name in ["to", "cc", "bcc"] {
            for entry in personalization[name].as_array().into_iter().flatten() {
                let email = entry["email"].as_str().unwrap_or_default();
                if !is_email(email) {
                    wrong(&field(name), "Does not contain a valid address.");
                }
                if !seen.insert(email.to_lowercase()) {
                    wrong(
                        "personalizations",
                        &format!(
                            "Each email address in the personalization block should be unique between to, cc, and bcc. We found the first duplicate instance of [{email}] in the personalizations.{number} field."
                        ),
                    );
                }
            }
        }
    }
    if !is_email(mail["from"]["email"].as_str().unwrap_or_default()) {
        wrong("from.email", "The from email does not contain a valid address.");
    }
    if !one_line(&mail["subject"]) {
        wrong(
            "subject",
            "The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.",
        );
    }
    let contents = mail["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let kinds: Vec<&str> = contents.iter().filter_map(|content| content["type"].as_str()).collect();
    if contents.is_empty()
        || contents.iter().any(|content| content["value"].as_str().is_none_or(str::is_empty))
    {
        wrong("content", "The content value must be a string at least one character in length.");
    }
    if kinds.iter().position(|kind| *kind == "text/plain").is_some_and(|place| place != 0) {
        wrong("content", "If present, text/plain must be first content type.");
    }
    for attachment in mail["attachments"].as_array().into_iter().flatten() {
        if !one_line(&attachment["filename"]) {
            wrong("attachments.filename", "The attachment filename is required.");
        }
        let content = attachment["content"].as_str().unwrap_or_default();
        if content.is_empty() || STANDARD.decode(content).is_err() {
            wrong("attachments.content", "The attachment content must be base64 encoded.");
        }
        if attachment["disposition"] == "inline" && !one_line(&attachment["content_id"]) {
            wrong("attachments.content_id", "The content_id is required for inline attachments.");
        }
    }
    let reserved = |name: &str| RESERVED.contains(&name.to_ascii_lowercase().as_str());
    for (name, value) in mail["headers"].as_object().into_iter().flatten() {
        if reserved(name) {
            wrong("headers", &format!("The header \"{name}\" is a reserved header."));
        }
        if !one_line(value) {
            wrong("headers", "The headers must be strings without line breaks.");
        }
    }
    if mail.get("custom_args").is_some_and(|arguments| arguments.to_string().len() >= MAX_ARGUMENTS) {
        wrong("custom_args", "The custom_args must be less than 10000 bytes.");
    }
    found
}

fn is_email(text: &str) -> bool {
    let sides = text.split_once('@').filter(|(local, domain)| !local.is_empty() && domain.contains('.'));
    sides.is_some() && text.is_ascii() && !text.contains([' ', '<', '>', ','])
}

/// Errors in SendGrid's shape.
fn errors(status: u16, found: &[(Option<&str>, &str)]) -> Reply {
    let found: Vec<Value> = found
        .iter()
        .map(|(field, message)| json!({ "message": message, "field": field, "help": null }))
        .collect();
    Reply::json(status, &json!({ "errors": found }))
}
