//! The export `info`: conversions around the use cases, no decisions.

use crate::component::bindings::exports::postroom::plugin::info::{DocumentKind, Guest};
use crate::component::convert::language_in;
use crate::component::{Component, call};
use crate::domain::kind::{Audience, TABLE};
use crate::domain::office;
use crate::flows;

impl Guest for Component {
    fn version() -> String {
        let _call = call::begin();
        env!("CARGO_PKG_VERSION").to_owned()
    }

    fn kinds() -> Vec<DocumentKind> {
        let _call = call::begin();
        let kinds = TABLE.iter().map(|(kind, uses)| DocumentKind {
            name: kind.name().to_owned(),
            audience: match kind.audience() {
                Audience::Customer => "customer".to_owned(),
                Audience::Vendor => "vendor".to_owned(),
            },
            use_cases: uses.iter().map(|u| u.name().to_owned()).collect(),
        });
        kinds.collect()
    }

    fn vocabulary() -> Vec<(String, Vec<String>)> {
        vocabulary(true)
    }

    fn limits() -> Vec<(String, u32)> {
        let _call = call::begin();
        let limit = |(name, limit): (&str, u64)| (name.to_owned(), u32::try_from(limit).unwrap_or(u32::MAX));
        flows::limits().into_iter().map(limit).collect()
    }

    fn explain(code: String, language: String) -> Option<String> {
        let _call = call::begin();
        office::explain(&code, language_in(&language)).map(str::to_owned)
    }
}

/// Lists what `info.vocabulary` gives in an artefact that reaches the network, or in one that does not.
pub fn vocabulary(reaches_network: bool) -> Vec<(String, Vec<String>)> {
    let _call = call::begin();
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    let lists = flows::lists(reaches_network).into_iter();
    lists.map(|(name, names)| (name.to_owned(), owned(names))).collect()
}
