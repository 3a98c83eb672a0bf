//! Connecting to everything that an account is connected to (rule A8): each stage, and the server's words. Sends nothing.

use crate::app::{AccountAccess, AppError, no_files, now};
use crate::engine::{Engine, probe_report};
use crate::outbox::transport;
use postroom_contract::schedule::Route;
use postroom_contract::transport::Verdict;
use postroom_model::Transport;
use postroom_transport::imap::{self, Mailboxes as _};
use postroom_transport::smtp::{self, SmtpClient, Submitter as _, TEST_SUCCESSFUL};

/// The test of one server.
#[derive(Debug)]
pub struct ServerTest {
    /// What was tested: `smtp`, `api` or `imap`.
    pub what: &'static str,
    /// Stages that went well, and what was answered at each.
    pub steps: Vec<(String, String)>,
    /// The stage that did not.
    pub failure: Option<StageFailure>,
    /// The sentence for a test without a failure.
    pub successful: String,
}

/// The stage of a test that did not go well.
#[derive(Debug)]
pub struct StageFailure {
    /// The stage.
    pub stage: String,
    /// What happened.
    pub detail: String,
    /// The same may go well later.
    pub is_transient: bool,
}

impl AccountAccess {
    /// Connects to everything that the account uses. `engine` loads the plugin, which a provider's API alone needs. An account that
    /// could not send goes on when its test is successful.
    pub async fn test(
        &self,
        engine: impl FnOnce() -> Result<Engine, AppError>,
    ) -> Result<Vec<ServerTest>, AppError> {
        let opened = self.connections.open(&self.account).await?;
        let mut tests = Vec::new();
        if let Some(account) = &opened.smtp {
            tests.push(smtp(self.connections.smtp(), account).await);
        }
        if opened.web.is_some() {
            tests.push(self.test_api(&engine()?).await?);
        }
        if let Some(account) = &opened.imap {
            tests.push(imap(self.connections.imap().probe(account).await));
        }
        let sends = tests.iter().filter(|it| it.what != "imap").all(|it| it.failure.is_none());
        if sends && tests.iter().any(|it| it.what != "imap") {
            // Whatever was wrong with it is put right: its mails need not wait for the next try.
            let store = self.connections.store();
            store.resume_account(self.company.id, self.account.id, now()).await?;
        }
        self.connections.close().await;
        if tests.is_empty() {
            let why = match self.account.transport {
                Transport::MailClient => {
                    "its mail is sent by the user's own program: there is nothing to connect to"
                }
                _ => "there is nothing to connect to",
            };
            return Err(AppError::Input(format!("{}: {why}", self.account.name)));
        }
        Ok(tests)
    }

    async fn test_api(&self, engine: &Engine) -> Result<ServerTest, AppError> {
        let (plugin, _) = self.plugin(engine).await;
        let transport = transport(&plugin, &self.account).unwrap_or_default().to_owned();
        let route = Route { account_name: self.account.name.to_string(), transport };
        let report = plugin.probe(&no_files(), &route).await?;
        Ok(ServerTest {
            what: "api",
            steps: report.steps.iter().map(|it| (it.stage.name().to_owned(), it.detail.clone())).collect(),
            failure: report.failure.map(|it| StageFailure {
                stage: it.stage.name().to_owned(),
                detail: it.detail,
                is_transient: it.verdict == Verdict::Transient,
            }),
            successful: match self.account.transport {
                Transport::Gmail(_) => "Gmail API test successful",
                Transport::Outlook(_) => "Microsoft Graph test successful",
                _ => "SendGrid test successful",
            }
            .to_owned(),
        })
    }
}

async fn smtp(client: &SmtpClient, account: &smtp::Account) -> ServerTest {
    let report = probe_report(client.probe(account).await);
    ServerTest {
        what: "smtp",
        steps: report.steps.iter().map(|it| (it.stage.name().to_owned(), it.detail.clone())).collect(),
        failure: report.failure.map(|it| StageFailure {
            stage: it.stage.name().to_owned(),
            detail: it.detail,
            is_transient: it.verdict == Verdict::Transient,
        }),
        successful: TEST_SUCCESSFUL.to_owned(),
    }
}

fn imap(report: imap::ProbeReport) -> ServerTest {
    ServerTest {
        what: "imap",
        steps: report.steps.iter().map(|it| (it.stage.to_string(), it.detail.clone())).collect(),
        failure: report.failure.map(|it| StageFailure {
            stage: it.stage.to_string(),
            detail: it.detail,
            is_transient: it.verdict == smtp::Verdict::Transient,
        }),
        successful: imap::TEST_SUCCESSFUL.to_owned(),
    }
}
