//! `postroom resume`: a kept mail goes on from where it stood, or what failed is sent again.

mod failed;

use super::delivery::{Extra, deliver};
use super::store_args::UserArgs;
use super::{Common, Failure, load_plugin, session};
use crate::Exit;
use clap::Args;
use postroom::app::{Answers, DeliveryRequest, MailName};
use std::time::Duration;

#[derive(Debug, Args)]
#[command(after_help = "\
A mail that was not accepted stays in the store, as it was composed. This moves it on: the next attempt when it is due, a
look where a mail in doubt would be, the fallback when its time has come. A mail that has left is not sent again.

With --failed, documents whose mail failed for everybody are sent again, each as a new mail; a document that left by a later
mail, or may have, is left out, and the answer says why. It asks first.

Examples:
  postroom resume 01983f1a-…                     # what is due now
  postroom resume F-2026-017                     # by its document, where one mail is about it
  postroom resume 01983f1a-… --wait 30m          # and what will be due within half an hour
  postroom resume 01983f1a-… --fallback yes      # the answer to the question
  postroom resume 01983f1a-… --send-again        # in doubt, and you have asked the recipient
  postroom resume --failed --batch 'november 2026'
  postroom resume --failed F-2026-017
  postroom resume --failed --yes                 # all that failed")]
pub(super) struct ResumeArgs {
    /// The mail, as `postroom send` named it, or the number of its document.
    #[arg(value_name = "MAIL|NUMBER", required_unless_present = "failed")]
    mail: Option<MailName>,
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
    #[arg(
        long,
        conflicts_with_all = ["wait", "fallback", "send_again"],
        help = "Send again mails that failed for all recipients"
    )]
    failed: bool,
    /// Of this batch, by its name or id (`postroom outbox batches`).
    #[arg(long, value_name = "NAME", requires = "failed")]
    batch: Option<String>,
    /// Send again without asking.
    #[arg(long, requires = "failed")]
    yes: bool,
}

pub(super) async fn run(common: &Common, args: &ResumeArgs) -> Result<Exit, Failure> {
    let Some(named) = args.mail.as_ref().filter(|_| !args.failed) else {
        return failed::run(common, args).await;
    };
    let plugin = load_plugin::loading(common);
    let (connections, company, user) = args.user.open().await?;
    let mail = match named {
        MailName::Mail(id) => *id,
        MailName::Number(_) => {
            let found = connections.store().user_store(&user).listed(&named.filter()).await?;
            named.only(found)?.mail.id
        }
    };
    let session = session::of_mail(plugin, connections, company, user, mail).await?;
    let answers =
        Answers { fallback: args.fallback.as_deref().map(|it| it == "yes"), send_again: args.send_again };
    let request = DeliveryRequest { answers, wait: args.wait };
    deliver(common, &session, mail, &request, Extra::default()).await
}
