//! A program that is asked to stop: SIGTERM and Ctrl-C. What it has in hand is finished first, so that nothing is left in doubt
//! without need; whoever asks twice does not want to wait.

use super::Failure;
use std::io;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// The exit code of a program that ended at the second word: that of the shells for SIGINT.
const AT_ONCE: i32 = 130;

/// The user's word to stop, for every part of a program that has to hear it.
#[derive(Debug, Clone)]
pub(super) struct StopRequest(watch::Receiver<bool>);

impl StopRequest {
    /// Listens from now on, not from the first wait. Once in a program: each listener would count the words for itself, and the
    /// program ends at once at the second that one of them hears.
    ///
    /// # Errors
    /// The system lets nobody listen.
    pub(super) fn listen() -> Result<Self, Failure> {
        let mut words = Words::new().map_err(|e| Failure::other(format!("can't listen for signals: {e}")))?;
        let (first, asked) = watch::channel(false);
        tokio::spawn(async move {
            words.next().await;
            // Kept until the program ends, whether anybody waits for it or not.
            first.send_replace(true);
            words.next().await;
            end_at_once();
        });
        Ok(Self(asked))
    }

    /// Tells whether the user has asked.
    pub(super) fn was_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the user asks. May be waited for again and again.
    pub(super) async fn asked(&self) {
        let mut asked = self.0.clone();
        if asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
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

/// Ends the program as a kill would: what is in hand is due again, or in doubt, when somebody looks at it next.
fn end_at_once() -> ! {
    eprintln!("postroom: ended at once; what was in hand goes on with the next start, or is in doubt");
    std::process::exit(AT_ONCE)
}
