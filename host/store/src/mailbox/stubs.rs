//! Signatures, until their bodies are there.
#![allow(clippy::todo, unused_variables)]

use crate::mailbox::types::*;
use crate::mailbox::views::*;
use crate::sql::row::Time;
use crate::{CompanyStore, LeaseOwner, StoreError, SystemStore, UserStore};
use postroom_model::*;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

impl SystemStore {
    /// Lists the accounts that have a mailbox.
    pub async fn mailboxes_to_follow(&self) -> Result<Vec<MailboxToFollow>, StoreError> {
        todo!()
    }
    /// Leases the mailbox of an account to `owner` until `now + lease`; none: another owner has it, or there is no such mailbox.
    pub async fn claim_mailbox(
        &self,
        owner: &LeaseOwner,
        account: AccountId,
        now: Time,
        lease: Duration,
    ) -> Result<Option<MailboxLease>, StoreError> {
        todo!()
    }
    /// Extends a lease. Returns false where it was lost.
    pub async fn renew_mailbox(
        &self,
        lease: &MailboxLease,
        now: Time,
        duration: Duration,
    ) -> Result<bool, StoreError> {
        todo!()
    }
    /// Ends a lease.
    pub async fn release_mailbox(&self, lease: &MailboxLease) -> Result<(), StoreError> {
        todo!()
    }
    /// Lists the folders of a mailbox, by name.
    pub async fn mailbox_folders(&self, account: AccountId) -> Result<Vec<FolderRow>, StoreError> {
        todo!()
    }
    /// Stores the folders that the server lists; the others are gone. Returns all.
    pub async fn set_mailbox_folders(
        &self,
        lease: &MailboxLease,
        seen: &[FolderSeen],
        now: Time,
    ) -> Result<Vec<FolderRow>, StoreError> {
        todo!()
    }
    /// Records messages and moves the cursor, in one transaction.
    pub async fn record_messages(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        expected: Option<FolderCursor>,
        after: FolderCursor,
        messages: &[IndexedMessage],
    ) -> Result<RecordedMessages, StoreError> {
        todo!()
    }
    /// Records flags and places that left, and moves the cursor, in one transaction.
    pub async fn record_changes(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        expected: FolderCursor,
        after: FolderCursor,
        flags: &[PlaceFlags],
        vanished: &[RangeInclusive<u32>],
        now: Time,
    ) -> Result<RecordedChanges, StoreError> {
        todo!()
    }
    /// Empties a folder whose UIDVALIDITY changed; messages stay and are found again by their identity.
    pub async fn restart_folder(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        now: Time,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// Returns the uids that are indexed of a folder.
    pub async fn indexed_uids(&self, folder: FolderId) -> Result<Vec<RangeInclusive<u32>>, StoreError> {
        todo!()
    }
    /// Counts what is indexed of a folder.
    pub async fn folder_counts(&self, folder: FolderId) -> Result<FolderCounts, StoreError> {
        todo!()
    }
    /// Records that the server was asked about a folder, and how many messages it counted.
    pub async fn note_folder_looked_at(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        on_server: Option<u32>,
        now: Time,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// Records what is wrong with a folder; none: nothing any more. Returns true if that is new.
    pub async fn note_folder_fault(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        fault: Option<&str>,
    ) -> Result<bool, StoreError> {
        todo!()
    }
    /// Records a comparison with the server.
    pub async fn note_compared(
        &self,
        lease: &MailboxLease,
        folder: FolderId,
        now: Time,
        healed: Healed,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// Finds the messages that have one of these clues, newest first, at most 200.
    pub async fn related(&self, account: AccountId, clues: &[Clue]) -> Result<Vec<KnownMessage>, StoreError> {
        todo!()
    }
    /// Puts the messages of a conversation into another one.
    pub async fn merge_conversations(
        &self,
        lease: &MailboxLease,
        from: ConversationId,
        into: ConversationId,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// Deletes messages that are in no folder since before this time. Returns how many.
    pub async fn purge_unplaced(&self, account: AccountId, before: Time) -> Result<u64, StoreError> {
        todo!()
    }
    /// Lists messages that were not classified yet, the newest first.
    pub async fn unclassified(
        &self,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<PlacedMessage>, StoreError> {
        todo!()
    }
    /// Sets what a message is.
    pub async fn set_kind(
        &self,
        lease: &MailboxLease,
        message: IndexedMessageId,
        kind: &str,
        is_quiet: bool,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// Returns the partners of these addresses.
    pub async fn partners_of(
        &self,
        company: CompanyId,
        addresses: &[String],
    ) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        todo!()
    }
    /// Finds our mails by their Message-IDs, also those that a provider gave them.
    pub async fn mail_of_message_id(
        &self,
        company: CompanyId,
        ids: &[String],
    ) -> Result<BTreeMap<String, Vec<OwnMail>>, StoreError> {
        todo!()
    }
    /// Returns whether bodies of this account are indexed.
    pub async fn indexes_bodies(&self, account: AccountId) -> Result<bool, StoreError> {
        todo!()
    }
    /// Lists messages whose bodies are to be indexed and are not yet, the newest first.
    pub async fn without_body(
        &self,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<PlacedMessage>, StoreError> {
        todo!()
    }
    /// Indexes the body of a message.
    pub async fn record_body(
        &self,
        lease: &MailboxLease,
        message: IndexedMessageId,
        text: &str,
    ) -> Result<(), StoreError> {
        todo!()
    }
}

macro_rules! people {
    ($of:ident) => {
        impl $of<'_> {
            /// Lists conversations, newest first.
            pub async fn conversations(
                &self,
                filter: &ConversationFilter,
            ) -> Result<Vec<ConversationRow>, StoreError> {
                todo!()
            }
            /// Reads a conversation with its messages.
            pub async fn conversation(&self, id: ConversationId) -> Result<ConversationDetail, StoreError> {
                todo!()
            }
            /// Reads a message.
            pub async fn mailbox_message(&self, id: IndexedMessageId) -> Result<MailboxMessage, StoreError> {
                todo!()
            }
            /// Finds messages by their words, newest first.
            pub async fn search_messages(
                &self,
                filter: &SearchFilter,
            ) -> Result<Vec<MailboxMessage>, StoreError> {
                todo!()
            }
            /// Marks a conversation done or open, if it is `expected`.
            pub async fn set_done(
                &self,
                id: ConversationId,
                expected: bool,
                done: bool,
            ) -> Result<Changed, StoreError> {
                todo!()
            }
            /// Assigns a conversation to a user who may use the account, or to none, if `expected` has it.
            pub async fn assign(
                &self,
                id: ConversationId,
                expected: Option<UserId>,
                to: Option<UserId>,
            ) -> Result<Changed, StoreError> {
                todo!()
            }
            /// Adds a note.
            pub async fn add_note(
                &self,
                id: ConversationId,
                text: &str,
                now: Time,
            ) -> Result<NoteId, StoreError> {
                todo!()
            }
            /// Marks a conversation private, or not.
            pub async fn set_conversation_private(
                &self,
                id: ConversationId,
                private: bool,
                now: Time,
            ) -> Result<(), StoreError> {
                todo!()
            }
            /// Marks a message private, or not.
            pub async fn set_message_private(
                &self,
                id: IndexedMessageId,
                private: bool,
                now: Time,
            ) -> Result<(), StoreError> {
                todo!()
            }
            /// Bookmarks a message under a name.
            pub async fn bookmark(
                &self,
                message: IndexedMessageId,
                name: &str,
                is_shared: bool,
            ) -> Result<BookmarkId, StoreError> {
                todo!()
            }
            /// Lists bookmarks, by name.
            pub async fn bookmarks(&self, accounts: &[AccountId]) -> Result<Vec<Bookmark>, StoreError> {
                todo!()
            }
            /// Removes a bookmark.
            pub async fn remove_bookmark(&self, id: BookmarkId) -> Result<(), StoreError> {
                todo!()
            }
            /// Gives a folder the name under which people see it, and its place among those that have one; none: it has none.
            pub async fn map_folder(
                &self,
                folder: FolderId,
                mapped: Option<&str>,
                position: u32,
            ) -> Result<(), StoreError> {
                todo!()
            }
            /// Lists the folders of accounts, the mapped ones first.
            pub async fn mailbox_folder_list(
                &self,
                accounts: &[AccountId],
            ) -> Result<Vec<MailboxFolder>, StoreError> {
                todo!()
            }
            /// Makes a message a conversation of its own.
            pub async fn split(&self, message: IndexedMessageId) -> Result<ConversationId, StoreError> {
                todo!()
            }
            /// Puts the messages of a conversation into another one of the same account.
            pub async fn join(&self, from: ConversationId, into: ConversationId) -> Result<(), StoreError> {
                todo!()
            }
            /// Lists the addresses of a partner.
            pub async fn partner_contacts(&self, partner: &str) -> Result<Vec<PartnerContact>, StoreError> {
                todo!()
            }
            /// Adds an address to a partner.
            pub async fn add_contact(
                &self,
                partner: &str,
                address: &MailAddress,
                name: Option<&str>,
            ) -> Result<(), StoreError> {
                todo!()
            }
            /// Removes an address from a partner; no later mail brings it back.
            pub async fn remove_contact(
                &self,
                partner: &str,
                address: &MailAddress,
            ) -> Result<(), StoreError> {
                todo!()
            }
            /// Sets whether the words of bodies are indexed. Those that are, are removed when they are not to be any more.
            pub async fn set_index_bodies(
                &self,
                account: AccountId,
                index: bool,
                now: Time,
            ) -> Result<(), StoreError> {
                todo!()
            }
        }
    };
}
people!(UserStore);
people!(CompanyStore);

impl UserStore<'_> {
    /// Records that the user writes an answer until this time, or does not any more. Returns the other user who does.
    pub async fn set_answering(
        &self,
        id: ConversationId,
        now: Time,
        until: Option<Time>,
    ) -> Result<Option<(UserId, Time)>, StoreError> {
        todo!()
    }
}
