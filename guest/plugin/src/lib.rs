//! The artefact `postroom.wasm`: the library by the world `plugin`, all of it.

#![cfg(target_family = "wasm")]
#![allow(unsafe_code)] // the generated export table

use postroom_plugin::component::{Component, bindings};

bindings::export!(Component with_types_in bindings);
