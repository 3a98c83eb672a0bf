//! The export `templates`: conversions around the use cases, no decisions.

use crate::component::bindings::exports::postroom::plugin::templates::{Guest, Text, TextFinding};
use crate::component::{Component, call};
use crate::domain::kind::DocumentKind;
use crate::domain::template::{lint, shipped, variables};

impl Guest for Component {
    fn catalogue() -> Vec<String> {
        let _call = call::begin();
        shipped::catalogue().map(str::to_owned).collect()
    }

    fn shipped(name: String) -> Option<String> {
        let _call = call::begin();
        shipped::source(&name).map(str::to_owned)
    }

    fn variables(kind: String) -> Option<String> {
        let _call = call::begin();
        variables::of_kind(DocumentKind::named(&kind)?)
    }

    fn check(overrides: Vec<Text>) -> Vec<TextFinding> {
        let _call = call::begin();
        let overrides = overrides.into_iter().map(|text| (text.name, text.source)).collect();
        let findings = lint::check(&overrides).into_iter();
        findings
            .map(|of| TextFinding {
                severity: of.severity.name().to_owned(),
                name: of.name,
                line: of.line,
                rule: of.rule.name().to_owned(),
                detail: of.detail,
            })
            .collect()
    }
}
