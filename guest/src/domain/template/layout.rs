//! What the layout shows around a body: greeting, facts, lines, button, payment, signature, footer. All of it
//! is worked out here and handed over as text, so that the layout's own templates only place it.

use super::body::{paragraph_html, plain};
use super::context::company_of;
use super::fault::TemplateFault;
use super::format::{long_date, money, number};
use super::greeting::closing;
use super::items::{Columns, item};
use super::record::Record;
use super::render::RenderRequest;
use super::signature;
use super::value::{none, text};
use super::words::Words;
use crate::domain::document::{Document, Money};
use crate::domain::kind::{DocumentKind as K, Purpose, UseCase as U};
use minijinja::value::Value;
use rust_decimal::Decimal;

/// The HTML layout.
pub(super) const HTML: &str = "layout/mail.html";
/// The plain layout.
pub(super) const TEXT: &str = "layout/mail.txt";
/// Most lines that a layout shows, whatever the settings say.
const MOST_LINES: usize = 200;
/// Colour where the settings' is none.
const ACCENT: &str = "#1f4e79";
/// Style of links in a body.
const LINK: &str = "color:#0b5fff";
/// Longest link of a portal, in bytes.
pub const LONGEST_LINK: usize = 2_000;

/// Fields of `mail`, which the layout has beyond those of a text.
pub(super) const MAIL: &[&str; 24] = &[
    "subject",
    "preheader",
    "accent",
    "logo",
    "greeting",
    "paragraphs",
    "html",
    "text",
    "title",
    "facts",
    "lines",
    "columns",
    "more",
    "totals",
    "button",
    "download",
    "payment",
    "payment_title",
    "closing",
    "colon",
    "signature_html",
    "signature_text",
    "footer",
    "width",
];
const ROW: &[&str; 3] = &["label", "value", "strong"];
const LINKED: &[&str; 2] = &["label", "url"];

/// True for a name that only layouts have.
pub(super) fn is_name(name: &str) -> bool {
    name == "mail"
}

/// True where a mail of this purpose asks to be paid.
pub(super) fn asks_for_payment(purpose: Purpose) -> bool {
    match (purpose.kind(), purpose.use_case()) {
        (K::Invoice, use_case) => !matches!(use_case, U::ThankYou | U::Cancelled),
        (K::Statement | K::Reminder, use_case) => use_case != U::Cancelled,
        _ => false,
    }
}

/// The `mail` of the layout.
pub(super) fn mail(
    request: &RenderRequest<'_>,
    words: &Words,
    subject: &str,
    greeting: String,
    body: &[Vec<String>],
    html: Option<String>,
) -> Result<Value, TemplateFault> {
    let (document, settings) = (request.document.as_ref(), request.settings);
    let kind = request.purpose.kind();
    let facts = facts(request, words)?;
    let company = company_of(request);
    let title = format!("{} {}", words.get(&format!("document_{}", key(kind)))?, document.number);
    let shown = if request.purpose.use_case() == U::Cancelled {
        0
    } else {
        document.lines.len().min(settings.layout.lines as usize).min(MOST_LINES)
    };
    let columns = Columns::of(&document.lines[..shown]);
    let more = match document.lines.len() - shown {
        0 => none(),
        _ if shown == 0 => none(),
        1 => Value::from(words.get("more_lines_one")?),
        n => Value::from(words.fill("more_lines", "{n}", &number(Decimal::from(n), request.locale))?),
    };
    let items: Value = document.lines[..shown].iter().map(|l| item(document, l, request)).collect();
    let payment = payment(request, words)?;
    let portal = request.portal;
    let download = portal.and_then(|p| p.pdf_url).filter(|u| is_web(u));
    let paragraphs: Value = match &html {
        Some(_) => Value::from(Vec::<Value>::new()),
        None => body.iter().map(|p| Value::from_safe_string(paragraph_html(p, LINK))).collect(),
    };
    let colon = words.get("colon")?;
    let closing = closing(request, words)?;
    let (signature_html, signature_text) = signature_of(request, company.name);
    let rows = |rows: Vec<Fact>| rows.into_iter().map(Fact::value).collect::<Value>();
    let linked = |label: &str, url: &str| Record::value("button", LINKED, [label.into(), url.into()]);

    Ok(Record::value(
        "mail",
        MAIL,
        [
            Value::from(subject),
            Value::from(preheader(&facts, colon, body)),
            Value::from(accent(&settings.layout.accent)),
            Value::from(request.logo),
            Value::from(greeting),
            paragraphs,
            html.map_or_else(none, Value::from_safe_string),
            Value::from(plain(body)),
            Value::from(title),
            rows(facts),
            items,
            columns.value(words)?,
            more,
            rows(if shown == 0 || !columns.amount { Vec::new() } else { totals(document, request, words)? }),
            match portal {
                Some(p) => linked(words.get(&format!("view_{}", key(kind)))?, p.view_url),
                None => none(),
            },
            match download {
                Some(url) => linked(words.get("download")?, url),
                None => none(),
            },
            rows(payment),
            Value::from(words.get("payment")?),
            Value::from(closing),
            Value::from(colon),
            signature_html.map_or_else(none, Value::from_safe_string),
            text(signature_text.as_deref()),
            footer(request, words)?,
            Value::from(settings.layout.logo_width.clamp(20, 520)),
        ],
    ))
}

