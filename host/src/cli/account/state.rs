//! `postroom account mark-compromised` (FEATURES A13).

use crate::accounts::AccountState;
use crate::cli::Exit;
use crate::cli::house::AccountArgs;
use crate::cli::output::done;
use crate::cli::{Common, Failure};
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
From now on the account's password and tokens are not used, not even to look into its mailbox; mail leaves through the
company's fallback, at once. `postroom account set ACCOUNT --clear-mark` takes it back.

Example:
  postroom account mark-compromised office --by 'Lotte, after the phishing mail'")]
pub(in crate::cli) struct CompromisedArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Who says so.
    #[arg(long, value_name = "WHO", default_value = "an administrator")]
    by: String,
}

pub(super) async fn run(common: &Common, args: &CompromisedArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    let since = chrono::Local::now().fixed_offset();
    let by: String = args.by.chars().filter(|c| !c.is_control()).take(200).collect();
    let admin = found.connections.store().company_store(found.company.id);
    admin.set_account_state(found.account.id, &AccountState::Compromised { by, since }).await?;
    let name = &found.account.name;
    done(
        common,
        &format!("the credentials of {name} are not used any more; mail leaves through the fallback"),
    )?;
    Ok(Exit::Done)
}
