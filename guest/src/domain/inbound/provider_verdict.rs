//! Hard or soft where a report has a verdict of its own beside the server's code and words: the verdict counts where they decide nothing.

use super::bounce_reason::BounceReason;
use super::model::BounceType;

/// Combines the reason found from code and words with a provider's own verdict, `flag`.
pub fn combined_bounce_type(found: &BounceReason, flag: BounceType) -> BounceType {
    let is_temporary = found.code.as_ref().is_some_and(|code| code.starts_with('4'));
    match found.cause {
        Some(_) => found.bounce_type,
        None if is_temporary => BounceType::Soft,
        None => flag,
    }
}

#[cfg(test)]
mod tests {
    use super::super::bounce_reason::bounce_reason;
    use super::*;

    #[test]
    fn a_verdict_counts_where_code_and_words_say_nothing() {
        use BounceType::{Hard, Soft};
        for (code, words, flag, wanted) in [
            (Some("550"), "No Such User Here", Soft, Hard),
            (Some("5.2.2"), "552 5.2.2 mailbox full", Hard, Soft),
            (Some("550"), "", Hard, Hard),
            (Some("550"), "", Soft, Soft),
            (None, "", Hard, Hard),
            (Some("450"), "", Hard, Soft),
            (Some("5.0.0"), "the machine did not want it", Hard, Hard),
            (Some("5.0.0"), "the machine did not want it", Soft, Soft),
        ] {
            assert_eq!(
                combined_bounce_type(&bounce_reason(code, words), flag),
                wanted,
                "{code:?} {words:?} {flag:?}"
            );
        }
    }
}
