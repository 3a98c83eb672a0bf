//! The copy of a mail that left, in the mailbox of its account (rule B7).

use super::error::OutboxError;
use super::facts::{Time, stamp};
use super::outbox_handle::OutboxHandle;
use super::stored_message;
use crate::engine::{CompanyPlugin, Files};
use postroom_contract::attachments::Chunk;
use postroom_contract::sent::{FilingPlan, MailboxAccount as SentAccount, SentError, SentMail};
use postroom_contract::{imap, sent};
use postroom_model::{Account, FolderUse, Transport};
use postroom_store::Mail;
use postroom_transport::attachments::FileDigests;

/// The result of filing the copy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "copy", rename_all = "kebab-case")]
pub enum SentCopy {
    /// The account has no mailbox that Postroom reaches.
    NoMailbox,
    /// The provider, or the user's own program, files it.
    ByProvider,
    /// It is in this folder.
    Filed {
        /// The folder's name.
        folder: String,
    },
    /// No folder is known for it: the user chooses one of these with `postroom account folders`.
    Choose {
        /// Folders that there are.
        folders: Vec<String>,
    },
    /// It is not there; why.
    Failed {
        /// The server's words in quotes.
        detail: String,
    },
    /// It is unknown whether it is there.
    InDoubt {
        /// The server's words in quotes.
        detail: String,
    },
}

/// Returns the mailbox, and how the mail left it.
pub(super) async fn sent_account(
    company_plugin: &CompanyPlugin,
    account: &Account,
    transport: &str,
) -> Result<SentAccount, OutboxError> {
    Ok(SentAccount {
        account_name: account.name.to_string(),
        transport: transport.to_owned(),
        provider: provider(company_plugin, account).await?,
        sent_folder: account.folders.get(&FolderUse::Sent).map(ToString::to_string),
    })
}

/// The provider whose servers the account has.
async fn provider(company_plugin: &CompanyPlugin, account: &Account) -> Result<Option<String>, OutboxError> {
    let smtp = match &account.transport {
        Transport::Smtp(server) => Some(server.host.as_str()),
        _ => None,
    };
    let imap = account.mailbox.as_ref().map(|server| server.host.as_str());
    let presets = company_plugin.presets(&Files::default()).await?;
    let found = presets.into_iter().find(|preset| {
        let known = |of: &Option<postroom_contract::accounts::Server>, host: Option<&str>| {
            of.as_ref().is_some_and(|server| Some(server.host.as_str()) == host)
        };
        known(&preset.smtp, smtp) || known(&preset.imap, imap)
    });
    Ok(found.map(|preset| preset.id))
}

/// Appends copies to Sent, all in one go. A mailbox that fails is reported; the mails have left all the same.
///
/// # Errors
/// The plugin gave no answer, or a file of a mail can't be read.
pub(super) async fn file(
    outbox: &OutboxHandle,
    company_plugin: &CompanyPlugin,
    account: &Account,
    transport: &str,
    mails: &[&Mail],
    at: Time,
) -> Result<Vec<SentCopy>, OutboxError> {
    let of = sent_account(company_plugin, account, transport).await?;
    let none = Files::default();
    let all = |copy: SentCopy| Ok(vec![copy; mails.len()]);
    // Asked before the mailbox is: where the provider files it, there is nothing to look up.
    if company_plugin.plan_sent_copy(&none, &of, &[]).await? == FilingPlan::ByProvider {
        return all(SentCopy::ByProvider);
    }
    let folders = match company_plugin.folders(account.name.as_str()).await {
        None => return all(SentCopy::NoMailbox),
        Some(Ok(folders)) => folders,
        Some(Err(error)) => return all(SentCopy::Failed { detail: error.to_string() }),
    };
    let folder = match company_plugin.plan_sent_copy(&none, &of, &folders).await? {
        FilingPlan::ByProvider => return all(SentCopy::ByProvider),
        FilingPlan::Choose(folders) => return all(SentCopy::Choose { folders }),
        FilingPlan::Append(folder) => folder,
    };
    let (mut files, mut copies) = (Files::default(), Vec::with_capacity(mails.len()));
    for mail in mails {
        copies.push(SentMail {
            chunks: gathered(mail, &outbox.digests, &mut files).await?,
            size: u32::try_from(mail.mail.message.size).unwrap_or(u32::MAX),
            at: stamp(at),
        });
    }
    let filed = match company_plugin.file_sent(&files, &of, &folder, &copies).await? {
        Ok(filed) => filed,
        Err(error) => return all(SentCopy::Failed { detail: sent_error(error) }),
    };
    let mut filed = filed.into_iter();
    let copies = mails.iter().map(|_| match filed.next() {
        Some(imap::Filed::Stored(_)) => SentCopy::Filed { folder: folder.clone() },
        Some(imap::Filed::Refused(failure)) => SentCopy::Failed { detail: failure.detail },
        Some(imap::Filed::InDoubt(failure)) => SentCopy::InDoubt { detail: failure.detail },
        None => SentCopy::Failed { detail: "the mailbox said nothing of the copy".to_owned() },
    });
    Ok(copies.collect())
}

/// The chunks of a mail among others: its files get numbers that no other mail's files have.
async fn gathered(mail: &Mail, digests: &FileDigests, into: &mut Files) -> Result<Vec<Chunk>, OutboxError> {
    let own = stored_message::files(mail, digests).await?;
    let mut chunks = stored_message::chunks(mail);
    for chunk in &mut chunks {
        if let Chunk::Attachment(handle) | Chunk::Raw(handle) = chunk
            && let Some(source) = own.get(*handle)
        {
            *handle = into.add(source.clone());
        }
    }
    Ok(chunks)
}

/// Finds which of these mails are in Sent already; none: it can't be looked for.
pub(super) async fn present(
    company_plugin: &CompanyPlugin,
    account: &Account,
    transport: &str,
    mails: &[&Mail],
) -> Result<Option<Vec<bool>>, OutboxError> {
    let of = sent_account(company_plugin, account, transport).await?;
    let ids: Vec<String> = mails.iter().map(|mail| mail.mail.message.message_id.clone()).collect();
    let found = company_plugin.find_sent(&Files::default(), &of, &ids).await?;
    Ok(found.ok().map(|found| found.iter().map(Option::is_some).collect()))
}

/// Describes it in a sentence.
pub(super) fn sent_error(error: sent::SentError) -> String {
    match error {
        SentError::Imap(error) => imap_error(error),
        SentError::Argument(fault) => fault.sentence(),
    }
}

fn imap_error(error: imap::ImapError) -> String {
    use imap::ImapError;
    match error {
        ImapError::UnknownAccount => "the account has no mailbox".to_owned(),
        ImapError::NoSuchFolder => "the folder is not there (any more)".to_owned(),
        ImapError::UidValidityChanged(_) => "the server numbered the folder anew".to_owned(),
        ImapError::NoSuchMessage => "the message is not there (any more)".to_owned(),
        ImapError::Unsupported(name) => format!("the mailbox can't be searched by \"{name}\""),
        ImapError::NeedsSignIn(words) => format!("the account needs a new sign-in: {words}"),
        ImapError::Failed(failure) => failure.detail,
    }
}
