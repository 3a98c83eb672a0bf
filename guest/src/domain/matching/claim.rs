//! A report as far as matching and suppressions need it.

use crate::domain::inbound::{BounceType, Class, Token};
use crate::domain::status::Event;

/// The claim of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What the message is.
    pub class: Class,
    /// The claim about each recipient that it names.
    pub recipients: Vec<ClaimedRecipient>,
    /// Message-IDs that it is about, the likeliest first.
    pub about: Vec<String>,
    /// Texts that may be tokens of the host's.
    pub tokens: Vec<Token>,
    /// The report's facts, all stamped with one time.
    pub events: Vec<Event>,
}

/// The claim of a report about one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedRecipient {
    /// Address that the mail was sent to.
    pub recipient: Option<String>,
    /// Address it ended at, where it differs.
    pub final_recipient: Option<String>,
    /// What became of it.
    pub class: Class,
    /// Whether a bounce is hard or soft.
    pub bounce_type: Option<BounceType>,
    /// Code that a server gave.
    pub code: Option<String>,
    /// The server's words.
    pub words: Option<String>,
}

#[cfg(test)]
impl From<crate::domain::inbound::Report> for Claim {
    fn from(report: crate::domain::inbound::Report) -> Self {
        let recipients = report.recipients.into_iter().map(|of| ClaimedRecipient {
            recipient: of.recipient,
            final_recipient: of.final_recipient,
            class: of.class,
            bounce_type: of.bounce_type,
            code: of.code,
            words: of.words,
        });
        Self {
            class: report.class,
            recipients: recipients.collect(),
            about: report.about,
            tokens: report.tokens,
            events: report.events,
        }
    }
}
