//! `postroom addresses`: how a pasted list of addresses is read.

use super::output::{json, table};
use super::{Common, Failure, load_plugin};
use crate::Exit;
use clap::Args;
use postroom_contract::recipients::{Field, Parsed};

#[derive(Debug, Args)]
#[command(after_help = "\
Ends with exit code 3 if an address can't be used.

Example:
  postroom addresses 'a@b.be; C <c@d.be>, \"Müller, E.\" <e@f.de>'")]
pub(super) struct AddressesArgs {
    /// The list, as pasted.
    #[arg(value_name = "TEXT")]
    text: String,
}

pub(super) async fn run(common: &Common, args: &AddressesArgs) -> Result<Exit, Failure> {
    let company_plugin = load_plugin::reading(common)?;
    let Parsed { addresses, invalid } =
        company_plugin.parse_addresses(&load_plugin::no_files(), &args.text, Field::To).await?;
    if common.json {
        json(&serde_json::json!({ "mailboxes": addresses, "invalid": invalid }))?;
    } else {
        let good = addresses.iter().map(|m| vec![m.address.clone(), m.name.clone().unwrap_or_default()]);
        let bad = invalid.iter().map(|i| vec![i.text.clone(), format!("not used: {}", i.detail)]);
        table(&["address", "name"], good.chain(bad))?;
    }
    Ok(if invalid.is_empty() { Exit::Done } else { Exit::Input })
}
