//! Invariant 1: the import list is the audit.

use crate::artefacts;
use postroom_tests::fixtures;
use std::collections::BTreeSet;
use std::path::Path;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

/// Names of what a component imports and exports.
fn surface(path: &Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let engine = wasmtime::Engine::default();
    let component = Component::from_file(&engine, path).unwrap();
    let kind = component.component_type();
    let imports = kind.imports(&engine).map(|(name, _)| name.to_owned()).collect();
    let exports = kind.exports(&engine).map(|(name, _)| name.to_owned()).collect();
    (imports, exports)
}

/// Functions that a component asks for.
fn functions(path: &Path) -> Vec<String> {
    let engine = wasmtime::Engine::default();
    let component = Component::from_file(&engine, path).unwrap();
    let mut found = vec![];
    for (interface, item) in component.component_type().imports(&engine) {
        let ComponentItem::ComponentInstance(instance) = item.ty else {
            panic!("{interface} is no interface")
        };
        let interface = interface.trim_start_matches("postroom:plugin/").split('@').next().unwrap();
        let functions = instance
            .exports(&engine)
            .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
            .map(|(name, _)| format!("{interface}.{name}"));
        found.extend(functions);
    }
    found
}

/// The same of a world of the contract, as `wit/world.wit` has it. (That the folder is well-formed is checked by
/// every build: the bindings are made from it.)
fn declared(world: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let source = std::fs::read_to_string(fixtures::folder().join("../wit/world.wit")).unwrap();
    let (_, block) = source.split_once(&format!("\nworld {world} {{")).unwrap();
    let (block, _) = block.split_once('}').unwrap();
    let items = |keyword: &str| {
        let lines = block.lines().filter_map(|line| line.trim().strip_prefix(keyword)?.strip_suffix(';'));
        names(&lines.collect::<Vec<_>>())
    };
    (items("import "), items("export "))
}

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|name| format!("postroom:plugin/{name}@0.1.0")).collect()
}

/// Interfaces of rules alone, in both worlds.
const PURE: &[&str] = &[
    "info",
    "accounts",
    "documents",
    "recipients",
    "templates",
    "composing",
    "drafts",
    "schedule",
    "inbound",
    "letters",
    "mailbox",
    "reading",
    "matching",
    "suppressions",
    "tracking",
    "webhooks",
    "openings",
];

#[test]
fn the_plugin_imports_the_contract_and_nothing_else() {
    let (imports, exports) = surface(&artefacts::full());
    assert!(imports.iter().all(|name| name.starts_with("postroom:plugin/")), "{imports:?}");
    assert_eq!(imports, names(&["attachments", "imap", "log", "smtp", "transport", "types", "web"]));
    assert_eq!(exports, names(&[PURE, &["delivery", "mailbox-inbound", "sent"]].concat()));
    assert_eq!((imports, exports), declared("plugin"));
}

#[test]
fn the_core_can_reach_no_server_at_all() {
    let (imports, exports) = surface(&artefacts::core());
    // The last two are types alone.
    assert_eq!(imports, names(&["attachments", "log", "transport", "types"]));
    assert_eq!(functions(&artefacts::core()), ["attachments.read", "log.write"]);
    assert_eq!(exports, names(PURE));
    assert_eq!((imports, exports), declared("core"));
}

#[test]
fn what_ships_cannot_be_asked_to_misbehave() {
    let holds = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(22).any(|window| window == b"misbehaving on request")
    };
    assert!(holds(&artefacts::misbehaving()), "the trace that this test looks for");
    for path in [artefacts::full(), artefacts::core()] {
        assert!(!holds(&path), "{} is built with the feature misbehave", path.display());
    }
}
