//! What a mail shows by what it is for: how many lines, whether it has a button, that it is a copy, what of a balance is late.

use super::*;
use crate::domain::document::Instalment;
use crate::domain::language::Locale;

const LINES: &str = "Description";
const USES: [UseCase; 8] = [
    UseCase::New,
    UseCase::Copy,
    UseCase::Reminder1,
    UseCase::Reminder2,
    UseCase::Reminder3,
    UseCase::Overdue,
    UseCase::ThankYou,
    UseCase::Cancelled,
];

#[test]
fn a_mail_that_comes_back_to_a_document_shows_its_amount_and_no_lines() {
    use DocumentKind as K;
    let settings = own_account();
    for kind in [
        K::Invoice,
        K::Quote,
        K::SalesOrder,
        K::PurchaseOrder,
        K::RequestForQuotation,
        K::Reminder,
        K::Statement,
    ] {
        let document = document(kind, |d| {
            let line = d.lines[0].clone();
            d.lines = vec![line; 15];
        });
        for use_case in USES {
            let Ok(purpose) = Purpose::new(kind, use_case) else { continue };
            let expected = match (kind, use_case) {
                (_, UseCase::Cancelled) => 0,
                (K::Statement | K::Reminder, _) => 3,
                (_, UseCase::New | UseCase::Copy) => 15,
                _ => 0,
            };
            let mail = used_for(&document, use_case, &settings);
            let (words, listed) = (words_of(&mail.html), mail.text.matches("\n- Oak table").count());
            assert_eq!(listed, expected, "{purpose}");
            assert_eq!(words.contains(LINES), expected > 0, "{purpose}");
            assert_eq!(words.contains("and 12 more lines"), expected == 3, "{purpose}");
        }
    }
    let mut few = own_account();
    few.layout.lines = 2;
    let document = document(K::Statement, |d| d.lines = vec![d.lines[0].clone(); 15]);
    let text = used_for(&document, UseCase::New, &few).text;
    assert_eq!(text.matches("\n- Oak table").count(), 2, "the settings are an upper bound");
}

#[test]
fn without_its_lines_a_mail_leads_from_the_total_to_the_amount() {
    let settings = settings_with(&[]);
    let part = |days: u64, amount| {
        Instalment::open(
            samples::today().checked_sub_days(chrono::Days::new(30)).unwrap() + chrono::Days::new(days),
            Decimal::from(amount),
        )
    };
    for (what, document, use_case, has, lacks) in [
        (
            "part paid",
            invoice(|_| ()),
            UseCase::Reminder1,
            "Amount due €960.50 11 days overdue|Total €1,210.00 Already paid €249.50",
            "€249.50 Amount due",
        ),
        ("nothing paid", invoice(|d| d.balance = decimal("1210")), UseCase::Overdue, "Amount due", "Total"),
        (
            "thanks for a part",
            invoice(|_| ()),
            UseCase::ThankYou,
            "Total €1,210.00|Already paid €249.50 Amount due €960.50",
            "Paid €1",
        ),
        (
            "thanks for all",
            invoice(|d| d.balance = decimal("0")),
            UseCase::ThankYou,
            "Paid €1,210.00",
            "Already paid",
        ),
        (
            "overpaid",
            invoice(|d| d.balance = decimal("-50")),
            UseCase::ThankYou,
            "In your favour €50.00|Total €1,210.00 Already paid €1,260.00",
            "Amount due",
        ),
        (
            "rounded",
            invoice(|d| {
                d.totals.rounding = decimal("0.02");
                d.balance = decimal("1210.02");
            }),
            UseCase::Reminder2,
            "Amount due €1,210.02|Total €1,210.00 Rounding €0.02",
            "Already paid",
        ),
        (
            "two of three parts late",
            invoice(|d| {
                d.balance = decimal("1210");
                d.due_date = Some(part(0, 0).due_date);
                d.instalments = vec![part(0, 400), part(10, 400), part(60, 410)];
            }),
            UseCase::Overdue,
            "Amount due €800.00|Total €1,210.00|outstanding is €1,210.00, of which €800.00 has fallen due.",
            "Payment is now",
        ),
        (
            "three of three parts late",
            invoice(|d| {
                d.balance = decimal("1210");
                d.due_date = Some(part(0, 0).due_date);
                d.instalments = vec![part(0, 400), part(1, 400), part(2, 410)];
            }),
            UseCase::Reminder3,
            "outstanding is €1,210.00. Payment is now",
            "of which",
        ),
    ] {
        let words = words_of(&used_for(&document, use_case, &settings).html);
        for part in has.split('|') {
            assert!(words.contains(part), "{what}: {part}\n{words}");
        }
        assert!(!words.contains(lacks), "{what}: {lacks}\n{words}");
    }
}

