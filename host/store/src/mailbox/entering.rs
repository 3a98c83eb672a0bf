//! Messages on their way into the index.

use crate::mailbox::types::{Direction, IndexedMessage};
use crate::sql::row::Time;
use chrono::TimeDelta;

/// Bytes of a digest that are stored as a message's identity.
const IDENTITY: usize = 16;

pub(crate) type Identity = [u8; IDENTITY];

/// A message that enters the index now.
pub(crate) struct Entering<'a> {
    pub(crate) number: i64,
    pub(crate) conversation: i64,
    pub(crate) identity: Identity,
    pub(crate) message: &'a IndexedMessage,
}

/// The place of a message in the folder; without a number it is withheld from the index.
pub(crate) struct Placed<'a> {
    pub(crate) number: Option<i64>,
    pub(crate) message: &'a IndexedMessage,
}

/// Returns the identity as it is stored.
pub(crate) fn identity(message: &IndexedMessage) -> Identity {
    let mut identity = Identity::default();
    identity.iter_mut().zip(message.identity).for_each(|(to, from)| *to = from);
    identity
}

/// Returns the time that counts for a message: that of its header, unless it lies well after its arrival.
pub(crate) fn date_of(message: &IndexedMessage) -> Time {
    let limit = message.received.checked_add_signed(TimeDelta::days(1));
    message.date.filter(|date| limit.is_none_or(|limit| *date <= limit)).unwrap_or(message.received)
}

impl IndexedMessage {
    /// Returns true if it is from somebody, and neither a bounce nor an automatic answer.
    pub(crate) fn asks_for_attention(&self) -> bool {
        self.direction == Direction::Incoming && !self.is_quiet && self.kind.is_some()
    }
}
