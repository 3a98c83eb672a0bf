//! What a company sets up before it sends: companies, their users, mail accounts and who may use them, as plain types.
//!
//! A value that exists is usable: names, addresses, hosts and URLs are parsed where they are typed, so that a wrong one is
//! refused with its reason and never stored. Deliberately absent: passwords, tokens and keys. The vault holds them, by
//! owner and [`SecretKind`], and nothing here can reach it.

mod account;
mod allow_list;
mod company;
mod description;
mod destination;
mod host_name;
mod id;
mod mailbox_id;
mod permissions;
mod records;
mod secret;
mod server;
mod service;
mod settings;
mod text;
mod transport;
mod user;

pub use account::{Account, AccountState, FolderUse, Folders, NewAccount, Relation, SendAs};
pub use allow_list::{AllowList, NotAllowable};
pub use company::{Company, Fallback, FallbackPolicy, Logo, NewCompany};
pub use description::{PlatformDomains, describe};
pub use destination::{Destination, Destinations};
pub use host_name::{NotAHostName, ascii_host, normalise_host};
pub use id::{AccountId, AttemptId, BatchId, CompanyId, InvitationId, MailId, UserId};
pub use mailbox_id::{BookmarkId, ConversationId, FolderId, IndexedMessageId, NoteId};
pub use permissions::Permissions;
pub use records::RecordsPlace;
pub use secret::{SecretKind, SecretOwner};
pub use server::{Authentication, ImapServer, PasswordMechanism, Security, SmtpServer};
pub use service::{Endpoints, Provider, ServiceUrl};
pub use settings::plugin_settings;
pub use text::{
    DisplayName, FolderName, HeloName, HostName, LoginName, MailAddress, Name, Tenant, Unusable,
    VerifiedSender, is_control_or_bidi,
};
pub use transport::{Grant, PlatformAddress, PlatformSender, SendGridSender, Transport};
pub use user::{NewUser, User, UserSettings};

/// Largest document that is read from a file or passed to the plugin, in bytes.
pub const DOCUMENT_LIMIT: u64 = 16 << 20;

#[cfg(test)]
mod tests;
