//! The types of the contract (`wit/smtp.wit`) in Rust: a submission and its result.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::reply::Reply;
use crate::attachments::Chunk;
use crate::{BeforeFinalDot, Verdict, session};

/// One envelope recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Address as it goes into RCPT TO.
    pub address: String,
    /// Conditions to report: any of `success`, `failure`, `delay`, or `never` alone; empty for the server's
    /// own choice.
    pub notify: Vec<String>,
}

/// One transaction.
#[derive(Debug, Clone)]
pub struct Submission {
    /// MAIL FROM; empty for the null reverse-path.
    pub mail_from: String,
    /// At least one, no duplicates.
    pub recipients: Vec<Recipient>,
    /// ENVID before xtext encoding, at most 100 printable ASCII characters.
    pub envelope_id: Option<String>,
    /// Ask for SMTPUTF8.
    pub smtputf8: bool,
    /// Bytes of the whole message on the wire. The pieces are counted too, the larger number rules.
    pub size: u64,
    /// The message.
    pub chunks: Vec<Chunk>,
    /// Called before the last bytes of the message are sent.
    pub gate: Option<Arc<dyn BeforeFinalDot>>,
}

/// The stage that a connection had reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Before the network: the account, the message or the server's announced limits rule it out.
    Prepare,
    /// The host name.
    Resolve,
    /// TCP.
    Connect,
    /// TLS, implicit or after STARTTLS.
    Tls,
    /// The server's greeting and its answer to EHLO.
    Greeting,
    /// AUTH.
    Login,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA and the body, and the answer to them.
    Data,
    /// After the final dot was sent, before its answer was read.
    AfterDot,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepare => "prepare",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::Greeting => "greeting",
            Self::Login => "login",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Data => "data",
            Self::AfterDot => "after-dot",
        })
    }
}

/// A submission of which nothing was accepted, as far as is known. Its `Display` is the sentence in `detail`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct Failure {
    /// Where it failed.
    pub stage: Stage,
    /// What that means.
    pub verdict: Verdict,
    /// The server's reply, where there was one.
    pub reply: Option<Reply>,
    /// One sentence naming host and stage, the server's words in quotes.
    pub detail: String,
    /// Seconds to wait at least, where the server sent them.
    pub retry_after: Option<u32>,
    /// What is known of each recipient, in the order given; empty when RCPT was not reached.
    pub recipients: Vec<RecipientReply>,
}

/// The server's answer to one RCPT TO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientReply {
    /// The address as it was sent.
    pub address: String,
    /// 2xx is acceptance, 4xx may be tried again, 5xx is final.
    pub reply: Reply,
}

/// A submission that the server accepted, for every recipient whose reply is 2xx and for no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Host name the server was reached by.
    pub server: String,
    /// The answer to the final dot.
    pub reply: Reply,
    /// One per recipient, in the order given; at least one is 2xx.
    pub recipients: Vec<RecipientReply>,
    /// Whether the server announced DSN.
    pub dsn: bool,
}

/// A stage of a connection test that succeeded.
pub type ProbeStep = session::ProbeStep<Stage>;

/// The result of a connection test.
pub type ProbeReport = session::ProbeReport<Stage, Failure>;
