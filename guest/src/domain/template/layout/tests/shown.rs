//! Amounts and the ways to pay them.

use super::*;
use crate::domain::document::{Currency, Instalment, Money, TaxSubtotal};
use crate::domain::template::layout::amount::{Demand, Headline, headline};
use crate::domain::template::{Logo, engine::with_texts};

/// Label and amount at the top, and the line below them.
fn top(document: &Arc<Document>, use_case: UseCase) -> (Option<String>, Option<String>) {
    let settings = settings_with(&[]);
    let purpose = Purpose::new(document.kind, use_case).unwrap();
    let request = RenderRequest { purpose, ..request(document, &settings) };
    with_texts(&settings.templates, |texts| {
        let words = texts.words(request.locale.language).unwrap();
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
            Some("Due 24 December 2026 · in 21 days"),
        ),
        (
            "tomorrow",
            invoice(|d| d.due_date = due_in(1)),
            UseCase::New,
            Some("Amount due: €960.50"),
            Some("Due 4 December 2026 · in 1 day"),
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
        ("cancelled", invoice(|_| ()), UseCase::Cancelled, None, None),
        (
            "debited",
            invoice(|d| d.payment_means = vec![PaymentMeans { mandate: Some("M-7".into()), ..means("59") }]),
            UseCase::New,
            Some("To be collected: €960.50"),
            Some("Collected on 22 November 2026"),
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
                d.instalments =
                    vec![Instalment { due_date: due_in(30).unwrap(), amount: Decimal::from(480) }];
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
            Some("11 days overdue"),
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
        for part in ["BE71", "View and pay", "payment-code", "Payment details", "overdue"] {
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
    let document = invoice(|d| d.payment_means = vec![debit]);
    let mail = shown(&document, &own_account());
    for part in ["Mandate", "MANDATE-2026-7", "Collected on", "View invoice"] {
        assert!(mail.html.contains(part) && mail.text.contains(part), "{part}\n{}", mail.text);
    }
    for part in ["BE71", "not to be quoted", "View and pay", "overdue", "Amount due", "Due date"] {
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
    // Without one of its own the number is what a payee knows it by, never another means' reference.
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
    let part = |month, amount| Instalment {
        due_date: chrono::NaiveDate::from_ymd_opt(2027, month, 15).unwrap(),
        amount: Decimal::from(amount),
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

#[test]
fn what_shows_beside_the_subject_is_the_amount_and_its_date() {
    let due = samples::today().checked_add_days(chrono::Days::new(17));
    for (document, use_case, expected) in [
        (invoice(|_| ()), UseCase::Reminder1, "€960.50 · 11 days overdue"),
        (invoice(|d| d.due_date = due), UseCase::New, "€960.50 · Due 20 December 2026 · in 17 days"),
        (invoice(|d| d.due_date = None), UseCase::New, "Amount due: €960.50"),
        (invoice(|d| d.balance = decimal("0")), UseCase::New, "Total: €1,210.00"),
        (
            document(DocumentKind::Quote, |_| ()),
            UseCase::New,
            "Total: €1,210.00 · Valid until: 22 November 2026",
        ),
        (document(DocumentKind::CreditNote, |_| ()), UseCase::New, "In your favour: €1,210.00"),
        (document(DocumentKind::DeliveryNote, |_| ()), UseCase::New, "Delivery date: 2 November 2026"),
    ] {
        let html = used_for(&document, use_case, &settings_with(&[])).html.replace('\u{a0}', " ");
        let shown = html.split("display:none\">").nth(1).unwrap().split('\n').next().unwrap();
        let shown = shown.split("&#847;").next().unwrap();
        assert_eq!(shown, expected);
    }
}

#[test]
fn a_logo_fits_its_place_and_keeps_its_proportions() {
    let document = invoice(|_| ());
    let settings = settings_with(&[]);
    for (size, expected) in [
        (None, "width=\"140\" border=\"0\" style=\"display:block;width:140px;max-width:100%;height:auto"),
        (Some((600, 200)), "width=\"140\" height=\"46\""),
        (Some((200, 900)), "width=\"16\" height=\"72\""),
        (Some((60, 20)), "width=\"60\" height=\"20\""),
        (Some((140, 72)), "width=\"140\" height=\"72\""),
        (Some((1, u32::MAX)), "width=\"1\" height=\"72\""),
        (Some((0, 10)), "width=\"140\" border"),
    ] {
        let logo = Some(Logo { size });
        let html = render(&RenderRequest { logo, ..request(&document, &settings) }).unwrap().html;
        assert!(html.contains(expected), "{size:?}: {expected}");
    }
    let html = render(&RenderRequest { logo: None, ..request(&document, &settings) }).unwrap().html;
    assert!(!html.contains("cid:logo"));
}

#[test]
fn the_footer_can_be_tapped() {
    let document = invoice(|_| ());
    let mut settings = settings_with(&[("invoice/new/en/body.txt", "Call us on {{ company.telephone }}.")]);
    settings.company.telephone = Some("+32 9 555 01 20".into());
    settings.company.email = Some("hello@nord.example".into());
    settings.company.website = Some("www.nord.example".into());
    let mail = shown(&document, &settings);
    for part in [
        "Call us on <a href=\"tel:+3295550120\"",
        "<a class=\"m\" href=\"tel:+3295550120\" style=\"color:#5b6773\">Tel.\u{a0}+32\u{a0}9\u{a0}555\u{a0}01\u{a0}20</a>",
        "href=\"mailto:hello@nord.example\"",
        "href=\"https:&#x2f;&#x2f;www.nord.example\"",
    ] {
        assert!(mail.html.contains(part), "{part}\n{}", mail.html);
    }
    let text = mail.text.replace('\n', " ");
    assert!(text.contains("hello@nord.example · www.nord.example "), "{text}");
}

#[test]
fn programs_that_read_aloud_know_what_is_what() {
    let document = invoice(|_| ());
    let html = shown(&document, &settings_with(&[])).html;
    for part in [
        "<div role=\"article\" aria-roledescription=\"email\" aria-label=\"Invoice 2026-0147\" lang=\"en\" dir=\"ltr\">",
        "<h1 class=\"t\"",
        "<h2 class=\"t\"",
        "<th scope=\"col\"",
        "aria-label=\"Invoice 2026-0147\" width",
        "Click here to download PDF: Invoice 2026-0147</a>",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert_eq!(html.matches("<h1").count(), 1);
}

#[test]
fn a_name_does_not_turn_the_amount_beside_it_round() {
    let document = invoice(|d| d.lines[0].name = "oak\u{202e}elbat\u{2066}".into());
    let mail = shown(&document, &settings_with(&[]));
    assert!(mail.html.contains("<bdi>oakelbat</bdi>") && mail.text.contains("- oakelbat\n"));
}

#[test]
fn the_plain_body_is_narrow_and_says_what_the_other_says() {
    let long = "a very long word after another ".repeat(8);
    let document = invoice(|d| {
        d.lines[0].name = long.clone();
        d.references.order = Some(long.clone());
    });
    let mut settings = own_account();
    settings.company.address = vec![long.clone(), "9000 Gent".into()];
    let text = shown(&document, &settings).text;
    for line in text.lines() {
        assert!(line.chars().count() <= 76 || line.starts_with("https://"), "{line}");
    }
    for part in
        ["\n-- \n", "Oiled, with rounded corners", "Amount due: €960.50\n11 days overdue\n", "Already paid"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn only_as_many_lines_are_shown_as_no_program_cuts_off() {
    for (what, name, lines) in [
        ("many", "Chair".to_owned(), 5_000),
        ("long", "Chair & <table> \"Nord\" ".repeat(8), 400),
        ("Greek", "Δρύινο τραπέζι για εξωτερικό χώρο ".repeat(5), 400),
        ("uneven", "x".to_owned(), 400),
    ] {
        let document = invoice(|d| {
            let line = d.lines[0].clone();
            let mut all = vec![Line { name: name.clone(), ..line.clone() }; lines];
            if what == "uneven" {
                for line in all.iter_mut().take(60) {
                    line.description = Some("Ü".repeat(240));
                    line.name = "Ö".repeat(160);
                }
            }
            d.lines = all;
        });
        let mut settings = own_account();
        settings.layout.lines = 10_000;
        let mail = shown(&document, &settings);
        let size = crate::domain::compose::html_size(&mail.html);
        assert!((30_000..=85_000).contains(&size), "{what}: {size}");
        assert!(mail.html.contains("more lines</p>") && mail.html.contains("</html>"), "{what}");
        let position = |part: &str| mail.html.find(part).unwrap();
        assert!(
            position("BE71 0961") < position("<th scope"),
            "{what}: the way to pay stands before the lines"
        );
    }
}

#[test]
fn a_signature_is_readable_in_dark_mode_too() {
    let document = invoice(|_| ());
    let mut settings = settings_with(&[]);
    settings.user.signature_html =
        Some("<font color=#1F497D>An</font><table width=640><tr><td>x</table>".into());
    let html = shown(&document, &settings).html;
    assert!(
        html.contains("<div class=\"s\" style=\"margin:8px 0 0\"><font color=\"#1F497D\">An</font>"),
        "{html}"
    );
    assert!(html.contains(".s,.s *{color:#f1f3f5 !important;background-color:transparent !important}"));
    assert!(html.contains("[data-ogsc] .s *{color:#f1f3f5 !important}"));
    assert!(!html.contains("640"));
    assert!(!html.contains("!important") || !html.replace(" !important", "").contains("!important"), "M5");
}
