//! Amounts and the ways to pay them.

use super::*;
use crate::domain::document::{Currency, Instalment, Money, TaxSubtotal};
use crate::domain::template::engine::with_texts;
use crate::domain::template::layout::amount::{Demand, Headline, headline};

/// Label and amount at the top, and the line below them.
fn top(document: &Arc<Document>, use_case: UseCase) -> (Option<String>, Option<String>) {
    let settings = settings_with(&[]);
    let purpose = Purpose::new(document.kind, use_case).unwrap();
    let request = RenderRequest { purpose, ..request(document, &settings) };
    with_texts(&settings.templates, |texts| {
        let words = texts.words(request.locale, None).unwrap();
        let demand = Demand::of(&request);
        let amount = headline(&request, &words, demand).unwrap();
        let due = super::super::amount::due(&request, &words, demand).unwrap();
        let plain = |text: String| text.replace('\u{a0}', " ");
        (amount.map(|it| format!("{}: {}", it.label, it.value)), due.map(|due| plain(due.text)))
    })
}

fn means(code: &str) -> PaymentMeans {
    PaymentMeans { code: Some(code.into()), ..PaymentMeans::default() }
}

#[test]
fn the_amount_stands_first_under_the_name_of_what_it_means() {
    use DocumentKind as K;
    let due_in = |days: u64| samples::today().checked_add_days(chrono::Days::new(days));
    for (what, document, use_case, amount, due) in [
        ("part paid", invoice(|_| ()), UseCase::New, Some("Amount due: €960.50"), Some("11 days overdue")),
        (
            "due",
            invoice(|d| d.due_date = due_in(21)),
            UseCase::New,
            Some("Amount due: €960.50"),
            Some("Due 24 December 2026 (in 21 days)"),
        ),
        (
            "tomorrow",
            invoice(|d| d.due_date = due_in(1)),
            UseCase::New,
            Some("Amount due: €960.50"),
            Some("Due 4 December 2026 (in 1 day)"),
        ),
        (
            "today",
            invoice(|d| d.due_date = due_in(0)),
            UseCase::New,
            Some("Amount due: €960.50"),
            Some("Due today"),
        ),
        ("paid", invoice(|d| d.balance = decimal("0")), UseCase::New, Some("Total: €1,210.00"), None),
        (
            "overpaid",
            invoice(|d| d.balance = decimal("-150")),
            UseCase::New,
            Some("In your favour: €150.00"),
            None,
        ),
        ("thanks", invoice(|_| ()), UseCase::ThankYou, Some("Total: €1,210.00"), None),
        ("cancelled", invoice(|_| ()), UseCase::Cancelled, None, Some("Cancelled")),
        (
            "debited",
            invoice(|d| {
                d.payment_means = vec![PaymentMeans { mandate: Some("M-7".into()), ..means("59") }];
                d.due_date = due_in(21);
            }),
            UseCase::New,
            Some("To be collected: €960.50"),
            Some("Will be collected on 24 December 2026"),
        ),
        (
            "debited, on a day that has passed",
            invoice(|d| d.payment_means = vec![PaymentMeans { mandate: Some("M-7".into()), ..means("59") }]),
            UseCase::New,
            Some("To be collected: €960.50"),
            None,
        ),
        (
            "debited, and reminded of",
            invoice(|d| d.payment_means = vec![PaymentMeans { mandate: Some("M-7".into()), ..means("59") }]),
            UseCase::Overdue,
            Some("Balance: €960.50"),
            None,
        ),
        (
            "by card, and reminded of",
            invoice(|d| d.payment_means = vec![means("48")]),
            UseCase::Overdue,
            Some("Balance: €960.50"),
            None,
        ),
        (
            "by card, and reminded of a part",
            invoice(|d| {
                d.payment_means = vec![means("48")];
                let late = Instalment::open(d.due_date.unwrap(), Decimal::from(400));
                let other = Instalment::open(due_in(30).unwrap(), Decimal::new(56_050, 2));
                d.instalments = vec![late, other];
            }),
            UseCase::Overdue,
            Some("Overdue: €400.00"),
            None,
        ),
        (
            "by card",
            invoice(|d| d.payment_means = vec![means("48")]),
            UseCase::New,
            Some("Total: €1,210.00"),
            None,
        ),
        ("self-billed", invoice(|d| d.type_code = Some("389".into())), UseCase::New, None, None),
        (
            "in parts",
            invoice(|d| {
                d.due_date = due_in(60);
                d.instalments = vec![Instalment::open(due_in(30).unwrap(), Decimal::from(480))];
            }),
            UseCase::New,
            Some("Amount due: €960.50"),
            None,
        ),
        (
            "credit, above zero",
            document(K::CreditNote, |_| ()),
            UseCase::New,
            Some("In your favour: €1,210.00"),
            None,
        ),
        (
            "credit, below zero",
            document(K::CreditNote, |d| d.totals.tax_inclusive = decimal("-1210")),
            UseCase::New,
            Some("In your favour: €1,210.00"),
            None,
        ),
        (
            "balance",
            document(K::Statement, |_| ()),
            UseCase::New,
            Some("Balance: €960.50"),
            // Its own date is not that of each invoice on it.
            None,
        ),
        (
            "balance in favour",
            document(K::Statement, |d| d.balance = decimal("-320")),
            UseCase::New,
            Some("In your favour: €320.00"),
            None,
        ),
        ("quote", document(K::Quote, |_| ()), UseCase::New, Some("Total: €1,210.00"), None),
        ("goods", document(K::DeliveryNote, |_| ()), UseCase::New, None, None),
        ("asked for", document(K::RequestForQuotation, |_| ()), UseCase::New, None, None),
    ] {
        let (found, found_due) = top(&document, use_case);
        assert!(what == "self-billed" || found.as_deref() == amount, "{what}: {found:?}");
        assert_eq!(found_due.as_deref(), due, "{what}");
        assert!(!found.is_some_and(|it| it.contains('-')), "{what}");
    }
}

