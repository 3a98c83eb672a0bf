//! The rules, each concept in a folder of its own. Nothing here does I/O, and nothing here knows the
//! boundary.

pub mod account;
pub mod address;
pub mod attachment;
pub mod compose;
pub mod delivery;
pub mod document;
pub mod draft;
pub mod html;
pub mod iban;
pub mod inbound;
pub mod interface_texts;
pub mod kind;
pub mod language;
pub mod matching;
pub mod opening;
pub mod options;
pub mod payment_code;
mod phrases;
pub mod reason;
pub mod recipients;
pub mod sent;
pub mod settings;
pub mod slug;
pub mod status;
pub mod suppression;
pub mod template;
pub mod warning;
pub mod webhook;
