//! One attempt to send a composed mail, and what is known afterwards.

use super::draft::Ready;
use super::status::{self, Recipients};
use crate::contract::{delivery, schedule, tracking};
use crate::engine::{EngineError, Office};
use crate::store::among_recipients;

/// How to make an attempt.
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
    /// An attempt as an account, with the reports that servers send without being asked for more.
    pub fn by(account: impl Into<String>, now: impl Into<String>) -> Self {
        Self { account: account.into(), now: now.into(), envelope_id: None, notify_delivered: false }
    }
}

/// What one attempt came to.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Events to store, the error or the server's answer.
    pub outcome: delivery::Outcome,
    /// What they amount to now.
    pub timeline: tracking::Timeline,
}

impl Ready {
    /// Makes one attempt. A plugin that dies during it leaves the mail in doubt: that is an outcome, not an error.
    ///
    /// # Errors
    /// [`EngineError`]: the plugin could not be started; nothing was sent.
    pub async fn send(&self, office: &Office, attempt: &Attempt) -> Result<Sent, EngineError> {
        let message = &self.message;
        let enclosures = self.files.sizes().map(|(file, size)| delivery::Enclosure { file, size });
        let parcel = delivery::Parcel {
            message_id: message.message_id.clone(),
            envelope: message.envelope.clone(),
            chunks: message.chunks.clone(),
            enclosures: enclosures.collect(),
            size: message.size,
            needs_smtputf8: message.needs_smtputf8,
            sender: None,
            envelope_id: attempt.envelope_id.clone(),
            notify_delivered: attempt.notify_delivered,
            check_opens: false,
        };
        let route = schedule::Route { account: attempt.account.clone(), transport: "smtp".to_owned() };
        let outcome = match office.submit(&self.files, &parcel, &route, &attempt.now).await {
            Ok(outcome) => outcome,
            Err(error) if error.lost() => without_answer(&error, &parcel.envelope.recipients, &attempt.now),
            Err(error) => return Err(error),
        };
        let all = &message.envelope.recipients;
        let own_copies = among_recipients(all, self.own_copies.iter().map(String::as_str));
        let to = Recipients { all, own_copies: &own_copies };
        let folded = status::fold(office, to, &outcome.events, &attempt.now).await?;
        let timeline = folded
            .map_err(|e| EngineError::Trap(format!("event {} can't be folded: {}", e.index, e.detail)))?;
        Ok(Sent { outcome, timeline })
    }
}

/// What is known when a submission to these recipients gave no answer: nothing, where the plugin died during it; else that nothing was
/// sent. The plugin, which would say so, is not asked: it may be what fails.
pub(super) fn without_answer(error: &EngineError, to: &[String], now: &str) -> delivery::Outcome {
    let (kind, result) = if error.lost() {
        ("in-doubt", schedule::AttemptResult::InDoubt)
    } else {
        ("deferred", schedule::AttemptResult::Transient(None))
    };
    let event = |recipient: &String| tracking::Event {
        recipient: Some(recipient.clone()),
        kind: kind.to_owned(),
        at: now.to_owned(),
        source: "host".to_owned(),
        code: None,
        words: Some(error.to_string()),
    };
    delivery::Outcome {
        events: to.iter().map(event).collect(),
        error: None,
        reply: None,
        receipt: None,
        result,
        stage: None,
        pause: None,
    }
}
