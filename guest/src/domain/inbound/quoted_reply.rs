//! What was written in answer, without what is quoted around it.

use super::limits::{self, bounded_bytes};
use super::model::ReplyText;
use crate::domain::folding;

/// Splits a reply into the text written, with its signature, and the quotation around it; none where nothing was written.
pub(super) fn of(text: &str) -> Option<ReplyText> {
    let folded = folding::fold_text(bounded_bytes(text, limits::ANSWER), false);
    let text = match folded.signature {
        Some(signature) => [folded.reply.trim(), "\n\n", signature.trim()].concat(),
        None => folded.reply.trim().to_owned(),
    };
    (!text.is_empty()).then_some(ReplyText { text, quoted: folded.quoted })
}