#[test]
fn a_large_amount_is_written_smaller() {
    let size = |value: &str| {
        let money = Money { amount: Decimal::ONE, currency: Currency::EUR };
        Headline { label: String::new(), value: value.into(), is_asked: true, money }.value()
    };
    for (value, expected) in [("€17,828.63", 32), ("1.234.567,89 €", 24), ("IDR 1,400,000,000.00", 19)] {
        assert_eq!(size(value).get_attr("size").unwrap().to_string(), expected.to_string(), "{value}");
    }
}

#[test]
fn what_is_not_to_be_transferred_names_no_account() {
    let settings = own_account();
    for (what, document, use_case) in [
        ("paid", invoice(|d| d.balance = decimal("0")), UseCase::New),
        ("overpaid", invoice(|d| d.balance = decimal("-1")), UseCase::New),
        ("by card", invoice(|d| d.payment_means.insert(0, means("54"))), UseCase::ThankYou),
        ("self-billed", invoice(|d| d.type_code = Some("389".into())), UseCase::New),
        ("quote", document(DocumentKind::Quote, |_| ()), UseCase::New),
        ("credit", document(DocumentKind::CreditNote, |_| ()), UseCase::New),
    ] {
        let mail = used_for(&document, use_case, &settings);
        for part in ["BE71", "payment-code", "Payment details", "overdue"] {
            assert!(!words_of(&mail.html).contains(part), "{what}: {part}\n{}", mail.text);
        }
        assert!(!mail.text.contains("BE71"), "{what}: {}", mail.text);
        assert_eq!(mail.payment_code, None, "{what}");
    }
}

#[test]
fn a_direct_debit_says_under_which_mandate_and_when() {
    let debit = PaymentMeans {
        mandate: Some("MANDATE-2026-7".into()),
        account: Some("BE71096123456769".into()),
        reference: Some("not to be quoted".into()),
        ..means("59")
    };
    let document = invoice(|d| {
        d.payment_means = vec![debit];
        d.due_date = samples::today().checked_add_days(chrono::Days::new(21));
    });
    let mail = shown(&document, &own_account());
    for part in ["Mandate", "MANDATE-2026-7", "Will be collected on", "View invoice"] {
        assert!(mail.html.contains(part) && mail.text.contains(part), "{part}\n{}", mail.text);
    }
    for part in ["BE71", "not to be quoted", "overdue", "Amount due", "Due date"] {
        assert!(!mail.html.contains(part) && !mail.text.contains(part), "{part}\n{}", mail.text);
    }
    assert_eq!(mail.payment_code, None);
}

#[test]
fn the_account_and_its_own_reference_are_those_of_one_means() {
    let other = PaymentMeans { reference: Some("OTHER".into()), ..means("59") };
    let document = invoice(|d| d.payment_means.insert(0, other.clone()));
    let mail = shown(&document, &own_account());
    assert!(mail.text.contains("Reference: +++090/9337/55493+++\n"), "{}", mail.text);
    assert!(mail.payment_code.is_some() && !mail.text.contains("OTHER"));
    // Without one of its own the number is what a payee recognises it by, never another means' reference.
    let document = invoice(|d| {
        d.payment_means[0].reference = None;
        d.payment_means.push(other);
    });
    let mail = shown(&document, &own_account());
    assert!(mail.text.contains("Reference: 2026-0147\n") && !mail.text.contains("OTHER"), "{}", mail.text);
}

