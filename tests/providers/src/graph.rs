//! Microsoft Graph, as far as mail is sent and looked up with it.
//!
//! - MIME: <https://learn.microsoft.com/graph/outlook-send-mime-message> (`text/plain`, standard base64; `sendMail`
//!   answers 202 without a body)
//! - drafts, their files and `send`: <https://learn.microsoft.com/graph/api/user-post-messages>,
//!   <https://learn.microsoft.com/graph/api/message-post-attachments>, <https://learn.microsoft.com/graph/api/message-send>
//! - upload sessions: <https://learn.microsoft.com/graph/outlook-large-attachments>, see [`upload`](crate::upload)
//! - errors and throttling: <https://learn.microsoft.com/graph/errors>, <https://learn.microsoft.com/graph/throttling>
//! - a request has 4 MB at the most: <https://learn.microsoft.com/graph/use-the-api>

use crate::access::{Access, TokenState};
use crate::http::{Reply, Request};
use crate::mail::{File, Mail};
use crate::server::{self, Provider, Server};
use crate::upload::Session;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Mutex;

/// Largest request.
const MAX_REQUEST: usize = 4 * 1024 * 1024;
/// Largest file that is added in one request.
const MAX_ADDED: usize = 3_000_000;

/// Microsoft Graph, for one mailbox.
pub struct Graph {
    /// Its tokens.
    pub access: Access,
    address: String,
    at: SocketAddr,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    messages: Vec<Message>,
    sessions: Vec<(String, Session)>,
    swallows_oversize: bool,
    wrong_uploads: Vec<String>,
}

struct Message {
    mail: Mail,
    is_draft: bool,
}

impl Graph {
    /// Starts a server for the mailbox of this address, which takes this token.
    pub fn start(address: &str, token: &str) -> Server<Self> {
        let access = Access::default();
        access.set(token, TokenState::Valid);
        server::start(|at| Self { access, address: address.to_owned(), at, state: Mutex::default() })
    }

    /// The mails that were sent, drafts not among them.
    pub fn sent(&self) -> Vec<Mail> {
        self.mails(false)
    }

    /// The drafts that are left.
    pub fn drafts(&self) -> Vec<Mail> {
        self.mails(true)
    }

    fn mails(&self, drafts: bool) -> Vec<Mail> {
        let state = self.state.lock().unwrap();
        state.messages.iter().filter(|it| it.is_draft == drafts).map(|it| it.mail.clone()).collect()
    }

    /// From now on a request that is too large is answered with 200, and nothing is sent: seen in the wild.
    pub fn swallow_oversize(&self) {
        self.state.lock().unwrap().swallows_oversize = true;
    }

    /// What was wrong with requests to upload URLs.
    pub fn wrong_uploads(&self) -> Vec<String> {
        self.state.lock().unwrap().wrong_uploads.clone()
    }

