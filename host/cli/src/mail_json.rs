//! A kept mail as JSON, without the bytes of its message.

use postroom::app::{Attempt, FilePlace, Mail, MailSummary};
use serde_json::{Value, json};

pub(super) fn attempts(mail: &Mail) -> Value {
    mail.attempts.iter().map(attempt).collect()
}

fn attempt(of: &Attempt) -> Value {
    let ended = of.outcome.as_ref();
    json!({
        "started": of.started.to_rfc3339(),
        "account": of.account_name,
        "transport": of.transport,
        "fallback": of.fallback,
        "result": ended.map(|it| it.result.as_str()),
        "stage": ended.and_then(|it| it.stage.as_deref()),
        "detail": ended.and_then(|it| it.detail.as_deref()),
        "provider_ids": ended.map(|it| it.provider_ids.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()),
    })
}

pub(super) fn summary(of: &MailSummary) -> Value {
    let document = of.document.as_ref();
    json!({
        "mail": of.id.to_string(),
        "created": of.created.to_rfc3339(),
        "kind": document.map(|it| &it.kind),
        "number": document.map(|it| &it.number),
        "partner": document.map(|it| &it.partner),
        "use_case": of.use_case,
        "subject": of.subject,
        "from": of.from,
        "recipients": of.recipients,
        "message_id": of.message_id,
    })
}

pub(super) fn files(mail: &Mail) -> Value {
    let file = |file: &postroom::app::AttachedFile| {
        let place = match &file.place {
            FilePlace::Disk(path) => Some(path),
            FilePlace::Stored(_) => None,
        };
        json!({ "name": file.name, "media_type": file.media_type, "role": file.role, "size": file.size, "path": place })
    };
    mail.mail.files.iter().map(file).collect()
}
