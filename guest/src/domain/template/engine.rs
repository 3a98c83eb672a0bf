//! The engine's setting: strict, escaping by file type, bounded, and without anything to load but the
//! catalogue and what is put over it.
//!
//! A parsed text is kept for the life of the instance, in a set per distinct group of overrides, since parsing
//! costs several times what rendering does. Texts are parsed when first asked for: a cold instance pays for
//! its one mail only.

use super::fault::{Rule, TemplateFault};
use super::names::{LAYOUT_ROOT, ROOT};
use super::value::{Amount, Date, absent, to_decimal, wrong};
use super::words::Words;
use super::{format, shipped};
use crate::domain::kind::Purpose;
use crate::domain::language::{Language, Locale};
use crate::domain::settings::Overrides;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, State, UndefinedBehavior, escape_formatter};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

/// Steps that one text may take. The layout with 200 lines takes about a hundredth.
const FUEL: u64 = 500_000;
/// Macros and includes may nest this deep.
const DEPTH: usize = 40;
/// Bytes that one text may produce.
const OUTPUT: usize = 1_000_000;
/// Sets of overrides kept parsed: a company's, and some of its users'.
const SETS: usize = 4;

/// The texts under one group of overrides, parsed as they are asked for.
pub(super) struct TextSet {
    overrides: Arc<Overrides>,
    /// A subject or body is prose: its line breaks are kept.
    prose: Environment<'static>,
    /// The environment of layouts: a line with a statement alone leaves nothing behind.
    layout: Environment<'static>,
    words: BTreeMap<(Locale, Locale), Rc<Words>>,
}

thread_local! {
    static PARSED: RefCell<Vec<TextSet>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with the texts under these overrides.
pub(super) fn with_texts<R>(overrides: &Overrides, work: impl FnOnce(&mut TextSet) -> R) -> R {
    PARSED.with_borrow_mut(|sets| {
        match sets.iter().position(|set| *set.overrides == *overrides) {
            Some(0) => {}
            Some(at) => sets[..=at].rotate_right(1),
            None => {
                sets.truncate(SETS - 1);
                sets.insert(0, TextSet::new(overrides.clone()));
            }
        }
        work(&mut sets[0])
    })
}

/// Prefix to the name of a German text that is to be read without ß.
const WITH_SS: &str = "ss:";

/// The origin of a text, the highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    User,
    Company,
    Shipped,
}

