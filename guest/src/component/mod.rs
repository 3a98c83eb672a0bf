//! The boundary: the contract's exports over [`flows`](crate::flows), its imports as the flows' ports. No
//! decisions are made here; it exists in the sandbox alone.

#[allow(unreachable_pub)] // generated
mod bindings;
mod call;
mod claim;
mod convert;
mod exports;
mod imports;
#[cfg(feature = "misbehave")]
mod misbehaviour;
mod transport;

/// Composing makes many small texts; with this allocator it is a few per cent faster than with std's for this target.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The type that the generated code calls.
struct Component;

#[allow(unsafe_code, unreachable_pub)] // the generated export table
mod export {
    use super::{Component, bindings};
    bindings::export!(Component with_types_in bindings);
}
