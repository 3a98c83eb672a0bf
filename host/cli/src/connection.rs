//! `postroom test-connection`: each stage, the server's words, and the one sentence that says it works.

use super::output::{green, json, line, printable};
use super::{Common, Failure};
use crate::Exit;
use clap::Args;
use postroom::app::probe_report;
use postroom::config::Config;
use postroom_contract::transport::Verdict;
use postroom_transport::smtp::{SmtpClient, Submitter, TEST_SUCCESSFUL};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Goes through resolve, connect, TLS, greeting and login, and says what the server answered at each.

Example:
  postroom test-connection --settings company.toml --account office")]
pub(super) struct ConnectionArgs {
    /// Settings with the account (TOML, see docs/settings.md).
    #[arg(long, value_name = "FILE", env = "POSTROOM_SETTINGS")]
    settings: PathBuf,
    /// Account to test.
    #[arg(long, value_name = "NAME")]
    account: String,
}

pub(super) async fn run(common: &Common, args: &ConnectionArgs) -> Result<Exit, Failure> {
    let config = Config::read(&args.settings)?;
    let account = config.account(&args.account)?;
    let account = account.open(&args.account, &config.path)?;
    let report = probe_report(SmtpClient::default().probe(&account).await);
    let failure = report.failure.as_ref();
    let code = failure
        .map_or(Exit::Done, |f| if f.verdict == Verdict::Transient { Exit::Later } else { Exit::Refused });
    if common.json {
        json(&serde_json::json!({
            "account": args.account,
            "ok": failure.is_none(),
            "message": failure.map_or(TEST_SUCCESSFUL, |f| f.detail.as_str()),
            "steps": report.steps,
            "failure": failure,
            "extensions": report.capabilities,
        }))?;
        return Ok(code);
    }
    for step in &report.steps {
        line(&format!("{:>8}  {}", step.stage.name(), printable(&step.detail)))?;
    }
    match failure {
        None => line(&green(TEST_SUCCESSFUL))?,
        Some(failure) => {
            line(&format!("{:>8}  failed", failure.stage.name()))?;
            eprintln!("{}", printable(&failure.detail));
        }
    }
    Ok(code)
}