    /// The answer to one request too many.
    pub fn throttled(seconds: u32) -> Reply {
        error(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.")
            .with("retry-after", seconds.to_string())
    }

    fn message(&self, request: &Request) -> Result<Vec<u8>, Reply> {
        if request.media_type() != "text/plain" {
            return Err(error(
                400,
                "RequestBodyRead",
                "This server takes messages as MIME: Content-Type must be text/plain.",
            ));
        }
        let broken =
            || error(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.");
        let raw = STANDARD.decode(request.body.trim_ascii()).map_err(|_| broken())?;
        if raw.is_empty() { Err(broken()) } else { Ok(raw) }
    }

    fn send_mail(&self, request: &Request) -> Reply {
        let raw = match self.message(request) {
            Ok(raw) => raw,
            Err(reply) => return reply,
        };
        if !Mail::has_recipient(&raw) {
            return no_recipient();
        }
        self.keep(raw, false);
        Reply::empty(202).with("request-id", "0b6c8d0e-0001-4c5b-9d1f-5b6f0f6c8d0e")
    }

    fn create_draft(&self, request: &Request) -> Reply {
        match self.message(request) {
            Ok(raw) => Reply::json(201, &described(&self.keep(raw, true), true)),
            Err(reply) => reply,
        }
    }

    fn keep(&self, raw: Vec<u8>, is_draft: bool) -> Mail {
        let mut state = self.state.lock().unwrap();
        let id = format!("AAkALg-{:04}=", state.messages.len() + 1);
        let mail = Mail { id, raw, added: Vec::new() };
        state.messages.push(Message { mail: mail.clone(), is_draft });
        mail
    }

    fn add_file(&self, id: &str, request: &Request) -> Reply {
        let document: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let bytes = document["contentBytes"].as_str().and_then(|text| STANDARD.decode(text).ok());
        let (Some(bytes), Some(name)) = (bytes, document["name"].as_str()) else {
            return error(400, "ErrorInvalidRequest", "name and contentBytes are required.");
        };
        if document["@odata.type"] != "#microsoft.graph.fileAttachment"
            || request.media_type() != "application/json"
        {
            return error(400, "ErrorInvalidRequest", "The type of the attachment is not given.");
        }
        if bytes.len() > MAX_ADDED {
            return error(413, "ErrorMessageSizeExceeded", "The attachment needs an upload session.");
        }
        let media_type = document["contentType"].as_str().unwrap_or("application/octet-stream").to_owned();
        let added = self.add(id, File { name: name.to_owned(), media_type, bytes });
        added.map_or_else(no_such_item, |number| {
            Reply::json(201, &json!({
                "@odata.type": "#microsoft.graph.fileAttachment", "id": format!("{id}-{number}"), "name": name
            }))
        })
    }

    fn add(&self, id: &str, file: File) -> Option<usize> {
        let mut state = self.state.lock().unwrap();
        let draft = state.messages.iter_mut().find(|it| it.mail.id == id && it.is_draft)?;
        draft.mail.added.push(file);
        Some(draft.mail.added.len())
    }

    fn create_session(&self, id: &str, request: &Request) -> Reply {
        let document: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let session = match Session::new(id, &document["AttachmentItem"]) {
            Ok(session) => session,
            Err(what) => return error(400, "ErrorInvalidRequest", what),
        };
        let mut state = self.state.lock().unwrap();
        if !state.messages.iter().any(|it| it.mail.id == id && it.is_draft) {
            return no_such_item();
        }
        let key = format!("session-{}", state.sessions.len() + 1);
        state.sessions.push((key.clone(), session));
        Reply::json(
            201,
            &json!({
                "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.uploadSession",
                "uploadUrl": format!("http://{}/api/gv1.0/AttachmentSessions/{key}?authtoken=eyJhbGciOi", self.at),
                "expirationDateTime": "2026-11-30T10:00:00Z",
                "nextExpectedRanges": ["0-"]
            }),
        )
    }

    /// The upload URL carries the permission; a token beside it is refused.
    fn upload(&self, key: &str, request: &Request) -> Reply {
        let mut state = self.state.lock().unwrap();
        let Some((_, session)) = state.sessions.iter_mut().find(|(known, _)| known == key) else {
            return error(404, "itemNotFound", "The upload session was not found.");
        };
        match session.put(request) {
            Err((reply, what)) => {
                state.wrong_uploads.push(what);
                reply
            }
            Ok(None) => Reply::json(
                200,
                &json!({
                    "expirationDateTime": "2026-11-30T10:00:00Z",
                    "nextExpectedRanges": [format!("{}-", session.received())]
                }),
            ),
            Ok(Some(file)) => {
                let draft = session.draft.clone();
                drop(state);
                self.add(&draft, file).map_or_else(no_such_item, |number| {
                    let place =
                        format!("https://outlook.office.com/api/v2.0/Attachments('{draft}-{number}')");
                    Reply::empty(201).with("location", place)
                })
            }
        }
    }

    fn send_draft(&self, id: &str, request: &Request) -> Reply {
        if request.header("content-length") != Some("0") {
            return Reply::empty(411);
        }
        let mut state = self.state.lock().unwrap();
        let Some(message) = state.messages.iter_mut().find(|it| it.mail.id == id && it.is_draft) else {
            return no_such_item();
        };
        if !Mail::has_recipient(&message.mail.raw) {
            return no_recipient();
        }
        message.is_draft = false;
        Reply::empty(202)
    }

    fn delete(&self, id: &str) -> Reply {
        let mut state = self.state.lock().unwrap();
        let before = state.messages.len();
        state.messages.retain(|it| it.mail.id != id);
        if state.messages.len() == before { no_such_item() } else { Reply::empty(204) }
    }

    /// `internetMessageId eq '…'` is what is understood of OData.
    fn list(&self, request: &Request, sent_only: bool) -> Reply {
        let filter = request.parameter("$filter").unwrap_or_default();
        let wanted = match filter.strip_prefix("internetMessageId eq '").and_then(|it| it.strip_suffix('\''))
        {
            Some(id) => Some(id.replace("''", "'")),
            None if filter.is_empty() => None,
            None => {
                return error(
                    400,
                    "ErrorInvalidUrlQueryFilter",
                    "The query filter contains one or more invalid nodes.",
                );
            }
        };
        let state = self.state.lock().unwrap();
        let found: Vec<Value> = state
            .messages
            .iter()
            .filter(|it| !(sent_only && it.is_draft))
            .filter(|it| wanted.is_none() || it.mail.header("message-id") == wanted)
            .map(|it| described(&it.mail, it.is_draft))
            .collect();
        Reply::json(200, &json!({ "value": found }))
    }

    fn content(&self, id: &str) -> Reply {
        let state = self.state.lock().unwrap();
        let found = state.messages.iter().find(|it| it.mail.id == id);
        found.map_or_else(no_such_item, |it| {
            Reply { body: it.mail.raw.clone(), ..Reply::empty(200) }.with("content-type", "text/plain")
        })
    }

    fn refusal(&self, request: &Request) -> Option<Reply> {
        let (status, code, message) = match self.access.of(request) {
            TokenState::Valid => return None,
            TokenState::TooNarrow => {
                (403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
            }
            TokenState::Missing => (401, "InvalidAuthenticationToken", "Access token is empty."),
            TokenState::Expired => {
                (401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
            }
            TokenState::Revoked => (
                401,
                "InvalidAuthenticationToken",
                "Continuous access evaluation resulted in challenge with result: InteractionRequired",
            ),
            TokenState::Unknown => (
                401,
                "InvalidAuthenticationToken",
                "IDX14100: JWT is not well formed, there are no dots (.).",
            ),
        };
        Some(error(status, code, message))
    }
}

impl Provider for Graph {
    fn answer(&self, request: &Request) -> Reply {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        if let ("PUT", ["api", "gv1.0", "AttachmentSessions", key]) =
            (request.method.as_str(), segments.as_slice())
        {
            return self.upload(key, request);
        }
        if let Some(refusal) = self.refusal(request) {
            return refusal;
        }
        if request.body.len() > MAX_REQUEST {
            if self.state.lock().unwrap().swallows_oversize {
                return Reply::empty(200);
            }
            return error(413, "RequestEntityTooLarge", "The request is larger than 4 MB.");
        }
        let rest = match segments.as_slice() {
            ["v1.0", "me", rest @ ..] => rest,
            ["v1.0", "users", user, rest @ ..] if user.eq_ignore_ascii_case(&self.address) => rest,
            ["v1.0", "users", user, ..] => {
                let message = format!("The requested user '{user}' is invalid.");
                return error(404, "ErrorInvalidUser", &message);
            }
            _ => return error(404, "BadRequest", "Resource not found for the segment."),
        };
        match (request.method.as_str(), rest) {
            ("POST", ["sendMail"]) => self.send_mail(request),
            ("POST", ["messages"]) => self.create_draft(request),
            ("POST", ["messages", id, "attachments"]) => self.add_file(id, request),
            ("POST", ["messages", id, "attachments", "createUploadSession"]) => {
                self.create_session(id, request)
            }
            ("POST", ["messages", id, "send"]) => self.send_draft(id, request),
            ("DELETE", ["messages", id]) => self.delete(id),
            ("GET", ["messages"]) => self.list(request, false),
            ("GET", ["mailFolders", folder, "messages"]) => {
                self.list(request, folder.eq_ignore_ascii_case("sentitems"))
            }
            ("GET", ["messages", id, "$value"]) => self.content(id),
            ("GET", []) => {
                Reply::json(200, &json!({ "mail": self.address, "userPrincipalName": self.address }))
            }
            _ => error(404, "BadRequest", "Resource not found for the segment."),
        }
    }
}

fn described(mail: &Mail, is_draft: bool) -> Value {
    json!({
        "id": mail.id,
        "conversationId": format!("AAQkAG-{}", mail.id),
        "internetMessageId": mail.header("message-id"),
        "subject": mail.header("subject"),
        "isDraft": is_draft
    })
}

fn no_such_item() -> Reply {
    error(404, "ErrorItemNotFound", "The specified object was not found in the store.")
}

fn no_recipient() -> Reply {
    error(
        400,
        "ErrorInvalidRecipients",
        "At least one recipient isn't valid., A message can't be sent because it contains no recipients.",
    )
}

/// An error in Graph's shape.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "error": {
        "code": code,
        "message": message,
        "innerError": {
            "date": "2026-11-23T10:00:00",
            "request-id": "0b6c8d0e-0002-4c5b-9d1f-5b6f0f6c8d0e",
            "client-request-id": "0b6c8d0e-0002-4c5b-9d1f-5b6f0f6c8d0e"
        }
    } }),
    )
}
