//! What a provider's answer means for the mail: the rules that all providers share.
//!
//! A status that a provider gives before it looks at a request (401, 403, 429, 503) means that nothing was sent. One that it gives when
//! something broke while it worked (500, 502, 504) does not: the mail may be on its way, and an API has no idempotency to lean on. So these
//! are in doubt, as a lost answer is, and so is a success that is not the documented one.

use super::web::{WebError, WebFailure, WebResponse, WebStage};
use crate::domain::status::{ApiFailure, Blame, Period, Stage, Verdict};
use serde_json::Value;

/// Longest words of a provider that are stored, in characters; its words about one mail are never longer.
const LONGEST_WORDS: usize = 2_000;

/// Why an API did not take a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ApiRefusal {
    /// All but a missing sign-in.
    Failed(ApiFailure),
    /// The provider's words.
    NeedsSignIn(String),
}

/// The meaning of an answer that is no acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The account needs its user.
    NeedsSignIn,
    /// Later.
    Transient,
    /// Later: the account has sent too much.
    Quota,
    /// Another attempt can't help, and whose fault that is.
    Permanent(Stage),
    /// Not to these recipients; empty: the provider did not name them.
    Recipients(Vec<String>),
    /// It is unknown whether the mail left.
    InDoubt,
}

/// An error in a provider's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// The error's name.
    pub(super) code: Option<String>,
    /// The error's text, verbatim.
    pub(super) text: Option<String>,
}

impl Words {
    /// Makes words of a text, with the name that goes before it. Bounded; empty is none.
    pub(super) fn of(code: Option<&str>, text: Option<&str>) -> Self {
        let shortened = |text: &str, most| text.chars().take(most).collect::<String>();
        Self {
            code: code.filter(|it| !it.is_empty()).map(|it| shortened(it, 100)),
            text: text.filter(|it| !it.trim().is_empty()).map(|it| shortened(it, LONGEST_WORDS)),
        }
    }

    /// Makes words of an answer whose body is none of the provider's error documents: the body itself.
    pub(super) fn of_body(response: &WebResponse) -> Self {
        Self::of(None, Some(&String::from_utf8_lossy(&response.body)))
    }

    pub(super) fn is(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.iter().any(|it| it.eq_ignore_ascii_case(code)))
    }

    pub(super) fn mentions(&self, text: &str) -> bool {
        self.text.as_deref().is_some_and(|it| it.to_ascii_lowercase().contains(&text.to_ascii_lowercase()))
    }

    /// Finds those of the recipients that the text names, address by address.
    pub(super) fn named(&self, recipients: &[String]) -> Vec<String> {
        let text = self.text.as_deref().unwrap_or_default();
        let stops = |c: char| c.is_whitespace() || "<>\"'`,;:()[]{}".contains(c);
        let tokens: Vec<String> =
            text.split(stops).map(|token| token.trim_matches('.').to_lowercase()).collect();
        recipients.iter().filter(|it| tokens.contains(&it.to_lowercase())).cloned().collect()
    }
}

/// Reads the `error` object that Google's and Microsoft's APIs share, where the answer has one.
pub(super) fn error_object(response: &WebResponse) -> Option<Value> {
    response.json().get("error").filter(|error| error.is_object()).cloned()
}

/// Returns the meaning of a status, where the provider's words don't decide otherwise.
pub(super) fn of_status(status: u16) -> Meaning {
    match status {
        401 => Meaning::NeedsSignIn,
        403 => Meaning::Permanent(Stage::Sender),
        429 | 509 => Meaning::Quota,
        408 | 423 | 425 | 503 | 507 => Meaning::Transient,
        300..=499 => Meaning::Permanent(Stage::Data),
        _ => Meaning::InDoubt,
    }
}

