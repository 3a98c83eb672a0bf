//! `postroom account add`: from an address to an account, asking for no more than it takes.

use super::form::{Form, Ground};
use crate::Exit;
use crate::contract_json;
use crate::output::{json, line, printable};
use crate::store_args::CompanyArgs;
use crate::{Common, Failure, ask, load_plugin};
use clap::Args;
use postroom::app::{
    CompanyPlugin, Connections, NewAccountRequest, add_account, first_state, known_provider,
    platform_addresses, reasons, refuse_unused, report_account, wanted_secret,
};
use postroom::config::DnsUse;
use postroom_contract::accounts::{Preset, Severity};
use postroom_model::{
    Account, AccountState, DisplayName, MailAddress, Name, NewAccount, SecretKind, UserSettings,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Servers, ports and the way to sign in are known for many providers, by the address. At a terminal what is missing is
asked for; a password is never an argument.

Examples:
  postroom account add office --address office@ateliernord.example --user lotte
  postroom account add office --address office@ateliernord.example --host smtp.example.com --security tls \\
           --password-file office.password --imap-host imap.example.com
  postroom account add gmail --address nord@gmail.com --client-id ID --client-secret-file secret
  postroom account add own --address lotte@ateliernord.example --transport mail-client
  postroom account add platform --address office@ateliernord.example --transport platform")]
pub(crate) struct AddArgs {
    /// What the account is called.
    #[arg(value_name = "ACCOUNT")]
    name: Name,
    #[command(flatten)]
    company: CompanyArgs,
    /// Address that mail is sent as.
    #[arg(long, value_name = "ADDRESS")]
    address: Option<MailAddress>,
    /// Name shown beside it: a person, or generic such as "Accounting".
    #[arg(long, value_name = "NAME")]
    display_name: Option<DisplayName>,
    /// The provider, where the address does not tell (`postroom schema providers`).
    #[arg(long, value_name = "ID")]
    provider: Option<String>,
    /// Let this user use it. May be repeated.
    #[arg(long = "user", value_name = "LOGIN")]
    users: Vec<Name>,
    #[command(flatten)]
    form: Form,
}

pub(super) async fn run(common: &Common, args: &AddArgs) -> Result<Exit, Failure> {
    let (connections, company) = args.company.open().await?;
    let admin = connections.store().company_store(company.id);
    // Who can't be found is told of before anything is made.
    let mut users = Vec::new();
    for login in &args.users {
        users.push(admin.user(login).await?);
    }
    let company_plugin = load_plugin::reading(common)?;
    let address = ask::value(common, args.address.clone(), "address", "--address", None)?;
    let preset =
        preset(&company_plugin, &connections.operator().dns, &address, args.provider.as_deref()).await?;
    let mut form = args.form.clone();
    let kind = form.kind(None, preset.as_ref());
    form.ask_for_server(common, &kind, preset.as_ref())?;
    let platform = match kind.as_str() {
        "platform" => platform_addresses(&connections, &company_plugin, &company.name, None).await?,
        _ => None,
    };
    let ground = Ground { address: &address, preset: preset.as_ref(), platform: platform.as_deref() };
    if let Some(preset) = preset.as_ref().filter(|_| !common.json) {
        eprintln!("known provider: {}", preset.name);
        preset.notes.iter().for_each(|note| eprintln!("  {}", note.detail));
    }
    let transport = form.transport(&kind, None, &ground)?;
    let mailbox = form.mailbox(&transport, None, &ground)?;
    let mut secrets = form.secrets()?;
    refuse_unused(&transport, mailbox.as_ref(), &secrets)?;
    if let Some(kind) = wanted_secret(&transport).filter(|kind| !secrets.iter().any(|(it, _)| it == kind)) {
        let prompt = if kind == SecretKind::ApiKey { "API key" } else { "password" };
        secrets.extend(ask::secret(common, prompt)?.map(|secret| (kind, secret)));
    }
    let new = NewAccount {
        display_name: args.display_name.clone(),
        mailbox,
        send_as: form.send_as.clone(),
        state: first_state(&transport, &secrets),
        ..NewAccount::new(args.name.clone(), address, transport)
    };
    let request = NewAccountRequest { account: new, platform, secrets, users: &users };
    let account = add_account(&company_plugin, &connections, &company, request).await?;
    report(common, &company_plugin, &connections, &account, &UserSettings::default()).await?;
    if let (false, AccountState::NeedsSignIn { reason, .. }) = (common.json, &account.state) {
        eprintln!("not ready: {reason}");
    }
    Ok(Exit::Done)
}

/// Looks up what the provider offers, and prints on standard error how it was recognised.
pub(super) async fn preset(
    plugin: &CompanyPlugin,
    dns: &DnsUse,
    address: &MailAddress,
    named: Option<&str>,
) -> Result<Option<Preset>, Failure> {
    let known = known_provider(plugin, dns, address, named).await?;
    if let Some(error) = &known.dns_error {
        eprintln!("postroom: the provider can't be recognised: {}", printable(error));
    }
    if let (Some(preset), Some(exchanger)) = (&known.preset, &known.exchanger) {
        eprintln!(
            "{address}: mail of that domain goes to {}, by its MX {}",
            preset.name,
            printable(exchanger)
        );
    }
    Ok(known.preset)
}

/// Prints an account: what it is, what it can do, and what should be known about it.
pub(super) async fn report(
    common: &Common,
    company_plugin: &CompanyPlugin,
    connections: &Connections,
    account: &Account,
    own: &UserSettings,
) -> Result<(), Failure> {
    let report = report_account(company_plugin, connections, account, own).await?;
    let (can, findings, pause) = (report.capabilities, report.findings, report.pause);
    let deadline = report.deadline.map(|it| it.to_string());
    if common.json {
        return json(&serde_json::json!({
            "account": account, "settings": own, "capabilities": contract_json::capabilities(&can), "findings": findings, "deadline": deadline,
            "pause": pause,
        }));
    }
    for text in super::list::lines(account, pause.as_ref()) {
        line(&text)?;
    }
    for it in &can {
        line(&format!("  {:<17} {:<11} {}", it.name, super::list::available(&it.available), reasons(it)))?;
    }
    if let Some(deadline) = deadline {
        eprintln!("note: {deadline}");
    }
    for it in &findings {
        let severity = match it.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        eprintln!("{severity}: {}: {}", it.field, printable(&it.detail));
    }
    Ok(())
}
