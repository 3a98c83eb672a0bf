//! What people do with conversations and messages: done, assigned, noted, private, split, joined, bookmarked.

use super::rows::{Names, short, shown_time};
use super::{Common, Failure, WhichArgs};
use crate::Exit;
use crate::output::{done as finish, json, table};
use clap::Args;
use postroom::app::Changed;
use postroom_model::{BookmarkId, ConversationId, IndexedMessageId, Name};

#[derive(Debug, Args)]
#[command(after_help = "\
A bookmark goes with its message, wherever that is moved.

Examples:
  postroom mailbox bookmark                                   # lists them
  postroom mailbox bookmark 4294967305 'Payment reminder'
  postroom mailbox bookmark 4294967305 'Contract' --shared    # for all users of the account
  postroom mailbox bookmark --remove 4294967300")]
pub(super) struct BookmarkArgs {
    /// The message.
    #[arg(value_name = "MESSAGE", requires = "name")]
    message: Option<IndexedMessageId>,
    /// The name.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// For all users of the account.
    #[arg(long, requires = "name")]
    shared: bool,
    /// Remove this bookmark.
    #[arg(long, value_name = "BOOKMARK", conflicts_with = "message")]
    remove: Option<BookmarkId>,
    #[command(flatten)]
    which: WhichArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  postroom mailbox done 4294967301
  postroom mailbox done 4294967301 --open")]
pub(super) struct DoneArgs {
    /// The conversation.
    #[arg(value_name = "CONVERSATION")]
    conversation: ConversationId,
    /// Open it again.
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    which: WhichArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  postroom mailbox assign 4294967301 lotte
  postroom mailbox assign 4294967301 --none")]
pub(super) struct AssignArgs {
    /// The conversation.
    #[arg(value_name = "CONVERSATION")]
    conversation: ConversationId,
    /// The user, who must be one of the account's.
    #[arg(value_name = "LOGIN", required_unless_present = "none")]
    login: Option<Name>,
    /// Take it away from the user who has it.
    #[arg(long, conflicts_with = "login")]
    none: bool,
    #[command(flatten)]
    which: WhichArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  postroom mailbox note 4294967301 'She pays on Friday, by telephone'")]
pub(super) struct NoteArgs {
    /// The conversation.
    #[arg(value_name = "CONVERSATION")]
    conversation: ConversationId,
    /// The note. It leaves the company by no mail.
    #[arg(value_name = "TEXT")]
    text: String,
    #[command(flatten)]
    which: WhichArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  postroom mailbox private 4294967301
  postroom mailbox private 4294967301 --undo")]
pub(super) struct PrivateArgs {
    /// The conversation.
    #[arg(value_name = "CONVERSATION")]
    conversation: ConversationId,
    /// It is not private any more.
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    which: WhichArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  postroom mailbox split 4294967305")]
pub(super) struct SplitArgs {
    /// The message.
    #[arg(value_name = "MESSAGE")]
    message: IndexedMessageId,
    #[command(flatten)]
    which: WhichArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  postroom mailbox join 4294967301 4294967310")]
pub(super) struct JoinArgs {
    /// The conversation whose messages go.
    #[arg(value_name = "FROM")]
    from: ConversationId,
    /// The conversation that they go to, of the same account.
    #[arg(value_name = "INTO")]
    into: ConversationId,
    #[command(flatten)]
    which: WhichArgs,
}

pub(super) async fn bookmark(common: &Common, args: &BookmarkArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    if let Some(id) = args.remove {
        mailboxes.remove_bookmark(id).await?;
        finish(common, &format!("the bookmark {id} is removed"))?;
        return Ok(Exit::Done);
    }
    if let (Some(message), Some(name)) = (args.message, &args.name) {
        mailboxes.bookmark(message, name, args.shared).await?;
        finish(common, &format!("{message} is bookmarked as {name}"))?;
        return Ok(Exit::Done);
    }
    let accounts = args.which.accounts(&mailboxes).await?;
    let all = mailboxes.bookmarks(&accounts).await?;
    if common.json {
        json(&all)?;
        return Ok(Exit::Done);
    }
    let names = Names::read(&mailboxes).await?;
    let rows = all.iter().map(|of| {
        vec![
            of.id.to_string(),
            of.name.clone(),
            of.message.to_string(),
            short(&of.subject),
            shown_time(of.date),
            if of.is_shared { "all users".to_owned() } else { String::new() },
            names.account(of.account),
        ]
    });
    table(&["number", "name", "message", "subject", "date", "for", "account"], rows)?;
    Ok(Exit::Done)
}

pub(super) async fn done(common: &Common, args: &DoneArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    let id = args.conversation;
    let changed = mailboxes.set_done(id, args.open, !args.open).await?;
    let state = if args.open { "open" } else { "done" };
    match changed {
        Changed::Yes => finish(common, &format!("the conversation {id} is {state}"))?,
        Changed::Meanwhile => finish(common, &format!("the conversation {id} was {state} already"))?,
    }
    Ok(Exit::Done)
}

pub(super) async fn assign(common: &Common, args: &AssignArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    let id = args.conversation;
    let before = mailboxes.conversation(id).await?.conversation.assignee;
    match mailboxes.assign(id, before, args.login.as_ref()).await? {
        Changed::Yes => {}
        Changed::Meanwhile => {
            let message = format!("another user assigned the conversation {id} meanwhile: look at it again");
            return Err(Failure { code: Exit::Later, message });
        }
    }
    let what = match &args.login {
        Some(login) => format!("{login} takes care of the conversation {id}"),
        None => format!("no user takes care of the conversation {id}"),
    };
    finish(common, &what)?;
    Ok(Exit::Done)
}

pub(super) async fn note(common: &Common, args: &NoteArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    mailboxes.add_note(args.conversation, &args.text).await?;
    finish(common, &format!("the conversation {} has a note more", args.conversation))?;
    Ok(Exit::Done)
}

pub(super) async fn private(common: &Common, args: &PrivateArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    mailboxes.set_private(args.conversation, !args.undo).await?;
    let state = if args.undo { "not private" } else { "private" };
    finish(common, &format!("the conversation {} is {state}", args.conversation))?;
    Ok(Exit::Done)
}

pub(super) async fn split(common: &Common, args: &SplitArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    let id = mailboxes.split(args.message).await?;
    finish(common, &format!("the message {} is in the conversation {id}", args.message))?;
    Ok(Exit::Done)
}

pub(super) async fn join(common: &Common, args: &JoinArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    mailboxes.join(args.from, args.into).await?;
    finish(common, &format!("the messages of {} are in the conversation {}", args.from, args.into))?;
    Ok(Exit::Done)
}
