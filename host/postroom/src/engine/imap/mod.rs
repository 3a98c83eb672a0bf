//! `imap` for the plugin: mailboxes on their servers.

mod convert;

use super::company_plugin::CompanyPlugin;
use super::state::State;
use postroom_contract::{attachments, imap, transport};
use postroom_transport::imap as wire;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Accounts with a mailbox, by the name that the plugin uses for them, and what reaches their servers.
#[derive(Clone)]
pub struct MailboxAccess {
    /// The accounts.
    pub accounts: Arc<BTreeMap<String, wire::Account>>,
    /// What answers for them.
    pub mailboxes: Arc<dyn wire::Mailboxes>,
}

impl MailboxAccess {
    /// Makes mailboxes over IMAP as these accounts.
    pub fn over_imap(accounts: impl IntoIterator<Item = wire::Account>) -> Self {
        let accounts = accounts.into_iter().map(|account| (account.name.clone(), account));
        Self { accounts: Arc::new(accounts.collect()), mailboxes: Arc::new(wire::ImapClient::default()) }
    }

    fn account(&self, name: &str) -> Result<&wire::Account, imap::ImapError> {
        self.accounts.get(name).ok_or(imap::ImapError::UnknownAccount)
    }
}

impl CompanyPlugin {
    /// Lists the folders of an account's mailbox; none where it has none.
    ///
    /// # Errors
    /// The mailbox could not be asked. May be repeated.
    pub async fn folders(&self, account: &str) -> Option<Result<Vec<imap::Folder>, wire::MailboxError>> {
        let access = &self.capabilities().mailboxes;
        let folders = access.mailboxes.folders(access.accounts.get(account)?).await;
        Some(folders.map(|folders| folders.into_iter().map(convert::folder).collect()))
    }
}

/// No account has a mailbox.
impl Default for MailboxAccess {
    fn default() -> Self {
        Self { accounts: Arc::default(), mailboxes: Arc::new(wire::MemoryMailboxes::new()) }
    }
}

type Reply<T> = wasmtime::Result<Result<T, imap::ImapError>>;

/// Each answer is an async block of its own: its `?` is for the plugin, the outer one would be a trap.
impl imap::Host for State {
    async fn folders(&mut self, account: String) -> Reply<Vec<imap::Folder>> {
        let access = &self.capabilities.mailboxes;
        let answer = async {
            let account = access.account(&account)?;
            let folders = access.mailboxes.folders(account).await.map_err(convert::error)?;
            Ok(folders.into_iter().map(convert::folder).collect())
        };
        Ok(answer.await)
    }

    async fn state(&mut self, account: String, folder: String) -> Reply<imap::FolderState> {
        let access = &self.capabilities.mailboxes;
        let answer = async {
            let account = access.account(&account)?;
            let state = access.mailboxes.state(account, &folder).await;
            state.map(convert::folder_state).map_err(convert::error)
        };
        Ok(answer.await)
    }

    async fn search(
        &mut self,
        account: String,
        folder: String,
        criteria: Vec<imap::Criterion>,
        before: Option<u32>,
        limit: u32,
    ) -> Reply<imap::Matches> {
        let access = &self.capabilities.mailboxes;
        let answer = async {
            let account = access.account(&account)?;
            let criteria: Vec<_> = criteria.into_iter().map(convert::criterion).collect::<Result<_, _>>()?;
            let found = access.mailboxes.search(account, &folder, &criteria, before, limit).await;
            found.map(convert::matches).map_err(convert::error)
        };
        Ok(answer.await)
    }

    async fn fetch_envelopes(
        &mut self,
        account: String,
        folder: String,
        uid_validity: u32,
        uids: Vec<u32>,
    ) -> Reply<Vec<imap::MessageEnvelope>> {
        let access = &self.capabilities.mailboxes;
        let answer = async {
            let account = access.account(&account)?;
            let fetched = access.mailboxes.fetch_envelopes(account, &folder, uid_validity, &uids).await;
            Ok(fetched.map_err(convert::error)?.into_iter().map(convert::envelope).collect())
        };
        Ok(answer.await)
    }

    async fn fetch_headers(
        &mut self,
        account: String,
        folder: String,
        uid_validity: u32,
        uids: Vec<u32>,
        names: Vec<String>,
    ) -> Reply<Vec<imap::Headers>> {
        let access = &self.capabilities.mailboxes;
        let answer = async {
            let account = access.account(&account)?;
            let fetched = access.mailboxes.fetch_headers(account, &folder, uid_validity, &uids, &names).await;
            Ok(fetched.map_err(convert::error)?.into_iter().map(convert::headers).collect())
        };
        Ok(answer.await)
    }

    async fn fetch_message(
        &mut self,
        account: String,
        at: imap::Place,
        offset: u32,
        length: u32,
    ) -> Reply<attachments::Block> {
        let access = &self.capabilities.mailboxes;
        let answer = async {
            let (account, at) = (access.account(&account)?, convert::place(at));
            let bytes = access.mailboxes.fetch_message(account, &at, offset.into(), length).await;
            bytes.map(attachments::Block::Bytes).map_err(convert::error)
        };
        Ok(answer.await)
    }

    async fn fetch_part(
        &mut self,
        account: String,
        at: imap::Place,
        section: String,
    ) -> Reply<attachments::Handle> {
        let access = &self.capabilities.mailboxes;
        let answer = async {
            let (account, at) = (access.account(&account)?, convert::place(at));
            let file = access.mailboxes.fetch_part(account, &at, &section).await;
            Ok(self.files.add(file.map_err(convert::error)?))
        };
        Ok(answer.await)
    }

    async fn append(
        &mut self,
        account: String,
        folder: String,
        messages: Vec<imap::Filing>,
    ) -> Reply<Vec<imap::Filed>> {
        let access = &self.capabilities.mailboxes;
        let answer = async {
            let account = access.account(&account)?;
            let filings = messages.into_iter().map(|message| convert::filing(message, &self.files));
            let filings: Vec<_> = filings.collect::<Result<_, _>>()?;
            let filed = access.mailboxes.append(account, &folder, &filings).await;
            Ok(filed.map_err(convert::error)?.into_iter().map(convert::filed).collect())
        };
        Ok(answer.await)
    }

    async fn set_flags(
        &mut self,
        account: String,
        folder: String,
        uid_validity: u32,
        uids: Vec<u32>,
        add: Vec<String>,
        remove: Vec<String>,
    ) -> Reply<()> {
        let access = &self.capabilities.mailboxes;
        let answer = async {
            let account = access.account(&account)?;
            let set = access.mailboxes.set_flags(account, &folder, uid_validity, &uids, &add, &remove).await;
            set.map_err(convert::error)
        };
        Ok(answer.await)
    }

    async fn probe(&mut self, account: String) -> wasmtime::Result<transport::ProbeReport> {
        let access = &self.capabilities.mailboxes;
        Ok(match access.accounts.get(&account) {
            Some(known) => convert::probe_report(access.mailboxes.probe(known).await),
            None => convert::unknown_account(&account),
        })
    }
}
