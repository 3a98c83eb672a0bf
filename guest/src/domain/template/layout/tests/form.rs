//! How a mail reaches its reader: beside the subject, on a telephone, read aloud, in a plain body, and before it is cut off.

use super::*;
use crate::domain::template::Logo;

#[test]
fn what_shows_beside_the_subject_is_the_amount_and_its_date() {
    let due = samples::today().checked_add_days(chrono::Days::new(17));
    for (document, use_case, expected) in [
        (invoice(|_| ()), UseCase::Reminder1, "€960.50 · 11 days overdue"),
        (invoice(|d| d.due_date = due), UseCase::New, "€960.50 · Due 20 December 2026 (in 17 days)"),
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
    assert!(text.contains("hello@nord.example, www.nord.example "), "{text}");
}

#[test]
fn nothing_hangs_at_the_end_of_a_line_that_wraps() {
    let document = invoice(|d| d.due_date = samples::today().checked_add_days(chrono::Days::new(5)));
    let mut settings = settings_with(&[]);
    settings.company.telephone = Some("+32 9 555 01 20".into());
    settings.company.website = Some("www.nord.example".into());
    settings.company.registration = vec!["RPR Gent".into()];
    for tag in ["en", "nl", "fr", "de"] {
        let locale = crate::domain::language::Locale::parse(tag).unwrap();
        let mail = render(&RenderRequest { locale, ..request(&document, &settings) }).unwrap();
        let shown = words_of(mail.html.split("max-height:0").nth(1).unwrap().split_once("</div>").unwrap().1);
        for body in [&shown, &mail.text] {
            assert!(!body.contains('·'), "{tag}: {body}");
        }
        let due = mail.text.lines().find(|line| line.contains("2026 (")).unwrap();
        assert_eq!(due.split_once('(').unwrap().1.split(' ').count(), 1, "one piece: {due}");
    }
}

#[test]
fn the_footer_names_the_company_for_tax_once() {
    let document = invoice(|_| ());
    let mut settings = settings_with(&[]);
    settings.company.vat_identifier = Some("BE0123456749".into());
    for (registration, times) in [
        ("RPR Gent, afdeling Gent", 1),
        ("TVA BE 0123.456.749, RPM Gand", 0),
        ("btw be0123456749", 0),
        ("0123.456.749 RPR Gent", 1),
    ] {
        settings.company.registration = vec![registration.into()];
        let text = shown(&document, &settings).text;
        assert_eq!(text.matches("VAT no. BE0123456749").count(), times, "{registration}\n{text}");
        assert!(text.contains(registration), "{text}");
    }
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
        "Click here to download PDF<span>: Invoice <span style=\"display:inline-block;text-decoration:underline\">2026-0147</span></span></a>",
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
        html.contains("<div class=\"s\" style=\"margin:8px 0 0\">")
            && html.contains("<font color=\"#1F497D\">An</font>"),
        "{html}"
    );
    assert!(html.contains("table-layout:fixed\"><tr><td><div style=\"overflow:auto\"><font"), "{html}");
    assert!(html.contains(".s,.s *{color:#f1f3f5 !important;background-color:transparent !important}"));
    assert!(html.contains("[data-ogsc] .s *{color:#f1f3f5 !important}"));
    assert!(!html.contains("640"));
    assert!(!html.contains("!important") || !html.replace(" !important", "").contains("!important"), "M5");
}
