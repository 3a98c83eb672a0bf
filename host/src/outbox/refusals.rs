//! Refusals that a server gave while a mail was submitted: an address that was refused as one that does not exist is not written
//! to any more. No report tells it again.

use super::error::OutboxError;
use crate::contract::inbound::BounceType;
use crate::engine::{Files, Office};
use crate::store::{Event, Mail, MatchedBy, NewSuppression, Reported, ReportedFacts, Store, SuppressionKind};

/// Suppresses the recipients that a server refused for good, by the plugin's judgement of its words. Gives the addresses that
/// this is news of.
///
/// # Errors
/// [`OutboxError`].
pub async fn suppress_refused(
    store: &Store,
    office: &Office,
    mail: &Mail,
    events: &[Event],
) -> Result<Vec<String>, OutboxError> {
    let mut suppressions = vec![];
    for event in events.iter().filter(|event| event.kind == "refused" && event.source == "smtp") {
        let Some(address) = event.recipient.as_deref() else { continue };
        let (code, words) = (event.code.as_deref(), event.words.as_deref().unwrap_or_default());
        if office.bounce_type_of(&Files::default(), code, words).await? == BounceType::Soft {
            continue;
        }
        suppressions.push(NewSuppression {
            address: address.to_owned(),
            kind: SuppressionKind::HardBounce,
            since: event.at,
            mail: Some(mail.mail.id),
            code: event.code.clone(),
            words: event.words.clone(),
            source: event.source.clone(),
        });
    }
    if suppressions.is_empty() {
        return Ok(vec![]);
    }
    let of = Reported {
        id: mail.mail.id,
        company: mail.company,
        account: mail.mail.account,
        rcpt_to: mail.mail.message.rcpt_to.clone(),
    };
    let facts = ReportedFacts { by: MatchedBy::Submission, events: vec![], suppressions };
    Ok(store.system().record_report(&of, &facts).await?.suppressed)
}
