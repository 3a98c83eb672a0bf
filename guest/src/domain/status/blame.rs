//! Whose fault a refusal is, by what the server says.
//!
//! A reply's first digit and the command that it answers say too little: servers give `550` for a used-up quota, for a
//! suspended account and for an unknown recipient alike, each of them at MAIL, RCPT or after the dot. What is the
//! account's (its quota, its password, its certificate) judges no mail: the mail waits for it. The wordings are in
//! `refusals.txt`.

use super::event::named;
use super::submission::{Acceptance, Failure, Reply, Stage, Verdict};
use crate::domain::phrases::{Table, plain, section};
use std::sync::LazyLock;

const WORDINGS: &str = include_str!("refusals.txt");

/// Whose fault it is that a mail was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The recipient's, or the message's own: the refusal is about this mail.
    Mail,
    /// Nobody's: the code is final, and the words say that it may be asked again.
    Passing,
    /// The account has sent too much, or too fast, for its provider.
    Quota(Period),
    /// The account can't send: its password, its server, its permission.
    Account(Recovery),
}

named! {
    /// The time that a limit is counted over.
    Period, "period", {
        /// No time: so many at once.
        Moment = "moment",
        /// A minute, or less.
        Minute = "minute",
        /// An hour.
        Hour = "hour",
        /// A day.
        Day = "day",
        /// The server did not say.
        Unknown = "unknown",
    }
}

/// What puts an account right again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Time may: the server says that something of its own is broken.
    Time,
    /// Somebody has to.
    Person,
}

macro_rules! tables {
    ($($name:ident = $section:literal;)*) => {
        $(static $name: LazyLock<Table> = LazyLock::new(|| section(WORDINGS, $section));)*

        #[cfg(test)]
        const SECTIONS: &[&str] = &[$($section),*];
    };
}

tables! {
    MEASURES = "measures";
    USED_UP = "used-up";
    SENDING = "sending";
    FLOODS = "floods";
    MOMENT = "moment";
    MINUTE = "minute";
    HOUR = "hour";
    DAY = "day";
    RECEIVING = "receiving";
    STORAGE = "storage";
    OTHER_MEASURES = "other-measures";
    OURS = "ours";
    SHUT = "shut";
    AUTHENTICATION = "authentication";
    COMES_BACK = "comes-back";
}

impl Blame {
    /// Whose fault a reply at a stage is. A reply that takes the mail is nobody's.
    pub fn of_reply(stage: Stage, reply: &Reply) -> Self {
        if reply.code < 400 {
            return Self::Mail;
        }
        let said = Said::of(reply);
        match said.quota() {
            Some(period) if !said.is_shut() => return Self::Quota(period),
            _ if reply.code < 500 => return Self::Mail,
            _ => {}
        }
        let is_account = match stage {
            Stage::Resolve | Stage::Connect | Stage::Tls | Stage::Greeting | Stage::Login => true,
            Stage::Sender => said.is_about_the_account() || !said.is_about_the_message(),
            _ => said.is_about_the_account(),
        };
        match (is_account, said.comes_back()) {
            (true, true) => Self::Account(Recovery::Time),
            (true, false) => Self::Account(Recovery::Person),
            (false, true) if stage != Stage::Recipient => Self::Passing,
            (false, _) => Self::Mail,
        }
    }

    /// Whose fault it is by a provider's words alone.
    pub fn is_quota(words: &str) -> Option<Period> {
        Said::of(&Reply { code: 400, enhanced: None, text: words.to_owned() }).quota()
    }

    /// Seconds to wait before the account is tried again, where the server named none.
    pub fn first_wait(self) -> Option<u32> {
        match self {
            Self::Mail | Self::Passing => None,
            Self::Quota(Period::Moment | Period::Minute) | Self::Account(Recovery::Time) => Some(60),
            Self::Quota(Period::Hour | Period::Unknown) | Self::Account(Recovery::Person) => Some(15 * 60),
            Self::Quota(Period::Day) => Some(3600),
        }
    }

    /// It is about the account, not about the mail.
    pub fn is_of_the_account(self) -> bool {
        matches!(self, Self::Quota(_) | Self::Account(_))
    }
}

