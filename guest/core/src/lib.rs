//! The artefact `postroom-core.wasm`: the library by the world `core`, which reaches no server.

#![cfg(target_family = "wasm")]
#![allow(unsafe_code)] // the generated export table

use postroom_plugin::component::bindings::exports::postroom::plugin::info::{DocumentKind, Guest};
use postroom_plugin::component::{Component, vocabulary};
use postroom_plugin::export_interfaces;

/// Says which world this is; its types are not used, the library has them.
#[allow(dead_code, missing_docs, unreachable_pub, clippy::all)]
mod world {
    wit_bindgen::generate!({ path: "../../wit", world: "core" });
}

/// What says of itself that it does not submit.
struct Core;

impl Guest for Core {
    fn version() -> String {
        Component::version()
    }

    fn kinds() -> Vec<DocumentKind> {
        Component::kinds()
    }

    fn vocabulary() -> Vec<(String, Vec<String>)> {
        vocabulary(false)
    }

    fn limits() -> Vec<(String, u32)> {
        Component::limits()
    }

    fn explain(code: String, language: String) -> Option<String> {
        Component::explain(code, language)
    }
}

export_interfaces!(Core: info);
export_interfaces!(Component:
    accounts composing documents drafts inbound letters mailbox matching openings reading recipients schedule suppressions templates tracking webhooks
);
