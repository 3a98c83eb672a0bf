//! A reported result on its way to the database: for an attempt that is open, and for one that was closed meanwhile.

use crate::StoreError;
use crate::attempts::contradiction::Contradiction;
use crate::mail::attempt::Outcome;
use crate::mail::types::Event;
use crate::sql::row::{self, bounded};
use crate::sql::rows::JsonRows;
use postroom_model::{AttemptId, MailId};
use serde::Serialize;

/// What came of an attempt, and what was learned from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finishing<'a> {
    pub(crate) id: AttemptId,
    pub(crate) outcome: &'a Outcome,
    pub(crate) events: &'a [Event],
}

/// What became of a report that an attempt has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) mail: MailId,
    /// It is not what is written down, and nothing was changed for it.
    pub(crate) contradiction: Option<Contradiction>,
}

/// An outcome as it travels to a statement.
#[derive(Serialize)]
pub(crate) struct OutcomeRow {
    id: String,
    at: String,
    result: &'static str,
    interrupted: u8,
    retry_after: Option<u32>,
    stage: Option<String>,
    detail: Option<String>,
    provider_ids: String,
}

impl OutcomeRow {
    pub(crate) fn of(id: AttemptId, outcome: &Outcome) -> Result<Self, StoreError> {
        let (result, interrupted, retry_after) = outcome.result.columns();
        Ok(Self {
            id: id.to_string(),
            at: row::stamp(outcome.finished),
            result,
            interrupted: interrupted.into(),
            retry_after,
            stage: outcome.stage.as_deref().map(row::without_zeros),
            detail: outcome.detail.as_deref().map(bounded),
            provider_ids: row::to_json(&outcome.provider_ids)?,
        })
    }
}

/// What stands after `update attempts set` for rows of [`OutcomeRow`].
pub(crate) fn outcome_columns(each: JsonRows) -> String {
    format!(
        "finished = {}, result = {}, interrupted = {}, retry_after = {}, stage = {}, detail = {}, provider_ids = {}",
        each.text("at"),
        each.text("result"),
        each.number("interrupted"),
        each.number("retry_after"),
        each.text("stage"),
        each.text("detail"),
        each.text("provider_ids"),
    )
}
