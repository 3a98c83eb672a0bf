//! Checks on the contract in `wit/`: every item says what it promises, every name can be written in the languages of
//! those who use it, and no change breaks a host that was written against an earlier release.
//!
//! The last check compares with the newest tag `v*`; before the first there is nothing to keep.

mod compatible;
mod names;
pub(crate) mod published;
mod reserved;

use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use wit_parser::{Docs, Interface, PackageId, Resolve, Type, TypeDef, TypeDefKind, World};

/// Fails with the list of items of the package in `dir` that have no documentation.
pub(crate) fn check_docs(dir: &Path) -> anyhow::Result<()> {
    let found = Package::read(dir)?.undocumented();
    if !found.is_empty() {
        bail!("{} items of {} have no documentation:\n  {}", found.len(), dir.display(), found.join("\n  "));
    }
    Ok(())
}

/// Fails with the list of names of the package in `dir` that a language reserves or that two interfaces define, of
/// numbers that are wider than what they count, and of bytes that can't be handed over as text.
pub(crate) fn check_names(dir: &Path) -> anyhow::Result<()> {
    let found = Package::read(dir)?.awkward(names::BYTES);
    if !found.is_empty() {
        bail!("{} awkward names and types in {}:\n  {}", found.len(), dir.display(), found.join("\n  "));
    }
    Ok(())
}

/// Fails with the list of changes from the package in `old_dir` to that in `new_dir` that break a host or a
/// caller of the old one.
pub(crate) fn check_compatible(old_dir: &Path, new_dir: &Path) -> anyhow::Result<()> {
    let found = Package::read(old_dir)?.broken_by(&Package::read(new_dir)?);
    if !found.is_empty() {
        bail!("{} incompatible changes of the contract:\n  {}", found.len(), found.join("\n  "));
    }
    Ok(())
}

/// Compares `wit/` of the repository at `root` with the newest release. Says what it compared with.
pub(crate) fn check_against_release(root: &Path) -> anyhow::Result<String> {
    let tags = git(root, &["tag", "--list", "v*", "--sort=-version:refname"])?;
    let Some(tag) = tags.lines().next() else {
        return Ok("no release yet, the contract may still change".to_owned());
    };
    let old = root.join("target").join("contract").join(tag);
    if old.exists() {
        fs::remove_dir_all(&old).with_context(|| format!("cannot empty {}", old.display()))?;
    }
    let files = git(root, &["ls-tree", "-r", "--name-only", tag, "--", "wit"])?;
    for name in files.lines() {
        let file = old.join(name);
        let folder = file.parent().unwrap_or(&old);
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let source = git(root, &["show", &format!("{tag}:{name}")])?;
        fs::write(&file, source).with_context(|| format!("cannot write {}", file.display()))?;
    }
    check_compatible(&old.join("wit"), &root.join("wit")).with_context(|| format!("compared with {tag}"))?;
    Ok(format!("compatible with {tag}"))
}

fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git").current_dir(root).args(arguments).output().context("cannot run git")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("git wrote text that is not UTF-8")
}

/// A parsed package.
struct Package {
    resolve: Resolve,
    id: PackageId,
}

impl Package {
    fn read(dir: &Path) -> anyhow::Result<Self> {
        let mut resolve = Resolve::default();
        let (id, _) = resolve
            .push_dir(dir)
            .with_context(|| format!("cannot read the contract in {}", dir.display()))?;
        Ok(Self { resolve, id })
    }

    fn interfaces(&self) -> BTreeMap<&str, &Interface> {
        let all = &self.resolve.packages[self.id].interfaces;
        all.iter().map(|(name, id)| (name.as_str(), &self.resolve.interfaces[*id])).collect()
    }

    fn worlds(&self) -> BTreeMap<&str, &World> {
        let all = &self.resolve.packages[self.id].worlds;
        all.iter().map(|(name, id)| (name.as_str(), &self.resolve.worlds[*id])).collect()
    }

    fn types<'a>(&'a self, interface: &'a Interface) -> impl Iterator<Item = (&'a str, &'a TypeDef)> {
        interface.types.iter().map(|(name, id)| (name.as_str(), &self.resolve.types[*id]))
    }

    fn undocumented(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut ask = |docs: &Docs, path: String| {
            if docs.contents.as_deref().is_none_or(|text| text.trim().is_empty()) {
                found.push(path);
            }
        };
        ask(&self.resolve.packages[self.id].docs, "package".to_owned());
        for (name, world) in self.worlds() {
            ask(&world.docs, format!("world {name}"));
        }
        for (interface_name, interface) in self.interfaces() {
            ask(&interface.docs, interface_name.to_owned());
            for (name, function) in &interface.functions {
                ask(&function.docs, format!("{interface_name}.{name}"));
            }
            for (name, definition) in self.types(interface).filter(|(_, it)| !self.is_borrowed(it)) {
                let path = format!("{interface_name}.{name}");
                ask(&definition.docs, path.clone());
                for (part, docs) in parts(&definition.kind) {
                    ask(docs, format!("{path}.{part}"));
                }
            }
        }
        found
    }

    /// A `use` of another interface's type: documented there.
    fn is_borrowed(&self, definition: &TypeDef) -> bool {
        match definition.kind {
            TypeDefKind::Type(Type::Id(origin)) => self.resolve.types[origin].owner != definition.owner,
            _ => false,
        }
    }
}

/// What a type is made of, with its documentation.
fn parts(kind: &TypeDefKind) -> Vec<(&str, &Docs)> {
    match kind {
        TypeDefKind::Record(it) => it.fields.iter().map(|part| (part.name.as_str(), &part.docs)).collect(),
        TypeDefKind::Variant(it) => it.cases.iter().map(|part| (part.name.as_str(), &part.docs)).collect(),
        TypeDefKind::Enum(it) => it.cases.iter().map(|part| (part.name.as_str(), &part.docs)).collect(),
        TypeDefKind::Flags(it) => it.flags.iter().map(|part| (part.name.as_str(), &part.docs)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
