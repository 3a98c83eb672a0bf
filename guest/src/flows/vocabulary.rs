//! The names and limits of this plugin: what `info` publishes, so that a host need not know a list by heart that grows.

use super::compose::{LONGEST_CONVERSATION, LONGEST_EDIT};
use super::refusal::REFUSALS;
use crate::domain::account::{self, Availability, Protocol, SignIn};
use crate::domain::attachment::{
    self, Format, MAX_ADDED, MAX_ADDED_SIZE, MAX_LOGO_SIZE, MAX_TOTAL_SIZE, Role,
};
use crate::domain::conversation;
use crate::domain::delivery::{self, AttemptResult, FallbackPolicy, Transport};
use crate::domain::document;
use crate::domain::inbound::{self, Class, TokenPlace};
use crate::domain::language::Language;
use crate::domain::matching::TraceKind;
use crate::domain::opening::Network;
use crate::domain::options::{self, Mode};
use crate::domain::reading;
use crate::domain::recipients::{ROLES, Reason};
use crate::domain::settings;
use crate::domain::status::{self, Advice, EventKind, EventSource};
use crate::domain::suppression::SuppressionKind;
use crate::domain::template::{self, LONGEST_LINK};
use crate::domain::warning::WARNINGS;
use crate::domain::webhook::Provider;

/// Names of the published schemas.
pub const SCHEMAS: [&str; 5] = ["document", "settings", "account", "job-options", "submission-options"];

/// Returns the lists that grow, by name. `reaches_network`: this plugin submits.
pub fn lists(reaches_network: bool) -> Vec<(&'static str, Vec<&'static str>)> {
    let transports = if reaches_network { Transport::NAMES } else { &[] };
    vec![
        ("languages", Language::ALL.iter().map(|it| it.code()).collect()),
        ("media-types", document::MEDIA_TYPES.to_vec()),
        ("schemas", SCHEMAS.to_vec()),
        ("modes", Mode::NAMES.to_vec()),
        ("formats", Format::NAMES.to_vec()),
        ("attachment-roles", Role::NAMES.to_vec()),
        ("contact-roles", ROLES.to_vec()),
        ("fallback-policies", FallbackPolicy::NAMES.to_vec()),
        ("transports", transports.to_vec()),
        ("attempt-outcomes", AttemptResult::NAMES.to_vec()),
        ("event-kinds", EventKind::NAMES.to_vec()),
        ("event-sources", EventSource::NAMES.to_vec()),
        ("message-kinds", Class::NAMES.to_vec()),
        ("token-places", TokenPlace::NAMES.to_vec()),
        ("webhook-providers", Provider::NAMES.to_vec()),
        ("networks", Network::NAMES.to_vec()),
        ("protocols", Protocol::NAMES.to_vec()),
        ("sign-in-ways", SignIn::ALL.iter().map(|it| it.name()).collect()),
        ("availabilities", Availability::ALL.iter().map(|it| it.name()).collect()),
        ("suppression-kinds", SuppressionKind::NAMES.to_vec()),
        ("trace-kinds", TraceKind::NAMES.to_vec()),
        ("warnings", WARNINGS.to_vec()),
        ("refusals", REFUSALS.to_vec()),
        ("attachment-rules", attachment::RULES.to_vec()),
        ("recipient-reasons", Reason::ALL.iter().map(|it| it.name()).collect()),
        ("status-reasons", status::REASONS.to_vec()),
        ("action-reasons", delivery::REASONS.to_vec()),
        ("reading-notes", reading::Note::CODES.to_vec()),
        ("conversation-reasons", conversation::Because::CODES.to_vec()),
        ("advice", Advice::CODES.to_vec()),
        ("capabilities", account::CAPABILITIES.to_vec()),
        ("capability-reasons", account::CAPABILITY_REASONS.to_vec()),
        ("provider-notes", account::NOTES.to_vec()),
        ("account-findings", account::FINDINGS.to_vec()),
        ("text-rules", template::RULES.to_vec()),
    ]
}

/// Returns the limits, by name.
pub fn limits() -> [(&'static str, u64); 12] {
    [
        ("document-bytes", document::limits::MAX_BYTES as u64),
        ("document-lines", document::limits::MAX_LINES as u64),
        ("message-bytes", inbound::limits::MESSAGE as u64),
        ("settings-bytes", settings::MAX_BYTES as u64),
        ("options-bytes", options::MAX_BYTES as u64),
        ("mail-file-bytes", MAX_TOTAL_SIZE),
        ("added-files", MAX_ADDED as u64),
        ("added-file-bytes", MAX_ADDED_SIZE),
        ("logo-bytes", MAX_LOGO_SIZE),
        ("link-bytes", LONGEST_LINK as u64),
        ("edited-body-bytes", LONGEST_EDIT as u64),
        ("references", LONGEST_CONVERSATION as u64),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_list_names_each_thing_once_and_only_the_transports_differ_without_a_network() {
        let (full, pure) = (lists(true), lists(false));
        for ((name, list), (_, without)) in full.iter().zip(&pure) {
            assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len(), "{name}: {list:?}");
            assert!(!list.is_empty(), "{name}");
            assert_eq!(without.is_empty(), *name == "transports", "{name}");
        }
        let names: BTreeSet<_> = full.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), full.len());
    }
}
