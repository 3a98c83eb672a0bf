//! Refusals that a server gave while a mail was submitted: an address that was refused as one that does not exist is not written
//! to any more. No report tells it again.

use super::error::OutboxError;
use crate::engine::{CompanyPlugin, Files};
use crate::fact_conversion::{new_suppression, tracking_event};
use postroom_store::{Event, Mail, MatchedBy, Reported, ReportedFacts, Store};

/// Suppresses the recipients that a server refused for good, by the plugin's judgement of its words. Gives the addresses that
/// this is news of.
pub async fn suppress_refused(
    store: &Store,
    company_plugin: &CompanyPlugin,
    mail: &Mail,
    events: &[Event],
) -> Result<Vec<String>, OutboxError> {
    // Of nothing else would the plugin say anything here, and nearly every mail is accepted.
    if !events.iter().any(|event| event.kind == "refused") {
        return Ok(vec![]);
    }
    let of = Reported {
        id: mail.mail.id,
        company: mail.company,
        account: mail.mail.account,
        rcpt_to: mail.mail.message.rcpt_to.clone(),
    };
    let own = store.system().own_addresses(&of).await?;
    let of_attempt: Vec<_> = events.iter().map(tracking_event).collect();
    let found =
        company_plugin.suppressions_of_events(&Files::default(), &of_attempt, &of.rcpt_to, &own).await?;
    let found = found.map_err(|error| OutboxError::Plugin(error.sentence()))?.into_iter();
    let suppressions = found.map(|it| new_suppression(it, of.id)).collect::<Result<Vec<_>, _>>();
    let suppressions = suppressions.map_err(OutboxError::Plugin)?;
    if suppressions.is_empty() {
        return Ok(vec![]);
    }
    let facts = ReportedFacts { by: MatchedBy::Submission, events: vec![], suppressions };
    Ok(store.system().record_report(&of, &facts).await?.suppressed)
}
