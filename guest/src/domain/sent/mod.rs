//! Where the copy of a sent mail belongs, and where a mail that may have been sent is looked for (rule B7).

mod names;

use super::account::{Transport, files_by_itself};
use names::{inside_inbox, rank};

/// A folder of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Full name, decoded.
    pub name: String,
    /// Between the levels of the name.
    pub delimiter: Option<String>,
    /// RFC 6154, lower case, without the backslash.
    pub special_use: Vec<String>,
    /// True if the folder can hold messages.
    pub selectable: bool,
}

/// The mailbox of an account, and the way mail leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentAccount {
    /// The host's name for it.
    pub name: String,
    /// Transport that the mail left by, by its name in the contract.
    pub transport: String,
    /// Provider of the mailbox.
    pub provider: Option<String>,
    /// The folder that the user chose.
    pub sent_folder: Option<String>,
}

/// The origin of the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// The provider, or the user's own program, files it.
    ByProvider,
    /// Append it to this folder.
    Append(String),
    /// The user has to choose one of these.
    Choose(Vec<String>),
}

/// Plans where the copy belongs: the provider's doing, the user's choice, the special use, the usual names.
pub fn plan(account: &SentAccount, folders: &[Folder]) -> Plan {
    if is_filed_by_provider(account) {
        return Plan::ByProvider;
    }
    match sent_folder(account, folders) {
        Some(folder) => Plan::Append(folder.name.clone()),
        None => {
            let open = folders.iter().filter(|folder| folder.selectable && !has_other_use(folder));
            Plan::Choose(open.map(|folder| folder.name.clone()).collect())
        }
    }
}

/// True if the provider of the mailbox files what it sends itself. Mail that leaves by another provider's server (a fallback) is not filed
/// by it.
fn is_filed_by_provider(account: &SentAccount) -> bool {
    let is = |transport: Transport| account.transport == transport.name();
    is(Transport::Gmail)
        || is(Transport::Graph)
        || is(Transport::MailClient)
        || (is(Transport::Smtp) && account.provider.as_deref().is_some_and(files_by_itself))
}

/// Finds the one folder for sent mail, where that is known. A chosen folder that is gone does not count.
fn sent_folder<'f>(account: &SentAccount, folders: &'f [Folder]) -> Option<&'f Folder> {
    let open = || folders.iter().filter(|folder| folder.selectable);
    let chosen = account.sent_folder.as_deref().and_then(|name| open().find(|folder| folder.name == name));
    // Several marked as sent: the one with the most usual name.
    let marked = || open().filter(|folder| has_use(folder, "sent")).min_by_key(|folder| rank(folder));
    let named = || {
        let ranked =
            open().filter(|folder| !has_other_use(folder)).filter_map(|f| Some((rank(f).named()?, f)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, folder)| folder)
    };
    chosen.or_else(marked).or_else(named)
}

/// Lists folders that a mail which was sent may lie in, the likeliest first. Not drafts and not the trash: a mail that was never sent may
/// lie there; not junk.
pub fn places_to_look<'f>(account: &SentAccount, folders: &'f [Folder]) -> Vec<&'f str> {
    let open = || folders.iter().filter(|folder| folder.selectable);
    let sent = sent_folder(account, folders).into_iter();
    let sent = sent.chain(open().filter(|f| has_use(f, "sent")));
    let sent = sent.chain(open().filter(|f| !has_other_use(f) && rank(f).named().is_some()));
    let elsewhere = ["all", "archive", "inbox"];
    let elsewhere = elsewhere.into_iter().flat_map(|of| open().filter(move |f| has_use(f, of)));
    let inbox = open().filter(|folder| folder.name.eq_ignore_ascii_case("inbox"));
    let mut places: Vec<&str> = Vec::new();
    for folder in sent.chain(elsewhere).chain(inbox) {
        if !places.contains(&folder.name.as_str()) {
            places.push(&folder.name);
        }
    }
    places
}

fn has_use(folder: &Folder, of: &str) -> bool {
    folder.special_use.iter().any(|mark| mark == of)
}

/// True if the folder is for something else than sent mail.
fn has_other_use(folder: &Folder) -> bool {
    let marked =
        folder.special_use.iter().any(|mark| !matches!(mark.as_str(), "sent" | "flagged" | "important"));
    marked || inside_inbox(folder).is_empty()
}

#[cfg(test)]
mod tests;
