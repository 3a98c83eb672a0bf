//! What a host keeps of an attempt for [`decide`](super::decide): one text, so that what has to be remembered may grow without any host
//! knowing of it.

use super::facts::AttemptResult;
use crate::domain::status::{Stage, UnknownName};
use serde::{Deserialize, Serialize};

/// Characters of a memo that are read: a host gives back what it was given.
const LONGEST: usize = 64 * 1024;

/// Characters of a server's words that a memo keeps: the reason for giving up shows them.
const LONGEST_DETAIL: usize = 4_000;

/// The stored result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memo {
    /// What it came to.
    pub result: AttemptResult,
    /// Where it failed.
    pub stage: Option<Stage>,
    /// Why it failed, in a sentence.
    pub detail: Option<String>,
}

/// A memo that can't be made or read: the name of its field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {detail}")]
pub struct MemoFault {
    /// `outcome`, `stage`, or `memo` for the whole.
    pub field: &'static str,
    /// What is wrong.
    pub detail: String,
}

/// The fields of a memo as JSON. Fields of a later release are passed over.
#[derive(Serialize, Deserialize)]
struct MemoFields {
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Memo {
    /// Makes a memo of its fields' names.
    pub fn of(
        name: &str,
        retry_after: Option<u32>,
        stage: Option<&str>,
        detail: Option<String>,
    ) -> Result<Self, MemoFault> {
        let result = AttemptResult::named(name, retry_after).ok_or_else(|| MemoFault {
            field: "outcome",
            detail: format!("\"{}\" is none: use {}", short(name), AttemptResult::NAMES.join(", ")),
        })?;
        let stage = stage
            .map(stage_named)
            .transpose()
            .map_err(|unknown| MemoFault { field: "stage", detail: unknown.to_string() })?;
        Ok(Self { result, stage, detail: detail.map(|it| it.chars().take(LONGEST_DETAIL).collect()) })
    }

    /// Reads a memo.
    pub fn read(text: &str) -> Result<Self, MemoFault> {
        let fault = |detail: String| MemoFault { field: "memo", detail };
        if text.len() > LONGEST {
            return Err(fault(format!("{} bytes: a memo has at most {LONGEST}", text.len())));
        }
        let written: MemoFields = serde_json::from_str(text)
            .map_err(|e| fault(format!("this is not what a settlement gave: {e}")))?;
        Self::of(&written.outcome, written.retry_after, written.stage.as_deref(), written.detail)
            .map_err(|e| fault(e.to_string()))
    }

    /// Writes it.
    pub fn write(&self) -> String {
        let written = MemoFields {
            outcome: self.result.name().to_owned(),
            retry_after: self.result.retry_after(),
            stage: self.stage.map(|stage| stage.name().to_owned()),
            detail: self.detail.as_ref().map(|it| it.chars().take(LONGEST_DETAIL).collect()),
        };
        // Texts and a number: there is nothing that can't be written.
        serde_json::to_string(&written).unwrap_or_default()
    }
}

/// Finds the stage of a submission by its name, also of those of other protocols.
fn stage_named(name: &str) -> Result<Stage, UnknownName> {
    match name {
        "token" => Ok(Stage::Login),
        "folder" | "command" | "request" => Ok(Stage::Data),
        "response" => Ok(Stage::AfterDot),
        name => Stage::named(name),
    }
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

impl AttemptResult {
    /// Names in the contract.
    pub const NAMES: [&str; 10] = [
        "accepted",
        "partly-accepted",
        "transient",
        "permanent",
        "needs-sign-in",
        "account-unavailable",
        "in-doubt",
        "not-attempted",
        "found",
        "not-found",
    ];

    /// Returns the name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::PartlyAccepted(_) => "partly-accepted",
            Self::Transient(_) => "transient",
            Self::Permanent => "permanent",
            Self::NeedsSignIn => "needs-sign-in",
            Self::AccountUnavailable(_) => "account-unavailable",
            Self::InDoubt => "in-doubt",
            Self::NotAttempted => "not-attempted",
            Self::Found => "found",
            Self::NotFound => "not-found",
        }
    }

    /// Returns seconds that the server asked to wait.
    pub fn retry_after(self) -> Option<u32> {
        match self {
            Self::PartlyAccepted(after) | Self::Transient(after) | Self::AccountUnavailable(after) => after,
            _ => None,
        }
    }

    fn named(name: &str, after: Option<u32>) -> Option<Self> {
        Some(match name {
            "accepted" => Self::Accepted,
            "partly-accepted" => Self::PartlyAccepted(after),
            "transient" => Self::Transient(after),
            "permanent" => Self::Permanent,
            "needs-sign-in" => Self::NeedsSignIn,
            "account-unavailable" => Self::AccountUnavailable(after),
            "in-doubt" => Self::InDoubt,
            "not-attempted" => Self::NotAttempted,
            "found" => Self::Found,
            "not-found" => Self::NotFound,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_for_every_outcome() {
        for name in AttemptResult::NAMES {
            for (after, stage) in [(None, None), (Some(90), Some("data"))] {
                let detail = stage.map(|_| "the server said \"no\"".to_owned());
                let memo = Memo::of(name, after, stage, detail).unwrap();
                assert_eq!(memo.result.name(), name);
                assert_eq!(Memo::read(&memo.write()), Ok(memo));
            }
        }
    }

    #[test]
    fn a_later_releases_fields_are_passed_over() {
        let memo = Memo::read(r#"{"outcome":"transient","retry_after":5,"colour":"red"}"#).unwrap();
        assert_eq!(memo.result, AttemptResult::Transient(Some(5)));
    }

    #[test]
    fn what_is_no_memo_is_told_as_one() {
        for text in ["", "null", "[]", "{}", r#"{"outcome":"lost"}"#, r#"{"outcome":"found","stage":"moon"}"#]
        {
            assert_eq!(Memo::read(text).unwrap_err().field, "memo", "{text}");
        }
        let long = format!("{{\"outcome\":\"found\",\"x\":\"{}\"}}", "a".repeat(LONGEST));
        assert!(Memo::read(&long).unwrap_err().detail.contains("at most"));
        assert_eq!(Memo::of("lost", None, None, None).unwrap_err().field, "outcome");
        assert_eq!(Memo::of("found", None, Some("moon"), None).unwrap_err().field, "stage");
    }

    /// A host stores the stage that its own client reported.
    #[test]
    fn a_stage_of_any_protocol_is_one() {
        for stage in ["token", "folder", "command", "request", "response", "prepare", "after-dot"] {
            let memo = Memo::of("transient", None, Some(stage), None).unwrap();
            assert_eq!(Memo::read(&memo.write()), Ok(memo), "{stage}");
        }
    }

    #[test]
    fn words_without_end_are_cut() {
        let memo = Memo::of("permanent", None, None, Some("x".repeat(100_000))).unwrap();
        assert_eq!(memo.detail.as_ref().map(String::len), Some(LONGEST_DETAIL));
        assert_eq!(Memo::read(&memo.write()), Ok(memo));
    }
}
