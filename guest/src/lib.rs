//! The Postroom plugin: the rules of business e-mail, sandboxed and pure.
//!
//! Three layers, and arrows go one way: [`component`](crate) (the WebAssembly boundary, wasm only) calls
//! [`flows`] (use cases over ports), which call [`domain`] (rules; no I/O, no clock, no randomness).
//!
//! Natively this crate is an ordinary library: tests and benchmarks run the very code that runs in the
//! sandbox. The artefacts are crates of a few lines over it: `guest/plugin`, `guest/core`, `guest/misbehave`.

pub mod domain;
pub mod flows;

#[cfg(any(test, target_family = "wasm"))]
mod call_lock;
#[cfg(target_family = "wasm")]
pub mod component;
