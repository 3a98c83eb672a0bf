//! Whether a refusal that a provider reports is permanent: by the rules for inbound bounces, since a server's code and words have one
//! meaning whichever way they reach us.

use super::Notice;
use crate::domain::inbound::{self, BounceType, Cause};
use crate::domain::status::EventKind;

/// Sets a notice's bounce type by its code and words. `flag` is the provider's own type; it counts where code and words decide nothing.
pub(super) fn set_bounce_type(notice: &mut Notice, flag: BounceType) {
    if notice.event.kind != EventKind::Bounced {
        return;
    }
    let words = notice.event.words.as_deref().unwrap_or_default();
    let found = inbound::bounce_reason(notice.event.code.as_deref(), words);
    if found.cause == Some(Cause::Expired) {
        notice.event.kind = EventKind::Expired;
    }
    notice.lasting = inbound::combined_bounce_type(&found, flag) == BounceType::Hard;
}

/// Returns true if words are a server's final refusal: they have a code of class 5, and a reason.
pub(super) fn is_final_refusal(words: &str) -> bool {
    let found = inbound::bounce_reason(None, words);
    found.cause.is_some() && found.code.is_some_and(|code| code.starts_with('5'))
}
