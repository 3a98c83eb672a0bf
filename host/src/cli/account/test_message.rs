//! `postroom account send-test` (FEATURES A7).

use crate::accounts::{DisplayName, Name};
use crate::cli::Exit;
use crate::cli::desk::{Delivery, Desk, now};
use crate::cli::house::UserArgs;
use crate::cli::output::line;
use crate::cli::{Common, Failure, ask, company_plugin};
use crate::contract::accounts::TestMail;
use crate::contract::composing::Message;
use crate::contract::types::Address;
use crate::outbox::{Keeping, plain};
use crate::store::MailId;
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
Asks for destination and subject where they are not given, sends, and says success or failure.

Example:
  postroom account send-test office --to lotte@ateliernord.example --subject 'Does it work?'")]
pub(in crate::cli) struct SendTestArgs {
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
    let desk = Desk::open(common, &args.user, Some(&args.name)).await?;
    let to: String = ask::value(common, args.to.clone(), "destination", "--to", None)?;
    let subject = match &args.subject {
        None if ask::can_ask(common) => {
            let typed: String = ask::value(common, None, "subject", "--subject", Some("Test".to_owned()))?;
            Some(typed)
        }
        given => given.clone(),
    };
    let id = MailId::new();
    let message = message(&desk, id, &to, subject, args.language.clone()).await?;
    let keeping = Keeping::test(id, desk.account.id, now());
    desk.user_store().enqueue(&[plain(&message, keeping, "test")], &desk.order()).await?;
    let code = desk.deliver(common, id, Delivery::default(), serde_json::json!({})).await?;
    if !common.json {
        let well = code == Exit::Done;
        line(if well { "the test message was sent" } else { "the test message was not sent" })?;
    }
    Ok(code)
}

/// The test message as this user sends it from this account.
pub(super) async fn message(
    desk: &Desk,
    id: MailId,
    to: &str,
    subject: Option<String>,
    language: Option<String>,
) -> Result<Message, Failure> {
    let name = desk.settings.display_name.as_ref().or(desk.account.display_name.as_ref());
    let address = desk.settings.address.as_ref().unwrap_or(&desk.account.address);
    let test = TestMail {
        id: id.to_string(),
        now: now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
        account_name: desk.account.name.to_string(),
        sender: Address { name: name.map(DisplayName::to_string), address: address.to_string() },
        to: to.to_owned(),
        subject,
        language,
    };
    let made = desk.company_plugin.test_message(&company_plugin::no_files(), &test).await?;
    made.map_err(|fault| Failure::input(fault.sentence()))
}
