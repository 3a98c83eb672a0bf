//! What the layout shows around a body: greeting, the amount and when it is due, button, payment, lines, totals, signature,
//! footer. All of it is worked out here and handed over as text, so that the layout's own templates only place it.

mod amount;
mod colours;
mod facts;
mod footer;
mod links;
mod payment;
mod preheader;
mod row;
mod title;
mod totals;

use super::body::{self, Links, plain};
use super::context::company_of;
use super::fault::TemplateFault;
use super::format::number;
use super::greeting::closing;
use super::items::{Columns, Shown, lines};
use super::record::Record;
use super::request::RenderRequest;
use super::signature;
use super::value::{none, text};
use super::words::Words;
use crate::domain::document::Document;
use crate::domain::kind::{DocumentKind as K, UseCase as U};
use minijinja::value::Value;
use row::Row;
use rust_decimal::Decimal;

pub(super) use amount::{Demand, asked, due_date, when_due};
pub use links::{LONGEST_LINK, is_web};
pub(super) use payment::code as payment_code;

/// The HTML layout.
pub(super) const HTML: &str = "layout/mail.html";
/// The plain layout.
pub(super) const TEXT: &str = "layout/mail.txt";
/// Most lines that a layout shows, whatever the settings allow.
const MOST_LINES: usize = 200;
/// Tallest that a logo is shown, in pixels.
const LOGO_HEIGHT: u32 = 72;

/// Fields of `mail`, which the layout has beyond those of a text.
pub(super) const MAIL: &[&str; 35] = &[
    "subject",
    "preheader",
    "accent",
    "on_accent",
    "link",
    "tint",
    "logo",
    "greeting",
    "paragraphs",
    "html",
    "text",
    "title",
    "title_html",
    "title_rule",
    "amount",
    "due",
    "facts",
    "button",
    "download",
    "payment",
    "payment_title",
    "payment_rule",
    "code",
    "lines",
    "lines_html",
    "lines_text",
    "columns",
    "more",
    "totals",
    "closing",
    "colon",
    "signature_html",
    "signature_text",
    "footer",
    "width",
];
const LOGO: &[&str; 2] = &["width", "height"];
const BUTTON: &[&str; 3] = &["label", "url", "filled"];
const DOWNLOAD: &[&str; 3] = &["label", "url", "title_html"];
const CODE: &[&str; 2] = &["alt", "hint"];

/// Returns how many lines of the document the layout shows where there is room for all of them. A mail that comes back to a document whose
/// lines were read before is about its amount or its answer; the lines of a reminder and of a statement are invoices, and the first are the
/// oldest.
pub(super) fn most_lines(request: &RenderRequest<'_>) -> usize {
    let of_use = match (request.purpose.kind(), request.purpose.use_case()) {
        (_, U::Cancelled) => 0,
        (K::Reminder | K::Statement, _) => 3,
        (_, U::Reminder1 | U::Reminder2 | U::Reminder3 | U::Overdue | U::ThankYou) => 0,
        (_, U::New | U::Copy) => MOST_LINES,
    };
    request.document.lines.len().min(request.settings.layout.lines as usize).min(of_use)
}

/// Makes the `mail` of the layout, which shows these lines of the document.
pub(super) fn mail(
    request: &RenderRequest<'_>,
    words: &Words,
    subject: &str,
    greeting: &str,
    body: &[Vec<String>],
    html: Option<String>,
    shown: Shown,
) -> Result<Value, TemplateFault> {
    let (document, settings) = (request.document.as_ref(), request.settings);
    let demand = Demand::of(request);
    let colours = colours::Colours::of(&settings.layout.accent);
    let title = title::Title::of(request, words, &format!("document_{}", key(request)))?;
    let title_text = title.text();
    let amount = amount::headline(request, words, demand)?;
    let due = amount::due(request, words, demand)?;
    let columns = Columns::of(&document.lines[..shown.lines]);
    let totals = match shown.lines > 0 && columns.amount {
        true => totals::rows(request, words)?,
        false => Vec::new(),
    };
    let facts = facts::rows(request, words, demand, amount.as_ref(), due.as_ref(), !totals.is_empty())?;
    let preheader = preheader::text(amount.as_ref(), due.as_ref(), &facts, words, body)?;
    let payment = payment::rows(request, words, demand)?;
    let payment_title = words.get("payment")?;
    let (signature_html, signature_text) = signature_of(request, company_of(request).name);
    let whole = title::numbers(request);
    let links = Links { style: format!("color:{}", colours.link), known: links::known(request), whole };
    let paragraphs: Value = match &html {
        Some(_) => Value::from(Vec::<Value>::new()),
        None => body.iter().map(|p| Value::from_safe_string(body::paragraph_html(p, &links))).collect(),
    };
    let lines = lines(request, words, shown, columns)?;
    Ok(Record::value(
        "mail",
        MAIL,
        [
            Value::from(subject),
            Value::from(preheader),
            Value::from(colours.accent),
            Value::from(colours.on_accent),
            Value::from(colours.link),
            Value::from(colours.tint),
            logo(request),
            Value::from(greeting),
            paragraphs,
            html.map_or_else(none, Value::from_safe_string),
            Value::from(plain(body)),
            Value::from(&*title_text),
            Value::from_safe_string(title.html("")),
            Value::from(body::rule(&title_text)),
            amount.map_or_else(none, amount::Headline::value),
            due.map_or_else(none, amount::Due::value),
            facts.into_iter().map(Row::fact).collect(),
            button(request, words)?,
            download(request, words, &title)?,
            values(payment),
            Value::from(payment_title),
            Value::from(body::rule(payment_title)),
            code(request, words)?,
            lines.each,
            Value::from_safe_string(lines.html),
            Value::from(lines.text),
            columns.value(words)?,
            more(document, shown.lines, request, words)?,
            values(totals),
            Value::from(closing(request, words)?),
            Value::from(words.get("colon")?),
            signature_html.map_or_else(none, Value::from_safe_string),
            text(signature_text.as_deref()),
            footer::lines(request, words)?,
            Value::from(settings.layout.logo_width.clamp(20, 520)),
        ],
    ))
}

