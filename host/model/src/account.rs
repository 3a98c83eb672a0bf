//! A mail account: how a company's mail leaves, and in which state that is.

use super::{
    AccountId, CompanyId, DisplayName, FolderName, Grant, ImapServer, MailAddress, Name, Permissions,
    Transport,
};
use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Folders of the mailbox by what they are used for; what is not in it is found by the server's own marks.
pub type Folders = BTreeMap<FolderUse, FolderName>;

/// A mail account of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Identity.
    pub id: AccountId,
    /// Company.
    pub company: CompanyId,
    /// Name, unique in the company; the contract's `account`.
    pub name: Name,
    /// Address that mail is sent as.
    pub address: MailAddress,
    /// Display name, where the user has set none.
    pub display_name: Option<DisplayName>,
    /// How mail leaves.
    pub transport: Transport,
    /// Where the mailbox is, if there is one that IMAP reaches.
    pub mailbox: Option<ImapServer>,
    /// Other addresses that mail is sent as (rule A15).
    pub send_as: Vec<SendAs>,
    /// Which folder is used for what.
    pub folders: Folders,
    /// Whether it can be used.
    pub state: AccountState,
    /// What the operator allows it. No user can change this.
    pub permissions: Permissions,
}

impl Account {
    /// Returns the OAuth grant that it needs: one serves mail and mailbox.
    pub fn grant(&self) -> Option<&Grant> {
        let mailbox = self.mailbox.as_ref().and_then(|server| server.authentication.grant());
        self.transport.grant().or(mailbox)
    }

    /// Returns every grant, to be changed.
    pub fn grants_mut(&mut self) -> impl Iterator<Item = &mut Grant> {
        let mailbox = self.mailbox.as_mut().and_then(|server| server.authentication.grant_mut());
        self.transport.grant_mut().into_iter().chain(mailbox)
    }
}

/// An account to be made. It has no permissions: only the operator gives those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// As in [`Account`].
    pub name: Name,
    /// As in [`Account`].
    pub address: MailAddress,
    /// As in [`Account`].
    pub display_name: Option<DisplayName>,
    /// As in [`Account`].
    pub transport: Transport,
    /// As in [`Account`].
    pub mailbox: Option<ImapServer>,
    /// As in [`Account`].
    pub send_as: Vec<SendAs>,
    /// As in [`Account`].
    pub folders: Folders,
    /// As in [`Account`]: a new account that a person has yet to sign in to begins as [`AccountState::NeedsSignIn`].
    pub state: AccountState,
}

impl NewAccount {
    /// Creates an account without a mailbox.
    pub fn new(name: Name, address: MailAddress, transport: Transport) -> Self {
        Self {
            name,
            address,
            display_name: None,
            transport,
            mailbox: None,
            send_as: Vec::new(),
            folders: Folders::new(),
            state: AccountState::Ready,
        }
    }
}

/// Another address that mail is sent as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendAs {
    /// The address.
    pub address: MailAddress,
    /// What it is to the account.
    pub relation: Relation,
}

/// The relation of another address to an account, in the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Another name of the same mailbox.
    Alias,
    /// A mailbox of its own that several people use.
    SharedMailbox,
}

super::secret::named! { Relation, "relation", { Alias = "alias", SharedMailbox = "shared-mailbox" } }

/// Whether an account can be used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum AccountState {
    /// It can.
    #[default]
    Ready,
    /// Only a person can help: the grant expired or was revoked, or there is no password yet. Its mail is held.
    NeedsSignIn {
        /// The reason, in the provider's words where it sent some.
        reason: String,
        /// Since when.
        since: DateTime<FixedOffset>,
    },
    /// The credentials are compromised, as an administrator reported: they are not used (rule A13).
    Compromised {
        /// Name of the administrator.
        by: String,
        /// Since when.
        since: DateTime<FixedOffset>,
    },
}

/// The use of a folder, by the names of RFC 6154.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FolderUse {
    /// What arrives.
    Inbox,
    /// Sent mails.
    Sent,
    /// Drafts.
    Drafts,
    /// Archived mails.
    Archive,
    /// Unwanted mails.
    Junk,
    /// What is deleted.
    Trash,
    /// Everything.
    All,
    /// What is marked.
    Flagged,
    /// What the server takes for important.
    Important,
}

super::secret::named! { FolderUse, "use of a folder", {
    Inbox = "inbox", Sent = "sent", Drafts = "drafts", Archive = "archive", Junk = "junk", Trash = "trash",
    All = "all", Flagged = "flagged", Important = "important",
} }
