//! What a mail can be found by, the most reliable first. An address alone is no trace, since it is no secret.

use super::Claim;
use crate::domain::inbound::{Class, TokenPlace};
use crate::domain::status::named;
use std::collections::BTreeSet;

/// Traces of one kind that are given. A report has no more than these by [`read`](crate::domain::inbound::read).
const MOST: usize = 50;

named! {
    /// By what a mail can be found.
    TraceKind, "kind of trace", {
        /// An address that the host signed for the mail.
        ReturnAddress = "return-address",
        /// The token of an attempt.
        EnvelopeId = "envelope-id",
        /// A Message-ID.
        MessageId = "message-id",
    }
}

impl TraceKind {
    /// Returns true if only those can have written the report who carry the mail, not another of its recipients: every recipient
    /// of a mail can see its Message-ID.
    pub const fn excludes_other_recipients(self) -> bool {
        match self {
            Self::ReturnAddress | Self::EnvelopeId => true,
            Self::MessageId => false,
        }
    }
}

named! {
    /// What a return address was signed for.
    Purpose, "purpose of a return address", {
        /// Reports by servers: the return path, which recipients do not see.
        Bounce = "bounce",
        /// Answers by people: Reply-To, which every recipient sees.
        Reply = "reply",
    }
}

/// Something in a report by which a mail can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The kind of trace.
    pub kind: TraceKind,
    /// The text.
    pub value: String,
    /// What a return address must have been signed for, in the order to try.
    pub purposes: &'static [Purpose],
}

/// Collects the traces of a report, the most reliable first.
pub fn traces(claim: &Claim) -> Vec<Trace> {
    let at = |places: &'static [TokenPlace]| {
        let tokens = claim.tokens.iter().filter(move |token| places.contains(&token.place));
        tokens.map(|token| token.value.as_str())
    };
    let addresses = at(&[TokenPlace::RecipientAddress, TokenPlace::ReturnPath, TokenPlace::Header]);
    let mut found = each_once(TraceKind::ReturnAddress, addresses, purposes(claim.class));
    found.extend(each_once(TraceKind::EnvelopeId, at(&[TokenPlace::EnvelopeId]), &[]));
    found.extend(each_once(TraceKind::MessageId, claim.about.iter().map(String::as_str), &[]));
    found
}

/// Returns the purposes that a return address may have been signed for to prove a message of this class. People answer to one kind of
/// address, servers report to the other: what every recipient sees must not serve to report a bounce.
const fn purposes(class: Class) -> &'static [Purpose] {
    match class {
        Class::Ordinary | Class::AutoReply => &[Purpose::Reply],
        // Mail programs send theirs to the address for people, servers to the other; a receipt fails nothing.
        Class::Receipt => &[Purpose::Bounce, Purpose::Reply],
        Class::Bounce | Class::Delay | Class::Delivered | Class::Relayed | Class::Complaint => {
            &[Purpose::Bounce]
        }
    }
}

/// Makes a trace of each value, the first time that it appears.
fn each_once<'a>(
    kind: TraceKind,
    values: impl Iterator<Item = &'a str>,
    purposes: &'static [Purpose],
) -> Vec<Trace> {
    let mut seen = BTreeSet::new();
    let news = values.map(str::trim).filter(|value| !value.is_empty() && seen.insert(*value));
    news.take(MOST).map(|value| Trace { kind, value: value.to_owned(), purposes }).collect()
}
