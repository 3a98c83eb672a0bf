//! What crosses between us and an ERP, as JSON: see `docs/records.md`. What an ERP adds that is not here is its own.

use super::{Entry, Partner};
use postroom_store::{Notice, NoticeKind};
use serde::{Deserialize, Serialize};

/// A page of documents.
#[derive(Debug, Deserialize)]
pub(super) struct Documents {
    pub(super) documents: Vec<Entry>,
    #[serde(default)]
    pub(super) next: Option<String>,
}

/// A page of partners.
#[derive(Debug, Deserialize)]
pub(super) struct Partners {
    pub(super) partners: Vec<Partner>,
    #[serde(default)]
    pub(super) next: Option<String>,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    kind: &'a str,
    number: &'a str,
}

#[derive(Debug, Serialize)]
struct Status<'a> {
    word: &'a str,
    label: &'a str,
}

#[derive(Debug, Serialize)]
struct Told<'a> {
    id: &'a str,
    kind: &'static str,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Document<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// Writes a notice as it is sent.
pub(super) fn notice(of: &Notice) -> Result<String, serde_json::Error> {
    let document = of.document.as_ref();
    let (mut name, mut status, mut amount, mut currency) = (None, None, None, None);
    match &of.kind {
        NoticeKind::Status { status: word, label } => status = Some(Status { word, label }),
        NoticeKind::Address { name: of } => name = of.as_deref(),
        NoticeKind::Payment { amount: how_much, currency: of_what } => {
            (amount, currency) = (Some(how_much.as_str()), Some(of_what.as_str()));
        }
    }
    serde_json::to_string(&Told {
        id: &of.id,
        kind: of.kind.as_str(),
        at: of.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        document: document.map(|it| Document { kind: &it.kind, number: &it.number }),
        partner: document.map(|it| &it.partner).or(of.partner.as_ref()).map(String::as_str),
        mail: of.mail.map(|mail| mail.to_string()),
        recipient: of.recipient.as_deref(),
        name,
        status,
        amount,
        currency,
        reason: of.reason.as_deref(),
    })
}
