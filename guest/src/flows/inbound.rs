//! Understanding a message that lies in a mailbox; one in hand needs nothing but the domain's rules.

use super::Place;
use super::files::in_blocks;
use crate::domain::inbound::{Refused, Report, limits, read};
use chrono::{DateTime, FixedOffset};

/// Messages on their server. `E` is the port's own failure, passed on as it is.
pub trait Messages {
    /// Why a question has no answer.
    type Error;

    /// Fetches at most `length` bytes of the raw message from `offset`; fewer at its end.
    ///
    /// # Errors
    /// The port's own.
    fn fetch(&mut self, account: &str, at: &Place, offset: u64, length: u32) -> Result<Vec<u8>, Self::Error>;
}

/// Why a message was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredError<E> {
    /// The message is beyond the limits.
    Refused(Refused),
    /// The mailbox could not be asked.
    Mailbox(E),
}

/// Bytes of one request: what the contract allows.
const AT_ONCE: u32 = 1 << 20;

/// Fetches a message and classifies it.
pub fn classify_stored<M: Messages>(
    account: &str,
    at: &Place,
    own_addresses: &[String],
    now: DateTime<FixedOffset>,
    messages: &mut M,
) -> Result<Report, StoredError<M::Error>> {
    let fetch = |offset| messages.fetch(account, at, offset, AT_ONCE);
    let raw = in_blocks(AT_ONCE, limits::MESSAGE, fetch).map_err(StoredError::Mailbox)?;
    read(&raw, own_addresses, now).map_err(StoredError::Refused)
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
            let in_hand = read(&raw, &[], now()).unwrap();
            assert_eq!(in_hand.class, Class::Ordinary, "{size}");
            let stored = classify_stored("office", &place(7), &[], now(), &mut Mailbox(raw.clone()));
            assert_eq!(stored, Ok(in_hand), "{size}");
            let gone = classify_stored("office", &place(0), &[], now(), &mut Mailbox(vec![]));
            assert_eq!(gone, Err(StoredError::Mailbox("no such message")));
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
        let found = classify_stored("office", &place, &[], now(), &mut Endless);
        assert!(matches!(found, Err(StoredError::Refused(_))), "{found:?}");
    }
}
