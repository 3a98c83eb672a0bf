//! Why a use case failed: whose fault it is, whether a retry can help, and what there is to know to put it right.
//!
//! A caller turns an error into its own words: a command line names its options, a web page its fields. So an error carries
//! the facts; its text says them in English without naming either.

use super::MailName;
use crate::config::ConfigError;
use crate::connections::ConnectionError;
use crate::engine::EngineError;
use crate::inbound::IntakeError;
use crate::mailbox::SyncError;
use crate::outbox::{DraftError, OutboxError};
use crate::records::RecordsError;
use crate::vault::VaultError;
use chrono::{DateTime, FixedOffset};
use postroom_contract::accounts::AccountFinding;
use postroom_model::{Name, SecretKind, Unusable};
use postroom_store::{Batch, Listed, Location, MailId, StoreError};
use postroom_transport::oauth;
use std::path::PathBuf;

/// The cause of an error, which tells whether a retry can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An input is wrong: once it is put right the same may succeed.
    Input,
    /// What was asked for contradicts itself, or leaves out what can't be done without.
    Request,
    /// Refused for good: the same is refused again.
    Refused,
    /// Not now: the same may succeed later.
    Later,
    /// A mail may have left, and it is unknown whether it did.
    InDoubt,
    /// The store takes no writes: after its operator has repaired it the same goes on.
    Unwritable,
    /// This program or its installation is at fault.
    Internal,
}

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// An account can't be connected.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A stored mail can't be moved on.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// No mail could be made.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The plugin gave no answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The company's records.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// A message that came in can't be read.
    #[error(transparent)]
    Inbox(#[from] IntakeError),
    /// A mailbox can't be followed or asked.
    #[error(transparent)]
    Mailbox(#[from] SyncError),
    /// A sign-in at a provider.
    #[error(transparent)]
    SignIn(#[from] oauth::Error),
    /// A sign-in can't be stored.
    #[error(transparent)]
    SignInStore(#[from] oauth::StoreError),
    /// A settings file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A name, an address or a host that can't be used.
    #[error(transparent)]
    Unusable(#[from] Unusable),

    /// The plugin's file is in none of the usual places, and none was named.
    #[error("no plugin found")]
    NoPlugin,
    /// No place for a store was named, and the user has no folder for data.
    #[error("no store is named")]
    NoStorePlace,
    /// No place for the master key was named, and the user has no folder for settings.
    #[error("no place of the master key is named")]
    NoKeyPlace,
    /// There is no store at this place.
    #[error("there is no store at {0}")]
    NoStore(Location),
    /// A store that is not in a file is backed up and brought back by its database.
    #[error("the store {0} is not in a file")]
    NotAFile(Location),
    /// A backup can't take the store's place.
    #[error(transparent)]
    NotRestored(StoreError),
    /// A worker is at the store.
    #[error("a worker is at the store {0}")]
    WorkerAtStore(Location),
    /// None of them was named, and there is not exactly one.
    #[error("{}", which(*.0, .1))]
    WhichOne(Choice, Vec<String>),

    /// The user may use no account.
    #[error("{0} may use no account")]
    NoAccount(Name),
    /// No mail is named so.
    #[error("there is no mail {0}")]
    NoMail(MailName),
    /// Several mails are about the document of this number.
    #[error("{} mails are about {}", .1.len(), .0)]
    SeveralMails(MailName, Vec<Listed>),
    /// No mail is known about this document, partner or mail.
    #[error("no mail is known about \"{0}\"")]
    NothingAbout(String),
    /// There is no batch of this name or id.
    #[error("there is no batch \"{0}\"")]
    NoBatch(String),
    /// Several batches have this name.
    #[error("{} batches are called \"{}\"", .1.len(), .0)]
    SeveralBatches(String, Vec<Batch>),
    /// A mail that is about to be moved on was cancelled.
    #[error("the mail {0} was cancelled")]
    Cancelled(MailId),
    /// A mail is in the hands of another program until this time at least.
    #[error("the mail {mail} is being sent by another program, which has it until {until} at least")]
    BeingSent {
        /// The mail.
        mail: MailId,
        /// The end of the other program's lease.
        until: DateTime<FixedOffset>,
    },
    /// The operator has no platform.
    #[error("the operator's settings have no [platform]")]
    NoPlatform,
    /// The operator has no platform, which this account would send from.
    #[error("accounts.{0}: the operator has no platform")]
    NoPlatformFor(Name),
    /// Another company has the address on the platform that this account would send from.
    #[error("{address} belongs to another company")]
    PlatformAddressTaken {
        /// The address.
        address: String,
        /// The account.
        account: Name,
    },
    /// Texts that were given as addresses are none.
    #[error("{}", unusable(.0))]
    UnusableAddresses(Vec<super::UnusableAddress>),
    /// A secret that neither transport nor mailbox has a use for.
    #[error("the account has no use for a secret of the kind {given}")]
    UnusedSecret {
        /// What was given.
        given: SecretKind,
        /// The account's transport.
        transport: &'static str,
        /// How the account signs in.
        signs_in: &'static str,
    },
    /// There is no resolver to ask what a domain publishes.
    #[error("{0}")]
    NoResolver(String),
    /// The company has no records.
    #[error("{0} has no records")]
    NoRecords(Name),
    /// The records' key was given for another place.
    #[error("the key that is kept is for another URL")]
    RecordsKeyElsewhere,
    /// An ERP has no key that requests are signed with.
    #[error("requests to the records need a key")]
    NoRecordsKey,
    /// Another program notifies the records at this moment.
    #[error("another program notifies the records at this moment")]
    RecordsBusy,
    /// The records name no document for this query.
    #[error("the records name no document for \"{0}\"")]
    NoDocuments(String),
    /// It was stopped before all mails were in the outbox: started again, it goes on.
    #[error("stopped before all of them were in the outbox: start it again to go on")]
    Stopped,
    /// An account can't work like this.
    #[error("{}", findings(.0))]
    UnworkableAccount(Vec<AccountFinding>),
    /// It is an administrator's to do, and a user acts.
    #[error("{0} can't do this: it is for an administrator")]
    NotPermitted(Name),
    /// What is asked for belongs to a user, and none is named.
    #[error("settings belong to a user")]
    NoUser,
    /// An invitation names no user.
    #[error("an invitation is for a user")]
    NoInvitee,
    /// The operator has no public address.
    #[error("the operator's settings have no [web] public_url")]
    NoPublicUrl,
    /// A file can't be read.
    #[error("can't read {}: {detail}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// An input is wrong, as the sentence says.
    #[error("{0}")]
    Input(String),
    /// It is refused, as the sentence says.
    #[error("{0}")]
    Refused(String),
    /// The observer could not be asked.
    #[error("{0}")]
    Asking(String),
    /// This program is at fault, as the sentence says.
    #[error("{0}")]
    Internal(String),
}

/// A kind of thing of which one is to be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// A company of the store.
    Company,
    /// A user of the company.
    User,
    /// An account that the user may use.
    Account,
}

impl Choice {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::User => "user",
            Self::Account => "account",
        }
    }
}

fn which(what: Choice, names: &[String]) -> String {
    match names {
        [] => format!("there is no {}", what.as_str()),
        names => format!("which {}? There are {}", what.as_str(), names.join(", ")),
    }
}

fn findings(of: &[AccountFinding]) -> String {
    of.iter().map(|it| format!("{}: {}", it.field, it.detail)).collect::<Vec<_>>().join("\n")
}

fn unusable(of: &[super::UnusableAddress]) -> String {
    let texts = of.iter().map(|it| format!("\"{}\" is no address: {}", it.text, it.detail));
    texts.collect::<Vec<_>>().join("\n")
}

impl AppError {
    /// Tells whose fault the error is, and whether a retry can help.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Store(error) | Self::NotRestored(error) => of_store(error),
            Self::Vault(error) => of_vault(error),
            Self::Connection(ConnectionError::Vault(error)) => of_vault(error),
            Self::Connection(ConnectionError::Compromised { .. }) => Fault::Refused,
            Self::Outbox(error) => match error {
                OutboxError::Store(error) => of_store(error),
                OutboxError::Engine(error) => of_engine(error),
                OutboxError::File(_) | OutboxError::NotOurs(_) => Fault::Input,
                OutboxError::Plugin(_) => Fault::Internal,
            },
            Self::Draft(error) => draft_fault(error),
            Self::Engine(error) => of_engine(error),
            Self::Records(error) => match error {
                error if error.is_transient() => Fault::Later,
                RecordsError::Refused { .. } | RecordsError::Denied { .. } => Fault::Refused,
                _ => Fault::Input,
            },
            Self::Inbox(error) => match error {
                IntakeError::Store(error) => of_store(error),
                IntakeError::Engine(error) => of_engine(error),
                IntakeError::Plugin(_) => Fault::Internal,
                _ => Fault::Input,
            },
            Self::Mailbox(error) => match error {
                SyncError::Store(error) => of_store(error),
                SyncError::Engine(error) => of_engine(error),
                error if error.is_transient() => Fault::Later,
                SyncError::Plugin(_) => Fault::Internal,
                SyncError::Mailbox(_) => Fault::Refused,
                SyncError::Connection(_) | SyncError::NoMailbox => Fault::Input,
            },
            Self::SignIn(error) => match error {
                error if error.is_transient() => Fault::Later,
                oauth::Error::Setup(_) => Fault::Input,
                _ => Fault::Refused,
            },
            Self::UnusedSecret { .. } | Self::NoUser | Self::NoInvitee => Fault::Request,
            Self::BeingSent { .. } | Self::Stopped | Self::RecordsBusy | Self::WorkerAtStore(_) => {
                Fault::Later
            }
            Self::Refused(_) => Fault::Refused,
            Self::SignInStore(_) | Self::NoPlugin | Self::Asking(_) | Self::Internal(_) => Fault::Internal,
            Self::Connection(_)
            | Self::Config(_)
            | Self::Unusable(_)
            | Self::NoStorePlace
            | Self::NoKeyPlace
            | Self::NoStore(_)
            | Self::NotAFile(_)
            | Self::WhichOne(..)
            | Self::NoAccount(_)
            | Self::NoMail(_)
            | Self::SeveralMails(..)
            | Self::NothingAbout(_)
            | Self::NoBatch(_)
            | Self::SeveralBatches(..)
            | Self::Cancelled(_)
            | Self::NoPlatform
            | Self::NoPlatformFor(_)
            | Self::PlatformAddressTaken { .. }
            | Self::UnusableAddresses(_)
            | Self::UnworkableAccount(_)
            | Self::NotPermitted(_)
            | Self::NoPublicUrl
            | Self::NoResolver(_)
            | Self::NoRecords(_)
            | Self::NoDocuments(_)
            | Self::RecordsKeyElsewhere
            | Self::NoRecordsKey
            | Self::Unreadable { .. }
            | Self::Input(_) => Fault::Input,
        }
    }

    /// Returns the store's error at the bottom of this one.
    pub fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error)
            | Self::NotRestored(error)
            | Self::Vault(VaultError::Store(error))
            | Self::Connection(ConnectionError::Vault(VaultError::Store(error)))
            | Self::Outbox(OutboxError::Store(error))
            | Self::Mailbox(SyncError::Store(error))
            | Self::Inbox(IntakeError::Store(error)) => Some(error),
            _ => None,
        }
    }
}

