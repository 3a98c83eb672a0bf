//! `postroom account list` and `show`.

use super::add::report;
use crate::Exit;
use crate::output::{json, table};
use crate::store_args::{AccountArgs, CompanyArgs};
use crate::{Common, Failure, load_plugin};
use clap::Args;
use postroom::app::{AccountPause, ListedAccount, PauseCause, list_accounts};
use postroom_model::{Account, AccountState, Authentication, ImapServer, SmtpServer, Transport};

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    company: CompanyArgs,
    /// Those that this user may use. Otherwise: all.
    #[arg(long, value_name = "LOGIN", help_heading = "Store")]
    user: Option<postroom_model::Name>,
}

/// An account, and its pause if it can't send at present.
#[derive(Debug, serde::Serialize)]
struct AccountRow {
    #[serde(flatten)]
    account: Account,
    pause: Option<AccountPause>,
}

pub(super) async fn run(common: &Common, args: &ListArgs) -> Result<Exit, Failure> {
    let (connections, company) = args.company.open().await?;
    let accounts = list_accounts(&connections, &company, args.user.as_ref()).await?;
    if common.json {
        let rows = accounts.into_iter().map(|it| AccountRow { account: it.account, pause: it.pause });
        json(&rows.collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let rows = accounts.into_iter().map(|ListedAccount { account, pause, users }| {
        let users = users.iter().map(|user| user.login.to_string()).collect::<Vec<_>>().join(", ");
        vec![
            account.name.to_string(),
            account.address.to_string(),
            account.transport.kind().to_owned(),
            state_with(&account.state, pause.as_ref()),
            users,
        ]
    });
    table(&["account", "address", "transport", "state", "users"], rows)?;
    Ok(Exit::Done)
}

pub(super) async fn show(common: &Common, args: &AccountArgs) -> Result<Exit, Failure> {
    let found = args.open().await?;
    let own = found.settings().await?;
    let company_plugin = load_plugin::reading(common)?;
    report(common, &company_plugin, &found.connections, &found.account, &own).await?;
    Ok(Exit::Done)
}

/// Formats an account as lines.
pub(super) fn lines(account: &Account, pause: Option<&AccountPause>) -> Vec<String> {
    let name = account.display_name.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
    let mut lines = vec![
        format!("{}: {name}<{}>", account.name, account.address),
        format!("  {:<10} {}", "transport", transport(&account.transport)),
    ];
    let mut add = |what: &str, text: String| lines.push(format!("  {what:<10} {text}"));
    if let Some(server) = &account.mailbox {
        add("mailbox", mailbox(server));
    }
    if let Some(grant) = account.grant() {
        let who = grant.authorized.as_ref().map_or_else(|| "nobody yet".to_owned(), ToString::to_string);
        add("signed in", format!("{who}, at {}", grant.provider));
    }
    for other in &account.send_as {
        add("also as", format!("{} ({})", other.address, other.relation));
    }
    for (used_for, folder) in &account.folders {
        add("folder", format!("{folder} for {used_for}"));
    }
    add("state", state_with(&account.state, pause));
    lines
}

fn transport(of: &Transport) -> String {
    match of {
        Transport::Smtp(server) => submission(server),
        Transport::Gmail(_) => "Gmail API".to_owned(),
        Transport::Outlook(_) => "Microsoft Graph".to_owned(),
        Transport::MailClient => "the user's own mail program".to_owned(),
        Transport::Platform(_) => "the platform, in the company's name".to_owned(),
        Transport::SendGrid(sender) => format!("SendGrid, {}", sender.api),
    }
}

fn submission(server: &SmtpServer) -> String {
    format!("SMTP {}:{} {}{}", server.host, server.port, server.security, login(&server.authentication))
}

fn mailbox(server: &ImapServer) -> String {
    format!("IMAP {}:{} {}{}", server.host, server.port, server.security, login(&server.authentication))
}

fn login(of: &Authentication) -> String {
    let how = match of {
        Authentication::None => return ", no login".to_owned(),
        Authentication::Password { .. } => "",
        Authentication::Token { .. } | Authentication::Grant { .. } => " by XOAUTH2",
    };
    of.login().map(|login| format!(", as {login}{how}")).unwrap_or_default()
}

pub(super) fn state(of: &AccountState) -> String {
    match of {
        AccountState::Ready => "ready".to_owned(),
        AccountState::NeedsSignIn { reason, .. } => format!("needs sign-in: {reason}"),
        AccountState::Compromised { by, since } => {
            format!("compromised, says {by} since {}", since.format("%Y-%m-%d %H:%M"))
        }
    }
}

/// Formats the state, and the pause if it can't send at present.
fn state_with(of: &AccountState, pause: Option<&AccountPause>) -> String {
    match pause.filter(|_| *of == AccountState::Ready) {
        None => state(of),
        Some(pause) => {
            let what = match pause.cause {
                PauseCause::Quota => "what it may send is used up",
                PauseCause::Fault => "can't send",
            };
            let until = pause.until.with_timezone(&chrono::Local);
            let when = if until > chrono::Local::now() {
                format!("at {}", until.format("%Y-%m-%d %H:%M"))
            } else {
                "with the next mail".to_owned()
            };
            format!("{what}, tried again {when}: {}", pause.reason)
        }
    }
}

/// Formats whether an account has an ability.
pub(super) fn available(of: &str) -> String {
    of.replace('-', " ")
}
