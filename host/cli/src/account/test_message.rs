//! `postroom account send-test` (rule A7).

use crate::Exit;
use crate::delivery::{Extra, deliver};
use crate::output::line;
use crate::store_args::UserArgs;
use crate::{Common, Failure, ask, session};
use clap::Args;
use postroom::app::{DeliveryRequest, TestRequest};
use postroom_model::Name;

#[derive(Debug, Args)]
#[command(after_help = "\
Asks for destination and subject where they are not given, sends, and says success or failure.

Example:
  postroom account send-test office --to lotte@ateliernord.example --subject 'Does it work?'")]
pub(crate) struct SendTestArgs {
    /// The account.
    #[arg(value_name = "ACCOUNT")]
    name: Name,
    #[command(flatten)]
    user: UserArgs,
    /// Where the test goes.
    #[arg(long, value_name = "ADDRESSES")]
    to: Option<String>,
    /// Its subject.
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Its language: nl, fr, en or de.
    #[arg(long, value_name = "L")]
    language: Option<String>,
}

pub(super) async fn run(common: &Common, args: &SendTestArgs) -> Result<Exit, Failure> {
    let session = session::open(common, &args.user, Some(&args.name)).await?;
    let to: String = ask::value(common, args.to.clone(), "destination", "--to", None)?;
    let subject = match &args.subject {
        None if ask::can_ask(common) => {
            let typed: String = ask::value(common, None, "subject", "--subject", Some("Test".to_owned()))?;
            Some(typed)
        }
        given => given.clone(),
    };
    let request = TestRequest { to, subject, language: args.language.clone() };
    let id = session.enqueue_test(&request).await?;
    let code = deliver(common, &session, id, &DeliveryRequest::default(), Extra::default()).await?;
    if !common.json {
        let well = code == Exit::Done;
        line(if well { "the test message was sent" } else { "the test message was not sent" })?;
    }
    Ok(code)
}
