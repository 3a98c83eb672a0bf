//! Checks on the contract in `wit/`: every item says what it promises, and no change breaks a host that
//! was written against an earlier release.
//!
//! What a host may rely on is what `wit/world.wit` promises: names, records, variants and signatures stay as
//! they were released; a world asks for nothing new. What may grow: interfaces, types, worlds, and the
//! functions that the plugin exports. The second check compares with the newest tag `v*`; before the first there is nothing to keep.

use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use wit_parser::{
    Docs, Function, Interface, PackageId, Resolve, Type, TypeDef, TypeDefKind, TypeOwner, World, WorldItem,
};

/// Fails with the list of items of the package in `dir` that have no documentation.
pub(crate) fn check_docs(dir: &Path) -> anyhow::Result<()> {
    let found = Package::read(dir)?.undocumented();
    if !found.is_empty() {
        bail!("{} items of {} have no documentation:\n  {}", found.len(), dir.display(), found.join("\n  "));
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

    fn broken_by(&self, new: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let (before, after) = (self.name(), new.name());
        if before != after {
            found.push(format!("the package was {before} and is {after}"));
        }
        let (old_worlds, new_worlds) = (self.worlds(), new.worlds());
        for (name, world) in &old_worlds {
            match new_worlds.get(name) {
                None => found.push(format!("world {name} is gone")),
                Some(now) => compare_worlds(name, (self, world), (new, now), &mut found),
            }
        }
        let imported =
            |name: &str| old_worlds.values().any(|world| self.items(&world.imports).contains_key(name));
        let new_interfaces = new.interfaces();
        for (name, interface) in self.interfaces() {
            let Some(now) = new_interfaces.get(name) else {
                found.push(format!("interface {name} is gone"));
                continue;
            };
            let (was, is) = (self.signatures(interface), new.signatures(now));
            compare(name, &was, &is, &mut found);
            if imported(name) {
                let added =
                    now.functions.keys().filter(|function| !interface.functions.contains_key(*function));
                found.extend(
                    added.map(|function| format!("{name}.{function} is new, and hosts provide {name}")),
                );
            }
        }
        found
    }

    /// Name, and as much of the version as hosts link by: `0.1` of 0.1.7, `2` of 2.3.4.
    fn name(&self) -> String {
        let name = &self.resolve.packages[self.id].name;
        let version = name.version.as_ref().map_or_else(String::new, |version| match version.major {
            0 => format!("@0.{}", version.minor),
            major => format!("@{major}"),
        });
        format!("{}:{}{version}", name.namespace, name.name)
    }

    /// Types and functions of an interface, each as text that is equal only where the wire is.
    fn signatures(&self, interface: &Interface) -> BTreeMap<String, String> {
        let types = self.types(interface).map(|(name, it)| (name.to_owned(), self.definition(&it.kind)));
        let functions = interface.functions.iter().map(|(name, it)| (name.clone(), self.signature(it)));
        types.chain(functions).collect()
    }

    fn signature(&self, function: &Function) -> String {
        let parameters = function.params.iter().map(|it| format!("{}: {}", it.name, self.text(&it.ty)));
        let result = function.result.as_ref().map_or_else(String::new, |ty| format!(" -> {}", self.text(ty)));
        format!("func({}){result}", parameters.collect::<Vec<_>>().join(", "))
    }

    fn text(&self, ty: &Type) -> String {
        let Type::Id(id) = ty else { return format!("{ty:?}").to_lowercase() };
        let definition = &self.resolve.types[*id];
        let Some(name) = &definition.name else { return self.definition(&definition.kind) };
        match definition.owner {
            TypeOwner::Interface(owner) => {
                format!("{}.{name}", self.resolve.interfaces[owner].name.as_deref().unwrap_or("?"))
            }
            _ => name.clone(),
        }
    }

    fn optional(&self, ty: Option<&Type>) -> String {
        ty.map_or_else(|| "_".to_owned(), |ty| self.text(ty))
    }

    fn definition(&self, kind: &TypeDefKind) -> String {
        let list = |items: Vec<String>| items.join(", ");
        match kind {
            TypeDefKind::Record(it) => {
                let fields =
                    it.fields.iter().map(|field| format!("{}: {}", field.name, self.text(&field.ty)));
                format!("record {{ {} }}", list(fields.collect()))
            }
            TypeDefKind::Variant(it) => {
                let cases = it.cases.iter().map(|case| match &case.ty {
                    Some(ty) => format!("{}({})", case.name, self.text(ty)),
                    None => case.name.clone(),
                });
                format!("variant {{ {} }}", list(cases.collect()))
            }
            TypeDefKind::Enum(it) => {
                format!("enum {{ {} }}", list(it.cases.iter().map(|case| case.name.clone()).collect()))
            }
            TypeDefKind::Flags(it) => {
                format!("flags {{ {} }}", list(it.flags.iter().map(|flag| flag.name.clone()).collect()))
            }
            TypeDefKind::Tuple(it) => {
                format!("tuple<{}>", list(it.types.iter().map(|ty| self.text(ty)).collect()))
            }
            TypeDefKind::Option(ty) => format!("option<{}>", self.text(ty)),
            TypeDefKind::List(ty) => format!("list<{}>", self.text(ty)),
            TypeDefKind::Result(it) => {
                format!("result<{}, {}>", self.optional(it.ok.as_ref()), self.optional(it.err.as_ref()))
            }
            TypeDefKind::Type(ty) => self.text(ty),
            // The contract uses no resources, streams and futures; should it ever, a change of kind shows.
            other => other.as_str().to_owned(),
        }
    }

    /// Items of a world by name.
    fn items<'a>(
        &self,
        items: impl IntoIterator<Item = (&'a wit_parser::WorldKey, &'a WorldItem)>,
    ) -> BTreeMap<String, String> {
        let named = items.into_iter().map(|(key, item)| match item {
            WorldItem::Interface { id, .. } => {
                let name = self.resolve.interfaces[*id].name.clone();
                (name.unwrap_or_else(|| self.resolve.name_world_key(key)), "interface".to_owned())
            }
            WorldItem::Function(function) => (self.resolve.name_world_key(key), self.signature(function)),
            WorldItem::Type { id, .. } => {
                (self.resolve.name_world_key(key), self.definition(&self.resolve.types[*id].kind))
            }
        });
        named.collect()
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

fn compare_worlds(name: &str, old: (&Package, &World), new: (&Package, &World), found: &mut Vec<String>) {
    let was = old.0.items(&old.1.imports);
    let is = new.0.items(&new.1.imports);
    for import in is.keys().filter(|import| !was.contains_key(*import)) {
        found.push(format!("world {name} imports {import}, which hosts do not provide"));
    }
    let kept = was.into_iter().filter(|(import, _)| is.contains_key(import)).collect();
    compare(&format!("world {name}, import"), &kept, &is, found);
    compare(
        &format!("world {name}, export"),
        &old.0.items(&old.1.exports),
        &new.0.items(&new.1.exports),
        found,
    );
}

/// What is gone or changed; what is new is no matter here.
fn compare(
    whose: &str,
    was: &BTreeMap<String, String>,
    is: &BTreeMap<String, String>,
    found: &mut Vec<String>,
) {
    for (name, before) in was {
        match is.get(name) {
            None => found.push(format!("{whose}: {name} is gone")),
            Some(after) if after != before => {
                found.push(format!("{whose}: {name} was `{before}` and is `{after}`"));
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
#[path = "contract_tests.rs"]
mod tests;
