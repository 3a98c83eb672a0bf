//! The extensions that a server announced after EHLO.

use super::reply::Reply;

/// The announced extensions that are used, and all lines for the report of a test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    /// One keyword with its parameters per item, as announced.
    pub(super) lines: Vec<String>,
    pub(super) starttls: bool,
    pub(super) pipelining: bool,
    pub(super) eight_bit_mime: bool,
    pub(super) smtputf8: bool,
    pub(super) dsn: bool,
    /// SIZE was announced, so MAIL may carry the size.
    pub(super) size: bool,
    /// The largest message, where there is a fixed limit.
    pub(super) largest: Option<u64>,
    /// Mechanisms of AUTH in upper case.
    pub(super) auth: Vec<String>,
}

impl Extensions {
    /// Parses the reply to EHLO: the first line is a greeting, each other one an extension.
    pub(super) fn read(reply: &Reply) -> Self {
        let mut all = Self::default();
        for line in reply.text.split('\n').skip(1).map(str::trim).filter(|line| !line.is_empty()) {
            all.lines.push(line.to_owned());
            let upper = line.to_ascii_uppercase();
            // Some servers still announce `AUTH=LOGIN` for old programs.
            let mut words = upper.split([' ', '\t', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("STARTTLS") => all.starttls = true,
                Some("PIPELINING") => all.pipelining = true,
                Some("8BITMIME") => all.eight_bit_mime = true,
                Some("SMTPUTF8") => all.smtputf8 = true,
                Some("DSN") => all.dsn = true,
                Some("SIZE") => {
                    all.size = true;
                    all.largest =
                        words.next().and_then(|number| number.parse().ok()).filter(|most| *most > 0);
                }
                Some("AUTH") => {
                    for mechanism in words {
                        if !all.auth.iter().any(|known| known == mechanism) {
                            all.auth.push(mechanism.to_owned());
                        }
                    }
                }
                _ => {}
            }
        }
        all
    }
}
