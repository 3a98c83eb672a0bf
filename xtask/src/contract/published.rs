//! The contract in the forms that travel with the components, since whoever has only these files has no `wit/`.
//!
//! A component tells its types and functions, but no word about them. The whole documentation is in two files beside
//! it: the package as one text, and in the binary form that tools for WebAssembly read. A component itself can carry
//! the documentation of its world alone: tools look its `package-docs` section up in a package `root:component` whose
//! one item is the world `root`, and refuse the file where the section names an interface, since the interfaces
//! belong to our package. So the conventions and one sentence for each function stand there.

use super::Package;
use anyhow::Context as _;
use std::fmt::Write as _;
use std::path::Path;
use wasm_encoder::{ComponentSection as _, CustomSection};
use wit_component::WitPrinter;
use wit_parser::{Docs, PackageMetadata, Resolve, WorldItem};

/// The package in `dir` as one text, with its documentation.
pub(crate) fn text(dir: &Path) -> anyhow::Result<String> {
    Package::read(dir)?.text_form()
}

/// The package in `dir` in binary form, with its documentation.
pub(crate) fn binary(dir: &Path) -> anyhow::Result<Vec<u8>> {
    Package::read(dir)?.binary_form()
}

/// Adds to `component`, which implements `world` of the package in `dir`, the documentation that a component can carry.
pub(crate) fn with_documentation(dir: &Path, world: &str, component: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    Package::read(dir)?.documented(world, component)
}

impl Package {
    fn text_form(&self) -> anyhow::Result<String> {
        let mut printer = WitPrinter::default();
        printer.print(&self.resolve, self.id, &[]).context("cannot write the contract as text")?;
        Ok(printer.output.to_string())
    }

    fn binary_form(&self) -> anyhow::Result<Vec<u8>> {
        wit_component::encode(&self.resolve, self.id).context("cannot write the contract in binary form")
    }

    fn documented(&self, world: &str, mut component: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        // What tools call the package and the world of a component, whatever it implements.
        let mut resolve = Resolve::default();
        let root = resolve.push_str("root.wit", "package root:component; world root {}")?;
        let id = resolve.select_world(&[root], Some("root"))?;
        resolve.worlds[id].docs = Docs { contents: Some(self.digest(world)?) };
        let section = CustomSection {
            name: PackageMetadata::SECTION_NAME.into(),
            data: PackageMetadata::extract(&resolve, root).encode()?.into(),
        };
        section.append_to_component(&mut component);
        Ok(component)
    }

    /// What the package and the world say of themselves, and one sentence of each function.
    fn digest(&self, world: &str) -> anyhow::Result<String> {
        let name = &self.resolve.packages[self.id].name;
        let worlds = self.worlds();
        let found = worlds.get(world).with_context(|| format!("{name} has no world {world}"))?;
        let package = self.resolve.packages[self.id].docs.contents.as_deref().unwrap_or_default();
        let about = found.docs.contents.as_deref().unwrap_or_default();
        let mut text = format!(
            "World `{world}` of {name}. What each function, type, field and case promises stands in `postroom.wit` \
             and `postroom.wit.wasm`, which are published with this file.\n\n{}\n\n{}\n",
            about.trim(),
            package.trim()
        );
        for (title, items) in [("Imports", &found.imports), ("Exports", &found.exports)] {
            write!(text, "\n{title}:\n\n")?;
            let interfaces = items.values().filter_map(|item| match item {
                WorldItem::Interface { id, .. } => Some(&self.resolve.interfaces[*id]),
                _ => None,
            });
            for interface in interfaces {
                let of = interface.name.as_deref().unwrap_or_default();
                for (name, function) in &interface.functions {
                    writeln!(text, "- `{of}.{name}`: {}", first_sentence(&function.docs))?;
                }
            }
        }
        Ok(text)
    }
}

/// As one line.
fn first_sentence(docs: &Docs) -> String {
    let text = docs.contents.as_deref().unwrap_or_default();
    let paragraph = text.trim().split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.split_once(". ") {
        Some((sentence, _)) => format!("{sentence}."),
        None => line,
    }
}

#[cfg(test)]
#[path = "published_tests.rs"]
mod tests;
