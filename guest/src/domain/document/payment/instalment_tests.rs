//! Documents that are paid in parts: which of them are still to be paid, and which are late.

use super::super::*;
use crate::domain::document::read;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// An invoice over 1,210 with these totals and parts (amount, day).
fn invoice(fields: &Value, parts: &[(&str, &str)]) -> Document {
    let mut document = json!({
        "kind": "invoice", "number": "F-1", "issue_date": "2026-09-15", "due_date": "2026-10-15", "currency": "EUR",
        "seller": {"name": "Seller"}, "buyer": {"name": "Buyer"}, "totals": {"tax_inclusive": "1210"},
        "instalments": parts.iter().map(|(amount, day)| json!({"amount": amount, "due_date": day})).collect::<Vec<_>>(),
    });
    for (name, value) in fields.as_object().unwrap() {
        document[name] = value.clone();
    }
    read("application/json", document.to_string().as_bytes()).unwrap().as_mailed()
}

#[test]
fn of_several_parts_those_count_that_are_still_to_be_paid() {
    const OCT: &str = "2026-10-15";
    const DEC: &str = "2026-12-31";
    const JAN: &str = "2027-01-31";
    let deposit = json!({"totals": {"tax_inclusive": "1210", "prepaid": "210", "payable": "1000"}});
    let balance = |left: &str| json!({"balance": left});
    // What is left of the plan, when the next of it is due, and what is late on 30 November.
    for (what, fields, parts, left, next, late) in [
        (
            "nothing paid",
            json!({}),
            &[("605", OCT), ("605", DEC)][..],
            &[("605", OCT), ("605", DEC)][..],
            OCT,
            "605",
        ),
        (
            "in another order",
            json!({}),
            &[("605", DEC), ("605", OCT)],
            &[("605", OCT), ("605", DEC)],
            OCT,
            "605",
        ),
        ("the first is paid", balance("605"), &[("605", OCT), ("605", DEC)], &[], DEC, "605"),
        (
            "one and a half are paid",
            balance("610"),
            &[("400", OCT), ("400", DEC), ("410", JAN)],
            &[("200", DEC), ("410", JAN)],
            DEC,
            "610",
        ),
        (
            "a deposit before it",
            deposit,
            &[("500", DEC), ("500", JAN)],
            &[("500", DEC), ("500", JAN)],
            DEC,
            "1000",
        ),
        ("no sum of anything", json!({}), &[("605", OCT), ("300", DEC)], &[], OCT, "1210"),
        ("a discount for paying early", json!({}), &[("1174", OCT), ("1210", DEC)], &[], OCT, "1210"),
        ("a part below zero", json!({}), &[("1310", DEC), ("-100", JAN)], &[], OCT, "1210"),
        ("all is paid", balance("0"), &[("605", OCT), ("605", DEC)], &[], OCT, "0"),
    ] {
        let document = invoice(&fields, parts);
        let amounts: Vec<_> = document
            .instalments
            .iter()
            .map(|part| (part.amount.to_string(), part.due_date.to_string()))
            .collect();
        let left: Vec<_> =
            left.iter().map(|(amount, day)| ((*amount).to_owned(), (*day).to_owned())).collect();
        assert_eq!(amounts, left, "{what}");
        assert_eq!(document.due_date.map(|day| day.to_string()).as_deref(), Some(next), "{what}");
        let today = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
        assert_eq!(document.overdue(today).map(|of| of.amount), late.parse::<Decimal>().ok(), "{what}");
    }
}

#[test]
fn what_is_late_is_told_only_where_the_document_knows_it() {
    let today = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
    let parts = [("400", "2026-10-15"), ("400", "2026-11-29"), ("410", "2026-11-30")];
    for (what, fields, parts, late) in [
        ("of an invoice all, once it was due", json!({}), &[][..], Some("1210")),
        ("what is left of it", json!({"balance": "10"}), &[], Some("10")),
        ("not yet due", json!({"due_date": "2026-12-15"}), &[], None),
        ("due today", json!({"due_date": "2026-11-30"}), &[], None),
        ("nothing is open", json!({"balance": "0"}), &[], None),
        ("the parts before today", json!({}), &parts, Some("800")),
        ("parts of a statement", json!({"kind": "statement"}), &parts, Some("800")),
        ("a statement without parts", json!({"kind": "statement"}), &[], None),
        ("parts of a statement that do not add up", json!({"kind": "statement"}), &parts[..2], None),
    ] {
        let found = invoice(&fields, parts).late(today).map(|of| of.amount);
        assert_eq!(found, late.map(|late| late.parse::<Decimal>().unwrap()), "{what}");
    }
}

#[test]
fn a_total_is_what_adds_up_to_it_where_it_is_not_stated() {
    for (totals, expected) in [
        (json!({"tax_inclusive": "1210", "payable": "1000"}), "1210"),
        (json!({"tax_exclusive": "1000", "tax": "210", "prepaid": "210", "payable": "1000"}), "1210"),
        (json!({"prepaid": "210", "payable": "1000.05", "rounding": "0.05"}), "1210.00"),
        (json!({"tax_exclusive": "1000"}), "1000"),
    ] {
        let total = invoice(&json!({"totals": totals}), &[]).total().map(|total| total.amount);
        assert_eq!(total, expected.parse().ok(), "{totals}");
    }
}
