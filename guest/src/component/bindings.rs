//! The contract in Rust, generated from `wit/`: the only `generate!` of the library, with all that the world `plugin` has.

#![allow(missing_docs, unsafe_code, unreachable_pub)]
#![allow(clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_types)]

wit_bindgen::generate!({ path: "../wit", world: "plugin", pub_export_macro: true });
