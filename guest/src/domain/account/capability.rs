//! What an account can do (FEATURES A16). It depends on the transport, the provider, whether there is a mailbox, and
//! what the host can see; each answer comes with its reason, to be shown.

use super::evidence;
use super::model::{Account, Transport};
use super::preset::files_by_itself;

/// Whether an account has an ability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Postroom does it.
    Yes,
    /// The provider, or the user's own program, does it by itself.
    ByProvider,
    /// Not to be had.
    No,
}

/// An ability of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// Name in the contract.
    pub name: &'static str,
    /// Whether it has it.
    pub available: Availability,
    /// Why, one English sentence.
    pub reason: String,
}

type Answer = (Availability, &'static str);

/// What the account can do, and which statuses its mail can get, in the order of the contract.
pub fn capabilities(account: &Account) -> Vec<Capability> {
    let all = [
        ("send", send(account)),
        ("sent-copy", sent_copy(account)),
        ("inbox", inbox(account)),
        ("replies", replies(account)),
        ("delivered", delivered(account)),
        ("read", read(account)),
    ];
    let able =
        |(name, (available, reason)): (_, Answer)| Capability { name, available, reason: reason.to_owned() };
    all.into_iter().map(able).chain(evidence::statuses(account)).collect()
}

fn send(account: &Account) -> Answer {
    use Availability::{ByProvider, No, Yes};
    match account.transport {
        Transport::Smtp if account.smtp.is_none() => (No, "No SMTP server is set."),
        Transport::Smtp => (Yes, "Mail leaves through the account's own SMTP server."),
        Transport::Gmail => (Yes, "Mail leaves through the Gmail API."),
        Transport::Graph => (Yes, "Mail leaves through Microsoft Graph."),
        Transport::Sendgrid => (Yes, "Mail leaves through SendGrid."),
        Transport::Platform => (Yes, "Mail leaves from the platform, in the company's name."),
        Transport::MailClient => {
            (ByProvider, "The user's own mail program sends: Postroom hands the mail over.")
        }
    }
}

fn sent_copy(account: &Account) -> Answer {
    use Availability::{ByProvider, No, Yes};
    let mailbox = account.imap.is_some();
    match account.transport {
        Transport::Gmail => (ByProvider, "Gmail files the copy in Sent by itself."),
        Transport::Graph => (ByProvider, "Outlook files the copy in Sent Items by itself."),
        Transport::MailClient => (ByProvider, "The user's own mail program files the copy."),
        Transport::Smtp if account.provider().is_some_and(files_by_itself) => {
            (ByProvider, "The provider files what is sent through its server by itself.")
        }
        _ if mailbox => (Yes, "Postroom files a copy in the mailbox's Sent folder by IMAP."),
        Transport::Smtp => (No, "Without IMAP there is no mailbox to file a copy in."),
        Transport::Sendgrid => (No, "SendGrid keeps no mail, and no mailbox is set."),
        Transport::Platform => {
            (No, "The platform has no Sent folder: the document's timeline shows the mail.")
        }
    }
}

fn inbox(account: &Account) -> Answer {
    use Availability::{No, Yes};
    match account.transport {
        _ if account.imap.is_some() && account.reads_mailbox => {
            (Yes, "The mailbox is read by IMAP, and nothing is moved off the server.")
        }
        _ if account.imap.is_some() => {
            (No, "This host does not read the mailbox: it files copies in Sent and tests the connection.")
        }
        Transport::Platform => {
            (No, "Answers come to the platform's reply address, where `postroom track` finds them.")
        }
        Transport::Smtp => (No, "Own SMTP without IMAP has no inbox."),
        Transport::Sendgrid => (No, "SendGrid sends only."),
        Transport::Gmail | Transport::Graph => (No, "No mailbox is set: switch IMAP on for this account."),
        Transport::MailClient => (No, "The inbox is that of the user's own mail program."),
    }
}

fn replies(account: &Account) -> Answer {
    use Availability::{No, Yes};
    match account.transport {
        _ if account.imap.is_some() && account.reads_mailbox => {
            (Yes, "Answers are found in the mailbox and shown with the document.")
        }
        Transport::Platform => (
            Yes,
            "`postroom track` reads what comes to the reply address, and leads each answer to its document.",
        ),
        Transport::MailClient => (No, "Answers come to the user's own mail program."),
        _ => (
            No,
            "Answers come to a mailbox that this host does not read: give its files to `postroom track`.",
        ),
    }
}

fn delivered(account: &Account) -> Answer {
    use Availability::{ByProvider, No, Yes};
    match account.transport {
        Transport::MailClient => (No, "The status is Unknown: the mail was handed to your mail program."),
        Transport::Sendgrid if account.provider_events => {
            (ByProvider, "SendGrid reports each delivery and failure.")
        }
        Transport::Sendgrid => (No, "SendGrid's event reports do not reach this host."),
        Transport::Smtp | Transport::Platform if account.provider_events => {
            (ByProvider, "The provider reports each delivery and failure.")
        }
        Transport::Smtp | Transport::Platform if account.reads_mailbox => {
            (Yes, "Reports that `--notify-delivered` asks for are read; not every server sends them.")
        }
        Transport::Smtp | Transport::Platform => {
            (No, "Not by itself: reports that `--notify-delivered` asks for are mails, for `postroom track`.")
        }
        Transport::Gmail | Transport::Graph if account.tracking => {
            (Yes, "The API reports no delivery: it is known once the mail is opened.")
        }
        Transport::Gmail | Transport::Graph => (No, "The API reports no delivery."),
    }
}

fn read(account: &Account) -> Answer {
    use Availability::{ByProvider, No, Yes};
    match account.transport {
        Transport::Smtp => {
            (No, "Own SMTP has no Read tracking; an answer or a receipt that comes unasked counts.")
        }
        Transport::MailClient => (No, "The status is Unknown: the mail was handed to your mail program."),
        Transport::Sendgrid if account.provider_events => {
            (ByProvider, "SendGrid reports that a mail was opened.")
        }
        _ if account.tracking => (Yes, "The opening of a mail is seen where the user asks for it."),
        _ => {
            (No, "This host does not see the opening of a mail: its address is not reachable for recipients.")
        }
    }
}
