//! A reported completion on its way to the database: of an attempt that is open, and of one that was closed meanwhile.

use crate::StoreError;
use crate::attempts::contradiction::Contradiction;
use crate::mail::attempt::Completion;
use crate::mail::types::Event;
use crate::sql::row::{self, bounded};
use crate::sql::rows::JsonRows;
use postroom_model::{AttemptId, MailId};
use serde::Serialize;

/// The completion of an attempt, and the facts that follow from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finishing<'a> {
    pub(crate) id: AttemptId,
    pub(crate) completion: &'a Completion,
    pub(crate) events: &'a [Event],
}

/// A processed report that an attempt has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) mail: MailId,
    /// The report contradicts what is stored, and nothing was changed for it.
    pub(crate) contradiction: Option<Contradiction>,
}

/// A completion as a row of a statement.
#[derive(Serialize)]
pub(crate) struct CompletionRow {
    id: String,
    at: String,
    result: &'static str,
    interrupted: u8,
    retry_after: Option<u32>,
    stage: Option<String>,
    detail: Option<String>,
    provider_ids: String,
}

impl CompletionRow {
    pub(crate) fn of(id: AttemptId, completion: &Completion) -> Result<Self, StoreError> {
        let (result, interrupted, retry_after) = completion.result.columns();
        Ok(Self {
            id: id.to_string(),
            at: row::stamp(completion.finished),
            result,
            interrupted: interrupted.into(),
            retry_after,
            stage: completion.stage.as_deref().map(row::without_zeros),
            detail: completion.detail.as_deref().map(bounded),
            provider_ids: row::to_json(&completion.provider_ids)?,
        })
    }
}

/// Returns what follows `update attempts set` for rows of [`CompletionRow`].
pub(crate) fn completion_columns(each: JsonRows) -> String {
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
