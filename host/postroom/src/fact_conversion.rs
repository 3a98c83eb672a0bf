//! Conversions between the plugin's facts and suppressions and those of the store, for all who report to it: inbox, outbox and
//! webhooks.

use chrono::{DateTime, FixedOffset, SecondsFormat};
use postroom_contract::suppressions::Suppression;
use postroom_contract::tracking;
use postroom_store::{Event, MailId, NewSuppression, Reported, SuppressionKind, SystemStore};

/// Converts a fact of the plugin's to one of the store's.
///
/// # Errors
/// Its time is none: the plugin broke the contract.
pub fn stored_event(of: tracking::Event) -> Result<Event, String> {
    let at = time(&of.at)?;
    Ok(stored_event_at(of, at))
}

/// Converts a fact of the plugin's to one of the store's, of this time.
pub fn stored_event_at(of: tracking::Event, at: DateTime<FixedOffset>) -> Event {
    let tracking::Event { recipient, kind, source, code, words, .. } = of;
    Event { recipient, kind, at, source, code, words }
}

/// Converts a fact of the store's to one of the plugin's, its time to the nanosecond: what follows from it must not seem earlier.
pub fn tracking_event(of: &Event) -> tracking::Event {
    tracking_event_at(of, of.at.to_rfc3339_opts(SecondsFormat::AutoSi, false))
}

/// Converts a fact of the store's to one of the plugin's, its time as it is written here.
pub fn tracking_event_at(of: &Event, at: String) -> tracking::Event {
    tracking::Event {
        recipient: of.recipient.clone(),
        kind: of.kind.clone(),
        at,
        source: of.source.clone(),
        code: of.code.clone(),
        words: of.words.clone(),
    }
}

/// Converts a suppression of the plugin's to one of the store's, with the mail that showed it.
///
/// # Errors
/// Its time is none: the plugin broke the contract.
pub fn new_suppression(of: Suppression, mail: MailId) -> Result<NewSuppression, String> {
    let kind = match of.kind.as_str() {
        "complaint" => SuppressionKind::Complaint,
        // A kind that is not known here suppresses all the same.
        _ => SuppressionKind::HardBounce,
    };
    let since = time(&of.since)?;
    let Suppression { address, code, words, source, .. } = of;
    Ok(NewSuppression { address, kind, since, mail: Some(mail), code, words, source })
}

/// Replaces an address that means a recipient of the mail by that recipient as the mail has it: by the pseudonym, where it was
/// erased. The plugin does not have the key to compare those.
pub fn name_recipient(store: &SystemStore, mail: &Reported, address: &mut Option<String>) {
    if let Some(recipient) = address.as_deref().and_then(|named| store.recipient_of(mail, named)) {
        *address = Some(recipient.to_owned());
    }
}

fn time(text: &str) -> Result<DateTime<FixedOffset>, String> {
    DateTime::parse_from_rfc3339(text).map_err(|error| format!("the time \"{text}\": {error}"))
}