impl TextSet {
    pub(super) fn new(overrides: Overrides) -> Self {
        let overrides = Arc::new(overrides);
        let prose = environment(Arc::clone(&overrides));
        let mut layout = prose.clone();
        if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
            layout.set_syntax(syntax);
        }
        Self { overrides, prose, layout, words: BTreeMap::new() }
    }

    fn environment(&self, name: &str) -> &Environment<'static> {
        if name.starts_with("layout/") { &self.layout } else { &self.prose }
    }

    /// Returns the highest level that has a text.
    pub(super) fn level(&self, name: &str) -> Option<Level> {
        if self.overrides.user.contains_key(name) {
            Some(Level::User)
        } else if self.overrides.company.contains_key(name) {
            Some(Level::Company)
        } else {
            shipped::source(name).map(|_| Level::Shipped)
        }
    }

    /// Finds the text of a pair: the user's before the company's before the shipped one, and on each level that of the region before that
    /// of the language. German for Switzerland is the language's own, without ß.
    pub(super) fn find(&self, purpose: Purpose, locale: Locale, file: &str) -> Option<(String, Level)> {
        let regional = shipped::path(purpose, locale, file);
        if locale.region.is_none() {
            return self.level(&regional).map(|level| (regional, level));
        }
        let general = shipped::path(purpose, Locale::of(locale.language), file);
        let level = [self.level(&regional), self.level(&general)];
        match level {
            [Some(own), None] => Some((regional, own)),
            [Some(own), Some(all)] if own <= all => Some((regional, own)),
            [_, Some(all)] if locale.writes_ss() => Some((format!("{WITH_SS}{general}"), all)),
            [_, Some(all)] => Some((general, all)),
            [None, None] => None,
        }
    }

    /// Renders a text.
    pub(super) fn render(&self, name: &str, context: Value) -> Result<String, TemplateFault> {
        let fault = |error| self.fault(&error, name);
        let template = self.environment(name).get_template(name).map_err(fault)?;
        // Room for nearly every mail: what grows is moved.
        let room = if name.ends_with(".html") { 32 << 10 } else { 4 << 10 };
        let mut out = Bounded(Vec::with_capacity(room));
        template.render_captured_to(context, &mut out).map_err(fault)?;
        // With vector instructions in the sandbox too; a copy costs little beside std's walk by words of 32 bits.
        let text = simdutf8::basic::from_utf8(&out.0);
        text.map(str::to_owned).map_err(|_| TemplateFault::new(name, "its output is not text"))
    }

    /// Returns the fixed words for a reader, those of tax as in the issuer's country; overrides over shipped ones, regions over languages.
    pub(super) fn words(
        &mut self,
        locale: Locale,
        country: Option<&str>,
    ) -> Result<Rc<Words>, TemplateFault> {
        let issuer = country
            .map_or(Locale::of(locale.language), |country| Locale::of(locale.language).in_country(country));
        let (reader, issuer) = (self.region(locale), self.region(issuer));
        if let Some(words) = self.words.get(&(reader, issuer)) {
            return Ok(Rc::clone(words));
        }
        let mut words = self.read_words(reader)?;
        if issuer != reader {
            words = words.taxed_as(&self.read_words(issuer)?);
        }
        let words = Rc::new(if locale.writes_ss() { words.with_ss() } else { words });
        self.words.insert((reader, issuer), Rc::clone(&words));
        Ok(words)
    }

    /// Returns the locale, without a region that has no words of its own.
    fn region(&self, locale: Locale) -> Locale {
        let has_own = self.level(&Words::path(locale)).is_some() || locale.writes_ss();
        if has_own { locale } else { Locale::of(locale.language) }
    }

    fn read_words(&self, locale: Locale) -> Result<Words, TemplateFault> {
        let paths = [Words::path(Locale::of(locale.language)), Words::path(locale)];
        let paths = &paths[..1 + usize::from(locale.region.is_some())];
        let Overrides { company, user } = self.overrides.as_ref();
        let mut levels: Vec<(&str, &str)> = Vec::new();
        levels.extend(paths.iter().filter_map(|path| Some((path.as_str(), shipped::source(path)?))));
        for own in [company, user] {
            levels.extend(paths.iter().filter_map(|path| Some((path.as_str(), own.get(path)?.as_str()))));
        }
        Words::read(levels.into_iter())
    }

    /// Lists the names that a text reads without declaring them.
    pub(super) fn undeclared(&self, name: &str, nested: bool) -> Result<Vec<String>, TemplateFault> {
        let template = self.environment(name).get_template(name).map_err(|e| TemplateFault::of(&e, name))?;
        let mut names: Vec<String> = template.undeclared_variables(nested).into_iter().collect();
        names.sort();
        Ok(names)
    }

    /// Adds to a fault which of the business system's own fields a line prints that this document does not have.
    fn name_own_field(&self, fault: &mut TemplateFault) {
        let name = fault.name.as_str();
        let Ok(template) = self.environment(name).get_template(name) else { return };
        let line = fault.line.and_then(|line| template.source().lines().nth(line as usize - 1));
        let own = self.undeclared(name, true).unwrap_or_default().into_iter();
        let own: Vec<_> = own
            .filter(|field| field.starts_with("document.extra.") && line.is_some_and(|l| l.contains(field)))
            .collect();
        if let Some(first) = own.first() {
            fault.detail = format!(
                "the document has no \"{}\": give it, guard it with {{% if {first} %}}, or print {{{{ {first} | default(\"\") }}}}",
                own.join("\" or \"")
            );
        }
    }

    fn fault(&self, error: &Error, name: &str) -> TemplateFault {
        let mut fault = TemplateFault::of(error, name);
        if let Some(real) = fault.name.strip_prefix(WITH_SS) {
            fault.name = real.to_owned();
        }
        if fault.rule == Rule::AbsentValue {
            self.name_own_field(&mut fault);
        }
        // The engine does not name a variable that is not there at all: the text's own list of names does.
        if error.kind() == minijinja::ErrorKind::UndefinedError && error.detail().is_none() {
            let known = |n: &String| ROOT.contains(&n.as_str()) || n == LAYOUT_ROOT;
            let unknown = self.undeclared(&fault.name, false).unwrap_or_default();
            let unknown: Vec<_> = unknown.into_iter().filter(|n| !known(n) && n != "plural").collect();
            if !unknown.is_empty() {
                let roots = ROOT.join(", ");
                fault.detail =
                    format!("there is no \"{}\": a text begins with {roots}", unknown.join("\", \""));
            }
        }
        fault
    }
}

