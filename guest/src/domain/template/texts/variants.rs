//! Documents with and without each optional field, made from the plan: what a purpose's texts use is varied, one thing at a time,
//! and nothing else.

use super::super::body::{paragraphs, subject};
use super::super::engine::TextSet;
use super::super::samples::{self, Fill};
use super::super::{Attached, Edits, Portal, RenderRequest, Sender, context, shipped};
use super::plan::Plan;
use crate::domain::document::{Document, Instalment, PaymentMeans, Totals};
use crate::domain::kind::{DocumentKind as K, Purpose, UseCase as U};
use crate::domain::language::Locale;
use crate::domain::settings::{Overrides, Settings};
use chrono::NaiveDate;
use minijinja::value::Value;
use rust_decimal::Decimal;
use std::sync::Arc;

/// The document and settings that a text is rendered over.
#[derive(Debug, Clone)]
pub(super) struct Variant {
    pub(super) label: String,
    pub(super) document: Document,
    pub(super) attached: Attached,
    pub(super) portal: bool,
    telephone: bool,
    pub(super) pay_by: Option<NaiveDate>,
}

/// A text as it is read: its subject and its paragraphs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) subject: String,
    pub(super) paragraphs: Vec<String>,
}

impl Text {
    /// Returns the paragraphs as one text.
    pub(super) fn body(&self) -> String {
        self.paragraphs.join("\n\n")
    }
}

