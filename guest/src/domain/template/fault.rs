//! Where and why a template failed, in words that its author can act on.

use minijinja::{Error, ErrorKind};
use std::error::Error as _;

crate::domain::status::named! {
    /// Sort of fault, by name: findings are sorted by it.
    Rule, "rule", {
        /// The text needs a value that some documents lack.
        AbsentValue = "absent-value",
        /// The text fails in another way.
        Failing = "failing",
        /// A picture has no alternative text.
        MissingAlt = "missing-alt",
        /// A language has no text.
        MissingLanguage = "missing-language",
        /// The text is not well-formed.
        Syntax = "syntax",
        /// The text's output is too large.
        TooLarge = "too-large",
        /// The text takes too many steps.
        TooManySteps = "too-many-steps",
        /// The text lets a document put markup into the mail.
        Unescaped = "unescaped",
        /// The text names a field that does not exist.
        UnknownField = "unknown-field",
        /// The text's path is not one that is read.
        UnknownPath = "unknown-path",
        /// Mail programs drop some of it.
        Unsupported = "unsupported",
    }
}

/// The name of every sort of fault.
pub const RULES: &[&str] = Rule::NAMES;

/// A template failed: no mail is made from it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}{}: {detail}", line.map(|l| format!(":{l}")).unwrap_or_default())]
pub struct TemplateFault {
    /// Template path.
    pub name: String,
    /// Line in it, from 1, where known.
    pub line: Option<u32>,
    /// What is wrong and what to do.
    pub detail: String,
    /// Sort of fault, as a check reports it.
    pub rule: Rule,
}

impl TemplateFault {
    pub(super) fn new(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), line: None, detail: detail.into(), rule: Rule::Failing }
    }

    /// Reads a fault from the engine's error; the innermost cause is the most specific.
    pub(super) fn of(error: &Error, asked_for: &str) -> Self {
        let mut inner = error;
        while let Some(next) = inner.source().and_then(|s| s.downcast_ref::<Error>()) {
            inner = next;
        }
        let located = if inner.name().is_some() { inner } else { error };
        Self {
            name: located.name().unwrap_or(asked_for).to_owned(),
            line: located.line().and_then(|l| u32::try_from(l).ok()).filter(|l| *l > 0),
            detail: detail(inner),
            rule: rule(inner),
        }
    }
}

fn rule(error: &Error) -> Rule {
    match error.kind() {
        ErrorKind::SyntaxError => Rule::Syntax,
        ErrorKind::UndefinedError => Rule::UnknownField,
        ErrorKind::OutOfFuel => Rule::TooManySteps,
        ErrorKind::WriteFailure => Rule::TooLarge,
        _ if error.detail() == Some(super::value::ABSENT) => Rule::AbsentValue,
        _ => Rule::Failing,
    }
}

fn detail(error: &Error) -> String {
    let detail = error.detail().map(str::to_owned);
    match error.kind() {
        ErrorKind::OutOfFuel => {
            "it takes too many steps to render; is there a loop that does not end?".into()
        }
        ErrorKind::WriteFailure => "its output is larger than a mail may be".into(),
        ErrorKind::UndefinedError => detail.unwrap_or_else(|| "a field that is not known".into()),
        ErrorKind::TemplateNotFound => {
            format!("{}; only shipped and overridden texts can be included", detail.unwrap_or_default())
        }
        kind => match detail {
            Some(detail) => format!("{kind}: {detail}"),
            None => kind.to_string(),
        },
    }
}
