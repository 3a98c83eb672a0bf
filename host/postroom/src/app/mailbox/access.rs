//! The mailboxes that a user may use: conversations, messages and what people do with them. Every question goes to the index through the
//! user's own store, where each statement names its owner (rule A1); what is read of a message comes from its server.

use crate::app::{AppError, now};
use crate::connections::Connections;
use crate::engine::{CompanyPlugin, Files};
use chrono::SecondsFormat;
use postroom_contract::inbound::MessageContent;
use postroom_contract::reading::ReadableMessage;
use postroom_model::{
    Account, AccountId, Company, ConversationId, FolderId, IndexedMessageId, MailAddress, Name, User, UserId,
};
use postroom_store::{
    Bookmark, Changed, ConversationDetail, ConversationFilter, ConversationRow, MailboxFolder,
    MailboxMessage, PartnerContact, SearchFilter, UserStore,
};
use postroom_transport::imap::{LARGEST_SLICE, MailboxError, Mailboxes as _, Place};

/// Bytes of a message that is read.
const MESSAGE: u64 = 25 << 20;

/// The mailboxes of a user.
pub struct MailboxAccess {
    connections: Connections,
    company: Company,
    user: User,
}

impl std::fmt::Debug for MailboxAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailboxAccess({})", self.user.login)
    }
}

/// A conversation or a message, by its number.
#[derive(Debug)]
pub enum Shown {
    /// A conversation with its messages.
    Conversation(Box<ConversationDetail>),
    /// One message.
    Message(Box<MailboxMessage>),
}

impl MailboxAccess {
    /// Opens the mailboxes of a user.
    pub fn new(connections: Connections, company: Company, user: User) -> Self {
        Self { connections, company, user }
    }

    /// Returns the connections of the store.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Returns the company.
    pub fn company(&self) -> &Company {
        &self.company
    }

