//! What the layout shows of documents that are paid in different ways, and that nothing makes it wider than a telephone.

mod form;
mod shown;
mod uses;

use super::super::samples::{self, Fill};
use super::super::tests::{request, settings_with};
use super::super::{RenderRequest, Rendered, render};
use crate::domain::document::{Document, Line, PaymentMeans};
use crate::domain::kind::{DocumentKind, Purpose, UseCase};
use crate::domain::settings::Settings;
use rust_decimal::Decimal;
use std::sync::Arc;

fn decimal(text: &str) -> Option<Decimal> {
    Some(text.parse().unwrap())
}

fn document(kind: DocumentKind, change: impl FnOnce(&mut Document)) -> Arc<Document> {
    let mut document = samples::document(kind, Fill::Full);
    change(&mut document);
    Arc::new(document)
}

fn invoice(change: impl FnOnce(&mut Document)) -> Arc<Document> {
    document(DocumentKind::Invoice, change)
}

/// The settings of a company that names its own account.
fn own_account() -> Settings {
    let mut settings = settings_with(&[]);
    settings.payment.accounts = vec!["BE71 0961 2345 6769".to_owned()];
    settings
}

fn shown(document: &Arc<Document>, settings: &Settings) -> Rendered {
    render(&request(document, settings)).unwrap()
}

fn used_for(document: &Arc<Document>, use_case: UseCase, settings: &Settings) -> Rendered {
    let purpose = Purpose::new(document.kind, use_case).unwrap();
    render(&RenderRequest { purpose, ..request(document, settings) }).unwrap()
}

/// The words that people see, without markup, on one line.
fn words_of(html: &str) -> String {
    let mut words = String::new();
    let body = html.split("<body").nth(1).unwrap_or(html);
    for piece in body.split('<').skip(1) {
        let text = match piece.strip_prefix("!--") {
            Some(_) => "",
            None => piece.split_once('>').map_or("", |(_, text)| text),
        };
        words.push_str(text);
        words.push(' ');
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
