//! What the contract says of recipients and accounts, in the JSON that commands print: flat where the contract has a code beside
//! its words. Of a status `reason` is the words and `code` the code; of a recipient `reason` is the code and `detail` the words.

use postroom_contract::accounts::Capability;
use postroom_contract::delivery::SubmitError;
use postroom_contract::recipients::Entry;
use postroom_contract::tracking::RecipientStatus;
use serde_json::{Value, json};

/// Converts the statuses of a mail's recipients.
pub(super) fn statuses(of: &[RecipientStatus]) -> Value {
    of.iter()
        .map(|of| {
            json!({
                "recipient": of.recipient, "status": of.status, "evidence": of.evidence, "reason": of.reason.detail,
                "code": of.reason.code, "advice": of.advice, "complained": of.complained,
            })
        })
        .collect()
}

/// Converts a mail's recipients, and why each gets it.
pub(super) fn entries(of: &[Entry]) -> Value {
    of.iter()
        .map(|of| {
            json!({
                "field": of.field, "mailbox": of.address, "reason": of.reason.code, "detail": of.reason.detail,
            })
        })
        .collect()
}

/// Converts the error of an attempt, its failure's fields in one object.
pub(super) fn error(of: &SubmitError) -> Value {
    match of {
        SubmitError::Failed(of) => {
            let (code, words) = (&of.failure.code, &of.failure.words);
            let reply = of.reply_code.map(|basic| {
                let enhanced = code.as_ref().filter(|code| code.contains('.'));
                json!({ "code": basic, "enhanced": enhanced, "text": words })
            });
            let mut failed = json!(of.failure);
            failed["reply"] = json!(reply);
            failed["recipients"] = json!(of.recipients);
            json!({ "failed": failed })
        }
        SubmitError::Api(of) => {
            let mut failed = json!(of.failure);
            failed["status"] = json!(of.status);
            failed["refused"] = json!(of.refused);
            json!({ "api": failed })
        }
        other => json!(other),
    }
}

/// Converts what an account can do.
pub(super) fn capabilities(of: &[Capability]) -> Value {
    of.iter()
        .map(|of| {
            json!({
                "name": of.name, "available": of.available, "reason": reasons(of), "reasons": of.reasons,
            })
        })
        .collect()
}

/// Joins the reasons why an account has an ability or not into a line.
pub(super) fn reasons(of: &Capability) -> String {
    of.reasons.iter().map(|it| it.detail.as_str()).collect::<Vec<_>>().join(" ")
}