/// Makes the refusal that an answer amounts to.
pub(super) fn refusal(provider: &str, response: &WebResponse, words: Words, meaning: Meaning) -> ApiRefusal {
    let server_words = words.text.as_deref().unwrap_or_default();
    let period =
        || Blame::is_quota(server_words).filter(|it| *it != Period::Unknown).unwrap_or(Period::Minute);
    let quota = (meaning == Meaning::Quota).then(period);
    let (stage, verdict, refused, verb) = match meaning {
        Meaning::NeedsSignIn => {
            let words = words.text.or(words.code);
            return ApiRefusal::NeedsSignIn(words.unwrap_or_else(|| format!("HTTP {}", response.status)));
        }
        Meaning::Transient | Meaning::Quota => {
            (Stage::Data, Verdict::Transient, Vec::new(), "does not take the mail now")
        }
        Meaning::Permanent(stage @ Stage::Login) => {
            (stage, Verdict::Permanent, Vec::new(), "does not let this account send")
        }
        Meaning::Permanent(stage) => (stage, Verdict::Permanent, Vec::new(), "refused the mail"),
        Meaning::Recipients(refused) => {
            (Stage::Recipient, Verdict::Permanent, refused, "refused a recipient")
        }
        Meaning::InDoubt => {
            (Stage::AfterDot, Verdict::InDoubt, Vec::new(), "could not say whether it took the mail")
        }
    };
    let code = words.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let server_words = words.text.as_deref().map(|text| format!(" \"{text}\"")).unwrap_or_default();
    ApiRefusal::Failed(ApiFailure {
        stage,
        verdict,
        status: Some(response.status),
        code: words.code.clone(),
        detail: format!("{provider} {verb}: HTTP {}{code}{server_words}", response.status),
        words: words.text,
        retry_after: response.header("retry-after").and_then(|seconds| seconds.trim().parse().ok()),
        refused,
        quota,
    })
}

/// Makes the refusal that a missing answer amounts to. `submits`: the request would have sent the mail.
pub(super) fn no_answer(error: WebError, submits: bool) -> ApiRefusal {
    let failure = match error {
        WebError::NeedsSignIn(words) => return ApiRefusal::NeedsSignIn(words),
        // The account's fault, not the mail's: it waits until the account is put right.
        WebError::UnknownAccount => {
            WebFailure { stage: WebStage::Token, ..unsent("the host knows no such account with an API") }
        }
        WebError::Refused(why) => unsent(format!("the host refused the request: {why}")),
        WebError::Failed(failure) if failure.verdict == Verdict::NeedsSignIn => {
            return ApiRefusal::NeedsSignIn(failure.detail);
        }
        WebError::Failed(failure) => failure,
    };
    // Once the whole request has left, only its answer could show that nothing was sent.
    let lost = failure.stage == WebStage::WebResponse || failure.verdict == Verdict::InDoubt;
    let verdict = match failure.verdict {
        _ if lost && submits => Verdict::InDoubt,
        _ if lost => Verdict::Transient,
        known => known,
    };
    let stage = match failure.stage {
        WebStage::Prepare => Stage::Prepare,
        WebStage::Token => Stage::Login,
        WebStage::Resolve => Stage::Resolve,
        WebStage::Connect => Stage::Connect,
        WebStage::Tls => Stage::Tls,
        WebStage::Request | WebStage::WebResponse if verdict == Verdict::InDoubt => Stage::AfterDot,
        WebStage::Request | WebStage::WebResponse => Stage::Data,
    };
    ApiRefusal::Failed(ApiFailure {
        stage,
        verdict,
        status: None,
        code: None,
        words: None,
        detail: failure.detail,
        retry_after: failure.retry_after,
        refused: Vec::new(),
        quota: None,
    })
}

/// Makes the refusal of a mail that this route can't carry: nothing was attempted.
pub(super) fn unsuitable(detail: impl Into<String>) -> ApiRefusal {
    no_answer(WebError::Failed(unsent(detail)), false)
}

fn unsent(detail: impl Into<String>) -> WebFailure {
    WebFailure {
        stage: WebStage::Prepare,
        verdict: Verdict::Permanent,
        detail: detail.into(),
        retry_after: None,
    }
}
