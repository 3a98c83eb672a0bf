//! `postroom account test-fallback`: the way that mail takes when the account is down, without breaking the account
//! (rule A13).

use crate::Exit;
use crate::delivery::{Extra, deliver};
use crate::output::line;
use crate::store_args::UserArgs;
use crate::{Common, Failure, ask, session};
use clap::Args;
use postroom::app::{Answers, DeliveryRequest, TestRequest};
use postroom_model::{FallbackPolicy, Name};

#[derive(Debug, Args)]
#[command(after_help = "\
Sends a test message of the account through the company's fallback, as if the account's own system were down. The account
itself is neither changed nor connected to.

Example:
  postroom account test-fallback office --to lotte@ateliernord.example")]
pub(crate) struct TestFallbackArgs {
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
    let mut session = session::open(common, &args.user, Some(&args.name)).await?;
    let Some(fallback) = &session.fallback else {
        let message = "the company has no fallback that can be used: `postroom company set --fallback ask \
                       --fallback-account ACCOUNT`";
        return Err(Failure::input(message));
    };
    let policy = &session.company.fallback;
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
    let id = session.enqueue_test(&TestRequest { to, ..TestRequest::default() }).await?;
    session.pretend_account_is_down();
    let answers = Answers { fallback: Some(true), ..Answers::default() };
    let request = DeliveryRequest { answers, ..DeliveryRequest::default() };
    deliver(common, &session, id, &request, Extra::default()).await
}