impl Failure {
    /// Whose fault it is.
    pub fn blame(&self) -> Blame {
        match (self.verdict, self.stage) {
            (Verdict::InDoubt | Verdict::NeedsSignIn, _) => Blame::Mail,
            (_, Stage::Recipient) => {
                blame_of(&self.recipients.iter().map(|to| &to.reply).collect::<Vec<_>>())
            }
            (verdict, stage) => match &self.reply {
                Some(reply) => Blame::of_reply(stage, reply),
                // A certificate, an unknown host, a login that the server does not offer.
                None if verdict == Verdict::Permanent && stage.is_of_the_account() => {
                    Blame::Account(Recovery::Person)
                }
                None => Blame::Mail,
            },
        }
    }
}

impl Acceptance {
    /// Whose fault it is that it was not taken for everybody.
    pub fn blame(&self) -> Blame {
        blame_of(&self.recipients.iter().map(|to| &to.reply).collect::<Vec<_>>())
    }
}

/// The account's, where one of the replies to RCPT is.
fn blame_of(replies: &[&Reply]) -> Blame {
    let blames = replies.iter().map(|reply| Blame::of_reply(Stage::Recipient, reply));
    blames.into_iter().find(|blame| blame.is_of_the_account()).unwrap_or(Blame::Mail)
}

/// A refusal in plain form.
struct Said {
    code: u16,
    /// Subject and detail of the enhanced code (RFC 3463).
    enhanced: Option<(u16, u16)>,
    words: String,
}

impl Said {
    fn of(reply: &Reply) -> Self {
        let enhanced = reply.enhanced.as_deref().and_then(|code| {
            let mut numbers = code.split('.').skip(1).map(|number| number.parse().ok());
            Some((numbers.next()??, numbers.next()??))
        });
        Self { code: reply.code, enhanced, words: plain(&apart(&reply.text)) }
    }

    /// The period of a limit that is used up; none: it says nothing of one.
    fn quota(&self) -> Option<Period> {
        // The recipient's mailbox has limits, too. `x.2.0` says nothing more than that there is one.
        if matches!(self.enhanced, Some((2, 1..))) || self.has(&RECEIVING) {
            return None;
        }
        let period = self.period();
        let coded = match self.enhanced {
            Some((1, 90) | (7, 232 | 233 | 236) | (7, 28)) => true,
            // "Congestion": what Google says of a full day. Others say it of the recipient's server.
            Some((4, 5)) => self.has(&MEASURES),
            _ => false,
        };
        let counted = self.has(&MEASURES) && self.has(&USED_UP) && (self.has(&SENDING) || period.is_some());
        let is_other = self.has(&OTHER_MEASURES) || (self.has(&STORAGE) && !self.has(&FLOODS));
        let is_counted = counted && (!is_other || period.is_some());
        (coded || is_counted || (self.has(&FLOODS) && !self.has(&OTHER_MEASURES)))
            .then(|| period.unwrap_or(Period::Unknown))
    }

    fn period(&self) -> Option<Period> {
        // The longest that is named: `50 per minute` may stand beside the day that is full.
        [(&DAY, Period::Day), (&HOUR, Period::Hour), (&MINUTE, Period::Minute), (&MOMENT, Period::Moment)]
            .into_iter()
            .find(|(table, _)| self.has(table))
            .map(|(_, period)| period)
    }

    /// Exchange Online's codes for a sender, a tenant or a range of addresses that was shut.
    fn is_shut(&self) -> bool {
        matches!(self.enhanced, Some((1, 8) | (7, 501..=503 | 508 | 511 | 705 | 708)))
    }

    /// It has to sign in, or may not send (any more), or not in this name.
    fn is_about_the_account(&self) -> bool {
        self.is_shut()
            || matches!(self.enhanced, Some((7, 8 | 9 | 30 | 57 | 60 | 139)))
            || matches!(self.code, 530 | 534 | 535 | 538)
            || self.has(&AUTHENTICATION)
            || (self.has(&OURS) && self.has(&SHUT))
    }

    /// At MAIL a server may judge what it is told of the message: its size, its form.
    fn is_about_the_message(&self) -> bool {
        matches!(self.code, 500..=504 | 552 | 555)
            || matches!(self.enhanced, Some((3, 4) | (2, 3) | (1, 7) | (5 | 6, _)))
            || self.has(&OTHER_MEASURES)
    }

    fn comes_back(&self) -> bool {
        self.has(&COMES_BACK)
    }

    fn has(&self, table: &LazyLock<Table>) -> bool {
        table.is_in(&self.words)
    }
}

/// `SubmissionQuotaExceededException` in words.
fn apart(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    for c in text.chars() {
        if before.is_lowercase() && c.is_uppercase() {
            words.push(' ');
        }
        words.push(if c == '_' { ' ' } else { c });
        before = c;
    }
    words
}

#[cfg(test)]
mod tests;
