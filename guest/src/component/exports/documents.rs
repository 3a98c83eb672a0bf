//! The export `documents`: conversions around the use cases, no decisions.

use crate::component::bindings::exports::postroom::plugin::documents as wit;
use crate::component::convert::{document_error_out, source_in};
use crate::component::{Component, call};
use crate::domain::account;
use crate::domain::document::{self, Money, Summary};
use crate::domain::kind::DocumentKind;
use crate::domain::{options, settings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

impl wit::Guest for Component {
    fn read(document: wit::Source) -> Result<wit::Summary, wit::DocumentError> {
        let _call = call::begin();
        let read = source_in(document).and_then(|source| source.read()).map_err(document_error_out)?;
        Ok(summary_out(read.document.summary()))
    }

    fn to_json(document: wit::Source) -> Result<String, wit::DocumentError> {
        let _call = call::begin();
        let read = source_in(document).and_then(|source| source.read()).map_err(document_error_out)?;
        Ok(document::to_json(&read.document))
    }

    fn embedded_pdf(document: wit::Source) -> Result<Option<wit::EmbeddedFile>, wit::DocumentError> {
        let _call = call::begin();
        let found =
            source_in(document).and_then(|source| source.embedded_pdf()).map_err(document_error_out)?;
        Ok(found.map(|file| wit::EmbeddedFile {
            file_name: file.file_name,
            content: STANDARD.encode(file.content),
        }))
    }

    fn sample(kind: String) -> Option<String> {
        let _call = call::begin();
        Some(document::sample(DocumentKind::named(&kind)?).to_owned())
    }

    fn schema(name: String) -> Option<String> {
        let _call = call::begin();
        match name.as_str() {
            "document" => Some(document::SCHEMA.to_owned()),
            "settings" => Some(settings::SCHEMA.to_owned()),
            "account" => Some(account::SCHEMA.to_owned()),
            "job-options" => Some(options::JOB_SCHEMA.to_owned()),
            "submission-options" => Some(options::SUBMISSION_SCHEMA.to_owned()),
            _ => None,
        }
    }
}

fn summary_out(of: Summary) -> wit::Summary {
    wit::Summary {
        kind: of.kind.name().to_owned(),
        type_code: of.type_code,
        self_billed: of.self_billed,
        number: of.number,
        revision: of.revision,
        issue_date: of.issue_date.to_string(),
        due_date: of.due_date.map(|date| date.to_string()),
        seller: of.seller,
        buyer: of.buyer,
        partner_identifier: of.partner_identifier,
        language: of.language,
        total: of.total.map(amount_out),
        balance: of.balance.map(amount_out),
        payment: of.payment.map(|of| wit::Payment {
            method: of.method.name().to_owned(),
            account: of.account,
            reference: of.reference,
            mandate: of.mandate,
        }),
        lines: of.lines,
    }
}

fn amount_out(of: Money) -> wit::Amount {
    wit::Amount { currency: of.currency.to_string(), value: of.amount.to_string() }
}
