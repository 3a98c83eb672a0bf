//! `postroom account`: mail accounts of a company, who may use them, and whether they work.

mod access;
mod add;
mod fallback;
mod folders;
mod form;
mod list;
mod needed_secrets;
mod pace;
mod page;
mod remove;
mod sent;
mod set;
mod settings;
mod sign_in;
mod state;
mod test;
mod test_message;
mod webhook;

use super::{Common, Failure};
use crate::Exit;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
A new account needs three commands:
  postroom account add office --address office@ateliernord.example   # asks for what it can't know
  postroom account grant office lotte                                # who may use it
  postroom account test office                                       # SMTP test successful

Gmail and Outlook are signed in to instead of having a password:
  postroom account add gmail --address nord@gmail.com --client-id ID --client-secret-file secret
  postroom account authorize gmail

A way out for when a server is down:
  postroom account add spare --transport sendgrid --address mail@ateliernord.example --api-key-file key
  postroom company set --fallback automatic --patience 30m --fallback-account spare
  postroom account test-fallback office --to lotte@ateliernord.example")]
pub(super) enum AccountCommand {
    /// Make an account.
    Add(add::AddArgs),
    /// All accounts, or those that a user may use.
    List(list::ListArgs),
    /// One account: servers, state, what it can do, what is wrong with it.
    Show(super::store_args::AccountArgs),
    /// Change how an account is connected, its name or its secrets.
    Set(set::SetArgs),
    /// A user's own settings for an account: name, address, signature, blind copy.
    Settings(settings::SettingsArgs),
    /// Let a user use an account.
    Grant(access::AccessArgs),
    /// Take an account from a user.
    Revoke(access::AccessArgs),
    /// What the operator allows an account: private networks, logins in the clear.
    Permit(access::PermitArgs),
    /// Connect, secure, log in, stage by stage. Sends nothing.
    Test(test::TestArgs),
    /// Send a test message.
    SendTest(test_message::SendTestArgs),
    /// Sign in to Gmail or Outlook in a browser, or by a code.
    Authorize(sign_in::AuthorizeArgs),
    /// End the sign-in: at the provider, where it offers that, and here.
    Deauthorize(super::store_args::AccountArgs),
    #[command(about = "Mark the account compromised: its credentials are not used from now on")]
    MarkCompromised(state::CompromisedArgs),
    /// Send a test message through the fallback, as if the account were down.
    TestFallback(fallback::TestFallbackArgs),
    /// Mails sent through an account; one of them with --mail.
    Sent(sent::SentArgs),
    /// Folders of the mailbox, and what they are used for.
    Folders(folders::FoldersArgs),
    /// How fast the account sends.
    Pace(pace::PaceArgs),
    /// A page for the mail provider's administrator: addresses, hosts and ports.
    AdministratorPage(page::PageArgs),
    /// Where the provider sends its reports of deliveries, bounces and openings.
    Webhook(webhook::WebhookArgs),
    /// Remove an account with its secrets. The mails that left by it remain the company's.
    Remove(remove::RemoveArgs),
}

pub(super) async fn run(common: &Common, command: &AccountCommand) -> Result<Exit, Failure> {
    use AccountCommand as C;
    match command {
        C::Add(args) => add::run(common, args).await,
        C::List(args) => list::run(common, args).await,
        C::Show(args) => list::show(common, args).await,
        C::Set(args) => set::run(common, args).await,
        C::Settings(args) => settings::run(common, args).await,
        C::Grant(args) => access::run(common, args, true).await,
        C::Revoke(args) => access::run(common, args, false).await,
        C::Permit(args) => access::permit(common, args).await,
        C::Test(args) => test::run(common, args).await,
        C::SendTest(args) => test_message::run(common, args).await,
        C::Authorize(args) => sign_in::authorize(common, args).await,
        C::Deauthorize(args) => sign_in::deauthorize(common, args).await,
        C::MarkCompromised(args) => state::run(common, args).await,
        C::TestFallback(args) => fallback::run(common, args).await,
        C::Sent(args) => sent::run(common, args).await,
        C::Folders(args) => folders::run(common, args).await,
        C::Pace(args) => pace::run(common, args).await,
        C::AdministratorPage(args) => page::run(common, args).await,
        C::Webhook(args) => webhook::run(common, args).await,
        C::Remove(args) => remove::run(common, args).await,
    }
}
