//! Which changes of the contract break a host, or a caller, that was written against an earlier release.
//!
//! `wit/world.wit` promises: within 0.1.x no record, variant, enum or signature changes, and no world imports anything
//! new, since a host provides every function of each interface that its world imports. Exports grow. In detail:
//!
//! - What a generated binding can see stays: order and names of fields and cases, names of parameters, which interface
//!   defines a type, whether a function is asynchronous. An optional parameter or field is a change like any other.
//! - The imports of a world stay as they are. One that has only types is refused as well, although few hosts would
//!   notice; one that leaves could never come back.
//! - An interface that a world imports gains no function and no resource, not even one that only another world would
//!   call. It may gain types: nobody has to provide those.
//! - Functions of interfaces that are only exported, interfaces, worlds and exports of worlds may be added.
//! - Documentation, comments, `@since` and `@deprecated` change freely.
//! - The version may move as far as hosts still link: from 0.1.0 to 0.1.9, not to 0.2.0 or to a pre-release.

use super::Package;
use std::collections::{BTreeMap, BTreeSet};
use wit_parser::{
    Function, FunctionKind, Handle, Interface, InterfaceId, Type, TypeDefKind, TypeOwner, World, WorldItem,
    WorldKey,
};

impl Package {
    /// Lists the changes from this package to `new` that break what was written against this one.
    pub(super) fn broken_by(&self, new: &Self) -> Vec<String> {
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
        let provided: BTreeSet<String> =
            old_worlds.values().flat_map(|world| self.items(&world.imports).into_keys()).collect();
        let new_interfaces = new.interfaces();
        for (name, interface) in self.interfaces() {
            match new_interfaces.get(name) {
                None => found.push(format!("interface {name} is gone")),
                Some(now) => {
                    compare_interfaces(
                        name,
                        (self, interface),
                        (new, now),
                        provided.contains(name),
                        &mut found,
                    );
                }
            }
        }
        found
    }

    /// Name, and as much of the version as hosts link by: `0.1` of 0.1.7, `2` of 2.3.4. A version 0.0.x or a
    /// pre-release stands for itself alone.
    fn name(&self) -> String {
        let name = &self.resolve.packages[self.id].name;
        let version =
            name.version.as_ref().map_or_else(String::new, |version| match (version.major, version.minor) {
                _ if !version.pre.is_empty() => format!("@{version}"),
                (0, 0) => format!("@0.0.{}", version.patch),
                (0, minor) => format!("@0.{minor}"),
                (major, _) => format!("@{major}"),
            });
        format!("{}:{}{version}", name.namespace, name.name)
    }

    /// Types and functions of an interface, each as text that differs where a generated binding would.
    fn signatures(&self, interface: &Interface) -> BTreeMap<String, String> {
        let types = self.types(interface).map(|(name, it)| (name.to_owned(), self.definition(&it.kind)));
        let functions = interface.functions.iter().map(|(name, it)| (name.clone(), self.signature(it)));
        types.chain(functions).collect()
    }

    fn signature(&self, function: &Function) -> String {
        let kind = match function.kind {
            FunctionKind::AsyncFreestanding | FunctionKind::AsyncMethod(_) | FunctionKind::AsyncStatic(_) => {
                "async func"
            }
            _ => "func",
        };
        let parameters = function.params.iter().map(|it| format!("{}: {}", it.name, self.text(&it.ty)));
        let result = function.result.as_ref().map_or_else(String::new, |ty| format!(" -> {}", self.text(ty)));
        format!("{kind}({}){result}", parameters.collect::<Vec<_>>().join(", "))
    }

    fn text(&self, ty: &Type) -> String {
        let Type::Id(id) = ty else { return format!("{ty:?}").to_lowercase() };
        let definition = &self.resolve.types[*id];
        let Some(name) = &definition.name else { return self.definition(&definition.kind) };
        match definition.owner {
            TypeOwner::Interface(owner) => format!("{}.{name}", self.interface_name(owner)),
            _ => name.clone(),
        }
    }

