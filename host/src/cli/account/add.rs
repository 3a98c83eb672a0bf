//! `postroom account add`: from an address to an account, asking for no more than it takes.

use super::form::{Form, Ground};
use super::unused_secret;
use crate::accounts::{
    Account, AccountState, Authentication, DisplayName, MailAddress, Name, NewAccount, SecretKind,
    SecretOwner, Transport, UserSettings,
};
use crate::capabilities::dns::{Dns as _, Resolver};
use crate::cli::Exit;
use crate::cli::contract_json;
use crate::cli::desk::now;
use crate::cli::house::{CompanyArgs, description, reported_description};
use crate::cli::output::{json, line, printable};
use crate::cli::{Common, Failure, ask, company_plugin, platform};
use crate::config::DnsUse;
use crate::connections::Connections;
use crate::contract::accounts::{AccountFinding, Capability, Severity};
use crate::engine::CompanyPlugin;
use crate::oauth::{Deadline, GrantState};
use clap::Args;
use secrecy::SecretString;

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
pub(in crate::cli) struct AddArgs {
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
    let company_plugin = company_plugin::reading(common)?;
    let address = ask::value(common, args.address.clone(), "address", "--address", None)?;
    let preset =
        preset(&company_plugin, &connections.operator().dns, &address, args.provider.as_deref()).await?;
    let mut form = args.form.clone();
    let kind = form.kind(None, preset.as_ref());
    form.ask_for_server(common, &kind, preset.as_ref())?;
    let platform = match kind.as_str() {
        "platform" => platform::addresses(&connections, &company_plugin, &company.name, None).await?,
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
    unused_secret::refuse(&transport, mailbox.as_ref(), &secrets)?;
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
    let findings = check_new(&company_plugin, &connections, &new, company.id).await?;
    refuse_errors(&findings)?;
    let account = match &platform {
        Some(addresses) => admin.add_platform_account(&new, addresses).await?,
        None => admin.add_account(&new).await?,
    };
    keep_secrets(&connections, &account, secrets).await?;
    for user in &users {
        admin.grant(account.id, user.id).await?;
    }
    let account = admin.account(&args.name).await?;
    report(common, &company_plugin, &connections, &account, &UserSettings::default()).await?;
    if let (false, AccountState::NeedsSignIn { reason, .. }) = (common.json, &account.state) {
        eprintln!("not ready: {reason}");
    }
    Ok(Exit::Done)
}

/// What the provider is known to offer: the one named, else the address's; where the operator allows to ask, also that of a
/// firm's own domain, by who takes its mail.
pub(super) async fn preset(
    company_plugin: &CompanyPlugin,
    dns: &DnsUse,
    address: &MailAddress,
    named: Option<&str>,
) -> Result<Option<crate::contract::accounts::Preset>, Failure> {
    let Some(named) = named else {
        let guessed = company_plugin.guess(&company_plugin::no_files(), address.as_str(), &[]).await?;
        if guessed.is_some() || !dns.recognise_providers {
            return Ok(guessed.map(|found| found.preset));
        }
        let exchangers = exchangers(dns, address).await;
        let guessed =
            company_plugin.guess(&company_plugin::no_files(), address.as_str(), &exchangers).await?;
        if let (Some(found), Some(exchanger)) = (&guessed, exchangers.first()) {
            eprintln!(
                "{address}: mail of that domain goes to {}, by its MX {}",
                found.preset.name,
                printable(exchanger)
            );
        }
        return Ok(guessed.map(|found| found.preset));
    };
    let mut presets = company_plugin.presets(&company_plugin::no_files()).await?;
    match presets.iter().position(|preset| preset.id == named) {
        Some(index) => Ok(Some(presets.swap_remove(index))),
        None => {
            let known = presets.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(", ");
            Err(Failure::input(format!("no provider is known as \"{named}\": there are {known}")))
        }
    }
}

/// Who takes a domain's mail. Nobody is recognised where nobody answers: what is missing is asked for, as ever.
async fn exchangers(dns: &DnsUse, address: &MailAddress) -> Vec<String> {
    let Some((_, domain)) = address.as_str().rsplit_once('@') else { return Vec::new() };
    let found = match dns.resolver.map_or_else(Resolver::system, Resolver::at) {
        Ok(resolver) => resolver.exchangers(domain).await,
        Err(error) => Err(error),
    };
    found.unwrap_or_else(|error| {
        eprintln!("postroom: the provider can't be recognised: {}", printable(&error.to_string()));
        Vec::new()
    })
}

/// The secret without which the account can't send.
pub(super) fn wanted_secret(transport: &Transport) -> Option<SecretKind> {
    match transport {
        Transport::Smtp(server) => match &server.authentication {
            Authentication::Password { .. } => Some(SecretKind::SmtpPassword),
            Authentication::Token { .. } => Some(SecretKind::AccessToken),
            Authentication::None | Authentication::Grant { .. } => None,
        },
        Transport::SendGrid(_) => Some(SecretKind::ApiKey),
        _ => None,
    }
}

/// Ready, or what a person has to do first.
pub(in crate::cli) fn first_state(
    transport: &Transport,
    secrets: &[(SecretKind, SecretString)],
) -> AccountState {
    let since = chrono::Local::now().fixed_offset();
    let reason = match wanted_secret(transport) {
        Some(kind) if !secrets.iter().any(|(it, _)| *it == kind) => {
            "there is no password or key yet: `postroom account set`"
        }
        None if transport.grant().is_some() => "nobody is signed in: `postroom account authorize`",
        _ => return AccountState::Ready,
    };
    AccountState::NeedsSignIn { reason: reason.to_owned(), since }
}

async fn check_new(
    company_plugin: &CompanyPlugin,
    connections: &Connections,
    new: &NewAccount,
    company: crate::accounts::CompanyId,
) -> Result<Vec<AccountFinding>, Failure> {
    let account = Account {
        id: crate::accounts::AccountId::new(),
        company,
        name: new.name.clone(),
        address: new.address.clone(),
        display_name: new.display_name.clone(),
        transport: new.transport.clone(),
        mailbox: new.mailbox.clone(),
        send_as: new.send_as.clone(),
        folders: new.folders.clone(),
        state: new.state.clone(),
        permissions: Default::default(),
    };
    check(company_plugin, connections, &account, &UserSettings::default()).await
}

/// What the plugin has to say about an account.
pub(super) async fn check(
    company_plugin: &CompanyPlugin,
    connections: &Connections,
    account: &Account,
    own: &UserSettings,
) -> Result<Vec<AccountFinding>, Failure> {
    Ok(company_plugin
        .check_account(&company_plugin::no_files(), &description(connections, account, own))
        .await?)
}

/// An account that can't work like this is not saved.
pub(super) fn refuse_errors(findings: &[AccountFinding]) -> Result<(), Failure> {
    let errors = findings.iter().filter(|it| it.severity == Severity::Error);
    let errors: Vec<String> = errors.map(|it| format!("{}: {}", it.field, it.detail)).collect();
    if errors.is_empty() { Ok(()) } else { Err(Failure::input(errors.join("\n"))) }
}

/// Keeps secrets, and clears the state of an account that waited for one.
pub(super) async fn keep_secrets(
    connections: &Connections,
    account: &Account,
    secrets: Vec<(SecretKind, SecretString)>,
) -> Result<(), Failure> {
    let owner = SecretOwner::Account(account.company, account.id);
    let given = !secrets.is_empty();
    for (kind, secret) in secrets {
        connections.vault().put(owner, kind, &secret, &account.destinations(kind)).await?;
    }
    let ready = match wanted_secret(&account.transport) {
        Some(wanted) => connections.vault().holds(owner, wanted).await?,
        None => account.grant().is_none(),
    };
    if given {
        connections.store().resume_account(account.company, account.id, now()).await?;
    }
    if given && ready && matches!(account.state, AccountState::NeedsSignIn { .. }) {
        connections.store().set_account_state(account.company, account.id, &AccountState::Ready).await?;
    }
    Ok(())
}

/// When a new sign-in will be needed, where the provider tells.
pub(in crate::cli) async fn deadline(
    connections: &Connections,
    account: &Account,
) -> Result<Option<Deadline>, Failure> {
    if account.grant().is_none() {
        return Ok(None);
    }
    Ok(match connections.grants().grant_state(&account.id.to_string()).await? {
        GrantState::SignedIn { deadline, .. } => deadline,
        _ => None,
    })
}

/// Prints an account: what it is, what it can do, and what should be known about it.
pub(super) async fn report(
    common: &Common,
    company_plugin: &CompanyPlugin,
    connections: &Connections,
    account: &Account,
    own: &UserSettings,
) -> Result<(), Failure> {
    let described = reported_description(connections, account, own).await?;
    let can = company_plugin.account_capabilities(&company_plugin::no_files(), &described).await?;
    let can: Vec<Capability> = can.map_err(|fault| Failure::other(fault.sentence()))?;
    let findings = company_plugin.check_account(&company_plugin::no_files(), &described).await?;
    let deadline = deadline(connections, account).await?.map(|it| it.to_string());
    let pause = connections.store().account_pause(account.company, account.id).await?;
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
        line(&format!(
            "  {:<17} {:<11} {}",
            it.name,
            super::list::available(&it.available),
            contract_json::reasons(it)
        ))?;
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