/// Returns the key of the document's name in the words: a second reminder has another name in German.
fn key(request: &RenderRequest<'_>) -> String {
    let kind = request.purpose.kind();
    match kind == K::Reminder && request.document.dunning_level.is_some_and(|level| level > 1) {
        true => "reminder_again".to_owned(),
        false => kind.name().replace('-', "_"),
    }
}

fn values(rows: Vec<Row>) -> Value {
    rows.into_iter().map(Row::value).collect()
}

/// Returns the logo's size: within the settings' width and a height that leaves room for the mail, never larger than it is; its width alone
/// where the file states no size.
fn logo(request: &RenderRequest<'_>) -> Value {
    let Some(logo) = request.logo else { return none() };
    let most = request.settings.layout.logo_width.clamp(20, 520);
    let (width, height) = match logo.size {
        Some((width, height)) if width > 0 && height > 0 => {
            let (w, h) = (u64::from(width), u64::from(height));
            // The tighter of the two bounds, as a fraction of the whole.
            let (over, under) = match u64::from(most) * h <= u64::from(LOGO_HEIGHT) * w {
                true => (u64::from(most), w),
                false => (u64::from(LOGO_HEIGHT), h),
            };
            let fit = |side: u64| if over < under { (side * over / under).max(1) } else { side };
            (Value::from(fit(w)), Value::from(fit(h)))
        }
        _ => (Value::from(most), none()),
    };
    Record::value("logo", LOGO, [width, height])
}

fn button(request: &RenderRequest<'_>, words: &Words) -> Result<Value, TemplateFault> {
    let Some(portal) = request.portal else { return Ok(none()) };
    let label = words.get(&format!("view_{}", key(request)))?;
    // Nothing is to be done with a document that no longer counts.
    let is_filled = request.purpose.use_case() != U::Cancelled;
    Ok(Record::value("button", BUTTON, [label.into(), portal.view_url.into(), is_filled.into()]))
}

fn download(
    request: &RenderRequest<'_>,
    words: &Words,
    title: &title::Title<'_>,
) -> Result<Value, TemplateFault> {
    let Some(url) = request.portal.and_then(|p| p.pdf_url).filter(|u| is_web(u)) else { return Ok(none()) };
    let title = Value::from_safe_string(title.html(";text-decoration:underline"));
    Ok(Record::value("download", DOWNLOAD, [words.get("download")?.into(), url.into(), title]))
}

fn code(request: &RenderRequest<'_>, words: &Words) -> Result<Value, TemplateFault> {
    let Some(alt) = payment::code_alt(request, words)? else { return Ok(none()) };
    Ok(Record::value("code", CODE, [alt.into(), words.get("qr_hint")?.into()]))
}

/// Writes how many lines the mail leaves out.
fn more(
    document: &Document,
    shown: usize,
    request: &RenderRequest<'_>,
    words: &Words,
) -> Result<Value, TemplateFault> {
    Ok(match document.lines.len() - shown {
        _ if shown == 0 => none(),
        0 => none(),
        1 => Value::from(words.get("more_lines_one")?),
        n => Value::from(words.fill("more_lines", "{n}", &number(Decimal::from(n), request.locale))?),
    })
}

/// Makes HTML and text of the signature.
fn signature_of(request: &RenderRequest<'_>, company: &str) -> (Option<String>, Option<String>) {
    if !request.signature {
        return (None, None);
    }
    let signature = signature::signature_of(&request.settings.user, request.sender.name, company);
    (Some(signature.html), Some(signature.text))
}

#[cfg(test)]
mod tests;