    /// The name within this package; that of another package's interface in full, `wasi:io/streams@0.2.0`.
    fn interface_name(&self, id: InterfaceId) -> String {
        let interface = &self.resolve.interfaces[id];
        let foreign = interface.package.is_some_and(|package| package != self.id);
        let full = if foreign { self.resolve.id_of(id) } else { None };
        full.or_else(|| interface.name.clone()).unwrap_or_else(|| "?".to_owned())
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
            TypeDefKind::FixedLengthList(ty, length) => format!("list<{}, {length}>", self.text(ty)),
            TypeDefKind::Map(key, value) => format!("map<{}, {}>", self.text(key), self.text(value)),
            TypeDefKind::Result(it) => {
                format!("result<{}, {}>", self.optional(it.ok.as_ref()), self.optional(it.err.as_ref()))
            }
            TypeDefKind::Future(ty) => format!("future<{}>", self.optional(ty.as_ref())),
            TypeDefKind::Stream(ty) => format!("stream<{}>", self.optional(ty.as_ref())),
            TypeDefKind::Handle(Handle::Own(id)) => self.text(&Type::Id(*id)),
            TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", self.text(&Type::Id(*id))),
            TypeDefKind::Type(ty) => self.text(ty),
            TypeDefKind::Resource | TypeDefKind::Unknown => kind.as_str().to_owned(),
        }
    }

    /// Items of a world by name.
    pub(super) fn items<'a>(
        &self,
        items: impl IntoIterator<Item = (&'a WorldKey, &'a WorldItem)>,
    ) -> BTreeMap<String, String> {
        let named = items.into_iter().map(|(key, item)| {
            let name = match key {
                WorldKey::Name(name) => name.clone(),
                WorldKey::Interface(id) => self.interface_name(*id),
            };
            let text = match item {
                WorldItem::Interface { .. } => "interface".to_owned(),
                WorldItem::Function(function) => self.signature(function),
                WorldItem::Type { id, .. } => self.definition(&self.resolve.types[*id].kind),
            };
            (name, text)
        });
        named.collect()
    }

    /// The interfaces that a world defines in place.
    fn in_place<'a>(
        &self,
        items: impl IntoIterator<Item = (&'a WorldKey, &'a WorldItem)>,
    ) -> BTreeMap<String, &Interface> {
        let inline = items.into_iter().filter_map(|(key, item)| match (key, item) {
            (WorldKey::Name(name), WorldItem::Interface { id, .. }) => {
                Some((name.clone(), &self.resolve.interfaces[*id]))
            }
            _ => None,
        });
        inline.collect()
    }
}

fn compare_worlds(name: &str, old: (&Package, &World), new: (&Package, &World), found: &mut Vec<String>) {
    let was = old.0.items(&old.1.imports);
    let is = new.0.items(&new.1.imports);
    for import in is.keys().filter(|import| !was.contains_key(*import)) {
        found.push(format!("world {name} imports {import}, which hosts do not provide"));
    }
    compare(&format!("world {name}, import"), &was, &is, found);
    compare(
        &format!("world {name}, export"),
        &old.0.items(&old.1.exports),
        &new.0.items(&new.1.exports),
        found,
    );
    let imports = (old.0.in_place(&old.1.imports), new.0.in_place(&new.1.imports));
    let exports = (old.0.in_place(&old.1.exports), new.0.in_place(&new.1.exports));
    for ((was, is), provided) in [(imports, true), (exports, false)] {
        for (key, before) in was {
            if let Some(after) = is.get(&key) {
                let whose = format!("world {name}, {key}");
                compare_interfaces(&whose, (old.0, before), (new.0, after), provided, found);
            }
        }
    }
}

/// What is gone or changed; and, where hosts provide the interface, what they would have to provide in addition.
fn compare_interfaces(
    whose: &str,
    old: (&Package, &Interface),
    new: (&Package, &Interface),
    provided: bool,
    found: &mut Vec<String>,
) {
    compare(whose, &old.0.signatures(old.1), &new.0.signatures(new.1), found);
    if provided {
        let functions = new.1.functions.keys().filter(|name| !old.1.functions.contains_key(*name));
        let resources = new.0.types(new.1).filter(|(name, it)| {
            matches!(it.kind, TypeDefKind::Resource) && !old.1.types.contains_key(*name)
        });
        let added = functions.map(String::as_str).chain(resources.map(|(name, _)| name));
        found.extend(added.map(|name| format!("{whose}.{name} is new, and hosts provide {whose}")));
    }
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
#[path = "compatible_tests.rs"]
mod tests;
