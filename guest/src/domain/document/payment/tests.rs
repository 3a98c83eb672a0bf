//! Which of several means counts, and what is open.

use super::*;
use crate::domain::document::{Money, read};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// A document of a kind with fields of its own.
fn of(kind: &str, fields: &Value) -> Document {
    let mut document = json!({
        "kind": kind, "number": "F-1", "issue_date": "2026-11-02", "currency": "EUR",
        "seller": {"name": "Seller", "address": {"country": "BE"}}, "buyer": {"name": "Buyer", "address": {"country": "BE"}},
    });
    for (name, value) in fields.as_object().unwrap() {
        document[name] = value.clone();
    }
    read("application/json", document.to_string().as_bytes())
        .unwrap_or_else(|fault| panic!("{fault}: {document}"))
}

fn invoice(fields: &Value) -> Document {
    of("invoice", fields)
}

fn shown(of: Option<Money>) -> Option<String> {
    of.map(|of| of.amount.normalize().to_string())
}

const IBAN: &str = "NL39RABO0300065264";
const OTHER: &str = "FR1420041010050500013M02606";

#[test]
fn every_code_says_one_thing_or_nothing() {
    use PaymentMethod::{Card, Cash, Clearing, DirectDebit, Transfer};
    for (codes, method) in [
        (&["30", "58", "42", "57", "2", "02", " 50 ", "31", "93"][..], Some(Transfer)),
        (&["49", "59", "3", "51"], Some(DirectDebit)),
        (&["48", "54", "55"], Some(Card)),
        (&["10", "20", "25", "92"], Some(Cash)),
        (&["97", "24", "60", "74"], Some(Clearing)),
        (&["1", "ZZZ", "68", "8", "96", "4", "0", "", "999", "SEPA"], None),
    ] {
        for code in codes {
            let means = PaymentMeans { code: Some((*code).to_owned()), ..PaymentMeans::default() };
            assert_eq!(means.method(), method, "{code:?}");
        }
    }
    for number in 1..=99 {
        // No code is in two lines of the table: the compiler sees to that; none of those that XRechnung allows is missing.
        let known = code::meaning(&number.to_string()).is_some();
        let silent = [1, 4, 5, 8, 11, 12, 68, 96].contains(&number) || (71..=73).contains(&number);
        let unassigned = (79..=90).contains(&number) || number == 99;
        assert_eq!(known, !silent && !unassigned, "{number}");
    }
}

#[test]
fn a_debit_transfer_is_a_collection_only_where_it_names_what_is_collected() {
    let with = |fields: Value| invoice(&json!({"payment_means": [fields]})).payment_method();
    assert_eq!(with(json!({"code": "31", "account": IBAN})), PaymentMethod::Transfer);
    assert_eq!(with(json!({"code": "31", "debited_account": IBAN})), PaymentMethod::DirectDebit);
    assert_eq!(with(json!({"mandate": "M-7"})), PaymentMethod::DirectDebit);
    assert_eq!(with(json!({"code": "1", "card": "4242"})), PaymentMethod::Card);
    assert_eq!(with(json!({"code": "ZZZ", "account": IBAN})), PaymentMethod::Transfer);
    assert_eq!(invoice(&json!({})).payment_method(), PaymentMethod::Transfer);
}

