//! `postroom account mark-compromised` (rule A13).

use crate::Exit;
use crate::output::done;
use crate::store_args::AccountArgs;
use crate::{Common, Failure};
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
From now on the account's password and tokens are not used, not even to look into its mailbox; mail leaves through the
company's fallback, at once. `postroom account set ACCOUNT --clear-mark` takes it back.

Example:
  postroom account mark-compromised office --by 'Lotte, after the phishing mail'")]
pub(crate) struct CompromisedArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Who says so.
    #[arg(long, value_name = "WHO", default_value = "an administrator")]
    by: String,
}

pub(super) async fn run(common: &Common, args: &CompromisedArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    found.mark_compromised(&args.by).await?;
    let name = &found.account.name;
    done(
        common,
        &format!("the credentials of {name} are not used any more; mail leaves through the fallback"),
    )?;
    Ok(Exit::Done)
}
