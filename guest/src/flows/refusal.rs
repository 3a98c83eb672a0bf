//! What is refused though it could be made: asking for money that is not owed, or not yet, and bringing a bill that is not there. One
//! definition for every way to make a mail; who has seen the reason may insist.

use super::compose::{ComposeError, Job};
use super::void_copy::VOID_COPY;
use crate::domain::attachment::{Format, Selected};
use crate::domain::document::Document;
use crate::domain::kind::{DocumentKind, Purpose, UseCase};
use chrono::NaiveDate;

/// Nothing is open: paid, overpaid, or never owed.
const NOTHING_OPEN: &str = "nothing-open";
/// Something is open, and the day to pay it has not passed.
const NOT_YET_DUE: &str = "not-yet-due";
/// The mail brings a document to be paid, without a file or a link.
const WITHOUT_DOCUMENT: &str = "without-document";
/// The code of every refusal.
pub const REFUSALS: &[&str] = &[NOTHING_OPEN, NOT_YET_DUE, WITHOUT_DOCUMENT];
/// Everything that a job may insist on: to override a refusal, or to keep a file that is left out.
pub const INSISTABLE: [&str; 4] = [NOTHING_OPEN, NOT_YET_DUE, WITHOUT_DOCUMENT, VOID_COPY];

/// Why a mail that could be made is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// One of [`REFUSALS`].
    pub code: &'static str,
    /// The reason, in English.
    pub detail: String,
}

/// Refuses a mail that the user does not insist on.
pub(super) fn check(job: &Job, document: &Document, purpose: Purpose) -> Result<(), ComposeError> {
    if let Some(unknown) = job.insist.iter().find(|code| !INSISTABLE.contains(&code.as_str())) {
        let unknown: String = unknown.chars().take(40).collect();
        let detail = format!("there is no refusal {unknown:?}: use {}", INSISTABLE.join(", "));
        return Err(ComposeError::job("insist", detail));
    }
    unless_insisted(job, refusal(document, purpose, job.now.date_naive()))
}

/// Refuses a mail that brings a document to be paid, where neither a file nor a link to the portal carries it. A reminder is about what was
/// brought before, and a mail that asks for nothing may have any text.
pub(super) fn check_carried(
    job: &Job,
    document: &Document,
    purpose: Purpose,
    selected: &Selected,
) -> Result<(), ComposeError> {
    let brings = matches!(purpose.use_case(), UseCase::New | UseCase::Copy);
    let is_to_be_paid = purpose.asks_for_payment()
        && document.owed().is_none_or(|owed| owed.amount > rust_decimal::Decimal::ZERO);
    // With `none` the document itself is meant to stay behind, whatever else comes along.
    let carried = job.format != Format::None && !selected.files().is_empty();
    if !brings || !is_to_be_paid || carried || job.portal.is_some() {
        return Ok(());
    }
    let detail = format!(
        "the mail brings {} {}, which is to be paid, and has neither a file of it nor a link to it",
        document.kind, document.number
    );
    unless_insisted(job, Some(Refusal { code: WITHOUT_DOCUMENT, detail }))
}

fn unless_insisted(job: &Job, refusal: Option<Refusal>) -> Result<(), ComposeError> {
    let refusal = refusal.filter(|refusal| !job.insist.iter().any(|code| code == refusal.code));
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
