//! The boundary: the contract's exports over [`flows`](crate::flows), its imports as the flows' ports. No
//! decisions are made here; it exists in the sandbox alone.
//!
//! An artefact exports all of it by [`bindings`]' `export!`, or the interfaces that it names by
//! [`export_interfaces!`](crate::export_interfaces).

pub mod bindings;
mod call;
mod claim;
mod convert;
#[doc(hidden)]
pub mod export_macros;
mod exports;
mod imports;
mod transport;

pub use call::begin;
pub use exports::vocabulary;

/// Composing makes many small texts; with this allocator it is a few per cent faster than with std's for this target.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The type that the generated code calls.
#[derive(Debug)]
pub struct Component;