#[test]
fn one_means_counts_with_its_own_account_and_reference() {
    let debit = json!({"code": "59", "reference": "E2E-9", "mandate": "M-7", "debited_account": OTHER});
    let bare_debit = json!({"code": "59", "reference": "E2E-9"});
    let first = json!({"code": "58", "reference": "ONE", "account": IBAN});
    let second = json!({"code": "30", "reference": "TWO", "account": OTHER});
    let silent = json!({"code": "58", "account": IBAN});
    let giro = json!({"code": "42", "reference": "GIRO", "account": "12345678"});
    let wrong = json!({"code": "58", "reference": "WRONG", "account": "NL40RABO0300065264"});
    let charged = json!({"code": "54", "reference": "CARD", "card": "4242"});
    let any_card = json!({"code": "54", "reference": "CARD"});
    let dollars =
        json!({"code": "30", "reference": "USD", "account": "GB82WEST12345698765432", "currency": "USD"});
    let reference_alone = json!({"code": "30", "reference": "ALONE"});
    let cash = json!({"code": "10", "reference": "TILL"});
    for (name, means, account, reference, method) in [
        ("the first of two", vec![&first, &second], Some(IBAN), Some("ONE"), "transfer"),
        ("no borrowed reference", vec![&silent, &second], Some(IBAN), None, "transfer"),
        ("an IBAN before a giro", vec![&giro, &second], Some(OTHER), Some("TWO"), "transfer"),
        ("a giro alone", vec![&giro], Some("12345678"), Some("GIRO"), "transfer"),
        ("check digits count", vec![&wrong, &second], Some(OTHER), Some("TWO"), "transfer"),
        ("a mandate before a transfer", vec![&first, &debit], None, None, "direct-debit"),
        (
            "a debit without mandate beside an account",
            vec![&bare_debit, &first],
            Some(IBAN),
            Some("ONE"),
            "transfer",
        ),
        ("a debit alone", vec![&bare_debit], None, None, "direct-debit"),
        ("a card that was charged", vec![&first, &charged], None, None, "card"),
        ("a card that may be", vec![&any_card, &second], Some(OTHER), Some("TWO"), "transfer"),
        (
            "the account in the document's currency",
            vec![&dollars, &first],
            Some(IBAN),
            Some("ONE"),
            "transfer",
        ),
        ("a reference without account", vec![&reference_alone], None, Some("ALONE"), "transfer"),
        (
            "an account before a reference",
            vec![&reference_alone, &first],
            Some(IBAN),
            Some("ONE"),
            "transfer",
        ),
        ("cash", vec![&cash], None, None, "cash"),
    ] {
        let document = invoice(&json!({"payment_means": means}));
        let transfer = document.transfer();
        assert_eq!(transfer.and_then(|means| means.account.as_deref()), account, "{name}");
        assert_eq!(transfer.and_then(|means| means.reference.as_deref()), reference, "{name}");
        assert_eq!(document.payment_method().name(), method, "{name}");
        assert_eq!(document.direct_debit().is_some(), method == "direct-debit", "{name}");
    }
    let debited = invoice(&json!({"payment_means": [first, debit]}));
    assert_eq!(debited.direct_debit().and_then(|means| means.mandate.as_deref()), Some("M-7"));
}

#[test]
fn at_home_and_in_another_currency_the_account_given_first_counts() {
    let means = json!([{"code": "42", "account": "12345678"}, {"code": "30", "account": IBAN}]);
    let at_home = json!({"currency": "NOK", "payment_means": means});
    assert_eq!(invoice(&at_home).transfer().unwrap().account.as_deref(), Some("12345678"));
    let mut abroad = at_home;
    abroad["buyer"] = json!({"name": "Buyer", "address": {"country": "SE"}});
    assert_eq!(invoice(&abroad).transfer().unwrap().account.as_deref(), Some(IBAN));
}

