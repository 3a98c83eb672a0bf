//! What is refused though it could be made: asking for money that is not owed, or not yet. One definition for every way to make
//! a mail; who has seen the reason may insist.

use super::compose::ComposeError;
use crate::domain::document::Document;
use crate::domain::kind::{DocumentKind, Purpose};
use chrono::NaiveDate;

/// Nothing is open: paid, overpaid, or owed by nobody.
const NOTHING_OPEN: &str = "nothing-open";
/// Something is open, and the day to pay it has not passed.
const NOT_YET_DUE: &str = "not-yet-due";
/// Every refusal that a job may insist on overriding.
pub const REFUSALS: [&str; 2] = [NOTHING_OPEN, NOT_YET_DUE];

/// Why a mail that could be made is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// One of [`REFUSALS`].
    pub code: &'static str,
    /// The reason, in English.
    pub detail: String,
}

/// Refuses what nobody insists on.
pub(super) fn check(
    insist: &[String],
    document: &Document,
    purpose: Purpose,
    today: NaiveDate,
) -> Result<(), ComposeError> {
    if let Some(unknown) = insist.iter().find(|code| !REFUSALS.contains(&code.as_str())) {
        let unknown: String = unknown.chars().take(40).collect();
        let detail = format!("there is no refusal {unknown:?}: use {}", REFUSALS.join(", "));
        return Err(ComposeError::job("insist", detail));
    }
    let refusal = refusal(document, purpose, today);
    let refusal = refusal.filter(|refusal| !insist.iter().any(|code| code == refusal.code));
    refusal.map_or(Ok(()), |refusal| Err(refusal.into()))
}

/// Refuses to remind of a document of which nothing is open, or nothing is due by `today`. A reminder that is a document of its
/// own names the day that it asks to pay by, so that is no reason against it.
fn refusal(document: &Document, purpose: Purpose, today: NaiveDate) -> Option<Refusal> {
    if !purpose.reminds_of_payment() {
        return None;
    }
    let named = format!("{} {}", document.kind, document.number);
    let refused = |code, detail| Some(Refusal { code, detail });
    if document.is_self_billed() {
        let detail = format!("{named} is self-billed: its recipient is paid, and is not reminded to pay");
        return refused(NOTHING_OPEN, detail);
    }
    if let Some(open) = document.open_amount().filter(|open| open.amount <= rust_decimal::Decimal::ZERO) {
        let detail = match document.in_favour() {
            Some(favour) => format!(
                "nothing of {named} is open: {} {} are in the customer's favour",
                favour.currency, favour.amount
            ),
            None => format!("nothing of {named} is open: {} {}", open.currency, open.amount),
        };
        return refused(NOTHING_OPEN, detail);
    }
    let due = document.first_due_date().filter(|_| document.kind != DocumentKind::Reminder)?;
    if due < today {
        return None;
    }
    refused(NOT_YET_DUE, format!("{named} is due on {due}, and the mail is of {today}"))
}
