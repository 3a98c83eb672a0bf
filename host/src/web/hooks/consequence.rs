//! What a report has for consequences beyond the mail that it is about.

use crate::store::{Event, NewSuppression, SuppressionKind};

/// Suppresses an address that bounced for good (`lasting`), or whose owner complained: a further mail would harm the sender's
/// standing. None where the event is neither, or names nobody.
pub(super) fn suppression(lasting: bool, event: &Event) -> Option<NewSuppression> {
    let kind = match event.kind.as_str() {
        "complaint" => SuppressionKind::Complaint,
        _ if lasting => SuppressionKind::HardBounce,
        _ => return None,
    };
    Some(NewSuppression {
        address: event.recipient.clone().filter(|address| !address.is_empty())?,
        kind,
        since: event.at,
        mail: None,
        code: event.code.clone(),
        words: event.words.clone(),
        source: event.source.clone(),
    })
}
