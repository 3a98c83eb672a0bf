//! Ways to go wrong, each by its name.

use std::sync::atomic::{AtomicU32, Ordering};

/// Begins a use case that is a request to misbehave.
const REQUEST: &str = "misbehave:";

/// Calls that this instance has been asked to count.
static CALLS: AtomicU32 = AtomicU32::new(0);

/// Misbehaves where the use case asks for it; gives an answer where the misbehaviour has one.
#[allow(clippy::panic)] // on request
pub(super) fn on_request(use_case: &str) -> Option<String> {
    let request = use_case.strip_prefix(REQUEST)?;
    match request {
        "loop" => {
            let mut turns = 0_u64;
            loop {
                turns = std::hint::black_box(turns.wrapping_add(1));
            }
        }
        "memory" => {
            let mut held = Vec::new();
            loop {
                held.push(std::hint::black_box(vec![1_u8; 1 << 20]));
            }
        }
        "stack" => Some(deeper(1).to_string()),
        "enter" => {
            // As an import does that calls back.
            drop(postroom_plugin::component::begin());
            None
        }
        "panic" => panic!("misbehaving on request"),
        "trap" => core::arch::wasm32::unreachable(),
        "count" => Some(CALLS.fetch_add(1, Ordering::Relaxed).to_string()),
        _ => request.strip_prefix("find:").map(|complement| occurs(complement).to_string()),
    }
}

#[allow(unconditional_recursion)]
fn deeper(depth: u64) -> u64 {
    let below = std::hint::black_box(deeper(std::hint::black_box(depth + 1)));
    below + depth
}

/// True if a text occurs anywhere in the instance's memory. It is given as the complement of its bytes in hexadecimal, so that asking does
/// not put it there.
fn occurs(complement: &str) -> bool {
    let digits = complement.as_bytes().chunks(2);
    let sought = digits.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let sought = sought.collect::<Vec<_>>();
    let end = (core::arch::wasm32::memory_size(0) << 16).saturating_sub(sought.len());
    let at = |address: usize| {
        #[allow(unsafe_code)] // every address below the size of the memory is one of ours
        unsafe {
            std::ptr::read_volatile(std::ptr::with_exposed_provenance::<u8>(address))
        }
    };
    (1..end).any(|start| sought.iter().enumerate().all(|(offset, byte)| at(start + offset) == !byte))
}
