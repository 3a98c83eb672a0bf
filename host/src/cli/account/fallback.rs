//! `postroom account test-fallback`: the way that mail takes when the account is down, without breaking the account
//! (FEATURES A13).

use super::test_message::message;
use crate::accounts::{AccountState, FallbackPolicy, Name};
use crate::cli::Exit;
use crate::cli::desk::{Delivery, Desk, now};
use crate::cli::house::UserArgs;
use crate::cli::output::line;
use crate::cli::{Common, Failure, ask};
use crate::outbox::{Answers, Keeping, plain};
use crate::store::MailId;
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
Sends a test message of the account through the company's fallback, as if the account's own system were down. The account
itself is neither changed nor connected to.

Example:
  postroom account test-fallback office --to lotte@ateliernord.example")]
pub(in crate::cli) struct TestFallbackArgs {
    /// The account that is taken for down.
    #[arg(value_name = "ACCOUNT")]
    name: Name,
    #[command(flatten)]
    user: UserArgs,
    /// Where the test goes.
    #[arg(long, value_name = "ADDRESSES")]
    to: Option<String>,
}

pub(super) async fn run(common: &Common, args: &TestFallbackArgs) -> Result<Exit, Failure> {
    let mut desk = Desk::open(common, &args.user, Some(&args.name)).await?;
    let Some(fallback) = &desk.fallback else {
        let message = "the company has no fallback that can be used: `postroom company set --fallback ask \
                       --fallback-account ACCOUNT`";
        return Err(Failure::input(message));
    };
    let policy = &desk.company.fallback;
    if !common.json {
        let through = &fallback.name;
        line(&match policy.policy {
            FallbackPolicy::Off => format!("the fallback is off: mail would not leave through {through}"),
            FallbackPolicy::Ask => format!("a user would be asked before mail leaves through {through}"),
            FallbackPolicy::Automatic => {
                format!("mail would leave through {through} after {} s", policy.patience.as_secs())
            }
        })?;
    }
    let to: String = ask::value(common, args.to.clone(), "destination", "--to", None)?;
    let id = MailId::new();
    let composed = message(&desk, id, &to, None, None).await?;
    let keeping = Keeping::test(id, desk.account.id, now());
    desk.user_store().enqueue(&[plain(&composed, keeping, "test")], &desk.order()).await?;
    // To the rules it is an account that must not be used: they choose the fallback at once.
    desk.pretend = Some(AccountState::Compromised { by: "a test of the fallback".to_owned(), since: now() });
    let answers = Answers { fallback: Some(true), ..Answers::default() };
    desk.deliver(common, id, Delivery { answers, ..Delivery::default() }, serde_json::json!({})).await
}
