//! What became of mails (rules C1 to C6): their status for each recipient, and what proves it.

use super::{AppError, MailView, company_plugin, no_files, now, recipients_of};
use crate::connections::ConnectionError;
use crate::engine::CompanyPlugin;
use crate::outbox::{Clock, Copies, CurrentPause, Dispatch, OutboxHandle, timeline};
use chrono::{DateTime, Duration, FixedOffset};
use postroom_contract::tracking::Timeline;
use postroom_store::{Listed, Mail, QueueState};
use std::collections::BTreeSet;

/// After so long a status can no longer be retrieved (rule C5).
const RETRIEVABLE: Duration = Duration::days(25);

/// A mail and what became of it.
#[derive(Debug)]
pub struct MailStatus {
    /// The mail in its list.
    pub listed: Listed,
    /// The mail in full.
    pub mail: Mail,
    /// Its status for each recipient.
    pub timeline: Timeline,
    /// The word for its status, in English.
    pub label: String,
}

impl MailView {
    /// Judges mails by what was known at a time; none: now.
    pub async fn statuses(
        &self,
        mails: Vec<Listed>,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Vec<MailStatus>, AppError> {
        let mut all = Vec::with_capacity(mails.len());
        for mut listed in mails {
            let mail = self.mail(listed.mail.id, as_of).await?;
            listed.outbox.queue_state = mail.outbox.queue_state.clone();
            let timeline = timeline(&self.plugin, &mail, as_of.unwrap_or_else(now)).await?;
            let label = self.plugin.label(&no_files(), timeline.status, "en").await?;
            all.push(MailStatus { listed, mail, timeline, label });
        }
        Ok(all)
    }

    /// Looks where a mail in doubt would be, and records what is found; nothing is sent. What is being sent, or has an
    /// answer, is left alone. The error, where its account can't be connected.
    pub async fn look_again(&self, mail: &Listed) -> Result<Option<ConnectionError>, AppError> {
        if !matches!(mail.outbox.queue_state, QueueState::InDoubt { .. }) {
            return Ok(None);
        }
        let store = self.connections.store();
        let account = store.account(self.company.id, mail.mail.account).await?;
        let (plugin, closed) =
            company_plugin(self.plugin.engine(), &self.connections, &self.company, [&account]).await;
        if let Some((_, error)) = closed.into_iter().next() {
            return Ok(Some(error));
        }
        let outbox = OutboxHandle::open(store, "command", Clock::system());
        let id = mail.mail.id;
        let Some(taken) = self.take(id, &outbox).await? else { return Ok(None) };
        let dispatch = Dispatch {
            outbox: &outbox,
            company_plugin: &plugin,
            company: &self.company,
            account: &account,
            fallback: None,
            copies: Copies::AtOnce,
            pretend: None,
            cleared: false,
            pause: CurrentPause::default(),
        };
        taken.work(dispatch.look_again(id, now()), |step| step.queue_state(now())).await?;
        Ok(None)
    }
}

/// Judges one mail by what is known now.
pub async fn mail_timeline(plugin: &CompanyPlugin, mail: &Mail) -> Result<Timeline, AppError> {
    Ok(timeline(plugin, mail, now()).await?)
}

/// Leaves, of the mails that are the same document for the same people, the latest: what was sent again has one status.
/// What is in doubt waits for a person, and stays. The timeline has all of them.
pub fn latest(mails: impl IntoIterator<Item = Listed>) -> Vec<Listed> {
    let mut seen = BTreeSet::new();
    let mut is_new = |it: &Listed| {
        let Some(document) = &it.mail.document else { return true };
        let key =
            (document.kind.clone(), document.number.clone(), it.mail.use_case.clone(), recipients_of(it));
        seen.insert(key) || matches!(it.outbox.queue_state, QueueState::InDoubt { .. })
    };
    mails.into_iter().filter(|it| is_new(it)).collect()
}

/// Tells whether a mail left so long ago that its status can no longer be retrieved.
pub fn is_too_old(mail: &Listed, now: DateTime<FixedOffset>) -> bool {
    matches!(mail.outbox.queue_state, QueueState::Sent) && mail.mail.created + RETRIEVABLE < now
}
