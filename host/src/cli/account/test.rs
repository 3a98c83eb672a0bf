//! `postroom account test` (FEATURES A8): each stage, the server's words, and the sentence that says it works.

use crate::accounts::Transport;
use crate::capabilities::imap::{self, Mailboxes};
use crate::capabilities::smtp::{self, SmtpClient, Submitter, TEST_SUCCESSFUL};
use crate::cli::Exit;
use crate::cli::desk::now;
use crate::cli::house::AccountArgs;
use crate::cli::output::{green, json, line, printable};
use crate::cli::{Common, Failure, company_plugin};
use crate::contract::schedule::Route;
use clap::Args;
use serde_json::{Value, json as object};

#[derive(Debug, Args)]
#[command(after_help = "\
Goes through resolve, connect, TLS, greeting and login at the server, the mailbox or the provider's API, and says what
was answered at each. Sends nothing. An account that could not send goes on when its test is successful.

Examples:
  postroom account test office
  postroom account test office --user lotte --json")]
pub(in crate::cli) struct TestArgs {
    #[command(flatten)]
    account: AccountArgs,
}

/// A test of one server.
struct Tested {
    what: &'static str,
    steps: Vec<(String, String)>,
    /// Stage, sentence, and whether the same may go well later.
    failure: Option<(String, String, bool)>,
    successful: String,
}

pub(super) async fn run(common: &Common, args: &TestArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    let opened = found.connections.open(&found.account).await?;
    let mut tested = Vec::new();
    if let Some(account) = &opened.smtp {
        tested.push(smtp(found.connections.smtp(), account).await);
    }
    if opened.web.is_some() {
        tested.push(api(common, &found).await?);
    }
    if let Some(account) = &opened.imap {
        tested.push(imap(found.connections.imap().probe(account).await));
    }
    let sends = tested.iter().filter(|it| it.what != "imap").all(|it| it.failure.is_none());
    if sends && tested.iter().any(|it| it.what != "imap") {
        // Whatever was wrong with it is put right: its mails need not wait for the next try.
        let store = found.connections.store();
        store.resume_account(found.company.id, found.account.id, now()).await?;
    }
    found.connections.close().await;
    if tested.is_empty() {
        let why = match found.account.transport {
            Transport::MailClient => {
                "its mail is sent by the user's own program: there is nothing to connect to"
            }
            _ => "there is nothing to connect to",
        };
        return Err(Failure::input(format!("{}: {why}", found.account.name)));
    }
    let code = tested
        .iter()
        .filter_map(|it| it.failure.as_ref())
        .map(|it| if it.2 { Exit::Later } else { Exit::Refused })
        .min();
    if common.json {
        let tests: Vec<Value> = tested.iter().map(as_json).collect();
        json(&object!({ "account": found.account.name, "ok": code.is_none(), "tests": tests }))?;
        return Ok(code.unwrap_or(Exit::Done));
    }
    for one in &tested {
        show(one)?;
    }
    Ok(code.unwrap_or(Exit::Done))
}

fn show(one: &Tested) -> Result<(), Failure> {
    for (stage, detail) in &one.steps {
        line(&format!("{stage:>8}  {}", printable(detail)))?;
    }
    match &one.failure {
        None => line(&green(&one.successful)),
        Some((stage, detail, _)) => {
            line(&format!("{stage:>8}  failed"))?;
            eprintln!("{}", printable(detail));
            Ok(())
        }
    }
}

fn as_json(one: &Tested) -> Value {
    let steps: Vec<Value> =
        one.steps.iter().map(|(stage, detail)| object!({ "stage": stage, "detail": detail })).collect();
    let message = one.failure.as_ref().map_or(&one.successful, |(_, detail, _)| detail);
    object!({
        "of": one.what, "ok": one.failure.is_none(), "message": message, "steps": steps,
        "failed_at": one.failure.as_ref().map(|it| &it.0),
    })
}

async fn smtp(client: &SmtpClient, account: &smtp::Account) -> Tested {
    let report = crate::engine::probe_report(client.probe(account).await);
    Tested {
        what: "smtp",
        steps: report.steps.iter().map(|it| (it.stage.name().to_owned(), it.detail.clone())).collect(),
        failure: report.failure.map(|it| {
            let later = it.verdict == crate::contract::transport::Verdict::Transient;
            (it.stage.name().to_owned(), it.detail, later)
        }),
        successful: TEST_SUCCESSFUL.to_owned(),
    }
}

fn imap(report: imap::ProbeReport) -> Tested {
    Tested {
        what: "imap",
        steps: report.steps.iter().map(|it| (it.stage.to_string(), it.detail.clone())).collect(),
        failure: report
            .failure
            .map(|it| (it.stage.to_string(), it.detail, it.verdict == smtp::Verdict::Transient)),
        successful: imap::TEST_SUCCESSFUL.to_owned(),
    }
}

async fn api(common: &Common, found: &crate::cli::house::Found) -> Result<Tested, Failure> {
    let (company_plugin, _) = found.company_plugin(common, [&found.account]).await?;
    let transport = crate::outbox::transport(&company_plugin, &found.account).unwrap_or_default().to_owned();
    let route = Route { account_name: found.account.name.to_string(), transport };
    let report = company_plugin.probe(&company_plugin::no_files(), &route).await?;
    Ok(Tested {
        what: "api",
        steps: report.steps.iter().map(|it| (it.stage.name().to_owned(), it.detail.clone())).collect(),
        failure: report.failure.map(|it| {
            let later = it.verdict == crate::contract::transport::Verdict::Transient;
            (it.stage.name().to_owned(), it.detail, later)
        }),
        successful: match found.account.transport {
            Transport::Gmail(_) => "Gmail API test successful",
            Transport::Outlook(_) => "Microsoft Graph test successful",
            _ => "SendGrid test successful",
        }
        .to_owned(),
    })
}
