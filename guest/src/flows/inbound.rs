//! Understanding a message that is in hand or lies in a mailbox.

use super::Place;
use super::files::in_blocks;
use crate::domain::inbound::{Refused, Report, limits, read};
use chrono::{DateTime, FixedOffset};

/// Messages on their server. `E` is the port's own failure, passed on as it is.
pub trait Messages {
    /// Why a question has no answer.
    type Error;

    /// At most `length` bytes of the raw message from `offset`; fewer at its end.
    ///
    /// # Errors
    /// The port's own.
    fn fetch(&mut self, account: &str, at: &Place, offset: u64, length: u32) -> Result<Vec<u8>, Self::Error>;
}

/// Where the message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In hand.
    Raw(Vec<u8>),
    /// In a mailbox: the account and the place.
    Stored(String, Place),
}

/// Why a message was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InboundError<E> {
    /// It is beyond the limits.
    Refused(Refused),
    /// The mailbox could not be asked.
    Mailbox(E),
}

/// Bytes of one request: what the contract allows.
const AT_ONCE: u32 = 1 << 20;

/// Understands a message.
///
/// # Errors
/// [`InboundError`].
pub fn classify<M: Messages>(
    origin: Origin,
    own_addresses: &[String],
    now: DateTime<FixedOffset>,
    messages: &mut M,
) -> Result<Report, InboundError<M::Error>> {
    let raw = match origin {
        Origin::Raw(raw) => raw,
        Origin::Stored(account, place) => {
            in_blocks(AT_ONCE, limits::MESSAGE, |offset| messages.fetch(&account, &place, offset, AT_ONCE))
                .map_err(InboundError::Mailbox)?
        }
    };
    read(&raw, own_addresses, now).map_err(InboundError::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::inbound::Class;

    struct Mailbox(Vec<u8>);

    impl Messages for Mailbox {
        type Error = &'static str;

        fn fetch(&mut self, _: &str, at: &Place, offset: u64, length: u32) -> Result<Vec<u8>, Self::Error> {
            if at.uid == 0 {
                return Err("no such message");
            }
            let rest = self.0.get(offset as usize..).unwrap_or_default();
            Ok(rest.iter().take(length as usize).copied().collect())
        }
    }

    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-11-22T09:30:00+01:00").unwrap()
    }

    #[test]
    fn a_message_in_a_mailbox_is_the_message_in_hand() {
        let mut raw =
            b"From: a@b.example\r\nIn-Reply-To: <1@us.example>\r\nSubject: Re: Invoice\r\n\r\nThanks.\r\n"
                .to_vec();
        for size in [0, AT_ONCE as usize, 2 * AT_ONCE as usize + 1] {
            raw.resize(raw.len().max(size), b'x');
            let place = |uid| Place { folder: "INBOX".into(), uid_validity: 1, uid };
            let stored = Origin::Stored("office".into(), place(7));
            let in_hand = classify(Origin::Raw(raw.clone()), &[], now(), &mut Mailbox(vec![])).unwrap();
            assert_eq!(in_hand.class, Class::Ordinary, "{size}");
            assert_eq!(classify(stored, &[], now(), &mut Mailbox(raw.clone())), Ok(in_hand), "{size}");
            let gone = classify(Origin::Stored("office".into(), place(0)), &[], now(), &mut Mailbox(vec![]));
            assert_eq!(gone, Err(InboundError::Mailbox("no such message")));
        }
    }

    #[test]
    fn a_message_that_has_no_end_is_refused() {
        struct Endless;
        impl Messages for Endless {
            type Error = &'static str;
            fn fetch(&mut self, _: &str, _: &Place, _: u64, length: u32) -> Result<Vec<u8>, Self::Error> {
                Ok(vec![b'x'; length as usize])
            }
        }
        let place = Place { folder: "INBOX".into(), uid_validity: 1, uid: 1 };
        let found = classify(Origin::Stored("office".into(), place), &[], now(), &mut Endless);
        assert!(matches!(found, Err(InboundError::Refused(_))), "{found:?}");
    }
}