#[test]
fn open_is_what_is_still_to_be_paid_however_it_is_said() {
    for (name, totals, balance, open, owed, favour, paid) in [
        (
            "payable",
            json!({"tax_inclusive": "121", "payable": "121"}),
            None,
            Some("121"),
            Some("121"),
            None,
            None,
        ),
        (
            "balance first",
            json!({"tax_inclusive": "121", "payable": "121"}),
            Some("21"),
            Some("21"),
            Some("21"),
            None,
            Some("100"),
        ),
        (
            "prepaid",
            json!({"tax_inclusive": "121", "prepaid": "100", "payable": "21"}),
            None,
            Some("21"),
            Some("21"),
            None,
            Some("100"),
        ),
        (
            "payable missing",
            json!({"tax_inclusive": "121", "prepaid": "100"}),
            None,
            Some("21"),
            Some("21"),
            None,
            Some("100"),
        ),
        (
            "payable missing, paid",
            json!({"tax_inclusive": "121", "prepaid": "121"}),
            None,
            Some("0"),
            Some("0"),
            None,
            Some("121"),
        ),
        (
            "payable gross",
            json!({"tax_inclusive": "121", "prepaid": "121", "payable": "121"}),
            None,
            Some("0"),
            Some("0"),
            None,
            Some("121"),
        ),
        (
            "payable gross, rounded",
            json!({"tax_inclusive": "84.70", "rounding": "0.30", "prepaid": "50", "payable": "85"}),
            None,
            Some("35"),
            Some("35"),
            None,
            Some("50"),
        ),
        (
            "payable gross, part",
            json!({"tax_inclusive": "121", "prepaid": "21", "payable": "121.00"}),
            None,
            Some("100"),
            Some("100"),
            None,
            Some("21"),
        ),
        (
            "another payable is believed",
            json!({"tax_inclusive": "121", "prepaid": "21", "payable": "90"}),
            None,
            Some("90"),
            Some("90"),
            None,
            Some("21"),
        ),
        (
            "rounded",
            json!({"tax_inclusive": "84.70", "rounding": "0.30", "payable": "85"}),
            None,
            Some("85"),
            Some("85"),
            None,
            None,
        ),
        (
            "rounded, payable missing",
            json!({"tax_inclusive": "25.48", "rounding": "-0.01"}),
            None,
            Some("25.47"),
            Some("25.47"),
            None,
            None,
        ),
        (
            "rounded, settled",
            json!({"tax_inclusive": "84.70", "rounding": "0.30", "payable": "85"}),
            Some("0"),
            Some("0"),
            Some("0"),
            None,
            Some("85"),
        ),
        (
            "tax apart",
            json!({"tax_exclusive": "100", "tax": "21"}),
            None,
            Some("121"),
            Some("121"),
            None,
            None,
        ),
        (
            "overpaid",
            json!({"tax_inclusive": "121", "prepaid": "150", "payable": "-29"}),
            None,
            Some("-29"),
            Some("0"),
            Some("29"),
            Some("150"),
        ),
        (
            "a balance in favour",
            json!({"tax_inclusive": "121"}),
            Some("-320"),
            Some("-320"),
            Some("0"),
            Some("320"),
            Some("441"),
        ),
        (
            "a negative invoice",
            json!({"tax_inclusive": "-121", "payable": "-121"}),
            None,
            Some("-121"),
            Some("0"),
            Some("121"),
            None,
        ),
        ("nothing", json!({"tax_inclusive": "0", "payable": "0"}), None, Some("0"), Some("0"), None, None),
        ("without tax alone", json!({"tax_exclusive": "100"}), None, None, None, None, None),
        ("no totals", json!({}), None, None, None, None, None),
    ] {
        let document = invoice(&json!({"totals": totals, "balance": balance}));
        let text = |of: Option<&str>| of.map(str::to_owned);
        assert_eq!(shown(document.open_amount()), text(open), "open: {name}");
        assert_eq!(shown(document.owed()), text(owed), "owed: {name}");
        assert_eq!(shown(document.in_favour()), text(favour), "in favour: {name}");
        assert_eq!(shown(document.paid()), text(paid), "paid: {name}");
        assert_eq!(document.forgets_prepaid(), name.starts_with("payable gross"), "{name}");
    }
}

