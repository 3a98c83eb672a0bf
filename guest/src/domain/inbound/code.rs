//! Enhanced status codes (RFC 3463) and reply codes in what servers write, and the causes that they stand for.

use super::cause::Cause;

/// An enhanced status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Enhanced {
    pub(super) class: u8,
    pub(super) subject: u16,
    pub(super) detail: u16,
}

impl std::fmt::Display for Enhanced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl Enhanced {
    /// Reads a code that stands alone.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.');
        let class = numbers.next().filter(|it| it.len() == 1)?.parse().ok()?;
        let number = |it: &str| (1..=3).contains(&it.len()).then(|| it.parse().ok()).flatten();
        let (subject, detail) = (number(numbers.next()?)?, number(numbers.next()?)?);
        let is_code = numbers.next().is_none() && matches!(class, 2 | 4 | 5) && subject < 100;
        is_code.then_some(Self { class, subject, detail })
    }

    /// Finds the first code in a text; a specific one before one such as `5.0.0`.
    pub(super) fn find(text: &str) -> Option<Self> {
        let is_code = |c: char| c.is_ascii_digit() || c == '.';
        let words = text.split(|c: char| !is_code(c)).map(|word| word.trim_matches('.'));
        let mut vague = None;
        for code in words.filter_map(Self::parse) {
            if !code.is_vague() {
                return Some(code);
            }
            vague = vague.or(Some(code));
        }
        vague
    }

    /// Returns true for a code that has no meaning beyond its class.
    pub(super) fn is_vague(self) -> bool {
        self.subject == 0 || self.detail == 0
    }

    /// Returns the cause that a code stands for, by the registry and by what providers use it for.
    pub(super) fn cause(self) -> Option<Cause> {
        Some(match (self.subject, self.detail) {
            (1, 1) if self.class == 4 => return None,
            (1, 1 | 3) => Cause::UnknownAddress,
            (1, 2) => Cause::UnknownHost,
            (1, 6) => Cause::Moved,
            (1, 10) => Cause::NeverAccepts,
            (1, 7 | 8) => Cause::Sender,
            (2, 1) if self.class == 5 => Cause::Disabled,
            (2, 1) => return None,
            (2, 2) => Cause::MailboxFull,
            (2, 3) | (3, 4) => Cause::TooLarge,
            (3, 1) => Cause::System,
            (3, 2) if self.class == 5 => Cause::NeverAccepts,
            (4, 1 | 2) => Cause::Network,
            (4, 3 | 6) => Cause::Network,
            (4, 4) if self.class == 5 => Cause::UnknownHost,
            (4, 4) => Cause::Network,
            (4, 7) => Cause::Expired,
            (7, 13) => Cause::Disabled,
            (7, 23..=27) => Cause::Authentication,
            (7, 28) => Cause::RateLimited,
            (7, 1 | 2 | 7..=9) => Cause::Policy,
            (5, _) | (3, _) => Cause::System,
            (6, _) | (7, _) => Cause::Policy,
            _ => return None,
        })
    }
}

/// Finds the first reply code in a text: three digits at the beginning of a word, a refusal.
pub(super) fn reply_code(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_edge =
        |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'.' | b'@' | b'_'));
    memchr::memchr2_iter(b'4', b'5', bytes).find_map(|at| {
        let starts = at == 0 || is_edge(bytes.get(at - 1));
        let alone = digit(at + 1) && digit(at + 2) && !digit(at + 3);
        // `421-`, `550 `, `(550)`: not a part of an address, a date or a size.
        let ends = match bytes.get(at + 3) {
            Some(b'.' | b',') => !digit(at + 4),
            Some(b' ' | b'-' | b')' | b':' | b']' | b';' | b'"' | b'\'' | b'\n' | b'\r' | b'\t') | None => {
                true
            }
            Some(_) => false,
        };
        let code: u16 = (starts && alone && ends).then(|| text.get(at..at + 3)?.parse().ok()).flatten()?;
        matches!(code, 400..=459 | 471 | 500..=559 | 571 | 572 | 576..=579).then_some(code)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_in_words_and_nothing_else_is_taken_for_one() {
        for (text, enhanced, reply) in [
            ("550 5.1.1 no such user", Some("5.1.1"), Some(550)),
            ("host mx[192.0.2.1] said: 550-5.7.26 This", Some("5.7.26"), Some(550)),
            ("smtp; 5.0.0 - then (#5.1.1)", Some("5.1.1"), None),
            ("Status: 5.0.0", Some("5.0.0"), None),
            ("dated 2014-05-50, 1450 bytes, 450.5 kB", None, None),
            ("192.0.2.1 and 5.5.5.5", None, None),
            ("id 5501234 <550@b.example>", None, None),
            ("4.7.0 421: come back", Some("4.7.0"), Some(421)),
            ("", None, None),
        ] {
            assert_eq!(Enhanced::find(text).map(|code| code.to_string()).as_deref(), enhanced, "{text:?}");
            assert_eq!(reply_code(text), reply, "{text:?}");
        }
    }
}