/// Returns the date that a reminder asks to pay by in these tests.
pub(super) fn pay_by() -> NaiveDate {
    day(2026, 12, 17)
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// Renders a purpose's texts in a locale, without the layout around them.
pub(super) fn read(purpose: Purpose, locale: Locale, variant: &Variant) -> Text {
    let texts = TextSet::new(Overrides::default());
    let mut settings = Settings::default();
    settings.company.telephone = variant.telephone.then(|| "+32 9 123 45 67".to_owned());
    let document = Arc::new(variant.document.clone());
    let portal = Portal { view_url: "https://portal.example/d", pdf_url: None };
    let request = RenderRequest {
        purpose,
        locale,
        document: &document,
        settings: &settings,
        sender: Sender { name: Some("An De Wit"), email: "an@example.org" },
        addressee: None,
        salutation: None,
        attached: variant.attached,
        portal: variant.portal.then_some(portal),
        edits: Edits::default(),
        today: samples::today(),
        pay_by: variant.pay_by,
        signature: true,
        logo: None,
    };
    let root = Value::from_object(context::root(&request));
    let render = |file| {
        let (name, _) = texts.find(purpose, locale, file).unwrap();
        texts.render(&name, root.clone()).unwrap_or_else(|fault| panic!("{}: {fault}", variant.label))
    };
    let body = paragraphs(&render("body.txt"));
    Text {
        subject: subject(&render("subject.txt")),
        paragraphs: body.into_iter().map(|lines| lines.join(" ")).collect(),
    }
}

/// Returns the document with everything in it, as it is when a mail of this purpose is due.
pub(super) fn base(purpose: Purpose) -> Variant {
    let mut document = samples::document(purpose.kind(), Fill::Full);
    document.balance = document.totals.tax_inclusive;
    document.totals.prepaid = None;
    document.valid_until = Some(day(2026, 12, 20));
    document.delivery_date = Some(day(2026, 12, 14));
    if matches!((purpose.kind(), purpose.use_case()), (K::Invoice, U::New | U::Copy)) {
        document.due_date = Some(day(2026, 12, 22));
    }
    if purpose.use_case() == U::ThankYou {
        document.balance = Some(Decimal::ZERO);
    }
    let attached = Attached { pdf: true, ubl: false, added: 0 };
    Variant { label: "all there is".into(), document, attached, portal: false, telephone: true, pay_by: None }
}

/// Returns the base, and a variant for each thing that can be otherwise.
pub(super) fn all(purpose: Purpose, plan: &Plan) -> Vec<Variant> {
    let fields = &plan.fields(purpose, "body.txt") | &plan.fields(purpose, "subject.txt");
    let base = base(purpose);
    let mut all = vec![base.clone()];
    for (field, label, change) in CHANGES {
        if fields.contains(*field) {
            let mut variant = Variant { label: (*label).to_owned(), ..base.clone() };
            change(&mut variant);
            all.push(variant);
        }
    }
    let document = samples::document(purpose.kind(), Fill::Bare);
    let attached = Attached::default();
    let label = "nothing that can be absent".to_owned();
    all.push(Variant { label, document, attached, telephone: false, ..base });
    all
}

type Change = fn(&mut Variant);

/// Field of the plan, what is otherwise, and how.
const CHANGES: &[(&str, &str, Change)] = &[
    ("document.order", "no order", |v| v.document.references.order = None),
    ("document.quotation", "no quotation", |v| v.document.references.quotation = None),
    ("document.revision", "no revision", |v| v.document.revision = None),
    ("document.invoices", "no invoice named", |v| v.document.references.invoices.clear()),
    ("document.invoices", "one invoice", |v| v.document.references.invoices.truncate(1)),
    ("document.invoices", "six invoices", |v| {
        v.document.references.invoices = (1..=6).map(|n| format!("F-{n}")).collect();
    }),
    ("document.line_count", "one line", |v| v.document.lines.truncate(1)),
    ("document.line_count", "no lines", |v| v.document.lines.clear()),
    ("document.delivery_date", "no delivery date", |v| v.document.delivery_date = None),
    ("document.valid_until", "no last day", |v| v.document.valid_until = None),
    ("document.expired", "expired", |v| v.document.valid_until = Some(day(2026, 11, 22))),
    ("document.dunning_level", "no level", |v| v.document.dunning_level = None),
    ("document.dunning_level", "level 2", |v| v.document.dunning_level = Some(2)),
    ("document.total", "no amounts", no_amounts),
    ("document.in_favour", "negative amounts", |v| {
        if v.document.kind == K::CreditNote {
            let t = &mut v.document.totals;
            (t.tax_inclusive, t.payable) = (t.tax_inclusive.map(|a| -a), t.payable.map(|a| -a));
            v.document.balance = t.payable;
        }
    }),
    ("document.open", "no amounts", no_amounts),
    ("document.open", "nothing open", |v| v.document.balance = Some(Decimal::ZERO)),
    ("document.open", "part paid", |v| v.document.balance = Some(Decimal::new(96_050, 2))),
    ("document.open", "overpaid", |v| v.document.balance = Some(Decimal::new(-15_000, 2))),
    ("document.due_date", "no due date", |v| v.document.due_date = None),
    ("document.days_overdue", "one day overdue", |v| v.document.due_date = Some(day(2026, 12, 2))),
    ("document.days_overdue", "not due yet", |v| v.document.due_date = Some(day(2026, 12, 22))),
    ("document.pay_by", "a day to pay by", |v| v.pay_by = Some(pay_by())),
    ("document.payment_reference", "no reference", |v| v.document.payment_means[0].reference = None),
    ("document.account", "no account", |v| v.document.payment_means.clear()),
    ("document.payment_method", "direct debit", |v| v.document.payment_means = means("59", Some("M-2026-7"))),
    ("document.payment_method", "direct debit, no mandate", |v| v.document.payment_means = means("59", None)),
    ("document.payment_method", "card", |v| v.document.payment_means = means("48", None)),
    ("document.payment_method", "cash", |v| v.document.payment_means = means("10", None)),
    ("document.payment_method", "offset", |v| v.document.payment_means = means("97", None)),
    ("document.instalments", "three parts", |v| v.document.instalments = instalments(3)),
    ("document.instalments", "seven parts", |v| v.document.instalments = instalments(7)),
    ("document.overdue", "two of three parts late", |v| v.document.instalments = late_of_three(2)),
    ("document.overdue", "three of three parts late", |v| v.document.instalments = late_of_three(3)),
    ("document.self_billed", "self-billed", self_billed),
    ("document.self_billed", "self-billed, no order, no due date", |v| {
        self_billed(v);
        v.document.references.order = None;
        v.document.due_date = None;
    }),
    ("document.self_billed", "self-billed, paid", |v| {
        self_billed(v);
        v.document.balance = Some(Decimal::ZERO);
    }),
    ("document.network", "by Peppol", |v| v.document.network = Some("peppol".into())),
    ("document.network", "by another network", |v| v.document.network = Some("PA Exemple".into())),
    ("attached.pdf", "link alone", |v| (v.attached.pdf, v.portal) = (false, true)),
    ("attached.pdf", "neither file nor link", |v| v.attached.pdf = false),
    ("attached.ubl", "PDF and file for software", |v| v.attached.ubl = true),
    ("attached.ubl", "file for software alone", |v| (v.attached.pdf, v.attached.ubl) = (false, true)),
    ("attached.ubl", "file for software and link", |v| {
        (v.attached.pdf, v.attached.ubl, v.portal) = (false, true, true);
    }),
    ("attached.added", "one more file", |v| v.attached.added = 1),
    ("attached.added", "two more files", |v| v.attached.added = 2),
    ("partner.consumer", "a private person", |v| {
        v.attached.ubl = true;
        (v.document.seller.consumer, v.document.buyer.consumer) = (true, true);
    }),
    ("company.telephone", "no telephone", |v| v.telephone = false),
];

fn no_amounts(variant: &mut Variant) {
    (variant.document.totals, variant.document.balance) = (Totals::default(), None);
}

/// Makes it a document that the buyer made out in the supplier's name.
pub(super) fn self_billed(variant: &mut Variant) {
    let code = if variant.document.kind == K::CreditNote { "261" } else { "389" };
    variant.document.type_code = Some(code.into());
}

fn means(code: &str, mandate: Option<&str>) -> Vec<PaymentMeans> {
    let mandate = mandate.map(str::to_owned);
    vec![PaymentMeans { code: Some(code.into()), mandate, ..PaymentMeans::default() }]
}

/// As many parts of 1210.00, one a month; the last is what remains.
fn instalments(number: u32) -> Vec<Instalment> {
    let each = 1_210 / number / 10 * 10;
    let amount = |n| Decimal::from(if n + 1 == number { 1_210 - each * n } else { each });
    (0..number).map(|n| Instalment::open(day(2027, n + 1, 15), amount(n))).collect()
}

/// Returns three parts of which so many were to be paid before the mail.
fn late_of_three(late: u32) -> Vec<Instalment> {
    let mut parts = instalments(3);
    parts.iter_mut().zip(0..late).for_each(|(part, n)| part.due_date = day(2026, 9 + n, 30));
    parts
}

/// Returns the path of a text as the sheet names it.
pub(super) fn name(purpose: Purpose, locale: Locale) -> String {
    shipped::path(purpose, locale, "").trim_end_matches('/').replacen('/', "-", 1).replace('/', "@")
}
