//! What a report has for consequences beyond the mail that it is about.

use crate::accounts::CompanyId;
use crate::store::{Event, NewSuppression, Store, SuppressionKind};

/// An address bounced for good, or its owner complained: a further mail would harm the sender's standing.
///
/// It is no longer written to, with the evidence. What the store can't keep now is said again by the next such report.
pub(super) async fn address_failed(store: &Store, company: CompanyId, recipient: &str, event: &Event) {
    let complaint = event.kind == "complaint";
    let new = NewSuppression {
        address: recipient.to_owned(),
        kind: if complaint { SuppressionKind::Complaint } else { SuppressionKind::HardBounce },
        since: event.at,
        mail: None,
        code: event.code.clone(),
        words: event.words.clone(),
        source: event.source.clone(),
    };
    if let Err(error) = store.suppress(company, &new).await {
        eprintln!("postroom: an address that a provider reported could not be kept as such: {error}");
    }
}
