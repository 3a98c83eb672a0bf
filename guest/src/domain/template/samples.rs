//! Documents to try texts on: each kind with everything that a document can have, and with nothing that it
//! may leave out. The check renders them; so do the tests.

use crate::domain::document::{
    Currency, Document, Line, Party, PaymentMeans, PostalAddress, References, TaxSubtotal, Totals,
};
use crate::domain::kind::DocumentKind;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The amount of detail in a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    /// Every optional field.
    Full,
    /// None of them.
    Bare,
    /// All, and nothing left to pay.
    Paid,
}

impl Fill {
    pub(super) const ALL: [Fill; 3] = [Fill::Full, Fill::Bare, Fill::Paid];
}

/// Returns the day on which samples are sent: eleven days after the due date.
pub(super) fn today() -> NaiveDate {
    day(2026, 12, 3)
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or(NaiveDate::MIN)
}

/// Makes a document of a kind.
pub(super) fn document(kind: DocumentKind, fill: Fill) -> Document {
    let full = fill != Fill::Bare;
    let some = |text: &str| full.then(|| text.to_owned());
    let (seller, buyer) =
        (party("Atelier Nord", "BE0123456789", full), party("Café Müller & Söhne", "DE136695976", full));
    Document {
        kind,
        type_code: None,
        self_billed: false,
        number: "2026-0147".into(),
        revision: some("2"),
        issue_date: day(2026, 10, 23),
        due_date: full.then(|| day(2026, 11, 22)),
        valid_until: full.then(|| day(2026, 11, 22)),
        delivery_date: full.then(|| day(2026, 11, 2)),
        currency: Currency::EUR,
        language: None,
        seller,
        buyer,
        lines: if full { lines() } else { Vec::new() },
        allowances: Vec::new(),
        charges: Vec::new(),
        taxes: if full { taxes() } else { Vec::new() },
        totals: if full { totals() } else { Totals::default() },
        balance: match fill {
            Fill::Full => Some(Decimal::new(96_050, 2)),
            Fill::Bare => None,
            Fill::Paid => Some(Decimal::ZERO),
        },
        payment_terms: some("30 days"),
        payment_means: if full { vec![means()] } else { Vec::new() },
        instalments: Vec::new(),
        network: None,
        references: if full { references() } else { References::default() },
        notes: some("Thank you").into_iter().collect(),
        dunning_level: full.then_some(1),
        person_in_charge: None,
        extra: BTreeMap::new(),
    }
}

fn party(name: &str, vat: &str, full: bool) -> Party {
    let address = PostalAddress {
        lines: vec!["Kaai 12".into()],
        postal_zone: Some("9000".into()),
        city: Some("Gent".into()),
        country: Some("BE".into()),
    };
    Party {
        name: name.into(),
        vat_identifier: full.then(|| vat.into()),
        address: if full { address } else { PostalAddress::default() },
        ..Party::default()
    }
}

fn lines() -> Vec<Line> {
    let line =
        |id: &str, name: &str, description: Option<&str>, quantity: i64, unit: &str, price: i64| Line {
            id: id.into(),
            name: name.into(),
            description: description.map(str::to_owned),
            quantity: Some(Decimal::from(quantity)),
            unit: Some(unit.into()),
            unit_price: Some(Decimal::new(price, 2)),
            net_amount: Some(Decimal::new(price, 2) * Decimal::from(quantity)),
            tax_percent: Some(Decimal::from(21)),
            ..Line::default()
        };
    vec![
        line("1", "Oak table, 220 × 100 cm", Some("Oiled, with rounded corners"), 1, "C62", 72_000),
        line("2", "Chair \"Nord\"", None, 2, "C62", 9_500),
        line("3", "Delivery and assembly", None, 2, "HUR", 4_500),
    ]
}

fn totals() -> Totals {
    let of = |cents| Some(Decimal::new(cents, 2));
    Totals {
        lines: of(100_000),
        allowances: None,
        charges: None,
        tax_exclusive: of(100_000),
        tax: of(21_000),
        tax_inclusive: of(121_000),
        prepaid: of(24_950),
        rounding: of(0),
        payable: of(121_000),
    }
}

fn taxes() -> Vec<TaxSubtotal> {
    let (taxable, tax) = (Decimal::new(100_000, 2), Decimal::new(21_000, 2));
    vec![TaxSubtotal { category: Some("S".into()), percent: Some(Decimal::from(21)), taxable, tax }]
}

fn means() -> PaymentMeans {
    PaymentMeans {
        code: Some("30".into()),
        reference: Some("+++090/9337/55493+++".into()),
        account: Some("BE71096123456769".into()),
        account_name: Some("Atelier Nord".into()),
        bic: Some("GKCCBEBB".into()),
        ..PaymentMeans::default()
    }
}

fn references() -> References {
    References {
        buyer: Some("PO-77".into()),
        order: Some("4500012345".into()),
        sales_order: Some("SO-31".into()),
        contract: Some("C-9".into()),
        quotation: Some("Q-2026-18".into()),
        invoices: vec!["2026-0131".into(), "2026-0140".into()],
    }
}
