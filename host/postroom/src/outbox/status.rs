//! What the facts about a mail amount to. The rules are the plugin's; this module chooses whose status is the mail's: that of the
//! people it was written to. A blind copy to the user who made it has a status of its own, and makes no mail fail.

use super::error::OutboxError;
use super::facts::{Time, disagreement, stamp, told_events};
use super::pending_status;
use crate::engine::{CompanyPlugin, EngineError, Files};
use postroom_contract::tracking::{Event as Fact, RecipientStatus, Timeline};
use postroom_contract::types::{ArgumentError, Reason};
use postroom_store::{Event, Mail};

/// What is shown before the reason of a copy's status.
const OWN_COPY: &str = "blind copy to the user who made the mail";

/// The recipients of a mail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipients<'a> {
    /// The envelope's recipients.
    pub(super) all: &'a [String],
    /// Those of them that are the blind copy to the user who made it.
    pub(super) own_copies: &'a [String],
}

impl Recipients<'_> {
    /// Lists those whose status is the mail's; where there are only copies, these.
    pub(super) fn others(&self) -> Vec<String> {
        let others: Vec<String> =
            self.all.iter().filter(|to| !self.own_copies.contains(to)).cloned().collect();
        if others.is_empty() { self.all.to_vec() } else { others }
    }
}

/// Folds a mail's facts into its timeline as of now; that it is still here is one of them.
pub async fn timeline(
    company_plugin: &CompanyPlugin,
    mail: &Mail,
    now: Time,
) -> Result<Timeline, OutboxError> {
    let mut events = mail.events.clone();
    events.extend(pending_status::facts(company_plugin, mail, now).await?);
    folded(company_plugin, mail, &events, now).await
}

/// Folds these facts about a mail into its timeline.
pub(super) async fn folded(
    company_plugin: &CompanyPlugin,
    mail: &Mail,
    events: &[Event],
    now: Time,
) -> Result<Timeline, OutboxError> {
    let (all, own_copies) = (&mail.mail.message.rcpt_to, &mail.mail.own_copies());
    let folded =
        fold(company_plugin, Recipients { all, own_copies }, &told_events(events), &stamp(now)).await?;
    folded.map_err(|fault| disagreement(&fault))
}

/// Folds facts for each recipient; status and reason of the mail are those of the others where some are copies.
pub(super) async fn fold(
    company_plugin: &CompanyPlugin,
    to: Recipients<'_>,
    events: &[Fact],
    now: &str,
) -> Result<Result<Timeline, ArgumentError>, EngineError> {
    let others = to.others();
    let of_others = company_plugin.fold(&Files::default(), &others, events, now).await?;
    if others.len() == to.all.len() {
        return Ok(of_others);
    }
    let mut timeline = match of_others {
        Ok(timeline) => timeline,
        Err(error) => return Ok(Err(error)),
    };
    let copies: Vec<String> = to.all.iter().filter(|it| !others.contains(it)).cloned().collect();
    let of_copies = match company_plugin.fold(&Files::default(), &copies, events, now).await? {
        Ok(of_copies) => of_copies,
        Err(error) => return Ok(Err(error)),
    };
    let marked = |of: RecipientStatus| {
        let Reason { code, detail } = of.reason;
        RecipientStatus { reason: Reason { code, detail: format!("{OWN_COPY}: {detail}") }, ..of }
    };
    timeline.recipients.extend(of_copies.recipients.into_iter().map(marked));
    let place = |of: &RecipientStatus| to.all.iter().position(|it| *it == of.recipient);
    timeline.recipients.sort_by_key(place);
    Ok(Ok(timeline))
}
