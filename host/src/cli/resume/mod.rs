//! `postroom resume`: a kept mail goes on from where it stood.

use super::desk::{Delivery, Desk};
use super::house::UserArgs;
use super::{Common, Failure, office};
use crate::outbox::Answers;
use crate::store::MailId;
use clap::Args;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Args)]
#[command(after_help = "\
A mail that was not accepted stays in the store, as it was composed. This moves it on: the next attempt when it is due, a
look where a mail in doubt would be, the fallback when its time has come. A mail that has left is not sent again.

Examples:
  postroom resume 01983f1a-…                     # what is due now
  postroom resume 01983f1a-… --wait 30m          # and what will be due within half an hour
  postroom resume 01983f1a-… --fallback yes      # the answer to the question
  postroom resume 01983f1a-… --send-again        # in doubt, and you have asked the recipient")]
pub(super) struct ResumeArgs {
    /// The mail, as `postroom send` named it.
    #[arg(value_name = "MAIL")]
    mail: MailId,
    #[command(flatten)]
    user: UserArgs,
    /// How long to wait for a next attempt: 90s, 30m, 2h.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = super::duration)]
    wait: Duration,
    /// Whether it may leave through the company's fallback: yes or no.
    #[arg(long, value_name = "ANSWER", value_parser = ["yes", "no"])]
    fallback: Option<String>,
    /// It is in doubt whether it left: send it again.
    #[arg(long)]
    send_again: bool,
}

pub(super) async fn run(common: &Common, args: &ResumeArgs) -> Result<ExitCode, Failure> {
    let plugin = office::loading(common);
    let (connections, company, user) = args.user.open().await?;
    let desk = Desk::of_mail(common, plugin, connections, company, user, args.mail).await?;
    let answers =
        Answers { fallback: args.fallback.as_deref().map(|it| it == "yes"), send_again: args.send_again };
    let how = Delivery { answers, wait: args.wait, ..Delivery::default() };
    desk.deliver(common, args.mail, how, serde_json::json!({})).await
}
