//! The contract as Rust sees it, generated from `wit/`: the only `bindgen!` of the host, since each costs
//! minutes of compile time.
//!
//! The types of an interface are in the module of its name: [`composing::Job`], [`delivery::Outcome`]. They
//! are plain data; their docs are those of the WIT files.

#![allow(missing_docs, unsafe_code, unreachable_pub)]
#![allow(clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "plugin",
    imports: { default: async | trappable },
    exports: { default: async },
    additional_derives: [serde::Serialize, serde::Deserialize, PartialEq],
});

pub use self::postroom::plugin::{attachments, imap, log, smtp, web};
pub use exports::postroom::plugin::{
    accounts, composing, delivery, documents, drafts, inbound, info, openings, recipients, sent, templates,
    tracking, webhooks,
};