#[test]
fn a_credit_note_reads_the_same_whichever_sign_it_has() {
    let line = |quantity: &str, price: &str, net: &str| json!({"name": "Chair", "quantity": quantity, "unit_price": price, "net_amount": net});
    let note = |totals: Value, taxes: Value, lines: Value, balance: Value| {
        of("credit-note", &json!({"totals": totals, "taxes": taxes, "lines": lines, "balance": balance}))
            .as_mailed()
    };
    let (above, below) = (
        json!({"lines": "95", "tax_exclusive": "95", "tax": "19.95", "tax_inclusive": "114.95", "payable": "114.95"}),
        json!({"lines": "-95", "tax_exclusive": "-95", "tax": "-19.95", "tax_inclusive": "-114.95", "payable": "-114.95"}),
    );
    let (tax_above, tax_below) =
        (json!([{"taxable": "95", "tax": "19.95"}]), json!([{"taxable": "-95", "tax": "-19.95"}]));
    let lines = json!([line("2", "50", "100"), line("-1", "5", "-5")]);
    let wanted = note(above.clone(), tax_above.clone(), lines.clone(), json!(null));
    let by_quantity = json!([line("-2", "50", "-100"), line("1", "5", "5")]);
    for (name, totals, taxes) in [
        ("all", &below, &tax_below),
        ("the totals alone", &below, &tax_above),
        ("the lines alone", &above, &tax_above),
    ] {
        let turned = note(totals.clone(), taxes.clone(), by_quantity.clone(), json!(null));
        assert_eq!((turned.totals, &turned.taxes), (wanted.totals, &wanted.taxes), "{name}");
        let nets = |of: &Document| of.lines.iter().map(|line| line.net_amount).collect::<Vec<_>>();
        assert_eq!(nets(&turned), nets(&wanted), "{name}");
        assert_eq!(turned.lines[0], wanted.lines[0], "{name}");
        assert_eq!(shown(turned.in_favour()).as_deref(), Some("114.95"), "{name}");
        assert_eq!(shown(turned.owed()).as_deref(), Some("0"), "{name}");
    }
    let by_price = note(
        below.clone(),
        tax_below,
        json!([line("2", "-50", "-100"), line("1", "5", "5")]),
        json!("-114.95"),
    );
    assert_eq!(by_price.lines[0], wanted.lines[0]);
    assert_eq!(by_price.balance, Some(Decimal::new(11495, 2)));
    let untouched = invoice(&json!({"totals": below}));
    assert_eq!(untouched.clone().as_mailed(), untouched, "an invoice keeps its signs");
}

#[test]
fn nobody_pays_for_what_they_were_billed_by_their_customer() {
    let totals = json!({"tax_inclusive": "121", "payable": "121"});
    for (kind, code, own, favour) in [
        ("invoice", "389", false, Some("121")),
        ("invoice", " 389 ", false, Some("121")),
        ("invoice", "380", true, Some("121")),
        ("invoice", "527", false, None),
        ("credit-note", "261", false, None),
    ] {
        let document = of(kind, &json!({"type_code": code, "self_billed": own, "totals": totals}));
        assert!(document.is_self_billed(), "{code}");
        assert_eq!(document.partner().name, "Seller", "{code}");
        assert_eq!(document.issuer().name, "Buyer", "{code}");
        assert_eq!(shown(document.owed()).as_deref(), Some("0"), "{code}");
        assert_eq!(shown(document.in_favour()).as_deref(), favour, "{code}");
    }
    let usual = of("invoice", &json!({"type_code": "380", "totals": totals}));
    assert_eq!((usual.partner().name.as_str(), shown(usual.owed()).as_deref()), ("Buyer", Some("121")));
}

#[test]
fn the_first_of_several_due_dates_is_when_something_is_due() {
    let part = |day: &str| json!({"due_date": day, "amount": "50"});
    let document =
        invoice(&json!({"due_date": "2027-01-31", "instalments": [part("2026-12-31"), part("2027-01-31")]}));
    assert_eq!(document.first_due_date().map(|day| day.to_string()).as_deref(), Some("2026-12-31"));
    assert_eq!(invoice(&json!({})).first_due_date(), None);
}