fn environment(overrides: Arc<Overrides>) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(DEPTH);
    env.set_auto_reload(false);
    env.set_auto_escape_callback(
        |name| {
            if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
        },
    );
    env.set_formatter(|out, state, value| match value.as_str() {
        // As the engine would, without the formatting machinery: most of what is printed is such text.
        Some(text) if value.is_safe() || *state.auto_escape() == AutoEscape::None => Ok(out.write_str(text)?),
        None if value.is_none() => Err(absent()),
        _ => escape_formatter(out, state, value),
    });
    env.set_loader(move |name| {
        let (name, with_ss) = name.strip_prefix(WITH_SS).map_or((name, false), |name| (name, true));
        let own = overrides.user.get(name).or_else(|| overrides.company.get(name)).map(String::as_str);
        let source = own.or_else(|| shipped::source(name));
        Ok(source.map(|source| if with_ss { source.replace('ß', "ss") } else { source.to_owned() }))
    });
    env.add_filter("default", or_default);
    env.add_filter("d", or_default);
    env.add_filter("money", |value: Value| match value.downcast_object_ref::<Amount>() {
        Some(_) => Ok(value),
        None => Err(wrong(&value, "an amount of money")),
    });
    env.add_filter("date", |value: Value| match value.downcast_object_ref::<Date>() {
        Some(_) => Ok(value),
        None => Err(wrong(&value, "a date")),
    });
    env.add_filter("date_short", |value: Value| match value.downcast_object_ref::<Date>() {
        Some(found) => Ok(format::short_date(found.date, found.locale)),
        None => Err(wrong(&value, "a date")),
    });
    env.add_filter("number", |state: &State<'_, '_>, value: Value| -> Result<String, Error> {
        Ok(format::number(to_decimal(&value)?, locale(state)))
    });
    env.add_function(
        "plural",
        |state: &State<'_, '_>, number: Value, one: String, other: String| -> Result<String, Error> {
            let number = to_decimal(&number)?;
            Ok(if format::is_one(number, locale(state).language) { one } else { other })
        },
    );
    env
}

/// Returns the value, or another where the document has none: `{{ document.extra.route | default("") }}`; with `true` behind it also in
/// place of what is empty or zero, as in the engine's own filter.
fn or_default(value: &Value, other: Option<Value>, lax: Option<bool>) -> Value {
    match value.is_none() || value.is_undefined() || lax == Some(true) && !value.is_true() {
        true => other.unwrap_or_else(|| Value::from("")),
        false => value.clone(),
    }
}

fn locale(state: &State<'_, '_>) -> Locale {
    let tag = state.lookup("locale");
    tag.as_ref().and_then(Value::as_str).and_then(Locale::parse).unwrap_or(Locale::of(Language::En))
}

/// Output that ends at a limit, as an error.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.0.len() + bytes.len() > OUTPUT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
