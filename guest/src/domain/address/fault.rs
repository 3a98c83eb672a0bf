//! What can be wrong with a text that should be an address, each way by its own name, so that a person reading the message can see which
//! key to press.

use std::fmt;

/// Side of the `@`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The part before the `@`.
    Local,
    /// After the `@`.
    Domain,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Local => "the local part",
            Part::Domain => "the domain",
        })
    }
}

/// Why a text is not an address. Nothing in a message is a control character.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// The text is empty.
    #[error("the address is empty")]
    Empty,
    /// No `@` outside quotes.
    #[error("no @")]
    NoAt,
    /// Starts with `@`.
    #[error("nothing before the @")]
    NoLocal,
    /// Ends with `@`.
    #[error("nothing after the @")]
    NoDomain,
    /// A second `@`.
    #[error("more than one @")]
    SecondAt,
    /// A control character, line ends and NUL included.
    #[error("control character U+{0:04X}")]
    Control(u32),
    /// A character that shows nothing or turns the direction of writing.
    #[error("invisible character U+{0:04X}")]
    Invisible(u32),
    /// White space of any kind outside quotes.
    #[error("a space in {0}")]
    Space(Part),
    /// A character that can't stand there.
    #[error("the character '{1}' in {0}")]
    Character(Part, char),
    /// `o’brien@`: the address as it is likely meant.
    #[error("a typographic apostrophe in the local part: did you mean {0}?")]
    Apostrophe(String),
    /// `.a@`, `@.b`.
    #[error("a dot at the start of {0}")]
    DotAtStart(Part),
    /// `a.@`, `@b.`.
    #[error("a dot at the end of {0}")]
    DotAtEnd(Part),
    /// `a..b@`, `@a..b`.
    #[error("two dots in a row in {0}")]
    TwoDots(Part),
    /// A quoted local part without its end.
    #[error("a quote that is not closed in the local part")]
    OpenQuote,
    /// `"a"b@`: a quoted local part is quoted as a whole.
    #[error("text beside the quotes in the local part: quote all of it or nothing")]
    BesideQuotes,
    /// A backslash before a character that it can't quote.
    #[error("a backslash before a character that it cannot quote")]
    Backslash,
    /// More than 64 octets (RFC 5321, 4.5.3.1.1).
    #[error("the local part has {0} octets, 64 is the limit")]
    LongLocal(usize),
    /// More than 63 octets in a label, as the wire needs it.
    #[error("a label of the domain has {0} octets, 63 is the limit")]
    LongLabel(usize),
    /// More than 255 octets (RFC 5321, 4.5.3.1.2).
    #[error("the domain has {0} octets, 255 is the limit")]
    LongDomain(usize),
    /// More than 254 octets: a path of 256 less its angle brackets (RFC 5321, 4.5.3.1.3).
    #[error("the address has {0} octets, 254 is the limit")]
    LongAddress(usize),
    /// `@-b`.
    #[error("a hyphen at the start of a label of the domain")]
    HyphenAtStart,
    /// `@b-`.
    #[error("a hyphen at the end of a label of the domain")]
    HyphenAtEnd,
    /// Not a domain by UTS 46, or an `xn--` label that decodes to none.
    #[error("the internationalised domain is not valid")]
    Idn,
    /// `[1.2.3.4` without its end.
    #[error("a bracket that is not closed in the domain")]
    OpenBracket,
    /// `[1.2.3.4]x`.
    #[error("text after the bracket in the domain")]
    AfterBracket,
    /// Brackets that hold neither `1.2.3.4` nor `IPv6:…`.
    #[error("the brackets in the domain hold neither an IPv4 address nor IPv6: and an IPv6 address")]
    Literal,
}
