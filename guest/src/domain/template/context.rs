//! The variables of templates, and where each value comes from.
//!
//! The document is looked at lazily (a text uses a handful of its fields); the rest is small and built at once. An absent optional value is
//! `none`; printing it is an error, so that no mail ever has "none" in it.

use super::body::unbroken;
use super::record::{Record, Root, unknown};
use super::request::RenderRequest;
use super::value::{amount, date, decimal, none, text};
use crate::domain::document::{Adjustment, Document, Money, masked};
use crate::domain::kind::DocumentKind;
use crate::domain::language::Locale;
use chrono::NaiveDate;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use rust_decimal::Decimal;
use std::sync::Arc;

/// Fields of `document`.
pub const DOCUMENT: &[&str] = &[
    "kind",
    "type_code",
    "self_billed",
    "number",
    "revision",
    "issue_date",
    "due_date",
    "valid_until",
    "delivery_date",
    "currency",
    "total",
    "open",
    "overdue",
    "paid",
    "in_favour",
    "lines",
    "line_count",
    "taxes",
    "totals",
    "payment_terms",
    "payment_method",
    "account",
    "payment_reference",
    "mandate",
    "debited_account",
    "instalments",
    "pay_by",
    "expired",
    "network",
    "order",
    "quotation",
    "invoices",
    "buyer_reference",
    "dunning_level",
    "days_overdue",
    "days_until_due",
    "notes",
    "allowances",
    "charges",
    "person_in_charge",
    "extra",
];

/// Fields of a line of `document.lines`.
pub const LINE: &[&str] = &[
    "id",
    "name",
    "description",
    "quantity",
    "unit",
    "unit_price",
    "net_amount",
    "tax_percent",
    "date",
    "due_date",
    "document",
    "balance",
];

/// Fields of an item of `document.allowances` and `document.charges`.
pub const ADJUSTMENT: &[&str; 3] = &["reason", "amount", "tax_percent"];

/// Fields of `document.person_in_charge`.
pub const PERSON: &[&str; 3] = &["name", "email", "telephone"];

/// Fields of `document.totals`.
pub const TOTALS: &[&str; 7] =
    &["lines", "tax_exclusive", "tax", "tax_inclusive", "prepaid", "rounding", "payable"];

/// Fields of an item of `document.taxes`.
pub const TAX: &[&str; 4] = &["category", "percent", "taxable", "tax"];

/// Fields of `company`.
pub const COMPANY: &[&str; 6] = &["name", "address", "telephone", "email", "website", "vat_identifier"];

/// Fields of `sender`.
pub const SENDER: &[&str; 2] = &["name", "email"];

/// Fields of `partner`.
pub const PARTNER: &[&str; 2] = &["name", "consumer"];

/// The one field of `recipient`.
pub const NAME: &[&str; 1] = &["name"];

/// Fields of an item of `document.instalments`.
pub const INSTALMENT: &[&str; 3] = &["due_date", "amount", "label"];

/// Fields of `attached`.
pub const ATTACHED: &[&str; 3] = &["pdf", "ubl", "added"];

/// Fields of `portal`.
pub const PORTAL: &[&str; 2] = &["view_url", "pdf_url"];

/// Makes the context of a request, without the layout's own names.
pub(super) fn root(request: &RenderRequest<'_>) -> Root {
    let locale = request.locale;
    let (document, today) = (Arc::clone(request.document), request.today);
    let document = DocumentView { document, locale, today, pay_by: request.pay_by };
    let (company, settings) = (company_of(request), &request.settings.company);
    let portal = request.portal.as_ref();
    let company = Record::value(
        "company",
        COMPANY,
        [
            Value::from(company.name),
            Value::from(company.address),
            text(settings.telephone.as_deref().map(unbroken).as_deref()),
            text(settings.email.as_deref()),
            text(settings.website.as_deref()),
            text(company.vat_identifier),
        ],
    );
    let sender = [text(request.sender.name), Value::from(request.sender.email)];
    let attached = &request.attached;
    let partner = [Value::from(partner_name(request.document)), request.document.partner().consumer.into()];
    Root(vec![
        ("document", Value::from_object(document)),
        ("company", company),
        ("sender", Record::value("sender", SENDER, sender)),
        ("partner", Record::value("partner", PARTNER, partner)),
        ("recipient", Record::value("recipient", NAME, [text(request.addressee)])),
        (
            "attached",
            Record::value(
                "attached",
                ATTACHED,
                [attached.pdf.into(), attached.ubl.into(), attached.added.into()],
            ),
        ),
        (
            "portal",
            Record::value(
                "portal",
                PORTAL,
                [text(portal.map(|p| p.view_url)), text(portal.and_then(|p| p.pdf_url))],
            ),
        ),
        ("language", Value::from(locale.language.code())),
        ("locale", Value::from(locale.to_string())),
    ])
}

