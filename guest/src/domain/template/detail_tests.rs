//! What a business system has beyond the printed document, as texts and layouts show it: own fields, a person in charge, lines that are
//! documents, what changes the whole, and parts with names.

use super::samples::{self, Fill};
use super::tests::{invoice, request, settings_with};
use super::*;
use crate::domain::document::{Adjustment, Document, Instalment, Line, PersonInCharge};
use crate::domain::kind::DocumentKind;
use crate::domain::language::Locale;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::sync::Arc;

fn day(month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2026, month, day)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What a body prints of an invoice.
fn printed(change: impl FnOnce(&mut Document), body: &str) -> Result<String, TemplateFault> {
    let mut document = Document::clone(&invoice());
    change(&mut document);
    let (document, settings) = (Arc::new(document), settings_with(&[("invoice/new/en/body.txt", body)]));
    render(&request(&document, &settings)).map(|mail| mail.text)
}

#[test]
fn a_text_can_say_the_fields_of_the_business_system_itself() {
    let own = |d: &mut Document| {
        d.extra.insert("route".into(), "North <2>".into());
    };
    for (body, wanted) in [
        ("By {{ document.extra.route }}.", "By North <2>."),
        ("By {{ document.extra['route'] }}.", "By North <2>."),
        (
            "{% if document.extra.route %}A{% endif %}{% if document.extra.other %}B{% else %}C{% endif %}.",
            "AC.",
        ),
        ("By {{ document.extra.other | default }}:{{ document.extra.other | default('car') }}.", "By :car."),
        (
            "{% for name in document.extra %}{{ name }}={{ document.extra[name] }}{% endfor %}.",
            "route=North <2>.",
        ),
        ("{{ document.extra.route | default('car') }}.", "North <2>."),
        (
            "{{ document.extra.other | d('car') }}:{{ document.extra.other | default('van', true) }}.",
            "car:van.",
        ),
        ("{{ '' | default('empty', true) }}:{{ '' | default('empty') }}.", "empty:."),
        ("{{ document.quotation | default('none') }}.", "Q-2026-18."),
    ] {
        let text = printed(own, body).unwrap_or_else(|fault| panic!("{body}: {fault}"));
        assert!(text.contains(wanted), "{body}: {text}");
    }
    let fault = printed(own, "{{ document.extra.route }}\n\n{{ document.extra.other }}").unwrap_err();
    assert_eq!((fault.line, fault.rule), (Some(3), Rule::AbsentValue), "{fault}");
    assert!(fault.detail.starts_with("the document has no \"document.extra.other\""), "{fault}");
    let html = settings_with(&[("invoice/new/en/body.html", "<p>{{ document.extra.route }}</p>")]);
    let mut document = Document::clone(&invoice());
    own(&mut document);
    let mail = render(&request(&Arc::new(document), &html)).unwrap();
    assert!(mail.html.contains("<p>North &lt;2&gt;</p>"), "{}", mail.html);
}

#[test]
fn a_text_can_name_who_is_in_charge_and_what_changes_the_whole() {
    let body = "{% if document.person_in_charge.name %}Ask {{ document.person_in_charge.name }}{% endif %}{% if \
                document.person_in_charge.telephone %}, {{ document.person_in_charge.telephone }}{% endif %}.{% for a in \
                document.allowances %} {{ a.reason }} {{ a.amount }}{% endfor %}";
    assert!(printed(|_| (), body).unwrap().contains("\n.\n"));
    let change = |d: &mut Document| {
        d.person_in_charge = Some(PersonInCharge { name: some("Ann Lee"), ..PersonInCharge::default() });
        d.allowances = vec![Adjustment {
            reason: some("Loyalty"),
            amount: Decimal::new(5_000, 2),
            ..Adjustment::default()
        }];
    };
    let text = printed(change, body).unwrap();
    assert!(text.contains("Ask Ann Lee. Loyalty €50.00"), "{text}");
    assert!(text.contains("Discounts: -€50.00") || text.contains("Discounts: −€50.00"), "{text}");
    let fault = printed(|_| (), "{{ document.person_in_charge.fax }}").unwrap_err();
    assert!(fault.detail.contains("no field \"fax\": it has name, email, telephone"), "{fault}");
}

#[test]
fn a_part_with_a_name_is_called_by_it() {
    let parts = |d: &mut Document| {
        let part = |label: &str, month| Instalment {
            label: some(label),
            ..Instalment::open(day(month, 15).unwrap(), Decimal::new(48_025, 2))
        };
        d.instalments = vec![part("Deposit", 11), part("Balance", 12)];
    };
    let text = printed(parts, "{% for p in document.instalments %}{{ p.label }};{% endfor %}").unwrap();
    assert!(text.contains("Deposit;Balance;"), "{text}");
    assert!(text.replace('\u{a0}', " ").contains("Deposit – Due 15 November 2026: €480.25"), "{text}");
}