fn key(kind: K) -> String {
    kind.name().replace('-', "_")
}

struct Fact {
    label: String,
    value: String,
    strong: bool,
}

impl Fact {
    fn new(label: &str, value: String) -> Self {
        Self { label: label.to_owned(), value, strong: false }
    }

    fn strong(label: &str, value: String) -> Self {
        Self { label: label.to_owned(), value, strong: true }
    }

    fn value(self) -> Value {
        Record::value("row", ROW, [self.label.into(), self.value.into(), self.strong.into()])
    }
}

/// What a reader looks for first. A cancelled document has no date to keep and nothing to pay.
fn facts(request: &RenderRequest<'_>, words: &Words) -> Result<Vec<Fact>, TemplateFault> {
    let (d, locale) = (request.document.as_ref(), request.locale);
    let (kind, live) = (d.kind, request.purpose.use_case() != U::Cancelled);
    let asks = asks_for_payment(request.purpose);
    let mut facts = vec![Fact::new(words.get("date")?, long_date(d.issue_date, locale))];
    let mut push_date = |key: &str, date: Option<chrono::NaiveDate>, wanted: bool| {
        if let Some(date) = date.filter(|_| wanted) {
            facts.push(Fact::new(words.get(key)?, long_date(date, locale)));
        }
        Ok::<(), TemplateFault>(())
    };
    push_date("due_date", d.due_date, asks)?;
    push_date("valid_until", d.valid_until, live && matches!(kind, K::Quote | K::RequestForQuotation))?;
    let delivers = matches!(kind, K::SalesOrder | K::OrderConfirmation | K::DeliveryNote | K::PurchaseOrder);
    push_date("delivery_date", d.delivery_date, live && delivers)?;
    if let Some(order) =
        d.references.order.as_deref().filter(|_| kind.audience() == crate::domain::kind::Audience::Customer)
    {
        facts.push(Fact::new(words.get("order")?, order.to_owned()));
    }
    let open = d.open_amount().filter(|_| asks);
    let total = d.total().filter(|_| !matches!(kind, K::DeliveryNote | K::RequestForQuotation));
    match (total, open) {
        (Some(total), Some(open)) if total.amount != open.amount => {
            facts.push(Fact::new(words.get("total")?, money(total, locale)));
            facts.push(Fact::strong(words.get("open")?, money(open, locale)));
        }
        (Some(total), _) => facts.push(Fact::strong(words.get("total")?, money(total, locale))),
        (None, Some(open)) => facts.push(Fact::strong(words.get("open")?, money(open, locale))),
        (None, None) => {}
    }
    Ok(facts)
}

/// What shows beside the subject in a list of mails: the amount and the date to keep, else how the text begins.
fn preheader(facts: &[Fact], colon: &str, body: &[Vec<String>]) -> String {
    let said: Vec<_> =
        facts.iter().skip(1).rev().take(3).map(|f| format!("{}{colon} {}", f.label, f.value)).collect();
    if !said.is_empty() {
        return said.join(" · ");
    }
    let first = body.first().map(|lines| lines.join(" ")).unwrap_or_default();
    match first.char_indices().nth(110) {
        Some((at, _)) => format!("{}…", first[..at].trim_end()),
        None => first,
    }
}

