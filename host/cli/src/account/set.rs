//! `postroom account set`: another server, another password, another name.

use super::add::{preset, report};
use super::form::{Form, Ground};
use super::needed_secrets::ask_for_needed;
use crate::Exit;
use crate::store_args::AccountArgs;
use crate::{Common, Failure, ask, load_plugin};
use clap::Args;
use postroom::app::{AccountChange, platform_addresses, refuse_unused, wanted_secret};
use postroom_model::{AccountState, DisplayName, MailAddress, Name};

#[derive(Debug, Args)]
#[command(after_help = "\
What is not named stays as it is. A password or key was given for one server: with another host, port, security or certificate it is
asked for again, or given by its option; a sign-in is made anew.

Examples:
  postroom account set office --password-file office.password
  postroom account set office --security ssl --password-file office.password
  postroom account set office --imap-host imap.example.com --imap-password-file imap.password
  postroom account set office --ask-password
  postroom account set office --clear-mark          # no longer compromised")]
pub(crate) struct SetArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Another name for the account.
    #[arg(long, value_name = "NAME")]
    name: Option<Name>,
    /// Another address.
    #[arg(long, value_name = "ADDRESS")]
    address: Option<MailAddress>,
    /// Name shown beside it.
    #[arg(long, value_name = "NAME")]
    display_name: Option<DisplayName>,
    /// Ask for the password, or the API key, at the terminal.
    #[arg(long)]
    ask_password: bool,
    /// The account is no longer marked compromised. Change its password first.
    #[arg(long)]
    clear_mark: bool,
    #[command(flatten)]
    form: Form,
}

pub(super) async fn run(common: &Common, args: &SetArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    let mut account = found.account.clone();
    let company_plugin = load_plugin::reading(common)?;
    if let Some(name) = &args.name {
        account.name = name.clone();
    }
    if let Some(address) = &args.address {
        account.address = address.clone();
    }
    if let Some(name) = &args.display_name {
        account.display_name = Some(name.clone());
    }
    if !args.form.send_as.is_empty() {
        account.send_as.clone_from(&args.form.send_as);
    }
    let preset = preset(&company_plugin, &found.connections.operator().dns, &account.address, None).await?;
    let kind = args.form.kind(Some(&account.transport), preset.as_ref());
    let platform = match kind.as_str() {
        "platform" => {
            let there = Some(&account.transport);
            platform_addresses(&found.connections, &company_plugin, &found.company.name, there).await?
        }
        _ => None,
    };
    let ground = Ground { address: &account.address, preset: preset.as_ref(), platform: platform.as_deref() };
    let transport = args.form.transport(&kind, Some(&account.transport), &ground)?;
    let mailbox = args.form.mailbox(&transport, account.mailbox.as_ref(), &ground)?;
    // A mailbox that no option asks for is not added to an account that has none.
    let asked = account.mailbox.is_some() || args.form.names_mailbox();
    (account.transport, account.mailbox) = (transport, mailbox.filter(|_| asked));
    let mut secrets = args.form.secrets()?;
    refuse_unused(&account.transport, account.mailbox.as_ref(), &secrets)?;
    if args.ask_password
        && let Some(kind) = wanted_secret(&account.transport)
    {
        secrets.extend(ask::secret(common, &format!("{kind}"))?.map(|secret| (kind, secret)));
    }
    ask_for_needed(common, &found.connections, &account, &mut secrets).await?;
    let signed_in = account.grant().is_some() && found.account.state == AccountState::Ready;
    let change = AccountChange { account, platform, secrets, clear_mark: args.clear_mark };
    let account = found.change(&company_plugin, change).await?;
    if signed_in && account.grant().is_some() && account.state != AccountState::Ready {
        eprintln!(
            "the sign-in was for another server or provider: `postroom account authorize {}`",
            account.name
        );
    }
    report(common, &company_plugin, &found.connections, &account, &found.settings().await?).await?;
    Ok(Exit::Done)
}
