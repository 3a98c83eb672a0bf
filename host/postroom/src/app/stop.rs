//! A request to stop: what is in hand is finished first, so that nothing is left in doubt without need.

use tokio::sync::watch;

/// The request to stop, for every part of a use case that has to hear it.
#[derive(Debug, Clone)]
pub struct StopSignal(watch::Receiver<bool>);

/// Makes the request.
#[derive(Debug)]
pub struct StopSender(watch::Sender<bool>);

impl StopSignal {
    /// Opens a signal that its sender gives. A sender that is dropped never gives it.
    pub fn channel() -> (StopSender, Self) {
        let (sender, receiver) = watch::channel(false);
        (StopSender(sender), Self(receiver))
    }

    /// Tells whether the request was made.
    pub fn was_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the request. May be called again and again.
    pub async fn asked(&self) {
        let mut asked = self.0.clone();
        if asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl StopSender {
    /// Asks to stop, whether a receiver waits for it or not.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }
}
