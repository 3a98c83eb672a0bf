//! Greylisting as servers on the internet do it: a new client gets 451, and is let in when it comes back. A policy
//! server for Postfix (`SMTPD_POLICY_README`), on a thread of the test process.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What a newcomer hears.
pub(crate) const WORDS: &str = "Greylisted, please come back in 60 seconds";

/// Starts it and gives its port.
pub(super) fn start() -> std::io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || answer(&stream, &seen));
        }
    });
    Ok(port)
}

/// Answers requests on one connection: lines of `name=value`, and an empty one at the end.
fn answer(stream: &TcpStream, seen: &Mutex<BTreeSet<String>>) -> Option<()> {
    let mut recipient = String::new();
    for line in BufReader::new(stream).lines() {
        let line = line.ok()?;
        if let Some(address) = line.strip_prefix("recipient=") {
            address.clone_into(&mut recipient);
        }
        if line.is_empty() {
            let newcomer = recipient.starts_with("greylisted-")
                && seen.lock().unwrap_or_else(PoisonError::into_inner).insert(recipient.clone());
            let action = if newcomer { format!("451 4.7.1 {WORDS}") } else { "dunno".to_owned() };
            write!(&mut &*stream, "action={action}\n\n").ok()?;
        }
    }
    Some(())
}