/// The company as the mail shows it: settings, else the document's issuer.
pub(super) struct CompanyFacts<'a> {
    pub(super) name: &'a str,
    pub(super) address: Vec<String>,
    pub(super) vat_identifier: Option<&'a str>,
}

pub(super) fn company_of<'a>(request: &RenderRequest<'a>) -> CompanyFacts<'a> {
    let settings = &request.settings.company;
    let issuer = request.document.issuer();
    let address = if settings.address.is_empty() {
        let place = [issuer.address.postal_zone.as_deref(), issuer.address.city.as_deref()];
        let place = place.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let lines = issuer.address.lines.iter().cloned().chain((!place.is_empty()).then_some(place));
        lines.collect()
    } else {
        settings.address.clone()
    };
    CompanyFacts {
        name: settings.name.as_deref().unwrap_or(&issuer.name),
        address,
        vat_identifier: settings.vat_identifier.as_deref().or(issuer.vat_identifier.as_deref()),
    }
}

fn partner_name(document: &Document) -> &str {
    let partner = document.partner();
    partner.trading_name.as_deref().unwrap_or(&partner.name)
}

/// Returns the days by which a date has passed; negative before it.
fn days_since(due: NaiveDate, today: NaiveDate) -> i64 {
    today.signed_duration_since(due).num_days()
}

#[derive(Debug)]
struct DocumentView {
    document: Arc<Document>,
    locale: Locale,
    today: NaiveDate,
    /// The day that a reminder asks to pay by.
    pay_by: Option<NaiveDate>,
}

impl DocumentView {
    fn money(&self, amount_of: Option<Decimal>) -> Value {
        money(&self.document, self.locale, amount_of)
    }

    fn adjustments(&self, what: &'static str, all: &[Adjustment]) -> Value {
        let one = |of: &Adjustment| {
            let values = [
                text(of.reason.as_deref()),
                self.money(Some(of.amount)),
                decimal(of.tax_percent, self.locale),
            ];
            Record::value(what, ADJUSTMENT, values)
        };
        all.iter().map(one).collect()
    }
}

fn money(document: &Document, locale: Locale, of: Option<Decimal>) -> Value {
    amount(of.map(|amount| Money { amount, currency: document.currency }), locale)
}