#[test]
fn a_code_is_shown_for_the_companys_own_account_and_for_no_other() {
    let document = invoice(|_| ());
    let (own, none) = (own_account(), settings_with(&[]));
    let mail = shown(&document, &own);
    assert!(mail.payment_code.is_some());
    assert!(
        mail.html.contains(
            "src=\"cid:payment-code\" alt=\"QR code to pay €960.50 to Atelier Nord\" width=\"132\""
        )
    );
    let mut foreign = settings_with(&[]);
    foreign.payment.accounts = vec!["DE89370400440532013000".into()];
    let wrong = invoice(|d| d.payment_means[0].account = Some("BE71096123456768".into()));
    let dollars = invoice(|d| d.currency = Currency::parse("USD").unwrap());
    let unknown = invoice(|d| {
        d.balance = None;
        d.totals = crate::domain::document::Totals::default();
    });
    for (what, document, settings) in [
        ("no account set", &document, &none),
        ("another account", &document, &foreign),
        ("a wrong digit", &wrong, &own),
        ("not euros", &dollars, &own),
        ("no amount", &unknown, &own),
    ] {
        let mail = shown(document, settings);
        assert_eq!(mail.payment_code, None, "{what}");
        assert!(!mail.html.contains("payment-code"), "{what}");
    }
    let own_layout =
        [("layout/mail.html", "<p>{{ mail.title }}</p>"), ("layout/mail.txt", "{{ mail.title }}")];
    let mut plain = settings_with(&own_layout);
    plain.payment = own.payment.clone();
    assert_eq!(shown(&document, &plain).payment_code, None, "a layout that does not show it");
}

#[test]
fn the_totals_lead_from_the_lines_to_the_amount_at_the_top() {
    let tax = |percent, taxable, tax| TaxSubtotal {
        category: Some("S".into()),
        percent: decimal(percent),
        taxable: decimal(taxable).unwrap(),
        tax: decimal(tax).unwrap(),
    };
    let document = invoice(|d| {
        d.totals.lines = decimal("1050");
        d.totals.allowances = decimal("100");
        d.totals.charges = decimal("50");
        d.totals.rounding = decimal("0.02");
        d.taxes = vec![tax("21", "900", "189"), tax("6.5", "100", "21")];
    });
    let words = words_of(&shown(&document, &settings_with(&[])).html);
    for part in [
        "Subtotal €1,050.00 Discounts -€100.00 Charges €50.00 Total excluding VAT €1,000.00",
        "VAT 21% €189.00 VAT 6.5% €21.00 Total €1,210.00 Rounding €0.02 Already paid",
        "Amount due €960.50 Kind regards",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    // Categories of one rate are one row: the reader sees the rate alone.
    let rates =
        |taxes: Vec<TaxSubtotal>| words_of(&shown(&invoice(|d| d.taxes = taxes), &settings_with(&[])).html);
    let several = rates(vec![
        tax("0", "10", "0"),
        tax("21", "900", "189"),
        tax("0.00", "20", "0"),
        tax("21.0", "100", "21"),
    ]);
    assert!(several.contains("VAT 0% €0.00 VAT 21% €210.00 Total"), "{several}");
    let one = rates(vec![tax("21", "900", "189"), tax("21", "100", "21")]);
    assert!(!one.contains("VAT 21%"), "{one}");
    // Of a plain invoice nothing but what it has.
    let document = invoice(|d| {
        d.balance = None;
        d.totals.prepaid = None;
    });
    let words = words_of(&shown(&document, &settings_with(&[])).html);
    assert!(
        words.contains("Total excluding VAT €1,000.00 VAT €210.00 Total €1,210.00 Kind regards"),
        "{words}"
    );
    let document = invoice(|d| d.balance = decimal("-50"));
    let words = words_of(&shown(&document, &settings_with(&[])).html);
    assert!(words.contains("In your favour €50.00 Kind regards") && !words.contains("-€"), "{words}");
}

#[test]
fn without_lines_the_facts_say_what_was_paid() {
    let mut settings = settings_with(&[]);
    settings.layout.lines = 0;
    let words = words_of(&shown(&invoice(|_| ()), &settings).html);
    assert!(words.contains("Total €1,210.00 Already paid €249.50"), "{words}");
    assert!(!words.contains("Description"), "{words}");
}

#[test]
fn instalments_are_listed_with_their_dates() {
    let part = |month, amount| {
        Instalment::open(chrono::NaiveDate::from_ymd_opt(2027, month, 15).unwrap(), Decimal::from(amount))
    };
    let document = invoice(|d| {
        d.due_date = chrono::NaiveDate::from_ymd_opt(2027, 2, 15);
        d.instalments = vec![part(1, 500), part(2, 460)];
    });
    let text = shown(&document, &settings_with(&[])).text.replace('\u{a0}', " ");
    assert!(text.contains("Due 15 January 2027: €500.00\nDue 15 February 2027: €460.00\n"), "{text}");
}

#[test]
fn quantities_have_their_column_where_nothing_has_a_price() {
    let document = document(DocumentKind::DeliveryNote, |d| {
        for line in &mut d.lines {
            (line.unit_price, line.net_amount) = (None, None);
        }
    });
    let words = words_of(&shown(&document, &settings_with(&[])).html);
    assert!(words.contains("Description Quantity Oak table"), "{words}");
    assert!(!words.contains("Amount"), "{words}");
}
