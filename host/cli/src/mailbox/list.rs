//! Lists of conversations: of a partner, of one contact, of everything.

use super::rows::{Names, conversation_json, short, shown_documents, shown_person, shown_time};
use super::{Common, Failure, WhichArgs};
use crate::Exit;
use crate::output::{json, line, table};
use crate::typed_time::parse_time;
use chrono::{DateTime, FixedOffset};
use clap::Args;
use postroom::app::{ConversationFilter, MailboxAccess};
use postroom_model::{MailAddress, Name};
use serde_json::json as object;

/// Filters of a list.
#[derive(Debug, Args)]
struct FilterArgs {
    /// Those with something unread.
    #[arg(long)]
    unread: bool,
    /// Those that are not done.
    #[arg(long)]
    open: bool,
    /// Those that this user takes care of.
    #[arg(long, value_name = "LOGIN")]
    assignee: Option<Name>,
    /// Those with a bookmark.
    #[arg(long)]
    bookmarked: bool,
    /// Those with these words.
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Those with a message in this folder, by its name on the server or its own.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<String>,
    /// Those whose last message is not before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    since: Option<DateTime<FixedOffset>>,
    /// Those whose last message is before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    before: Option<DateTime<FixedOffset>>,
    /// At most so many, newest first.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// What follows this page: the value that the page before ended with.
    #[arg(long, value_name = "PAGE")]
    after: Option<String>,
    #[command(flatten)]
    which: WhichArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
All mail between the company and the contacts of a customer or supplier, both directions, from before Postroom too: newest
conversation first. The contacts are the addresses that its documents were sent to, and those of `postroom mailbox contacts`.

Examples:
  postroom mailbox partner 'Bakkerij Peeters'
  postroom mailbox partner 'Bakkerij Peeters' --open --json")]
pub(super) struct PartnerArgs {
    /// The customer or supplier, as its documents name it.
    #[arg(value_name = "PARTNER")]
    partner: String,
    #[command(flatten)]
    filter: FilterArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  postroom mailbox contact ann@bakkerij.example --since 2026-11-01")]
pub(super) struct ContactArgs {
    /// The address.
    #[arg(value_name = "ADDRESS")]
    address: MailAddress,
    #[command(flatten)]
    filter: FilterArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  postroom mailbox all --unread
  postroom mailbox all --known-partners
  postroom mailbox all --account office --folder Archive --limit 20")]
pub(super) struct AllArgs {
    /// Those with known partners alone, as a view that colleagues share has them.
    #[arg(long)]
    known_partners: bool,
    #[command(flatten)]
    filter: FilterArgs,
}

pub(super) async fn partner(common: &Common, args: &PartnerArgs) -> Result<Exit, Failure> {
    let of = |filter| ConversationFilter { partner: Some(args.partner.clone()), ..filter };
    list(common, &args.filter, of).await
}

pub(super) async fn contact(common: &Common, args: &ContactArgs) -> Result<Exit, Failure> {
    let of = |filter| ConversationFilter { address: Some(args.address.to_string()), ..filter };
    list(common, &args.filter, of).await
}

pub(super) async fn all(common: &Common, args: &AllArgs) -> Result<Exit, Failure> {
    let of = |filter| ConversationFilter { known_partners_only: args.known_partners, ..filter };
    list(common, &args.filter, of).await
}

async fn list(
    common: &Common,
    args: &FilterArgs,
    of: impl FnOnce(ConversationFilter) -> ConversationFilter,
) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    let accounts = args.which.accounts(&mailboxes).await?;
    let assignee = match &args.assignee {
        Some(login) => Some(mailboxes.colleague(login).await?),
        None => None,
    };
    let folder = match &args.folder {
        Some(name) => Some(super::folders::find(&mailboxes, &accounts, name).await?),
        None => None,
    };
    let filter = of(ConversationFilter {
        accounts,
        folder,
        text: args.text.clone(),
        unread: args.unread,
        open_only: args.open,
        assignee,
        bookmarked: args.bookmarked,
        since: args.since,
        before: args.before,
        after: args.after.as_deref().map(page_in).transpose()?,
        limit: args.limit,
        ..ConversationFilter::default()
    });
    show(common, &mailboxes, &filter).await
}

async fn show(
    common: &Common,
    mailboxes: &MailboxAccess,
    filter: &ConversationFilter,
) -> Result<Exit, Failure> {
    let rows = mailboxes.conversations(filter).await?;
    let names = Names::read(mailboxes).await?;
    let is_full = rows.len() >= usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let next = rows.last().filter(|_| is_full).map(|row| format!("{}~{}", row.latest.to_rfc3339(), row.id));
    if common.json {
        let conversations: Vec<_> = rows.iter().map(|row| conversation_json(row, &names)).collect();
        json(&object!({ "conversations": conversations, "next": next }))?;
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        line("no conversation is in the index: `postroom mailbox folders` says how far it is")?;
        return Ok(Exit::Done);
    }
    let cells = rows.iter().map(|row| {
        let people: Vec<String> = row.people.iter().take(3).map(shown_person).collect();
        let state = match (row.is_done, row.assignee) {
            (true, _) => "done".to_owned(),
            (false, Some(user)) => names.user(user),
            (false, None) => String::new(),
        };
        vec![
            row.id.to_string(),
            shown_time(row.latest),
            people.join(", "),
            short(&row.subject),
            row.messages.to_string(),
            if row.unread > 0 { row.unread.to_string() } else { String::new() },
            shown_documents(&row.documents),
            state,
            names.account(row.account),
        ]
    });
    table(
        &["number", "latest", "people", "subject", "messages", "unread", "documents", "state", "account"],
        cells,
    )?;
    if let Some(next) = next {
        line(&format!("more: --after {next}"))?;
    }
    Ok(Exit::Done)
}

/// Reads where a page ends.
fn page_in(text: &str) -> Result<(DateTime<FixedOffset>, postroom_model::ConversationId), Failure> {
    let wrong = || Failure::input(format!("--after: \"{text}\" is not what a page ends with"));
    let (time, id) = text.split_once('~').ok_or_else(wrong)?;
    let time = DateTime::parse_from_rfc3339(time).map_err(|_| wrong())?;
    Ok((time, id.parse().map_err(|_| wrong())?))
}
