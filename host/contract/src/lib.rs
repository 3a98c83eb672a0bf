//! The contract as Rust sees it, generated from `wit/`: the only `bindgen!` of the host, since each costs
//! minutes of compile time.
//!
//! The types of an interface are in the module of its name: [`composing::Job`], [`delivery::SubmissionResult`]. They
//! are plain data; their docs are those of the WIT files.

#![allow(missing_docs, unsafe_code, unreachable_pub)]
#![allow(clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "plugin",
    imports: { default: async | trappable },
    exports: { default: async },
    additional_derives: [serde::Serialize, serde::Deserialize, PartialEq],
});

pub use self::postroom::plugin::{attachments, imap, log, smtp, transport, types, web};
pub use exports::postroom::plugin::{
    accounts, composing, delivery, documents, drafts, inbound, info, letters, mailbox, mailbox_inbound,
    matching, openings, reading, recipients, schedule, sent, suppressions, templates, tracking, webhooks,
};

impl documents::Content {
    /// Returns the bytes that the call hands over; none of a file, which is read during the call.
    pub fn in_hand(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
            Self::File(_) => &[],
        }
    }
}

impl types::ArgumentError {
    /// States the argument, and what is wrong with it.
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.argument, self.detail)
    }
}

impl From<Vec<u8>> for documents::Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl inbound::MessageContent {
    /// Counts the bytes that the call hands over; none of a message that is read during the call.
    pub fn size_in_hand(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Base64(text) => text.len() / 4 * 3,
            Self::File(_) => 0,
        }
    }
}

impl recipients::Field {
    /// Returns the name of the header field.
    pub fn header(self) -> &'static str {
        match self {
            Self::To => "To",
            Self::Cc => "Cc",
            Self::Bcc => "Bcc",
            Self::ReplyTo => "Reply-To",
        }
    }
}

impl transport::Stage {
    /// Returns the stage's name for administrators.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::Greeting => "greeting",
            Self::Login => "login",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Data => "data",
            Self::AfterDot => "after the final dot",
            Self::Token => "token",
            Self::Folder => "folder",
            Self::Command => "command",
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}
