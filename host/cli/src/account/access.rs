//! `postroom account grant`, `revoke` and `permit`: who may use an account, and what the operator allows it.

use crate::Exit;
use crate::output::{done, json, line};
use crate::store_args::AccountArgs;
use crate::{Common, Failure};
use clap::Args;
use postroom_model::AllowList;
use postroom_model::Name;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  postroom account grant office lotte marc
  postroom account revoke office marc")]
pub(crate) struct AccessArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// The users, by login.
    #[arg(value_name = "LOGIN", required = true)]
    logins: Vec<Name>,
}

pub(super) async fn run(common: &Common, args: &AccessArgs, grant: bool) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    let now = found.grant(&args.logins, grant).await?;
    if common.json {
        json(&serde_json::json!({ "account": found.account.name, "users": now }))?;
    } else if now.is_empty() {
        line(&format!("nobody may use {}", found.account.name))?;
    } else {
        let names = now.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        line(&format!("{} may be used by {names}", found.account.name))?;
    }
    Ok(Exit::Done)
}

#[derive(Debug, Args)]
#[command(after_help = "\
A host name that a user typed leads to the public internet alone, unless the operator allows more.

Examples:
  postroom account permit office --allow-private 10.0.0.0/8 --allow-private mail.intern.example
  postroom account permit office --allow-nothing")]
pub(crate) struct PermitArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// A network, address or host name that may be reached although it is not on the public internet; `all` for every
    /// one. May be repeated.
    #[arg(long, value_name = "PLACE")]
    allow_private: Vec<String>,
    #[arg(
        long,
        value_name = "BOOL",
        help = "Log in although, with security none, the password can be read on its way: true or false"
    )]
    allow_cleartext_login: Option<bool>,
    /// Take back every permission.
    #[arg(long, conflicts_with_all = ["allow_private", "allow_cleartext_login"])]
    allow_nothing: bool,
}

pub(super) async fn permit(common: &Common, args: &PermitArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    let mut permissions = found.account.permissions.clone();
    if args.allow_nothing {
        permissions = Default::default();
    }
    if args.allow_private.iter().any(|place| place == "all") {
        permissions.allow_private = AllowList::everything();
    } else if !args.allow_private.is_empty() {
        permissions.allow_private = AllowList::of(&args.allow_private)
            .map_err(|e| Failure::input(format!("--allow-private: {e}")))?;
    }
    permissions.allow_cleartext_login =
        args.allow_cleartext_login.unwrap_or(permissions.allow_cleartext_login);
    found.permit(&permissions).await?;
    if common.json {
        json(&permissions)?;
    } else {
        done(common, &format!("{} may reach what the operator allows it", found.account.name))?;
    }
    Ok(Exit::Done)
}
