//! Single requests to mailboxes in memory.

use super::super::account::Account;
use super::super::failure::{Failure, MailboxError, ProbeReport, ProbeStep, Server, Stage};
use super::super::flags::flags;
use super::super::header;
use super::super::mailbox::{
    Criterion, Envelope, Filed, Filing, Folder, FolderState, Headers, Matches, Place,
};
use super::super::{BoxFuture, MailboxFuture, Mailboxes};
use super::MemoryMailboxes;
use super::message::{decoded, envelope};
use crate::attachments::{AttachmentSource, MessageReader};

impl MemoryMailboxes {
    async fn append(
        &self,
        account: &Account,
        folder: &str,
        messages: &[Filing],
    ) -> Result<Vec<Filed>, MailboxError> {
        let server = Server::of(account);
        self.with_folder(account, folder, None, |_| Ok(()))?;
        let mut results = Vec::new();
        for message in messages {
            results.push(match read(message, &server).await {
                Err(failure) => Filed::Refused(failure),
                Ok(bytes) => self.with_folder(account, folder, None, |stored| {
                    let uid = stored.add(bytes, message.flags.clone(), message.received);
                    let (folder, uid_validity) = (folder.to_owned(), stored.uid_validity);
                    Ok(Filed::Stored(Some(Place { folder, uid_validity, uid })))
                })?,
            });
        }
        Ok(results)
    }
}

async fn read(message: &Filing, server: &Server) -> Result<Vec<u8>, Failure> {
    flags(&message.flags).map_err(|reason| server.ruled_out(reason))?;
    let mut bytes = Vec::new();
    let mut reader = MessageReader::new(&message.chunks);
    while reader.next(&mut bytes).await.map_err(|error| server.ruled_out(error))? {}
    Ok(bytes)
}

/// A future that is ready at once.
macro_rules! now {
    ($result:expr) => {
        Box::pin(async move { $result })
    };
}

impl Mailboxes for MemoryMailboxes {
    fn folders<'a>(&'a self, account: &'a Account) -> MailboxFuture<'a, Vec<Folder>> {
        now!({
            let mut state = self.lock();
            state.fail()?;
            Ok(state.account(&account.name).list())
        })
    }

    fn state<'a>(&'a self, account: &'a Account, folder: &'a str) -> MailboxFuture<'a, FolderState> {
        now!({
            let server = self.lock().account(&account.name).server;
            self.with_folder(account, folder, None, |folder| Ok(folder.state(server)))
        })
    }

    fn search<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        criteria: &'a [Criterion],
        before: Option<u32>,
        limit: u32,
    ) -> MailboxFuture<'a, Matches> {
        now!(
            self.with_folder(account, folder, None, |folder| {
                folder.search(account, criteria, before, limit)
            })
        )
    }

    fn fetch_envelopes<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
    ) -> MailboxFuture<'a, Vec<Envelope>> {
        now!(self.with_folder(account, folder, Some(uid_validity), |folder| {
            Ok(uids.iter().filter_map(|uid| Some(envelope(*uid, folder.messages.get(uid)?))).collect())
        }))
    }

    fn fetch_headers<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
        names: &'a [String],
    ) -> MailboxFuture<'a, Vec<Headers>> {
        now!(self.with_folder(account, folder, Some(uid_validity), |folder| {
            let headers = |uid: &u32| {
                let mut fields = header::fields(&folder.messages.get(uid)?.bytes);
                fields.retain(|(name, _)| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
                Some(Headers { uid: *uid, fields })
            };
            Ok(uids.iter().filter_map(headers).collect())
        }))
    }

    fn fetch_message<'a>(
        &'a self,
        account: &'a Account,
        at: &'a Place,
        offset: u64,
        length: u32,
    ) -> MailboxFuture<'a, Vec<u8>> {
        now!(self.with_folder(account, &at.folder, Some(at.uid_validity), |folder| {
            folder.slice(at.uid, offset, length)
        }))
    }

    fn fetch_part<'a>(
        &'a self,
        account: &'a Account,
        at: &'a Place,
        section: &'a str,
    ) -> MailboxFuture<'a, AttachmentSource> {
        now!(self.with_folder(account, &at.folder, Some(at.uid_validity), |folder| {
            let mail = folder.messages.get(&at.uid).ok_or(MailboxError::NoSuchMessage)?;
            let none = || Server::of(account).ruled_out(format!("the message has no part {section}"));
            Ok(AttachmentSource::from_bytes(decoded(mail, section).ok_or_else(none)?))
        }))
    }

    fn append<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        messages: &'a [Filing],
    ) -> MailboxFuture<'a, Vec<Filed>> {
        Box::pin(self.append(account, folder, messages))
    }

    fn set_flags<'a>(
        &'a self,
        account: &'a Account,
        folder: &'a str,
        uid_validity: u32,
        uids: &'a [u32],
        add: &'a [String],
        remove: &'a [String],
    ) -> MailboxFuture<'a, ()> {
        now!(self.with_folder(account, folder, Some(uid_validity), |folder| {
            for names in [add, remove] {
                flags(names).map_err(|reason| Server::of(account).ruled_out(reason))?;
            }
            for uid in uids {
                folder.change_flags(*uid, |flags| {
                    flags.retain(|flag| !remove.contains(flag) && !add.contains(flag));
                    flags.extend(add.iter().filter(|flag| !remove.contains(flag)).cloned());
                });
            }
            Ok(())
        }))
    }

    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport> {
        now!({
            let mut state = self.lock();
            let failure = state.fail().err().map(|error| match error {
                MailboxError::Failed(failure) => failure,
                other => Server::of(account).ruled_out(other),
            });
            let detail = format!("{} is kept in memory", account.host);
            let steps = match failure {
                Some(_) => Vec::new(),
                None => vec![ProbeStep { stage: Stage::Connect, detail }],
            };
            ProbeReport { steps, failure, capabilities: vec!["IMAP4REV1".to_owned()] }
        })
    }
}