/// Tells whose fault it is that no mail could be made.
pub fn draft_fault(error: &DraftError) -> Fault {
    match error {
        DraftError::Engine(error) => of_engine(error),
        _ => Fault::Input,
    }
}

fn of_store(error: &StoreError) -> Fault {
    match error {
        error if error.is_transient() => Fault::Later,
        error if error.needs_operator() => Fault::Unwritable,
        StoreError::NoSuchCompany(_)
        | StoreError::NoSuchUser(_)
        | StoreError::NoSuchAccount(_)
        | StoreError::NoSuchMail(_)
        | StoreError::NotInMailbox { .. }
        | StoreError::Taken { .. }
        | StoreError::Invalid { .. } => Fault::Input,
        StoreError::AskedElsewhere(_) => Fault::Refused,
        StoreError::AttemptOpen(_) | StoreError::Restored { .. } => Fault::InDoubt,
        _ => Fault::Internal,
    }
}

fn of_vault(error: &VaultError) -> Fault {
    match error {
        VaultError::Store(error) => of_store(error),
        VaultError::OtherPlace { .. } => Fault::Input,
        _ => Fault::Internal,
    }
}

/// What is too large, or too much work, is the input's doing.
fn of_engine(error: &EngineError) -> Fault {
    match error {
        EngineError::TooLarge { .. } | EngineError::ComputeTime(_) | EngineError::Memory => Fault::Input,
        _ => Fault::Internal,
    }
}
