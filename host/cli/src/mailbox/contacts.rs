//! The addresses of a customer or supplier: by them its mail is found.

use super::{Common, Failure, WhichArgs};
use crate::Exit;
use crate::output::{done, json, table};
use clap::Args;
use postroom_model::MailAddress;

#[derive(Debug, Args)]
#[command(after_help = "\
Addresses that documents were sent to are there by themselves.

Examples:
  postroom mailbox contacts 'Bakkerij Peeters'
  postroom mailbox contacts 'Bakkerij Peeters' --add ann@bakkerij.example
  postroom mailbox contacts 'Bakkerij Peeters' --remove old@bakkerij.example")]
pub(super) struct ContactsArgs {
    /// The customer or supplier, as its documents name it.
    #[arg(value_name = "PARTNER")]
    partner: String,
    /// Add this address.
    #[arg(long, value_name = "ADDRESS")]
    add: Option<MailAddress>,
    /// Remove this address. No later mail brings it back.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "add")]
    remove: Option<MailAddress>,
    #[command(flatten)]
    which: WhichArgs,
}

pub(super) async fn run(common: &Common, args: &ContactsArgs) -> Result<Exit, Failure> {
    let mailboxes = args.which.open().await?;
    let partner = &args.partner;
    if let Some(address) = args.add.as_ref().or(args.remove.as_ref()) {
        let is_added = args.add.is_some();
        mailboxes.change_contact(partner, address, is_added).await?;
        let what = if is_added { "is" } else { "is no longer" };
        done(common, &format!("{address} {what} an address of {partner}"))?;
        return Ok(Exit::Done);
    }
    let contacts = mailboxes.contacts(partner).await?;
    if common.json {
        json(&contacts)?;
        return Ok(Exit::Done);
    }
    let rows = contacts.iter().map(|of| {
        let source = if of.by_hand { "entered" } else { "a mail was sent to it" };
        vec![of.address.clone(), of.name.clone().unwrap_or_default(), source.to_owned()]
    });
    table(&["address", "name", "known because"], rows)?;
    Ok(Exit::Done)
}