    pub(super) fn store(&self) -> UserStore<'_> {
        self.connections.store().user_store(&self.user)
    }

    /// Finds accounts by name; none named: all that the user may use.
    pub async fn accounts(&self, names: &[Name]) -> Result<Vec<Account>, AppError> {
        if names.is_empty() {
            return Ok(self.store().accounts().await?);
        }
        let mut found = Vec::new();
        for name in names {
            found.push(self.store().account(name).await?);
        }
        Ok(found)
    }

    /// Lists the company's users: those who may take care of a conversation are among them.
    pub async fn colleagues(&self) -> Result<Vec<User>, AppError> {
        Ok(self.connections.store().company_store(self.company.id).users().await?)
    }

    /// Finds a user of the company. A login that never was gives an id that no user has: whether a user exists whom one shares no account
    /// with is not to be found out here.
    pub async fn colleague(&self, login: &Name) -> Result<UserId, AppError> {
        match self.connections.store().company_store(self.company.id).user(login).await {
            Ok(user) => Ok(user.id),
            Err(postroom_store::StoreError::NoSuchUser(_)) => Ok(UserId::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Lists conversations, newest first.
    pub async fn conversations(&self, filter: &ConversationFilter) -> Result<Vec<ConversationRow>, AppError> {
        Ok(self.store().conversations(filter).await?)
    }

    /// Reads a conversation, or a message, by its number.
    pub async fn find(&self, number: i64) -> Result<Shown, AppError> {
        match self.store().conversation(ConversationId::from_number(number)).await {
            Ok(found) => Ok(Shown::Conversation(Box::new(found))),
            Err(postroom_store::StoreError::NotInMailbox { .. }) => {
                let message = self.store().mailbox_message(IndexedMessageId::from_number(number)).await?;
                Ok(Shown::Message(Box::new(message)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a conversation.
    pub async fn conversation(&self, id: ConversationId) -> Result<ConversationDetail, AppError> {
        Ok(self.store().conversation(id).await?)
    }

    /// Reads a message from the index.
    pub async fn message(&self, id: IndexedMessageId) -> Result<MailboxMessage, AppError> {
        Ok(self.store().mailbox_message(id).await?)
    }

    /// Finds messages by their words, in the index.
    pub async fn search(&self, filter: &SearchFilter) -> Result<Vec<MailboxMessage>, AppError> {
        Ok(self.store().search_messages(filter).await?)
    }

    /// Fetches a message from its server and reads it. Does not mark it as seen. Where it was moved, or another message stands in its place
    /// (a server that was restored gives numbers twice), its other places are tried.
    ///
    /// # Errors
    /// [`AppError::Mailbox`]: the server does not give it. [`AppError::Inbox`]: it is beyond the limits.
    pub async fn read(
        &self,
        plugin: &CompanyPlugin,
        of: &MailboxMessage,
    ) -> Result<ReadableMessage, AppError> {
        let server = self.server(of.account).await?;
        let own = vec![self.account_of(of.account).await?.address.to_string()];
        let now = now().to_rfc3339_opts(SecondsFormat::AutoSi, false);
        let mut failed = MailboxError::NoSuchMessage;
        for place in &of.places {
            let at = Place { folder: place.name.clone(), uid_validity: place.uid_validity, uid: place.uid };
            let raw = match self.fetch(&server, &at).await {
                Ok(raw) => raw,
                Err(error) if error.is_gone() => {
                    failed = error;
                    continue;
                }
                Err(error) => return Err(AppError::Mailbox(error.into())),
            };
            let message = MessageContent::Bytes(raw);
            let read = plugin.read_message(&Files::default(), &message, &own, &now).await?;
            let read = read.map_err(|error| AppError::Inbox(error.into()))?;
            if of.message_id.is_empty() || read.message_id.as_ref() == Some(&of.message_id) {
                return Ok(read);
            }
        }
        Err(AppError::Mailbox(failed.into()))
    }

    async fn fetch(
        &self,
        server: &postroom_transport::imap::Account,
        at: &Place,
    ) -> Result<Vec<u8>, MailboxError> {
        let mut raw = Vec::new();
        while (raw.len() as u64) < MESSAGE {
            let offset = raw.len() as u64;
            let piece = self.connections.imap().fetch_message(server, at, offset, LARGEST_SLICE).await?;
            let is_last = piece.len() < LARGEST_SLICE as usize;
            raw.extend(piece);
            if is_last {
                break;
            }
        }
        Ok(raw)
    }

    /// Fetches a file of a message, decoded. Its bytes are on disk, not in memory.
    pub async fn file(
        &self,
        of: &MailboxMessage,
        section: &str,
    ) -> Result<postroom_transport::attachments::AttachmentSource, AppError> {
        let server = self.server(of.account).await?;
        let mut failed = MailboxError::NoSuchMessage;
        for place in &of.places {
            let at = Place { folder: place.name.clone(), uid_validity: place.uid_validity, uid: place.uid };
            match self.connections.imap().fetch_part(&server, &at, section).await {
                Ok(file) => return Ok(file),
                Err(error) => failed = error,
            }
        }
        Err(AppError::Mailbox(failed.into()))
    }

    /// Finds one of the user's accounts by its id. One that they may not use does not exist.
    pub async fn account_of(&self, id: AccountId) -> Result<Account, AppError> {
        let all = self.store().accounts().await?;
        let found = all.into_iter().find(|account| account.id == id);
        found.ok_or_else(|| postroom_store::StoreError::NoSuchAccount(id.to_string()).into())
    }

    pub(super) async fn server(
        &self,
        account: AccountId,
    ) -> Result<postroom_transport::imap::Account, AppError> {
        let account = self.account_of(account).await?;
        let opened = self.connections.open(&account).await?;
        opened.imap.ok_or(AppError::Mailbox(crate::mailbox::SyncError::NoMailbox))
    }

    /// Lists folders, the mapped ones first.
    pub async fn folders(&self, accounts: &[AccountId]) -> Result<Vec<MailboxFolder>, AppError> {
        Ok(self.store().mailbox_folder_list(accounts).await?)
    }

    /// Gives a folder the name under which it is seen; none: takes it away.
    pub async fn map_folder(
        &self,
        folder: FolderId,
        name: Option<&str>,
        position: u32,
    ) -> Result<(), AppError> {
        Ok(self.store().map_folder(folder, name, position).await?)
    }

    /// Sets whether the words of an account's messages are indexed. Those that are, are removed when they are not to be any more.
    pub async fn set_index_bodies(&self, account: AccountId, index: bool) -> Result<(), AppError> {
        Ok(self.store().set_index_bodies(account, index, now()).await?)
    }

    /// Marks a conversation done or open, where it is still as `expected`.
    pub async fn set_done(
        &self,
        id: ConversationId,
        expected: bool,
        done: bool,
    ) -> Result<Changed, AppError> {
        Ok(self.store().set_done(id, expected, done).await?)
    }

    /// Assigns a conversation to a user of the company, where it is still `expected`'s.
    pub async fn assign(
        &self,
        id: ConversationId,
        expected: Option<UserId>,
        login: Option<&Name>,
    ) -> Result<Changed, AppError> {
        let to = match login {
            Some(login) => Some(self.colleague(login).await?),
            None => None,
        };
        Ok(self.store().assign(id, expected, to).await?)
    }

    /// Adds a note to a conversation. It leaves the company by no mail.
    pub async fn add_note(&self, id: ConversationId, text: &str) -> Result<(), AppError> {
        self.store().add_note(id, text, now()).await?;
        Ok(())
    }

    /// Marks a conversation private, or not.
    pub async fn set_private(&self, id: ConversationId, private: bool) -> Result<(), AppError> {
        Ok(self.store().set_conversation_private(id, private, now()).await?)
    }

    /// Makes a message a conversation of its own.
    pub async fn split(&self, message: IndexedMessageId) -> Result<ConversationId, AppError> {
        Ok(self.store().split(message).await?)
    }

    /// Puts the messages of a conversation into another one of the same account.
    pub async fn join(&self, from: ConversationId, into: ConversationId) -> Result<(), AppError> {
        Ok(self.store().join(from, into).await?)
    }

    /// Bookmarks a message under a name.
    pub async fn bookmark(
        &self,
        message: IndexedMessageId,
        name: &str,
        is_shared: bool,
    ) -> Result<(), AppError> {
        self.store().bookmark(message, name, is_shared).await?;
        Ok(())
    }

    /// Lists bookmarks, by name.
    pub async fn bookmarks(&self, accounts: &[AccountId]) -> Result<Vec<Bookmark>, AppError> {
        Ok(self.store().bookmarks(accounts).await?)
    }

    /// Removes a bookmark.
    pub async fn remove_bookmark(&self, id: postroom_model::BookmarkId) -> Result<(), AppError> {
        Ok(self.store().remove_bookmark(id).await?)
    }

    /// Lists the addresses of a partner.
    pub async fn contacts(&self, partner: &str) -> Result<Vec<PartnerContact>, AppError> {
        Ok(self.store().partner_contacts(partner).await?)
    }

    /// Adds an address to a partner, or removes it.
    pub async fn change_contact(
        &self,
        partner: &str,
        address: &MailAddress,
        add: bool,
    ) -> Result<(), AppError> {
        match add {
            true => Ok(self.store().add_contact(partner, address, None).await?),
            false => Ok(self.store().remove_contact(partner, address).await?),
        }
    }
}
