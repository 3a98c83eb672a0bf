//! `info`.

use crate::component::bindings::exports::postroom::plugin::info::{Description, Guest, Kind};
use crate::component::{Component, call};
use crate::domain::document;
use crate::domain::kind::{Audience, TABLE};
use crate::domain::language::{Language, Locale};
use crate::domain::office;
use crate::domain::status::{EventKind, EventSource};

/// The world `core` reaches no network.
#[cfg(feature = "core")]
const TRANSPORTS: &[crate::domain::delivery::Transport] = &[];
#[cfg(not(feature = "core"))]
const TRANSPORTS: &[crate::domain::delivery::Transport] = crate::domain::delivery::Transport::ALL;

impl Guest for Component {
    fn describe() -> Description {
        let _call = call::begin();
        let kinds = TABLE.iter().map(|(kind, uses)| Kind {
            name: kind.name().to_owned(),
            audience: match kind.audience() {
                Audience::Customer => "customer".to_owned(),
                Audience::Vendor => "vendor".to_owned(),
            },
            use_cases: uses.iter().map(|u| u.name().to_owned()).collect(),
        });
        Description {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kinds: kinds.collect(),
            languages: Language::ALL.iter().map(|l| l.code().to_owned()).collect(),
            media_types: document::MEDIA_TYPES.iter().map(|m| (*m).to_owned()).collect(),
            schemas: ["document", "settings", "account"].map(str::to_owned).to_vec(),
            event_kinds: EventKind::ALL.iter().map(|k| k.name().to_owned()).collect(),
            event_sources: EventSource::ALL.iter().map(|s| s.name().to_owned()).collect(),
            transports: TRANSPORTS.iter().map(|t| t.name().to_owned()).collect(),
        }
    }

    fn explain(code: String, language: String) -> Option<String> {
        let _call = call::begin();
        let language = Locale::parse(&language).map_or(Language::En, |locale| locale.language);
        office::explain(&code, language).map(str::to_owned)
    }
}
