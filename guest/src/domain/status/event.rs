//! A fact about a mail, and the closed lists of names that the contract publishes for it.

use chrono::{DateTime, FixedOffset};
use std::cmp::Ordering;

/// A fact. Two equal facts are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Address it concerns, as in the envelope; none: every recipient.
    pub recipient: Option<String>,
    /// What happened.
    pub kind: EventKind,
    /// When it happened.
    pub at: DateTime<FixedOffset>,
    /// The source.
    pub source: EventSource,
    /// Enhanced status code, or the reply code where there was no other.
    pub code: Option<String>,
    /// The remote server's words, verbatim; from the source `host`, our own.
    pub words: Option<String>,
}

/// A text that is none of the published names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} \"{name}\": use one of {known}")]
pub struct UnknownName {
    /// What was expected: `event kind`, `event source`, …
    pub what: &'static str,
    /// The name as given, shortened.
    pub name: String,
    /// The names there are.
    pub known: String,
}

impl UnknownName {
    pub(crate) fn of<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        Self { what, name: name.chars().take(40).collect(), known: known.collect::<Vec<_>>().join(", ") }
    }
}

/// Declares an enum whose cases carry the names that stand in the contract.
macro_rules! named {
    ($(#[$doc:meta])* $type:ident, $what:literal, { $($(#[$case_doc:meta])* $case:ident = $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $type { $($(#[$case_doc])* $case),* }

        impl $type {
            /// Every case, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$case),*];
            /// Every name, in that order.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Returns the name in the contract.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$case => $name),* }
            }

            /// Finds the case by its name.
            pub fn named(name: &str) -> Result<Self, $crate::domain::status::UnknownName> {
                Self::ALL.iter().copied().find(|case| case.name() == name).ok_or_else(|| {
                    $crate::domain::status::UnknownName::of($what, name, Self::ALL.iter().map(|case| case.name()))
                })
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(crate) use named;

named! {
    /// What happened.
    EventKind, "event kind", {
        /// The mail is in our own outbox.
        Queued = "queued",
        /// A submission server or an API took it: a 250, a 202.
        Accepted = "accepted",
        /// The recipient's own server took it: the 250 of a final MX or of LMTP.
        Stored = "stored",
        /// Our attempt came to nothing; another one follows.
        Deferred = "deferred",
        /// A server refused the sender, the recipient or the message, for good.
        Refused = "refused",
        /// The mail could not be submitted, and no server decided about it: unknown host, wrong password, a file that can't be read.
        Unsent = "unsent",
        /// The connection was lost after the final dot.
        InDoubt = "in-doubt",
        /// Handed to the user's own mail program.
        HandedOver = "handed-over",
        /// A report: passed on to a server that sends no reports.
        Relayed = "relayed",
        /// A report, or a provider: not yet delivered, still being tried.
        Delayed = "delayed",
        /// A report, or a provider: delivered, or expanded to a list's members.
        Delivered = "delivered",
        /// Given up after too long a delay.
        Expired = "expired",
        /// A report, or a provider: undeliverable.
        Bounced = "bounced",
        /// The provider took it and then did not send it.
        Dropped = "dropped",
        /// A disposition report: shown to the recipient.
        DispositionDisplayed = "disposition-displayed",
        /// A disposition report: deleted by a rule, unseen (a Sieve refusal).
        DispositionDeleted = "disposition-deleted",
        /// Any other disposition report.
        DispositionOther = "disposition-other",
        /// A vacation notice or the like.
        AutoReply = "auto-reply",
        /// A program fetched the pixel: a prefetching proxy, a scanner.
        MachineOpen = "machine-open",
        /// A person opened it.
        Opened = "opened",
        /// A person followed a link.
        Clicked = "clicked",
        /// A person answered.
        Replied = "replied",
        /// A person opened the document's page on the portal.
        PortalVisit = "portal-visit",
        /// The recipient marked it as unwanted.
        Complaint = "complaint",
    }
}

named! {
    /// Where an event comes from.
    EventSource, "event source", {
        /// The server that the mail was submitted to.
        Smtp = "smtp",
        /// The provider's API.
        Api = "api",
        /// A delivery report (RFC 3464).
        DeliveryReport = "delivery-report",
        /// A disposition report (RFC 8098).
        DispositionReport = "disposition-report",
        /// A provider's webhook.
        Webhook = "webhook",
        /// The tracking pixel.
        Pixel = "pixel",
        /// A reply, by a person or a program.
        Reply = "reply",
        /// The customer portal.
        Portal = "portal",
        /// The host itself, where no server spoke.
        Host = "host",
    }
}

impl Event {
    /// Compares two events in an order in which equal means the same in every field, so that the choice of evidence depends on nothing but
    /// the facts. Earlier facts come first.
    pub fn chronological(&self, other: &Self) -> Ordering {
        self.at
            .cmp(&other.at)
            .then_with(|| self.kind.cmp(&other.kind))
            .then_with(|| self.source.cmp(&other.source))
            .then_with(|| self.code.cmp(&other.code))
            .then_with(|| self.words.cmp(&other.words))
            .then_with(|| self.recipient.cmp(&other.recipient))
            .then_with(|| self.at.offset().local_minus_utc().cmp(&other.at.offset().local_minus_utc()))
    }
}