fn payment(request: &RenderRequest<'_>, words: &Words) -> Result<Vec<Fact>, TemplateFault> {
    let d = request.document.as_ref();
    let open = d.open_amount().is_none_or(|o| o.amount > Decimal::ZERO);
    let account = d.payment_means.iter().find(|m| m.account.is_some());
    let (true, true, Some(means)) = (asks_for_payment(request.purpose), open, account) else {
        return Ok(Vec::new());
    };
    let iban = means.account.as_deref().map(grouped_account);
    let reference =
        means.reference.clone().or_else(|| d.payment_means.iter().find_map(|m| m.reference.clone()));
    let mut rows = Vec::new();
    for (key, value) in [
        ("account", iban),
        ("bic", means.bic.clone()),
        ("account_name", means.account_name.clone()),
        ("reference", reference.or_else(|| Some(d.number.clone()))),
    ] {
        if let Some(value) = value.filter(|v| !v.trim().is_empty()) {
            rows.push(Fact::new(words.get(key)?, value));
        }
    }
    Ok(rows)
}

/// An IBAN in groups of four, as people copy it; anything else as it is.
fn grouped_account(account: &str) -> String {
    let bare: String = account.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = bare.as_bytes();
    let is_iban = (15..=34).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..4].iter().all(u8::is_ascii_digit);
    if !is_iban {
        return account.trim().to_owned();
    }
    let groups: Vec<String> =
        bytes.chunks(4).map(|group| group.iter().map(|b| char::from(*b)).collect()).collect();
    groups.join(" ")
}

fn totals(
    document: &Document,
    request: &RenderRequest<'_>,
    words: &Words,
) -> Result<Vec<Fact>, TemplateFault> {
    let t = &document.totals;
    let written = |amount| money(Money { amount, currency: document.currency }, request.locale);
    let mut rows = Vec::new();
    if let (Some(net), Some(tax)) = (t.tax_exclusive, t.tax) {
        rows.push(Fact::new(words.get("net_total")?, written(net)));
        rows.push(Fact::new(words.get("tax")?, written(tax)));
    }
    if let Some(total) = t.tax_inclusive.or(t.payable) {
        rows.push(Fact::strong(words.get("total")?, written(total)));
    }
    Ok(rows)
}

/// HTML and text of the signature. Without one of the user's own: the sender and the company.
fn signature_of(request: &RenderRequest<'_>, company: &str) -> (Option<String>, Option<String>) {
    if !request.signature {
        return (None, None);
    }
    let user = &request.settings.user;
    let own_html = user.signature_html.as_deref().filter(|s| !s.trim().is_empty());
    let own_text = user.signature_text.as_deref().filter(|s| !s.trim().is_empty());
    let name = request.sender.name.filter(|n| *n != company);
    let default = [name, Some(company)].into_iter().flatten().collect::<Vec<_>>().join("\n");
    let plain = match (own_text, own_html) {
        (Some(own), _) => own.to_owned(),
        (None, Some(html)) => signature::as_text(html),
        (None, None) => default,
    };
    let html = match own_html {
        Some(own) => signature::sanitised(own),
        None => plain.lines().map(signature::escaped).collect::<Vec<_>>().join("<br>"),
    };
    (Some(html), Some(plain))
}

/// Who the mail is from, in small print.
fn footer(request: &RenderRequest<'_>, words: &Words) -> Result<Value, TemplateFault> {
    let (settings, company) = (&request.settings.company, company_of(request));
    let mut first = vec![settings.legal_name.as_deref().unwrap_or(company.name).to_owned()];
    first.extend(company.address.iter().filter(|l| !l.trim().is_empty()).cloned());
    let mut second = Vec::new();
    for (key, value) in
        [("telephone", settings.telephone.as_deref()), ("vat_identifier", company.vat_identifier)]
    {
        if let Some(value) = value {
            second.push(format!("{} {value}", words.get(key)?));
        }
    }
    second.extend(settings.email.clone());
    second.extend(settings.website.clone());
    let lines =
        [first.join(" · "), second.join(" · ")].into_iter().chain(settings.registration.iter().cloned());
    Ok(lines.filter(|line| !line.trim().is_empty()).map(Value::from).collect())
}

/// True for a link that a mail may carry: of the web, one word, not endless.
pub fn is_web(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://"))
        && url.len() <= LONGEST_LINK
        && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn accent(colour: &str) -> &str {
    let digits = colour.strip_prefix('#').unwrap_or("");
    let valid = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if valid { colour } else { ACCENT }
}
