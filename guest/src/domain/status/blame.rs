//! Whose fault a refusal is, by the server's words.
//!
//! A reply's first digit and the command that it answers are not enough: servers give `550` for a used-up quota, for a suspended account
//! and for an unknown recipient alike, each of them at MAIL, RCPT or after the dot. What is the account's (its quota, its password, its
//! certificate) decides about no mail: the mail waits for it. The wordings are in `refusals.txt`.

use super::event::named;
use super::submission::{Acceptance, Failure, RecipientReply, Reply, Stage, Verdict};
use crate::domain::phrases::{Table, plain, section};
use std::sync::LazyLock;

const WORDINGS: &str = include_str!("refusals.txt");

/// The party at fault where a mail was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The recipient's, or the message's own: the refusal is about this mail.
    Mail,
    /// No one's: the code is final, and by the words a retry may help.
    Passing,
    /// The account has sent too much, or too fast, for its provider.
    Quota(Period),
    /// The account can't send: its password, its server, its permission.
    Account(Recovery),
    /// The sender was refused at MAIL, for no reason that is known: the account's fault, most likely.
    Sender,
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
        /// The server named none.
        Unknown = "unknown",
    }
}

/// The action that puts an account right again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Time may: by its words something of the server's own is broken.
    Time,
    /// A person has to.
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
    OWN_QUOTA = "own-quota";
    MEASURES = "measures";
    USED_UP = "used-up";
    SENDING = "sending";
    MESSAGES = "messages";
    FLOODS = "floods";
    MOMENT = "moment";
    MINUTE = "minute";
    HOUR = "hour";
    DAY = "day";
    RECEIVING = "receiving";
    STORAGE = "storage";
    PER_MESSAGE = "per-message";
    OTHER_MEASURES = "other-measures";
    SENDER_REFUSED = "sender-refused";
    OURS = "ours";
    SHUT = "shut";
    AUTHENTICATION = "authentication";
    OTHERS_RULE = "others-rule";
    COMES_BACK = "comes-back";
}

impl Blame {
    /// Returns whose fault a reply at a stage is. A reply that takes the mail is no one's.
    pub fn of_reply(stage: Stage, reply: &Reply) -> Self {
        if reply.code < 400 {
            return Self::Mail;
        }
        let refusal = PlainRefusal::of(reply);
        match refusal.quota() {
            Some(period) if !refusal.is_shut() => return Self::Quota(period),
            _ if reply.code < 500 => return Self::Mail,
            _ => {}
        }
        let is_account = stage.is_of_the_account() || refusal.is_about_the_account();
        match (is_account, refusal.comes_back()) {
            (true, true) => Self::Account(Recovery::Time),
            (true, false) => Self::Account(Recovery::Person),
            (false, true) if stage != Stage::Recipient => Self::Passing,
            (false, _) if stage == Stage::Sender && !refusal.is_about_the_message() => Self::Sender,
            (false, _) => Self::Mail,
        }
    }

    /// Returns whose fault it is by a provider's words alone.
    pub fn is_quota(words: &str) -> Option<Period> {
        PlainRefusal::of(&Reply { code: 400, enhanced: None, text: words.to_owned() }).quota()
    }

    /// Returns the seconds to wait before the account is tried again, where the server named none.
    pub fn first_wait(self) -> Option<u32> {
        match self {
            Self::Mail | Self::Passing => None,
            Self::Quota(Period::Moment | Period::Minute) | Self::Account(Recovery::Time) | Self::Sender => {
                Some(60)
            }
            Self::Quota(Period::Hour | Period::Unknown) | Self::Account(Recovery::Person) => Some(15 * 60),
            Self::Quota(Period::Day) => Some(3600),
        }
    }

    /// Returns true if the account is at fault, not the mail.
    pub fn is_of_the_account(self) -> bool {
        matches!(self, Self::Quota(_) | Self::Account(_) | Self::Sender)
    }

    /// Returns the stage to store for a failure: what is certainly the account's is stored as such, at whichever command it came.
    pub fn stage(self, said_at: Stage) -> Stage {
        if matches!(self, Self::Account(_)) && !said_at.is_of_the_account() { Stage::Login } else { said_at }
    }
}

