//! A program that is asked to stop: SIGTERM and Ctrl-C. What it has in hand is finished first, so that nothing is left in doubt
//! without need; a second signal does not wait for it.

use super::Failure;
use postroom::app::StopSignal;
use std::io;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The exit code of a program that ended at the second word: that of the shells for SIGINT.
const AT_ONCE: i32 = 130;

/// Listens from now on, not from the first wait. Once in a program: each listener would count the words for itself, and the
/// program ends at once at the second that one of them hears.
///
/// # Errors
/// The system does not let a program listen for signals.
pub(super) fn listen() -> Result<StopSignal, Failure> {
    let mut words = Words::new().map_err(|e| Failure::other(format!("can't listen for signals: {e}")))?;
    let (sender, signal) = StopSignal::channel();
    tokio::spawn(async move {
        words.next().await;
        sender.ask();
        words.next().await;
        // The sender lives until then, whether a receiver waits or not.
        end_at_once();
    });
    Ok(signal)
}

/// What asks a program to stop.
#[cfg(unix)]
struct Words {
    terminate: Signal,
    interrupt: Signal,
}

#[cfg(unix)]
impl Words {
    fn new() -> io::Result<Self> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// What asks a program to stop where there is nothing but Ctrl-C.
#[cfg(not(unix))]
struct Words;

#[cfg(not(unix))]
impl Words {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Ends the program as a kill would: mails in an attempt are due again, or in doubt, at the next start.
fn end_at_once() -> ! {
    eprintln!("postroom: ended at once; what was in hand goes on with the next start, or is in doubt");
    std::process::exit(AT_ONCE)
}
