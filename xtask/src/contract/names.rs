//! Names and types that make the contract awkward to use from another language, although they are correct.
//!
//! - A *reserved word*: each generator writes it otherwise, and from Python it is `getattr(message, "from")`.
//! - *One name for two types*: whoever imports both interfaces has to rename one, and readers mix them up.
//! - *64 bits for a length*: a `BigInt` in JavaScript, which does not add to a number and can't be written as JSON.
//! - *Bytes alone*: from languages without a compiler each byte of a `list<u8>` becomes a value of its own (in Python
//!   0.8 µs and 81 bytes of memory), so a variant offers a `string` beside it.

use super::Package;
use super::reserved::{Role, reserving};
use std::collections::BTreeMap;
use wit_parser::{Interface, Type, TypeDef, TypeDefKind};

/// Where a `list<u8>` may stand without a `string` beside it, and why.
pub(super) const BYTES: &[(&str, &str)] = &[
    (
        "composing.file.content",
        "what `assemble` puts in: one that pays for each byte puts chunks together itself",
    ),
    ("composing.assemble", "a message as it travels, for hosts that can't stream it"),
];

/// The last words of names that count bytes or items.
const LENGTHS: &[&str] = &["size", "length", "offset", "limit"];

/// A field, case, parameter or result: path, name, what it is, its type.
struct Part<'a> {
    path: String,
    name: Option<(&'a str, Role)>,
    ty: Option<&'a Type>,
    /// A case of a variant that has one of `string`, too.
    beside_text: bool,
}

impl Package {
    /// Lists what is awkward. `bytes` are the places where bytes may stand alone; one of them where none stand is told
    /// as well.
    pub(super) fn awkward(&self, bytes: &[(&str, &str)]) -> Vec<String> {
        let mut found = Vec::new();
        let mut definitions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut used = Vec::new();
        for (name, interface) in self.interfaces() {
            check_word(name, name, Role::Interface, &mut found);
            for (ty, definition) in self.types(interface) {
                if !self.is_borrowed(definition) {
                    definitions.entry(ty).or_default().push(name);
                }
                if self.is_named_here(ty, definition) {
                    check_word(&format!("{name}.{ty}"), ty, Role::Type, &mut found);
                }
            }
            for (function, it) in &interface.functions {
                check_word(&format!("{name}.{function}"), it.item_name(), Role::Function, &mut found);
            }
            for part in self.all_parts(name, interface) {
                if let Some((word, role)) = part.name {
                    check_word(&part.path, word, role, &mut found);
                    let last = word.rsplit('-').next().unwrap_or(word);
                    if LENGTHS.contains(&last) && part.ty.is_some_and(|ty| self.is_wide(ty)) {
                        found.push(format!("{}: 64 bits where 32 count to 4 GiB", part.path));
                    }
                }
                if part.ty.is_some_and(|ty| self.holds_bytes(ty)) && !part.beside_text {
                    used.push(part.path);
                }
            }
            for (ty, definition) in self.types(interface) {
                let parts = super::parts(&definition.kind);
                if parts.is_empty()
                    && !self.is_borrowed(definition)
                    && self.kind_holds_bytes(&definition.kind)
                {
                    used.push(format!("{name}.{ty}"));
                }
            }
        }
        for (name, places) in definitions.iter().filter(|(_, places)| places.len() > 1) {
            found.push(format!("{name} is defined in {}", places.join(" and ")));
        }
        let excepted = |path: &str| bytes.iter().any(|(known, _)| *known == path);
        for path in used.iter().filter(|path| !excepted(path)) {
            found.push(format!(
                "{path}: list<u8> alone: a variant that has a string beside it costs less in Python"
            ));
        }
        for (path, _) in bytes.iter().filter(|(path, _)| !used.iter().any(|it| it == path)) {
            found.push(format!("{path} may hold bytes and holds none: strike it from the exceptions"));
        }
        found
    }

