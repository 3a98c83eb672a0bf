//! `postroom erase`: a person's data, at that person's request.

use super::output::{json, line, printable};
use super::store_args::CompanyArgs;
use super::{Common, Failure, ask};
use crate::Exit;
use clap::Args;
use postroom::app::{Erased, erase_person};
use postroom_model::MailAddress;

/// The file is clean, the log beside it not yet.
pub(super) const STILL_IN_LOG: &str = "other programs read the store all the time: its write-ahead log may still hold what was removed; run this once more \
     when they are idle";

#[derive(Debug, Args)]
#[command(after_help = "\
In every mail of the company a pseudonym takes the place of the address; the name is removed, and so are text and files of
those mails. Mails that were still to be sent to the person are cancelled first. Counts, statuses, documents' numbers and the
audit log stay as they are. An address that must not be written to still is not. Backups that were taken before, copies in
Sent, and the files of documents are not reached from here.

Example:
  postroom erase jan@customer.example --yes")]
pub(super) struct EraseArgs {
    /// The person's address.
    #[arg(value_name = "ADDRESS")]
    address: MailAddress,
    #[command(flatten)]
    company: CompanyArgs,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(common: &Common, args: &EraseArgs) -> Result<Exit, Failure> {
    let (connections, company) = args.company.open().await?;
    let question =
        format!("erase {} in every mail of {}? It can't be taken back", args.address, company.name);
    if !args.yes && ask::confirm(common, &question)? != Some(true) {
        return Err(Failure {
            code: Exit::Usage,
            message: format!("nothing was erased: say --yes to {question}"),
        });
    }
    let (erased, scrubbed) = erase_person(&connections, &company, &args.address).await?;
    show(common, &erased, scrubbed)
}

fn show(common: &Common, erased: &Erased, scrubbed: bool) -> Result<Exit, Failure> {
    let Erased { pseudonym, mails, cancelled, suppressions, messages, left } = erased;
    if common.json {
        json(&serde_json::json!({
            "pseudonym": pseudonym, "mails": mails, "cancelled": cancelled, "suppressions": suppressions,
            "messages": messages, "left": left, "scrubbed": scrubbed,
        }))?;
        return Ok(Exit::Done);
    }
    line(&format!("{mails} mails went or were to go to this person, who is {pseudonym} from now on"))?;
    for mail in cancelled {
        line(&format!("{mail}: cancelled, it had not left"))?;
    }
    if *suppressions > 0 {
        line("the address is still not written to")?;
    }
    if *messages > 0 {
        line(&format!(
            "{messages} messages left the index of the mailboxes; they are on their server still"
        ))?;
    }
    for place in left {
        line(&printable(&format!("the address is still in {place}: change that by hand")))?;
    }
    if !scrubbed {
        eprintln!("postroom: {STILL_IN_LOG}");
    }
    Ok(Exit::Done)
}
