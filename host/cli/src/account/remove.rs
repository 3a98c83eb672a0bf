//! `postroom account remove`.

use crate::Exit;
use crate::output::done;
use crate::store_args::AccountArgs;
use crate::{Common, Failure, ask};
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
An account that is signed in to should be deauthorized first: removing it forgets the tokens here alone.

Example:
  postroom account deauthorize gmail && postroom account remove gmail --yes")]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(common: &Common, args: &RemoveArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    let name = &found.account.name;
    if !args.yes && ask::confirm(common, &format!("remove {name} with its secrets?"))? != Some(true) {
        return Err(Failure {
            code: Exit::Usage,
            message: format!("nothing was removed: say --yes to remove {name}"),
        });
    }
    let held = found.remove().await?;
    let waiting = match held {
        0 => String::new(),
        _ => format!("; {held} that had not left are held (`postroom outbox`)"),
    };
    done(common, &format!("{name} is removed; the mails that left by it remain the company's{waiting}"))?;
    Ok(Exit::Done)
}
