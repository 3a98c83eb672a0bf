//! One attempt to send a composed mail, and what is known afterwards.

use super::draft::Ready;
use super::options::SubmissionOptions;
use super::status::{self, Recipients};
use crate::engine::{CompanyPlugin, EngineError};
use postroom_contract::{delivery, schedule, tracking};
use postroom_store::among_recipients;

/// The parameters of an attempt.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Account to send as.
    pub account: String,
    /// When the attempt is made, RFC 3339.
    pub now: String,
    /// Comes back in delivery reports.
    pub envelope_id: Option<String>,
    /// Ask the server for reports of delivery, not only of failure and delay.
    pub notify_delivered: bool,
}

impl Attempt {
    /// Makes the parameters of an attempt as an account, with the reports that servers send without being asked for more.
    pub fn by(account: impl Into<String>, now: impl Into<String>) -> Self {
        Self { account: account.into(), now: now.into(), envelope_id: None, notify_delivered: false }
    }
}

/// The result of one attempt.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Events to store, the error or the server's answer.
    pub submitted: delivery::SubmissionResult,
    /// What they amount to now.
    pub timeline: tracking::Timeline,
}

impl Ready {
    /// Makes one attempt. A plugin that dies during it leaves the mail in doubt: that is a result, not an error.
    ///
    /// # Errors
    /// [`EngineError`]: the plugin could not be started; nothing was sent.
    pub async fn send(&self, company_plugin: &CompanyPlugin, attempt: &Attempt) -> Result<Sent, EngineError> {
        let mail = &self.message.mail;
        let all = &mail.envelope.recipients;
        let options = SubmissionOptions {
            envelope_id: attempt.envelope_id.clone(),
            notify_delivered: attempt.notify_delivered,
            ..SubmissionOptions::default()
        };
        let route = schedule::Route { account_name: attempt.account.clone(), transport: "smtp".to_owned() };
        let submitted =
            company_plugin.submit(&self.files, mail, all, &options.to_json(), &route, &attempt.now).await;
        let submitted = match submitted {
            Ok(submitted) => submitted,
            Err(error) if error.lost() => without_answer(&error, all, &attempt.now),
            Err(error) => return Err(error),
        };
        let own_copies = among_recipients(all, self.own_copies.iter().map(String::as_str));
        let to = Recipients { all, own_copies: &own_copies };
        let folded = status::fold(company_plugin, to, &submitted.settlement.events, &attempt.now).await?;
        let timeline =
            folded.map_err(|e| EngineError::Trap(format!("{} can't be folded: {}", e.argument, e.detail)))?;
        Ok(Sent { submitted, timeline })
    }
}

/// Makes the result of a submission to these recipients that gave no answer: in doubt where the plugin died during it; else nothing
/// was sent. The plugin, whose task this is, is not asked: it may be what fails.
pub(super) fn without_answer(error: &EngineError, to: &[String], now: &str) -> delivery::SubmissionResult {
    let (kind, came_to) = if error.lost() { ("in-doubt", "in-doubt") } else { ("deferred", "transient") };
    let event = |recipient: &String| tracking::Event {
        recipient: Some(recipient.clone()),
        kind: kind.to_owned(),
        at: now.to_owned(),
        source: "host".to_owned(),
        code: None,
        words: Some(error.to_string()),
    };
    delivery::SubmissionResult {
        settlement: schedule::Settlement {
            events: to.iter().map(event).collect(),
            outcome: came_to.to_owned(),
            retry_after: None,
            stage: None,
            detail: None,
            // Of a plugin that was not asked: the attempt is stored by its columns.
            memo: String::new(),
            pause: None,
        },
        error: None,
        reply: None,
        receipt: None,
    }
}
