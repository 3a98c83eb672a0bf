//! The reason of a bounce, from a code and a server's words; and from the reason, whether it is hard or soft.
//!
//! Words count before codes, since servers give one code for everything: a full mailbox as 5.1.1, spam as 5.1.1, an unknown user as 5.0.0
//! or 5.7.1. A code decides where the words decide nothing, or only name a rule.

use super::address;
use super::cause::Cause;
use super::code::{Enhanced, reply_code};
use super::model::BounceType;
use super::phrases::{self, CAUSE_TABLE};

/// Why a mail bounced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BounceReason {
    /// The cause, where one is known.
    pub cause: Option<Cause>,
    /// Hard or soft.
    pub bounce_type: BounceType,
    /// The most specific code: enhanced, else the reply's.
    pub code: Option<String>,
}

/// Finds the reason of a bounce from a code, as a report states it or a server gave it, and from words.
pub fn bounce_reason(stated: Option<&str>, words: &str) -> BounceReason {
    let stated_code = stated.and_then(Enhanced::find);
    let said_code = Enhanced::find(words);
    let reply = stated.and_then(reply_code).or_else(|| reply_code(words));
    let code = match (said_code, stated_code) {
        (Some(worded), Some(stated)) if worded.is_vague() && !stated.is_vague() => Some(stated),
        (worded, stated) => worded.or(stated),
    };
    let cause = most_specific(cause_in(words), code, reply);
    let is_temporary =
        reply.map_or_else(|| said_code.is_some_and(|code| code.class == 4), |reply| reply < 500);
    let bounce_type = match cause.map(|cause| (cause, cause.bounce_type())) {
        // `450 mailbox unavailable`: it is locked, or the server could not ask yet.
        Some((Cause::Unavailable | Cause::Disabled, _)) if is_temporary => BounceType::Soft,
        Some((_, bounce_type)) => bounce_type,
        None => BounceType::Soft,
    };
    let code = code.map(|code| code.to_string()).or_else(|| reply.map(|reply| reply.to_string()));
    BounceReason { cause, bounce_type, code }
}

/// Finds the first cause, in the order of [`Cause`], that the words name.
fn cause_in(words: &str) -> Option<Cause> {
    let (table, causes) = &*CAUSE_TABLE;
    let first = |words: &str| {
        let plain = phrases::plain(words);
        table.found(&plain).filter_map(|(_, number)| causes.get(number)).min().copied()
    };
    // `User <a@b.example> unknown`: the words stand around the address.
    let around = address::without(words);
    [first(words), around.and_then(|around| first(&around))].into_iter().flatten().min()
}

fn most_specific(worded: Option<Cause>, code: Option<Enhanced>, reply: Option<u16>) -> Option<Cause> {
    let coded = code.and_then(Enhanced::cause);
    match (worded, coded) {
        (_, Some(Cause::Sender)) => coded,
        // Rules, lists and breakdowns are named in passing: an exact code is more reliable.
        (Some(worded), Some(coded)) if worded >= Cause::Policy && coded.bounce_type() == BounceType::Hard => {
            Some(coded)
        }
        (Some(worded), _) => Some(worded),
        (None, Some(coded)) => Some(coded),
        (None, None) => match reply? {
            551 => Some(Cause::Moved),
            552 => Some(Cause::MailboxFull),
            521 | 556 => Some(Cause::NeverAccepts),
            _ => None,
        },
    }
}

/// Returns whether a refusal with this code and these words is permanent.
pub fn bounce_type(code: Option<&str>, words: &str) -> BounceType {
    bounce_reason(code, words).bounce_type
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_heard_before_codes() {
        use BounceType::{Hard, Soft};
        for (code, words, wanted) in [
            (
                Some("5.1.1"),
                "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table",
                Hard,
            ),
            (Some("5.1.1"), "550 5.1.1 The mailbox is full, try later", Soft),
            (Some("5.2.2"), "", Soft),
            (Some("5.2.1"), "", Hard),
            (Some("5.1.10"), "recipient address has null MX", Hard),
            (None, "550 No such user here", Hard),
            (Some("5.0.0"), "554 5.0.0 no mailbox here by that name", Hard),
            (
                Some("5.7.1"),
                "554 5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org",
                Soft,
            ),
            (Some("5.7.1"), "550 5.7.1 Relaying denied", Soft),
            (Some("5.3.4"), "552 5.3.4 Message size exceeds fixed limit", Soft),
            (Some("4.4.7"), "delivery time expired", Soft),
            (Some("5.4.4"), "Unable to resolve: no such host", Hard),
            (None, "450 4.2.0 greylisted", Soft),
            (None, "", Soft),
        ] {
            assert_eq!(bounce_type(code, words), wanted, "{code:?} {words:?}");
        }
    }
}
