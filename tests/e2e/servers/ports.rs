//! Ports for servers that have to be told a number before they start.

use std::net::TcpListener;

/// Ports on which nothing listens now: below those that the system gives to outgoing connections, and from a place
/// that differs from process to process.
pub(super) fn free<const N: usize>() -> [u16; N] {
    const FIRST: u32 = 12_000;
    const COUNT: u32 = 18_000;
    let begin = std::process::id().wrapping_mul(7_919);
    let candidates =
        (0..COUNT).filter_map(|step| u16::try_from(FIRST + begin.wrapping_add(step) % COUNT).ok());
    // Held until all are found, so that none is found twice.
    let held: Vec<TcpListener> =
        candidates.filter_map(|port| TcpListener::bind(("127.0.0.1", port)).ok()).take(N).collect();
    let ports: Vec<u16> = held.iter().filter_map(|held| Some(held.local_addr().ok()?.port())).collect();
    ports.try_into().unwrap_or_else(|found| panic!("{N} free ports are needed, there are {found:?}"))
}