impl Object for DocumentView {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let (d, locale) = (&self.document, self.locale);
        Some(match key {
            "kind" => Value::from(d.kind.name()),
            "type_code" => text(d.type_code.as_deref()),
            "self_billed" => d.is_self_billed().into(),
            "number" => Value::from(d.number.as_str()),
            "revision" => text(d.revision.as_deref()),
            "issue_date" => date(Some(d.issue_date), locale),
            "due_date" => date(d.due_date, locale),
            "valid_until" => date(d.valid_until, locale),
            "delivery_date" => date(d.delivery_date, locale),
            "currency" => Value::from(d.currency.code()),
            "total" => amount(d.total().map(|total| d.as_read(total)), locale),
            "open" => amount(open(d), locale),
            "overdue" => amount(d.late(self.today), locale),
            "paid" => amount(d.paid(), locale),
            "in_favour" => amount(d.in_favour(), locale),
            "lines" => Value::from_object(LinesView { document: Arc::clone(d), locale }),
            "line_count" => Value::from(d.lines.len()),
            "taxes" => d
                .taxes
                .iter()
                .map(|t| {
                    let money = |of| self.money(Some(of));
                    let values = [
                        text(t.category.as_deref()),
                        decimal(t.percent, locale),
                        money(t.taxable),
                        money(t.tax),
                    ];
                    Record::value("taxes", TAX, values)
                })
                .collect(),
            "totals" => {
                let t = &d.totals;
                let all =
                    [t.lines, t.tax_exclusive, t.tax, t.tax_inclusive, t.prepaid, t.rounding, t.payable];
                Record::value("totals", TOTALS, all.map(|of| self.money(of)))
            }
            "payment_terms" => text(d.payment_terms.as_deref()),
            "payment_method" => Value::from(d.payment_method().name()),
            "account" => text(d.transfer().and_then(|means| means.account.as_deref())),
            "payment_reference" => text(d.transfer().and_then(|means| means.reference.as_deref())),
            "mandate" => text(d.direct_debit().and_then(|means| means.mandate.as_deref())),
            "debited_account" => text(
                d.direct_debit().and_then(|means| means.debited_account.as_deref()).map(masked).as_deref(),
            ),
            "instalments" => d
                .instalments
                .iter()
                .map(|part| {
                    let values = [
                        date(Some(part.due_date), locale),
                        self.money(Some(part.amount)),
                        text(part.label.as_deref()),
                    ];
                    Record::value("instalments", INSTALMENT, values)
                })
                .collect(),
            "pay_by" => date(self.pay_by, locale),
            "expired" => d.valid_until.is_some_and(|last| last < self.today).into(),
            "network" => text(d.network.as_deref()),
            "order" => text(d.references.order.as_deref()),
            "quotation" => text(d.references.quotation.as_deref()),
            "invoices" => d.references.invoices.iter().map(|i| Value::from(i.as_str())).collect(),
            "buyer_reference" => text(d.references.buyer.as_deref()),
            "dunning_level" => d.dunning_level.map_or_else(none, Value::from),
            "days_overdue" => Value::from(d.due_date.map_or(0, |due| days_since(due, self.today).max(0))),
            "days_until_due" => {
                Value::from(d.due_date.map_or(0, |due| (-days_since(due, self.today)).max(0)))
            }
            "notes" => d.notes.iter().map(|n| Value::from(n.as_str())).collect(),
            "allowances" => self.adjustments("allowances", &d.allowances),
            "charges" => self.adjustments("charges", &d.charges),
            "person_in_charge" => {
                let person = d.person_in_charge.as_ref();
                let of = [
                    person.and_then(|p| p.name.as_deref()),
                    person.and_then(|p| p.email.as_deref()),
                    person.and_then(|p| p.telephone.as_deref()),
                ];
                Record::value("person_in_charge", PERSON, of.map(text))
            }
            "extra" => Value::from_object(ExtraView { document: Arc::clone(d) }),
            _ => unknown("document", key, DOCUMENT),
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(DOCUMENT)
    }
}

#[derive(Debug)]
struct LinesView {
    document: Arc<Document>,
    locale: Locale,
}

impl Object for LinesView {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = key.as_usize().filter(|i| *i < self.document.lines.len())?;
        let document = Arc::clone(&self.document);
        Some(Value::from_object(LineView { document, locale: self.locale, index }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.document.lines.len())
    }
}

#[derive(Debug)]
struct LineView {
    document: Arc<Document>,
    locale: Locale,
    index: usize,
}

impl Object for LineView {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let line = self.document.lines.get(self.index)?;
        Some(match key {
            "id" => Value::from(line.id.as_str()),
            "name" => Value::from(line.name.as_str()),
            "description" => text(line.description.as_deref()),
            "quantity" => decimal(line.quantity, self.locale),
            "unit" => text(line.unit.as_deref()),
            "unit_price" => money(&self.document, self.locale, line.unit_price),
            "net_amount" => money(&self.document, self.locale, line.net_amount),
            "tax_percent" => decimal(line.tax_percent, self.locale),
            "date" => date(line.date, self.locale),
            "due_date" => date(line.due_date, self.locale),
            "document" => text(line.document.as_deref()),
            "balance" => money(&self.document, self.locale, line.balance),
            _ => unknown("lines", key, LINE),
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(LINE)
    }
}

/// Fields of the business system's own. One that this document does not have is absent, as any optional value is: printing it is an
/// error that names it.
#[derive(Debug)]
struct ExtraView {
    document: Arc<Document>,
}

impl Object for ExtraView {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(text(self.document.extra.get(key).map(String::as_str)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.document.extra.keys().map(|name| Value::from(name.as_str())).collect())
    }
}

/// Returns what the reader still owes: an invoice that was overpaid asks for nothing.
fn open(document: &Document) -> Option<Money> {
    match document.kind {
        DocumentKind::Invoice | DocumentKind::Reminder | DocumentKind::Statement => document.owed(),
        _ => document.open_amount().map(|open| document.as_read(open)),
    }
}
