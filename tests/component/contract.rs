//! What the plugin says of itself is what the contract says of it.

use crate::house::{House, shipped};
use postroom::engine::Files;
use postroom_plugin::domain::kind::TABLE;
use postroom_tests::fixtures;
use std::collections::BTreeSet;

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

#[tokio::test]
async fn the_documented_events_are_those_that_the_plugin_knows() {
    let house = House::new(shipped());
    let description = house.office.describe(&Files::default()).await.unwrap();
    assert_eq!(documented("kind"), description.event_kinds.into_iter().collect());
    assert_eq!(documented("source"), description.event_sources.into_iter().collect());
}

#[tokio::test]
async fn the_plugin_describes_the_table_its_schemas_and_its_version() {
    let house = House::new(shipped());
    let files = Files::default();
    let description = house.office.describe(&files).await.unwrap();
    assert_eq!(description.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(description.transports, ["smtp", "gmail", "graph", "sendgrid"]);
    assert_eq!(description.languages, ["nl", "fr", "en", "de"]);
    let kinds = description.kinds.iter().map(|kind| (kind.name.as_str(), kind.use_cases.clone()));
    let table =
        TABLE.iter().map(|(kind, uses)| (kind.name(), uses.iter().map(|u| u.name().to_owned()).collect()));
    assert!(kinds.eq(table), "{:?}", description.kinds);
    assert_eq!(description.schemas, ["document", "settings", "account"]);
    for name in &description.schemas {
        let schema = house.office.schema(&files, name).await.unwrap().unwrap();
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
    }
    assert_eq!(house.office.schema(&files, "no such").await.unwrap(), None);
}

#[tokio::test]
async fn what_ships_passes_the_check_of_templates() {
    let house = House::new(shipped());
    let files = Files::default();
    assert_eq!(house.office.check(&files, &[]).await.unwrap(), []);
    let catalogue = house.office.catalogue(&files).await.unwrap();
    assert!(catalogue.is_sorted(), "{catalogue:?}");
    for name in &catalogue {
        assert!(house.office.shipped(&files, name).await.unwrap().is_some(), "{name}");
    }
}
