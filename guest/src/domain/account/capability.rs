//! What an account can do (rule A16). It depends on the transport, the provider, whether there is a mailbox, and
//! what the host can see; each answer comes with its reason, to be shown.

use super::evidence;
use super::model::{Account, Transport};
use super::preset::files_by_itself;
use super::reasons::CapabilityReason as R;
use crate::domain::reason::Reason;

/// Whether an account has an ability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Postroom does it.
    Yes,
    /// The provider, or the user's own program, does it by itself.
    ByProvider,
    /// The account lacks the ability.
    No,
}

impl Availability {
    /// Every case, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::Yes, Self::ByProvider, Self::No];

    /// Returns the name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::ByProvider => "by-provider",
            Self::No => "no",
        }
    }
}

/// An ability of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// Name in the contract.
    pub name: &'static str,
    /// Whether it has it.
    pub available: Availability,
    /// Why; each code is one of [`CAPABILITY_REASONS`](super::CAPABILITY_REASONS). An ability has one reason, a status one for each
    /// way by which it can come.
    pub reasons: Vec<Reason>,
}

impl Capability {
    /// Returns all reasons as one English sentence.
    pub fn reason(&self) -> String {
        let all: Vec<_> = self.reasons.iter().map(|reason| reason.detail.as_str()).collect();
        sentence(&all.join("; "))
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut sentence: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

type Assessment = (Availability, R);

/// Names of the abilities, in the order of the contract.
pub const CAPABILITIES: [&str; 11] = [
    "send",
    "sent-copy",
    "inbox",
    "replies",
    "delivered",
    "read",
    "status-in-transit",
    "status-delivered",
    "status-read",
    "status-failed",
    "status-unknown",
];

/// Returns what the account can do, and which statuses its mail can get, in the order of the contract.
pub fn capabilities(account: &Account) -> Vec<Capability> {
    let all = [
        ("send", send(account)),
        ("sent-copy", sent_copy(account)),
        ("inbox", inbox(account)),
        ("replies", replies(account)),
        ("delivered", delivered(account)),
        ("read", read(account)),
    ];
    let able = |(name, (available, reason)): (_, Assessment)| Capability {
        name,
        available,
        reasons: vec![reason.into()],
    };
    all.into_iter().map(able).chain(evidence::statuses(account)).collect()
}

fn send(account: &Account) -> Assessment {
    use Availability::{ByProvider, No, Yes};
    match account.transport {
        Transport::Smtp if account.smtp.is_none() => (No, R::NoSmtpServer),
        Transport::Smtp => (Yes, R::SendsBySmtp),
        Transport::Gmail => (Yes, R::SendsByGmail),
        Transport::Graph => (Yes, R::SendsByGraph),
        Transport::Sendgrid => (Yes, R::SendsBySendgrid),
        Transport::Platform => (Yes, R::SendsByPlatform),
        Transport::MailClient => (ByProvider, R::SendsByMailProgram),
    }
}

fn sent_copy(account: &Account) -> Assessment {
    use Availability::{ByProvider, No, Yes};
    let mailbox = account.imap.is_some();
    match account.transport {
        Transport::Gmail => (ByProvider, R::CopyByGmail),
        Transport::Graph => (ByProvider, R::CopyByOutlook),
        Transport::MailClient => (ByProvider, R::CopyByMailProgram),
        Transport::Smtp if account.provider().is_some_and(files_by_itself) => (ByProvider, R::CopyByProvider),
        _ if mailbox => (Yes, R::CopyByImap),
        Transport::Smtp => (No, R::NoCopyWithoutImap),
        Transport::Sendgrid => (No, R::NoCopySendgrid),
        Transport::Platform => (No, R::NoCopyPlatform),
    }
}

fn inbox(account: &Account) -> Assessment {
    use Availability::{No, Yes};
    match account.transport {
        _ if account.imap.is_some() && account.reads_mailbox => (Yes, R::InboxByImap),
        _ if account.imap.is_some() => (No, R::InboxNotRead),
        Transport::Platform => (No, R::InboxPlatform),
        Transport::Smtp => (No, R::InboxNoImap),
        Transport::Sendgrid => (No, R::InboxSendgrid),
        Transport::Gmail | Transport::Graph => (No, R::InboxNoMailbox),
        Transport::MailClient => (No, R::InboxMailProgram),
    }
}

fn replies(account: &Account) -> Assessment {
    use Availability::{No, Yes};
    match account.transport {
        _ if account.imap.is_some() && account.reads_mailbox => (Yes, R::RepliesInMailbox),
        Transport::Platform => (Yes, R::RepliesByPlatform),
        Transport::MailClient => (No, R::RepliesInMailProgram),
        _ => (No, R::RepliesNotRead),
    }
}

fn delivered(account: &Account) -> Assessment {
    use Availability::{ByProvider, No, Yes};
    match account.transport {
        Transport::MailClient => (No, R::UnknownByMailProgram),
        Transport::Sendgrid if account.provider_events => (ByProvider, R::DeliveryBySendgrid),
        Transport::Sendgrid => (No, R::NoDeliverySendgrid),
        Transport::Smtp | Transport::Platform if account.provider_events => {
            (ByProvider, R::DeliveryByProvider)
        }
        Transport::Smtp | Transport::Platform if account.reads_mailbox => (Yes, R::DeliveryByReport),
        Transport::Smtp | Transport::Platform => (No, R::DeliveryNotRead),
        Transport::Gmail | Transport::Graph if account.tracking => (Yes, R::DeliveryByOpening),
        Transport::Gmail | Transport::Graph => (No, R::NoDeliveryApi),
    }
}

fn read(account: &Account) -> Assessment {
    use Availability::{ByProvider, No, Yes};
    match account.transport {
        Transport::Smtp => (No, R::NoReadSmtp),
        Transport::MailClient => (No, R::UnknownByMailProgram),
        Transport::Sendgrid if account.provider_events => (ByProvider, R::ReadBySendgrid),
        _ if account.tracking => (Yes, R::ReadByPixel),
        _ => (No, R::OpeningsNotSeen),
    }
}