#[test]
fn a_statement_tells_what_is_overdue_from_the_balance_where_its_parts_say_it() {
    let day = |month, day| chrono::NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    let parts = |last| {
        let part = |due_date, amount| Instalment::open(due_date, Decimal::from(amount));
        vec![part(day(9, 30), 400), part(day(10, 31), 400), part(last, 410)]
    };
    let statement = |instalments: Vec<Instalment>| {
        document(DocumentKind::Statement, |d| {
            d.balance = decimal("1210");
            d.due_date = instalments.first().map(|part| part.due_date);
            d.instalments = instalments;
        })
    };
    let settings = settings_with(&[]);
    let mixed = words_of(&used_for(&statement(parts(day(12, 18))), UseCase::Overdue, &settings).html);
    assert!(mixed.contains("€1,210.00, of which €800.00 is overdue."), "{mixed}");
    assert!(mixed.contains("Overdue €800.00") && !mixed.contains("Balance €800.00"), "{mixed}");
    let whole = words_of(&used_for(&statement(parts(day(12, 18))), UseCase::New, &settings).html);
    assert!(whole.contains("Balance €1,210.00") && !whole.contains("overdue"), "{whole}");
    let all = words_of(&used_for(&statement(parts(day(11, 30))), UseCase::Overdue, &settings).html);
    assert!(all.contains("€1,210.00, all of which is overdue."), "{all}");
    assert!(all.contains("Balance €1,210.00"), "{all}");
    let unknown = words_of(&used_for(&statement(Vec::new()), UseCase::Overdue, &settings).html);
    assert!(
        unknown.contains("The balance to pay is €1,210.00. ") && !unknown.contains("of which"),
        "{unknown}"
    );
}

#[test]
fn without_its_lines_a_statement_has_one_balance() {
    let mut settings = settings_with(&[]);
    settings.layout.lines = 0;
    let statement = document(DocumentKind::Statement, |d| d.due_date = None);
    let words = words_of(&used_for(&statement, UseCase::New, &settings).html);
    let shown = words.split("Balance €960.50").nth(1).unwrap_or_else(|| panic!("{words}"));
    assert!(shown.contains("Total €1,210.00 Already paid €249.50") && !shown.contains("Balance"), "{words}");
}

#[test]
fn a_cancelled_document_is_behind_a_plain_link() {
    let settings = own_account();
    for kind in [DocumentKind::Invoice, DocumentKind::Quote, DocumentKind::DeliveryNote] {
        let document = document(kind, |_| ());
        let filled = |use_case| {
            let mail = used_for(&document, use_case, &settings);
            assert!(mail.html.contains(">View ") && mail.text.contains("View "), "{}", mail.text);
            mail.html.contains("display:inline-block;padding:13px")
        };
        assert!(filled(UseCase::New) && !filled(UseCase::Cancelled), "{kind}");
    }
}

#[test]
fn a_copy_is_called_one_in_every_language() {
    let settings = settings_with(&[]);
    for (tag, copy) in [("nl", "(kopie)"), ("fr", "(copie)"), ("de", "(Kopie)"), ("en", "(copy)")] {
        for kind in [DocumentKind::Invoice, DocumentKind::CreditNote] {
            let document = document(kind, |_| ());
            for use_case in [UseCase::Copy, UseCase::New] {
                let purpose = Purpose::new(kind, use_case).unwrap();
                let locale = Locale::parse(tag).unwrap();
                let mail =
                    render(&RenderRequest { purpose, locale, ..request(&document, &settings) }).unwrap();
                let title = format!("2026-0147 {copy}");
                let shown =
                    words_of(&mail.html).contains(&title) && mail.text.contains(&format!("{title}\n-"));
                assert_eq!(shown, use_case == UseCase::Copy, "{kind} {tag}: {}", mail.text);
            }
        }
    }
}

#[test]
fn a_number_stays_whole_in_the_title_the_link_and_the_text_and_stays_a_strangers_text() {
    let settings = settings_with(&[]);
    let mail =
        |number: &str| used_for(&invoice(|d| d.number = number.into()), UseCase::Reminder1, &settings).html;
    let html = mail("INV-2026/<b>7");
    let whole = ">INV-2026/&lt;b&gt;7";
    assert_eq!(html.matches(&format!("display:inline-block\"{whole}")).count(), 2, "{html}");
    assert!(
        html.contains(&format!(
            "Invoice <span style=\"display:inline-block;text-decoration:underline\"{whole}"
        ))
    );
    assert!(!html.contains("<b>7"));
    for number in ["20260147", "INV-2026-0000000000-00147"] {
        assert!(!mail(number).contains(&format!("inline-block\">{number}")), "{number}");
    }
}

#[test]
fn a_reference_too_long_to_stand_beside_its_label_stands_below_it() {
    let settings = settings_with(&[]);
    let html = |order: &str| shown(&invoice(|d| d.references.order = Some(order.into())), &settings).html;
    let beside = "Your reference</td><td class=\"t\" align=\"right\" \
                  style=\"padding:3px 0;color:#1f2933;word-break:break-word\"><bdi>";
    let below = "Your reference</span><br><bdi>";
    for (order, expected) in [
        ("BC-2026-55", beside),
        ("PO-2026-00154", below),
        ("PO-2026-000000000154-07", below),
        ("450001234500000", beside),
        ("the order of Monday", beside),
    ] {
        assert!(html(order).contains(&format!("{expected}{order}")), "{order}\n{}", html(order));
    }
}

#[test]
fn a_telephone_is_not_told_to_scan_its_own_screen() {
    let html = shown(&invoice(|_| ()), &own_account()).html;
    assert!(
        html.contains("(max-width:480px){.k{display:none !important}}") && html.contains("<div class=\"k\"")
    );
    assert!(words_of(&html).contains("On a computer: scan with your banking app"));
}
