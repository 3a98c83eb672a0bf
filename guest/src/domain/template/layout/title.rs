//! The document's name above the amount, and the numbers of a mail, which stay on one line.

use crate::domain::html::push_escaped;
use crate::domain::kind::UseCase as U;
use crate::domain::template::fault::TemplateFault;
use crate::domain::template::request::RenderRequest;
use crate::domain::template::unbroken::{push_whole, stays_on_one_line};
use crate::domain::template::words::Words;

/// Most invoices whose numbers are looked for in a text: the shipped ones name five.
const INVOICES: usize = 8;

/// The name of the document: `Invoice 2026-0147`, `Invoice 2026-0147 (copy)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Title<'a> {
    kind: &'a str,
    number: &'a str,
    copy: Option<&'a str>,
}

impl<'a> Title<'a> {
    /// Makes the title of a document whose kind the word `key` names. One that came by a network is distinguished from its copy.
    pub(super) fn of(
        request: &RenderRequest<'a>,
        words: &'a Words,
        key: &str,
    ) -> Result<Self, TemplateFault> {
        let is_copy = request.purpose.use_case() == U::Copy;
        let copy = is_copy.then(|| words.get("copy")).transpose()?;
        Ok(Self { kind: words.get(key)?, number: &request.document.number, copy })
    }

    /// Writes the title for a plain body.
    pub(super) fn text(self) -> String {
        let copy = self.copy.map(|copy| format!(" ({copy})")).unwrap_or_default();
        format!("{} {}{copy}", self.kind, self.number)
    }

    /// Writes the title in HTML, with a style for the number.
    pub(super) fn html(self, style: &str) -> String {
        let mut html = String::with_capacity(128);
        push_escaped(&mut html, self.kind);
        html.push(' ');
        match stays_on_one_line(self.number) {
            true => push_whole(&mut html, self.number, style),
            false => push_escaped(&mut html, self.number),
        }
        if let Some(copy) = self.copy {
            html.push_str(" (");
            push_escaped(&mut html, copy);
            html.push(')');
        }
        html
    }
}

/// Lists the numbers and references of a document that a text may name, as far as they would break.
pub(super) fn numbers(request: &RenderRequest<'_>) -> Vec<String> {
    let d = request.document.as_ref();
    let named = [
        Some(&d.number),
        d.references.order.as_ref(),
        d.references.quotation.as_ref(),
        d.references.buyer.as_ref(),
        d.transfer().and_then(|means| means.reference.as_ref()),
        d.direct_debit().and_then(|means| means.mandate.as_ref()),
    ];
    let all = named.into_iter().flatten().chain(d.references.invoices.iter().take(INVOICES));
    all.map(|number| number.trim()).filter(|number| stays_on_one_line(number)).map(str::to_owned).collect()
}
