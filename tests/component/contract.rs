//! What the plugin says of itself is what the contract says of it.

use crate::test_host::{TestHost, shipped};
use postroom::contract::documents::{Content, Source};
use postroom::contract::recipients::Field;
use postroom::engine::Files;
use postroom_plugin::domain::kind::TABLE;
use postroom_tests::fixtures;
use std::collections::{BTreeMap, BTreeSet};

/// The words between backticks in the documentation of a field of `tracking.event`.
fn documented(field: &str) -> BTreeSet<String> {
    let source = std::fs::read_to_string(fixtures::folder().join("../wit/tracking.wit")).unwrap();
    let (_, event) = source.split_once("record event {").unwrap();
    let (before, _) = event.split_once(&format!("\n        {field}: string,")).unwrap();
    let docs = before.lines().rev().take_while(|line| line.trim().starts_with("///")).collect::<Vec<_>>();
    assert!(!docs.is_empty(), "{field} has no documentation");
    let docs = docs.into_iter().rev().collect::<String>();
    docs.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The lists that grow.
async fn vocabulary(host: &TestHost) -> BTreeMap<String, Vec<String>> {
    host.company_plugin.vocabulary(&Files::default()).await.unwrap().into_iter().collect()
}

/// Names in the documentation of a function of `info`.
fn named_in_info(function: &str) -> BTreeSet<String> {
    let source = std::fs::read_to_string(fixtures::folder().join("../wit/info.wit")).unwrap();
    let (before, _) = source.split_once(&format!("\n    {function}: func")).unwrap();
    let docs = before.lines().rev().take_while(|line| line.trim().starts_with("///")).collect::<Vec<_>>();
    let docs = docs.into_iter().rev().collect::<Vec<_>>().join("\n");
    let names = docs.split('`').skip(1).step_by(2).filter(|name| !name.contains('.') && *name != "core");
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_list_and_every_limit_is_documented_and_none_is_empty_or_says_a_thing_twice() {
    let host = TestHost::new(shipped());
    let lists = vocabulary(&host).await;
    assert_eq!(named_in_info("vocabulary"), lists.keys().cloned().collect());
    for (name, list) in &lists {
        let different: BTreeSet<_> = list.iter().collect();
        assert!(!list.is_empty() && different.len() == list.len(), "{name}: {list:?}");
    }
    let limits = host.company_plugin.plugin_limits(&Files::default()).await.unwrap();
    assert_eq!(named_in_info("limits"), limits.iter().map(|(name, _)| name.clone()).collect());
    assert!(limits.iter().all(|(_, limit)| *limit > 0), "{limits:?}");
}

/// A reason that a user sees is in their language.
#[tokio::test]
async fn every_code_of_a_reason_has_words_in_every_language() {
    let host = TestHost::new(shipped());
    let lists = vocabulary(&host).await;
    let of_reasons = [
        "warnings",
        "refusals",
        "attachment-rules",
        "recipient-reasons",
        "status-reasons",
        "action-reasons",
        "advice",
        "capability-reasons",
        "provider-notes",
        "account-findings",
        "text-rules",
    ];
    for code in of_reasons.iter().flat_map(|name| &lists[*name]) {
        let mut sentences = BTreeSet::new();
        for language in &lists["languages"] {
            let words = host.company_plugin.explain(&Files::default(), code, language).await.unwrap();
            sentences.insert(words.unwrap_or_else(|| panic!("{code} has no words in {language}")));
        }
        assert!(sentences.len() > 2, "{code} is not translated: {sentences:?}");
    }
}

#[tokio::test]
async fn the_documented_events_are_those_that_the_plugin_knows() {
    let host = TestHost::new(shipped());
    let lists = vocabulary(&host).await;
    assert_eq!(documented("kind"), lists["event-kinds"].iter().cloned().collect());
    assert_eq!(documented("source"), lists["event-sources"].iter().cloned().collect());
}

#[tokio::test]
async fn the_plugin_describes_the_table_its_schemas_and_its_version() {
    let host = TestHost::new(shipped());
    let files = Files::default();
    let (lists, described) = (vocabulary(&host).await, host.company_plugin.kinds(&files).await.unwrap());
    assert_eq!(host.company_plugin.version(&files).await.unwrap(), env!("CARGO_PKG_VERSION"));
    assert_eq!(lists["transports"], ["smtp", "gmail", "graph", "sendgrid"]);
    assert_eq!(lists["languages"], ["nl", "fr", "en", "de"]);
    let kinds = described.iter().map(|kind| (kind.name.as_str(), kind.use_cases.clone()));
    let table =
        TABLE.iter().map(|(kind, uses)| (kind.name(), uses.iter().map(|u| u.name().to_owned()).collect()));
    assert!(kinds.eq(table), "{described:?}");
    assert_eq!(lists["schemas"], ["document", "settings", "account", "job-options", "submission-options"]);
    for name in &lists["schemas"] {
        let schema = host.company_plugin.schema(&files, name).await.unwrap().unwrap();
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert_eq!(schema["$id"], format!("urn:postroom:schema:{name}:0.1"));
    }
    assert_eq!(host.company_plugin.schema(&files, "no such").await.unwrap(), None);
}

#[tokio::test]
async fn the_media_types_of_a_document_are_the_documented_ones() {
    let host = TestHost::new(shipped());
    let described = vocabulary(&host).await.remove("media-types").unwrap();
    let source = std::fs::read_to_string(fixtures::folder().join("../wit/documents.wit")).unwrap();
    let (before, _) = source.split_once("media-type: string,").unwrap();
    let (_, docs) = before.rsplit_once("record source {").unwrap();
    let named: BTreeSet<&str> =
        docs.split('`').skip(1).step_by(2).filter(|word| word.contains('/')).collect();
    assert_eq!(named, described.iter().map(String::as_str).collect());
}

#[tokio::test]
async fn every_kind_has_a_sample_and_the_names_that_its_texts_can_say() {
    let host = TestHost::new(shipped());
    let files = Files::default();
    for kind in host.company_plugin.kinds(&files).await.unwrap() {
        let sample = host.company_plugin.sample(&files, &kind.name).await.unwrap().unwrap();
        let content = Content::Text(sample);
        let sample = Source { media_type: "application/json".to_owned(), content };
        let summary = host.company_plugin.read(&files, &sample).await.unwrap().unwrap();
        assert_eq!((&summary.kind, summary.language.as_deref()), (&kind.name, Some("en-IE")));
        let partner = if kind.audience == "vendor" { "S-310" } else { "C-1042" };
        assert_eq!(summary.partner_identifier.as_deref(), Some(partner), "{}", kind.name);
        let variables = host.company_plugin.variables(&files, &kind.name).await.unwrap().unwrap();
        let variables: serde_json::Value = serde_json::from_str(&variables).unwrap();
        let names: Vec<&str> =
            variables.as_array().unwrap().iter().filter_map(|it| it["name"].as_str()).collect();
        assert!(names.is_sorted() && names.contains(&"document.extra.NAME"), "{names:?}");
    }
    assert_eq!(host.company_plugin.sample(&files, "letter").await.unwrap(), None);
    assert_eq!(host.company_plugin.variables(&files, "letter").await.unwrap(), None);
}

#[tokio::test]
async fn a_pasted_list_is_parsed_into_what_can_be_used_and_what_can_not() {
    let host = TestHost::new(shipped());
    let parsed =
        host.company_plugin.parse_addresses(&Files::default(), "a@b.example; c@", Field::To).await.unwrap();
    let addresses: Vec<_> = parsed.addresses.iter().map(|of| of.address.as_str()).collect();
    let unusable: Vec<_> = parsed.invalid.iter().map(|invalid| invalid.text.as_str()).collect();
    assert_eq!((addresses, unusable), (vec!["a@b.example"], vec!["c@"]));
}

#[tokio::test]
async fn what_ships_passes_the_check_of_templates() {
    let host = TestHost::new(shipped());
    let files = Files::default();
    assert_eq!(host.company_plugin.check(&files, &[]).await.unwrap(), []);
    let catalogue = host.company_plugin.catalogue(&files).await.unwrap();
    assert!(catalogue.is_sorted(), "{catalogue:?}");
    for name in &catalogue {
        assert!(host.company_plugin.shipped(&files, name).await.unwrap().is_some(), "{name}");
    }
}
