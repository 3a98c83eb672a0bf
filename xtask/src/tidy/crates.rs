//! The graph of the crates: which of them may depend on which, and which may have a library that only one layer needs.
//!
//! What a crate's manifest does not name its code can't reach, so a layer holds by what stands in a few lines of TOML. These
//! tables say what may stand there.

use anyhow::Context as _;
use std::path::Path;

/// The crates of the host from the bottom up, each with those of the workspace that it may depend on.
const EDGES: &[(&str, &[&str])] = &[
    ("contract", &[]),
    ("model", &[]),
    ("transport", &["postroom-model"]),
    ("store", &["postroom-model"]),
    ("postroom", &["postroom-contract", "postroom-model", "postroom-store", "postroom-transport"]),
    ("web", &["postroom", "postroom-contract", "postroom-model", "postroom-transport"]),
    ("cli", &["postroom", "postroom-contract", "postroom-model", "postroom-transport", "postroom-web"]),
];

/// Libraries that one layer has, and the crates of the host that may name them.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("wasmtime", &["contract", "postroom"]),
    ("lettre", &["model", "transport"]),
    ("axum", &["web"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("dialoguer", &["cli"]),
    ("comfy-table", &["cli"]),
    ("anyhow", &["cli", "web"]),
];

/// Crates of the workspace that a crate of the host must not name at all.
const PLUGIN: &str = "postroom-plugin";

/// Edges and libraries that the tables don't have.
pub(super) fn complaints(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for (folder, allowed) in EDGES {
        let name = format!("host/{folder}/Cargo.toml");
        let path = root.join(&name);
        let manifest =
            std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        found.extend(in_manifest(&name, folder, allowed, &manifest));
    }
    for entry in std::fs::read_dir(root.join("host")).context("can't read host/")? {
        let entry = entry?;
        let folder = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !EDGES.iter().any(|(known, _)| *known == folder) {
            found.push(format!(
                "host/{folder}: a crate without a place in the graph: xtask/src/tidy/crates.rs"
            ));
        }
    }
    Ok(found)
}

fn in_manifest(name: &str, folder: &str, allowed: &[&str], manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    for dependency in dependencies(manifest) {
        if dependency == PLUGIN {
            found.push(format!("{name}: the host reaches the plugin through its contract alone"));
        } else if (dependency == "postroom" || dependency.starts_with("postroom-"))
            && !allowed.contains(&dependency)
        {
            found.push(format!("{name}: {dependency} is not below it"));
        }
        let owners = LIBRARIES.iter().find(|(library, _)| *library == dependency);
        if let Some((library, owners)) = owners.filter(|(_, owners)| !owners.contains(&folder)) {
            found.push(format!("{name}: {library} belongs to host/{}", owners.join(", host/")));
        }
    }
    found
}

/// The names of what code that ships depends on: what tests need is not asked.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let mut is_asked = false;
    manifest.lines().filter_map(move |line| {
        if line.starts_with('[') {
            is_asked = line.contains("dependencies]") && !line.contains("dev-") && !line.contains("build-");
            return None;
        }
        let name = line.split(['.', ' ', '=']).next()?;
        (is_asked && !name.is_empty() && !name.starts_with('#')).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_upwards_and_a_library_of_another_layer_are_found() {
        let manifest = "[package]\nname = \"postroom-store\"\n\n[dependencies]\npostroom-model.workspace = true\n\
                        postroom-web.workspace = true\naxum = { workspace = true }\npostroom-plugin.workspace = true\n";
        assert_eq!(
            in_manifest("host/store/Cargo.toml", "store", &["postroom-model"], manifest),
            [
                "host/store/Cargo.toml: postroom-web is not below it",
                "host/store/Cargo.toml: axum belongs to host/web",
                "host/store/Cargo.toml: the host reaches the plugin through its contract alone",
            ]
        );
    }

    #[test]
    fn what_tests_alone_need_is_not_asked() {
        let manifest = "[dev-dependencies]\naxum.workspace = true\n\n[lints]\nworkspace = true\n";
        assert!(in_manifest("host/store/Cargo.toml", "store", &[], manifest).is_empty());
    }
}