impl Failure {
    /// Returns whose fault it is.
    pub fn blame(&self) -> Blame {
        match (self.verdict, self.stage) {
            (Verdict::InDoubt | Verdict::NeedsSignIn, _) => Blame::Mail,
            (_, Stage::Recipient) => blame_of(&self.recipients),
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
    /// Returns whose fault it is that it was not taken for all recipients.
    pub fn blame(&self) -> Blame {
        blame_of(&self.recipients)
    }
}

/// Returns the account's fault if one of the replies to RCPT is about it, else the mail's.
fn blame_of(recipients: &[RecipientReply]) -> Blame {
    let mut blames = recipients.iter().map(|to| Blame::of_reply(Stage::Recipient, &to.reply));
    blames.find(|blame| blame.is_of_the_account()).unwrap_or(Blame::Mail)
}

/// A refusal in plain form.
struct PlainRefusal {
    code: u16,
    /// Subject and detail of the enhanced code (RFC 3463).
    enhanced: Option<(u16, u16)>,
    words: String,
}

impl PlainRefusal {
    fn of(reply: &Reply) -> Self {
        let enhanced = reply.enhanced.as_deref().and_then(|code| {
            let mut numbers = code.split('.').skip(1).map(|number| number.parse().ok());
            Some((numbers.next()??, numbers.next()??))
        });
        Self { code: reply.code, enhanced, words: plain(&apart(&without_places(&reply.text))) }
    }

    /// Finds the period of a limit that is used up; none where the words name none, or one that is not the account's.
    fn quota(&self) -> Option<Period> {
        let period = self.period();
        let found = period.unwrap_or(Period::Unknown);
        if self.has(&RECEIVING) {
            return None;
        }
        let coded = matches!(self.enhanced, Some((1, 90) | (7, 232 | 233 | 236) | (7, 28)));
        // "Congestion" is Google's word for a full day. Others mean the recipient's server by it.
        let congested = self.enhanced == Some((4, 5)) && self.has(&MEASURES);
        if coded || congested || self.has(&OWN_QUOTA) {
            return Some(found);
        }
        // The recipient's mailbox has limits, too. `x.2.0` means no more than that there is one.
        let of_the_mailbox =
            matches!(self.enhanced, Some((2, 1..))) || (self.has(&STORAGE) && !self.has(&SENDING));
        let of_the_message = self.has(&OTHER_MEASURES) || (self.has(&PER_MESSAGE) && period.is_none());
        if of_the_mailbox || of_the_message || (self.enhanced == Some((5, 3)) && period.is_none()) {
            return None;
        }
        let is_used_up = self.has(&USED_UP);
        let counted = is_used_up && self.has(&MEASURES) && self.has(&SENDING);
        let in_a_time = is_used_up && period.is_some() && self.has(&MESSAGES);
        (counted || in_a_time || self.has(&FLOODS)).then_some(found)
    }

    fn period(&self) -> Option<Period> {
        // The longest that is named: `50 per minute` may stand beside the day that is full.
        [(&DAY, Period::Day), (&HOUR, Period::Hour), (&MINUTE, Period::Minute), (&MOMENT, Period::Moment)]
            .into_iter()
            .find(|(table, _)| self.has(table))
            .map(|(_, period)| period)
    }

    /// True for Exchange Online's codes for a sender, a tenant or a range of addresses that was shut.
    fn is_shut(&self) -> bool {
        matches!(self.enhanced, Some((1, 8) | (7, 501..=503 | 508 | 511 | 705 | 708)))
    }

    /// True if the account has to sign in, or may not send (any more), or not in this name.
    fn is_about_the_account(&self) -> bool {
        if self.is_shut()
            || matches!(self.enhanced, Some((7, 30 | 57 | 60 | 139)))
            || matches!(self.code, 530 | 534 | 535 | 538)
        {
            return true;
        }
        // Words about an address or a mailbox, or about a rule of the recipient's, are not about our account.
        let of_the_recipient = matches!(self.enhanced, Some((1, 1..=6 | 10) | (2, _) | (7, 129 | 133)));
        !of_the_recipient
            && !self.has(&OTHERS_RULE)
            && (self.has(&AUTHENTICATION)
                || self.has(&SENDER_REFUSED)
                || (self.has(&OURS) && self.has(&SHUT)))
    }

    /// True for words about the message: at MAIL a server may refuse its parameters, its size and its form.
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

/// Removes addresses and links from words: what is in a name has no meaning, and a page about limits is linked from everywhere.
fn without_places(text: &str) -> String {
    let lower = text.to_lowercase();
    // Only where both have the same length is an index into one an index into the other.
    let end = ["for more information", "for further information", "for explanation", "to learn more"]
        .iter()
        .filter_map(|sign| lower.find(sign))
        .min()
        .filter(|end| lower.len() == text.len() && text.is_char_boundary(*end));
    let text = text.get(..end.unwrap_or(text.len())).unwrap_or(text);
    let is_word = |word: &&str| !word.contains('@') && !word.contains("://") && !word.starts_with("www.");
    text.split_whitespace().filter(is_word).collect::<Vec<_>>().join(" ")
}

/// Splits a name such as `SubmissionQuotaExceededException` into words.
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