#[test]
fn a_line_of_a_statement_is_told_in_the_language_of_the_mail() {
    let line = |name: &str| Line { name: name.into(), ..Line::default() };
    let cents = |cents| Some(Decimal::new(cents, 2));
    let mut document = samples::document(DocumentKind::Statement, Fill::Full);
    document.lines = vec![
        Line {
            date: day(8, 31),
            due_date: day(9, 30),
            balance: cents(84_500),
            net_amount: cents(184_500),
            quantity: Some(Decimal::ONE),
            unit_price: cents(184_500),
            ..line("2026-0341")
        },
        Line {
            document: some("2026-0372"),
            due_date: day(10, 31),
            balance: cents(61_240),
            net_amount: cents(61_240),
            ..line("Invoice")
        },
        Line {
            document: some("2026-0409"),
            description: some("Stools"),
            net_amount: cents(9_900),
            ..line("Invoice 2026-0409")
        },
    ];
    let (document, settings) = (Arc::new(document), settings_with(&[]));
    for (locale, expected) in [
        (
            "en",
            [
                "- 2026-0341\n  €845.00\n  31 August 2026 · Total: €1,845.00 · Due 30 September 2026\n",
                "- Invoice\n  €612.40\n  2026-0372 · Due 31 October 2026\n",
                "- Invoice 2026-0409\n  €99.00\n  Stools\n",
            ],
        ),
        (
            "nl-BE",
            [
                "- 2026-0341\n  € 845,00\n  31 augustus 2026 · Totaal: € 1.845,00 · Vervalt op 30 september 2026\n",
                "- Invoice\n  € 612,40\n  2026-0372 · Vervalt op 31 oktober 2026\n",
                "- Invoice 2026-0409\n  € 99,00\n  Stools\n",
            ],
        ),
    ] {
        let locale = Locale::parse(locale).unwrap();
        let mail = render(&RenderRequest { locale, ..request(&document, &settings) }).unwrap();
        let plain = |text: &str| text.replace(['\u{a0}', '\u{202f}'], " ");
        for part in expected {
            assert!(plain(&mail.text).contains(part), "{part}\n{}", mail.text);
            let small = part.lines().nth(2).unwrap().trim();
            assert!(plain(&mail.html).contains(small), "{small}\n{}", mail.html);
        }
    }
}

#[test]
fn a_layout_of_ones_own_loops_over_the_lines_that_are_shown_at_once() {
    let row = "<tr valign=\"top\"><td class=\"l\" style=\"padding:9px 12px 9px 0;border-bottom:1px solid #e6eaee;word-break:break-word\">\
               <bdi>{{ line.name }}</bdi>{% if line.small %}<br><span class=\"m\" style=\"font-size:13px;color:#5b6773\">{{ line.small }}\
               </span>{% endif %}</td>{% if mail.columns.value %}<td class=\"l\" align=\"right\" style=\"padding:9px 0;\
               border-bottom:1px solid #e6eaee\">{{ line.value }}</td>{% endif %}</tr>";
    let entry = "- {{ line.name }}\n{% if line.sum %}\n  {{ line.sum }}\n{% endif %}\n{% if line.detail %}\n  {{ line.detail }}\n{% endif %}";
    let layout = |one: &str, all: &str| {
        format!("{{% for line in mail.lines %}}\n{one}\n{{% endfor %}}\n====\n{{{{ mail.{all} }}}}\n")
    };
    let (html, text) = (layout(row, "lines_html"), layout(entry, "lines_text"));
    let settings = settings_with(&[("layout/mail.html", &html), ("layout/mail.txt", &text)]);
    let line = |name: &str| Line { name: name.into(), ..Line::default() };
    let some = |number| Some(Decimal::new(number, 1));
    let nasty = "1/2\" pipe & <b>'seal'</b> ";
    let table =
        Line { quantity: some(25), unit_price: some(400), net_amount: some(1000), ..line("Table / oak") };
    for lines in [
        vec![table.clone(), Line { description: Some(nasty.into()), ..line(nasty) }, line("")],
        vec![Line { description: Some("Second\nhand".into()), unit: Some("HUR".into()), ..table }],
        vec![
            Line { quantity: some(10), description: Some(String::new()), ..line("Stool") },
            line("Delivery"),
        ],
        vec![Line { unit_price: some(5), ..line("Screw") }],
        vec![line("Only a name")],
    ] {
        for locale in ["en-US", "fr-CH", "de-AT"].map(|locale| Locale::parse(locale).unwrap()) {
            let document = Arc::new(Document { lines: lines.clone(), ..Document::clone(&invoice()) });
            let mail = render(&RenderRequest { locale, ..request(&document, &settings) }).unwrap();
            for rendered in [&mail.html, &mail.text] {
                let (looped, at_once) = rendered.split_once("====").unwrap();
                assert_eq!(looped.trim(), at_once.trim(), "{locale}");
                assert!(
                    lines.iter().all(|l| looped.contains(l.name.split(['/', '"']).next().unwrap())),
                    "{rendered}"
                );
            }
        }
    }
}
