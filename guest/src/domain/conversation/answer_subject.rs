//! The subject that an answer or a forward begins with: one prefix in front, however many programs have put theirs there before.

use super::base_subject::{Prefix, behind_label, behind_prefix};
use crate::domain::inbound::limits::{SUBJECT, bounded};

/// Makes the subject of an answer: `Re: ` before what is left without the prefixes of earlier answers. That of a message that was passed on
/// stays: it tells apart the answers to it from those to what it repeats.
pub fn reply_subject(subject: &str) -> String {
    prefixed("Re:", without(subject, Prefix::Answer))
}

/// Makes the subject of a message that is passed on: `Fwd: ` before what is left without the prefixes of earlier forwards.
pub fn forward_subject(subject: &str) -> String {
    prefixed("Fwd:", without(subject, Prefix::Forward))
}

fn prefixed(prefix: &str, rest: &str) -> String {
    format!("{prefix} {rest}").trim_end().to_owned()
}

/// Takes prefixes of one kind off, with the labels of gateways in front of them.
fn without(subject: &str, prefix: Prefix) -> &str {
    let mut rest = bounded(subject, SUBJECT).trim();
    // Each turn takes two characters or more off a bounded subject.
    loop {
        let inside = behind_label(rest).unwrap_or(rest);
        match [rest, inside].into_iter().find_map(behind_prefix) {
            Some((found, behind)) if found == prefix && behind.len() < rest.len() => rest = behind,
            _ => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_prefix_stands_before_a_subject() {
        for (subject, reply, forward) in [
            ("Order 7", "Re: Order 7", "Fwd: Order 7"),
            ("Re: Order 7", "Re: Order 7", "Fwd: Re: Order 7"),
            ("AW: Re[2]: RE : SV: Order 7", "Re: Order 7", "Fwd: AW: Re[2]: RE : SV: Order 7"),
            ("WG: Order 7", "Re: WG: Order 7", "Fwd: Order 7"),
            ("Fwd: TR : Doorst: Order 7", "Re: Fwd: TR : Doorst: Order 7", "Fwd: Order 7"),
            ("[External] Re: Order 7", "Re: Order 7", "Fwd: [External] Re: Order 7"),
            ("[Project] Order 7", "Re: [Project] Order 7", "Fwd: [Project] Order 7"),
            ("Reorder: 7", "Re: Reorder: 7", "Fwd: Reorder: 7"),
            ("", "Re:", "Fwd:"),
            ("Re:", "Re:", "Fwd: Re:"),
        ] {
            assert_eq!(reply_subject(subject), reply, "{subject:?}");
            assert_eq!(forward_subject(subject), forward, "{subject:?}");
            assert_eq!(reply_subject(&reply_subject(subject)), reply, "{subject:?}");
            assert_eq!(forward_subject(&forward_subject(subject)), forward, "{subject:?}");
        }
        assert_eq!(reply_subject(&"re:".repeat(10_000)), "Re: r", "of a bounded subject");
    }
}