    /// Anything but a `use` that keeps the name.
    fn is_named_here(&self, name: &str, definition: &TypeDef) -> bool {
        match definition.kind {
            TypeDefKind::Type(Type::Id(origin)) if self.is_borrowed(definition) => {
                self.resolve.types[origin].name.as_deref() != Some(name)
            }
            _ => true,
        }
    }

    fn all_parts<'a>(&'a self, name: &str, interface: &'a Interface) -> Vec<Part<'a>> {
        let mut all = Vec::new();
        for (ty, definition) in self.types(interface) {
            all.extend(parts_of(&format!("{name}.{ty}"), &definition.kind));
        }
        for (function, it) in &interface.functions {
            let path = format!("{name}.{function}");
            all.extend(it.params.iter().map(|parameter| Part {
                path: format!("{path}.{}", parameter.name),
                name: Some((parameter.name.as_str(), Role::Parameter)),
                ty: Some(&parameter.ty),
                beside_text: false,
            }));
            let result = it.result.as_ref();
            all.extend(result.map(|ty| Part { path, name: None, ty: Some(ty), beside_text: false }));
        }
        all
    }

    /// Whether it is a number of 64 bits, by whatever name, or a list or option of such.
    fn is_wide(&self, ty: &Type) -> bool {
        match ty {
            Type::U64 | Type::S64 => true,
            Type::Id(id) => match &self.resolve.types[*id].kind {
                TypeDefKind::Type(inner) | TypeDefKind::Option(inner) | TypeDefKind::List(inner) => {
                    self.is_wide(inner)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether bytes stand in it. A type with a name is looked at where it is defined.
    fn holds_bytes(&self, ty: &Type) -> bool {
        let Type::Id(id) = ty else { return false };
        let definition = &self.resolve.types[*id];
        definition.name.is_none() && self.kind_holds_bytes(&definition.kind)
    }

    fn kind_holds_bytes(&self, kind: &TypeDefKind) -> bool {
        let within = |ty: &Option<Type>| ty.as_ref().is_some_and(|ty| self.holds_bytes(ty));
        match kind {
            TypeDefKind::List(Type::U8) | TypeDefKind::FixedLengthList(Type::U8, _) => true,
            TypeDefKind::List(ty)
            | TypeDefKind::FixedLengthList(ty, _)
            | TypeDefKind::Option(ty)
            | TypeDefKind::Type(ty) => self.holds_bytes(ty),
            TypeDefKind::Map(key, value) => self.holds_bytes(key) || self.holds_bytes(value),
            TypeDefKind::Tuple(it) => it.types.iter().any(|ty| self.holds_bytes(ty)),
            TypeDefKind::Result(it) => within(&it.ok) || within(&it.err),
            _ => false,
        }
    }
}

/// Fields and cases.
fn parts_of<'a>(path: &str, kind: &'a TypeDefKind) -> Vec<Part<'a>> {
    let part = |name: &'a str, role: Role, ty: Option<&'a Type>, beside_text: bool| Part {
        path: format!("{path}.{name}"),
        name: Some((name, role)),
        ty,
        beside_text,
    };
    match kind {
        TypeDefKind::Record(it) => {
            it.fields.iter().map(|field| part(&field.name, Role::Field, Some(&field.ty), false)).collect()
        }
        TypeDefKind::Variant(it) => {
            let text = it.cases.iter().any(|case| case.ty == Some(Type::String));
            it.cases.iter().map(|case| part(&case.name, Role::VariantCase, case.ty.as_ref(), text)).collect()
        }
        TypeDefKind::Enum(it) => {
            it.cases.iter().map(|case| part(&case.name, Role::EnumCase, None, false)).collect()
        }
        TypeDefKind::Flags(it) => {
            it.flags.iter().map(|flag| part(&flag.name, Role::Flag, None, false)).collect()
        }
        _ => Vec::new(),
    }
}

fn check_word(path: &str, word: &str, role: Role, found: &mut Vec<String>) {
    let languages = reserving(word, role);
    if let [others @ .., last] = &languages[..] {
        let list =
            if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) };
        found.push(format!("{path}: \"{word}\" is a keyword of {list}"));
    }
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
