//! `postroom records`: the company's records, looked at, tested, and told what waits.

mod place;

pub(super) use place::{PlaceArgs, run as place};

use super::output::{green, json, line, printable, table};
use super::store_args::CompanyArgs;
use super::{Common, Failure, load_plugin};
use crate::Exit;
use clap::{Args, Subcommand};
use postroom::app::{
    NoticeFilter, NoticeKind, NoticeRow, NoticeState, NotifiedRecords, notify_records, records,
};
use serde_json::{Value, json as object};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Documents and their files belong to the company's ERP, or are in a folder: `postroom company records` says where. They are
asked for by `send-bulk --from-records`; partners by `records partners` alone. What became of mails is told to the ERP by
`postroom worker` and `postroom serve`. See docs/records.md.

Examples:
  postroom records test
  postroom records documents 'november'
  postroom records notices --open
  postroom records deliver")]
pub(super) enum RecordsCommand {
    /// Ask the records for as little as there is, and say whether they answer as they should.
    Test(CompanyArgs),
    /// The documents that a query names.
    Documents(QueryArgs),
    /// The partners that a query names, with their contacts. Reserved: no mail is made from them yet.
    Partners(QueryArgs),
    /// What the records were told, or are to be: statuses. New addresses and payments are reserved.
    Notices(NoticesArgs),
    /// Tell them now what waits.
    Deliver(DeliverArgs),
}

#[derive(Debug, Args)]
pub(super) struct QueryArgs {
    /// What to look for, in the words of the records; in a folder a pattern for number or partner. Otherwise: all.
    #[arg(value_name = "QUERY", default_value = "")]
    query: String,
    #[command(flatten)]
    company: CompanyArgs,
}

#[derive(Debug, Args)]
pub(super) struct NoticesArgs {
    #[command(flatten)]
    company: CompanyArgs,
    /// Only about the document of this number.
    #[arg(long, value_name = "NUMBER")]
    document: Option<String>,
    /// Only those that the records do not have.
    #[arg(long)]
    open: bool,
    /// At most so many, newest first.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

#[derive(Debug, Args)]
pub(super) struct DeliverArgs {
    #[command(flatten)]
    company: CompanyArgs,
    /// Those too that the records refused, and those whose time has not come.
    #[arg(long)]
    again: bool,
}

pub(super) async fn run(common: &Common, command: &RecordsCommand) -> Result<Exit, Failure> {
    match command {
        RecordsCommand::Test(args) => {
            let (connections, company) = args.open().await?;
            let found = records(&connections, &company).await?.probe().await?;
            if common.json {
                json(&object!({ "works": true, "found": found }))?;
            } else {
                line(&green("records test successful"))?;
                line(&printable(&found))?;
            }
        }
        RecordsCommand::Documents(args) => {
            let (connections, company) = args.company.open().await?;
            let found = records(&connections, &company).await?.documents(&args.query).await?;
            if common.json {
                json(&found)?;
            } else {
                let rows = found.into_iter().map(|it| vec![it.number, it.kind.unwrap_or_default()]);
                table(&["document", "kind"], rows)?;
            }
        }
        RecordsCommand::Partners(args) => {
            let (connections, company) = args.company.open().await?;
            let found = records(&connections, &company).await?.partners(&args.query).await?;
            if common.json {
                json(&found)?;
            } else {
                let rows = found.into_iter().map(|it| {
                    let contacts = it.contacts.into_iter().map(|contact| contact.email);
                    vec![it.id, it.name, contacts.collect::<Vec<_>>().join(", ")]
                });
                table(&["id", "partner", "contacts"], rows)?;
            }
        }
        RecordsCommand::Notices(args) => notices(common, args).await?,
        RecordsCommand::Deliver(args) => return deliver(common, args).await,
    }
    Ok(Exit::Done)
}

async fn notices(common: &Common, args: &NoticesArgs) -> Result<(), Failure> {
    let (connections, company) = args.company.open().await?;
    let filter = NoticeFilter { document: args.document.clone(), open: args.open, limit: args.limit };
    let found = connections.store().company_store(company.id).notices(&filter).await?;
    if common.json {
        return json(&found.iter().map(row).collect::<Vec<_>>());
    }
    let cells = found.iter().map(|it| {
        let notice = &it.notice;
        let what = match &notice.kind {
            NoticeKind::Status { label, .. } => label.clone(),
            NoticeKind::Address { name } => format!("new address {}", name.as_deref().unwrap_or_default()),
            NoticeKind::Payment { amount, currency } => format!("paid {amount} {currency}"),
        };
        vec![
            notice.at.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M:%S").to_string(),
            notice.document.as_ref().map(|it| it.number.clone()).unwrap_or_default(),
            notice.recipient.clone().unwrap_or_default(),
            what,
            state(it.state).to_owned(),
            it.words.clone().unwrap_or_default(),
        ]
    });
    table(&["at", "document", "recipient", "what", "state", "why"], cells)
}

fn state(of: NoticeState) -> &'static str {
    match of {
        NoticeState::Waiting => "waiting",
        NoticeState::Delivered => "told",
        NoticeState::Refused => "refused",
    }
}

fn row(of: &NoticeRow) -> Value {
    let notice = &of.notice;
    let document = notice.document.as_ref();
    let (mut status, mut label, mut name, mut amount, mut currency) = (None, None, None, None, None);
    match &notice.kind {
        NoticeKind::Status { status: word, label: words } => (status, label) = (Some(word), Some(words)),
        NoticeKind::Address { name: of } => name = of.as_ref(),
        NoticeKind::Payment { amount: how_much, currency: of_what } => {
            (amount, currency) = (Some(how_much), Some(of_what));
        }
    }
    object!({
        "id": notice.id, "kind": notice.kind.as_str(), "at": notice.at.to_rfc3339(),
        "document": document.map(|it| object!({ "kind": it.kind, "number": it.number })),
        "partner": document.map(|it| &it.partner).or(notice.partner.as_ref()),
        "mail": notice.mail.map(|mail| mail.to_string()), "recipient": notice.recipient, "name": name,
        "status": status, "label": label, "amount": amount, "currency": currency, "reason": notice.reason,
        "state": state(of.state), "tries": of.tries, "words": of.words,
    })
}

async fn deliver(common: &Common, args: &DeliverArgs) -> Result<Exit, Failure> {
    let (connections, company) = args.company.open().await?;
    records(&connections, &company).await?;
    let engine = load_plugin::engine(common)?;
    let NotifiedRecords { taken, refused, waiting } =
        notify_records(&connections, &company, &engine, args.again).await?;
    if common.json {
        json(&object!({ "told": taken, "refused": refused, "waiting": waiting }))?;
    } else {
        line(&format!("{taken} told, {refused} refused, {waiting} waiting"))?;
    }
    Ok(match (waiting, refused) {
        (0, 0) => Exit::Done,
        (0, _) => Exit::Refused,
        _ => Exit::Later,
    })
}
