//! `postroom mailbox`: conversations with customers and suppliers, read from the index of the real mailbox.

mod contacts;
mod folders;
mod letter;
mod list;
mod marks;
mod rows;
mod search;
mod show;

use super::store_args::UserArgs;
use super::{Common, Failure};
use crate::Exit;
use clap::{Args, Subcommand};
use postroom::app::MailboxAccess;
use postroom_model::{AccountId, Name};

#[derive(Debug, Args)]
#[command(after_help = "\
The index of the mailboxes is brought up to date by `postroom sync`, and by `postroom worker` and `postroom serve` while they run. A user
sees the mail of the accounts that they may use, and no other: counts, subjects and completion included.

Examples:
  postroom mailbox partner 'Bakkerij Peeters'
  postroom mailbox search '2026-0142 payment'
  postroom mailbox show 4294967301
  postroom mailbox bookmark 4294967305 'Payment reminder'")]
pub(super) struct MailboxArgs {
    #[command(subcommand)]
    command: MailboxCommand,
}

#[derive(Debug, Subcommand)]
enum MailboxCommand {
    /// Conversations with a customer or supplier: with all of its contacts.
    Partner(list::PartnerArgs),
    /// Conversations with one address.
    Contact(list::ContactArgs),
    /// All conversations.
    All(list::AllArgs),
    /// Find messages by their words: in the index at once, then on the servers.
    Search(search::SearchArgs),
    /// A conversation with its messages, or one message with its text.
    Show(show::ShowArgs),
    /// Answer a message from the mailbox that it came to.
    Reply(Box<letter::ReplyArgs>),
    /// Pass a message on, with its files.
    Forward(Box<letter::ForwardArgs>),
    /// Folders, how much of each is indexed, and what is wrong with them.
    Folders(folders::FoldersArgs),
    /// Give a folder the name under which it is seen first.
    Map(folders::MapArgs),
    /// Index the words of an account's messages, or no longer.
    IndexBodies(folders::BodiesArgs),
    /// Bookmark a message under a name; without one: list bookmarks.
    Bookmark(marks::BookmarkArgs),
    /// Mark a conversation done, or open.
    Done(marks::DoneArgs),
    /// Give a conversation to a user who takes care of it.
    Assign(marks::AssignArgs),
    /// Add a note for colleagues to a conversation.
    Note(marks::NoteArgs),
    /// Keep a conversation to the people of its account, out of shared views.
    Private(marks::PrivateArgs),
    /// Make a message a conversation of its own. It stays so.
    Split(marks::SplitArgs),
    /// Put a conversation into another one. It stays so.
    Join(marks::JoinArgs),
    /// The addresses of a customer or supplier.
    Contacts(contacts::ContactsArgs),
}

/// Options for a user, and for accounts of theirs.
#[derive(Debug, Args)]
pub(super) struct WhichArgs {
    #[command(flatten)]
    user: UserArgs,
    /// The mailbox of this account; may be given several times. Otherwise: of all that the user may use.
    #[arg(long, value_name = "ACCOUNT")]
    account: Vec<Name>,
}

impl WhichArgs {
    /// Opens the mailboxes of the user.
    async fn open(&self) -> Result<MailboxAccess, Failure> {
        let (connections, company, user) = self.user.open().await?;
        Ok(MailboxAccess::new(connections, company, user))
    }

    /// Finds the accounts that were named.
    async fn accounts(&self, mailboxes: &MailboxAccess) -> Result<Vec<AccountId>, Failure> {
        if self.account.is_empty() {
            return Ok(Vec::new());
        }
        Ok(mailboxes.accounts(&self.account).await?.into_iter().map(|account| account.id).collect())
    }
}

pub(super) async fn run(common: &Common, args: &MailboxArgs) -> Result<Exit, Failure> {
    match &args.command {
        MailboxCommand::Partner(args) => list::partner(common, args).await,
        MailboxCommand::Contact(args) => list::contact(common, args).await,
        MailboxCommand::All(args) => list::all(common, args).await,
        MailboxCommand::Search(args) => search::run(common, args).await,
        MailboxCommand::Show(args) => show::run(common, args).await,
        MailboxCommand::Reply(args) => letter::reply(common, args).await,
        MailboxCommand::Forward(args) => letter::forward(common, args).await,
        MailboxCommand::Folders(args) => folders::list(common, args).await,
        MailboxCommand::Map(args) => folders::map(common, args).await,
        MailboxCommand::IndexBodies(args) => folders::index_bodies(common, args).await,
        MailboxCommand::Bookmark(args) => marks::bookmark(common, args).await,
        MailboxCommand::Done(args) => marks::done(common, args).await,
        MailboxCommand::Assign(args) => marks::assign(common, args).await,
        MailboxCommand::Note(args) => marks::note(common, args).await,
        MailboxCommand::Private(args) => marks::private(common, args).await,
        MailboxCommand::Split(args) => marks::split(common, args).await,
        MailboxCommand::Join(args) => marks::join(common, args).await,
        MailboxCommand::Contacts(args) => contacts::run(common, args).await,
    }
}
