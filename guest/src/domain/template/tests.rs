//! Whole mails, over the shipped layout and texts of the tests' own or the shipped ones.

use super::samples::{self, Fill};
use super::*;
use crate::domain::document::Document;
use crate::domain::kind::{DocumentKind, Purpose, UseCase};
use crate::domain::language::{Language, Locale};
use crate::domain::settings::{Overrides, Settings};
use std::collections::BTreeMap;
use std::sync::Arc;

const PORTAL: Portal<'_> = Portal {
    view_url: "https://portal.example/d/Zx81?a=1&b=2",
    pdf_url: Some("https://portal.example/d/Zx81.pdf"),
};

pub(super) fn settings_with(texts: &[(&str, &str)]) -> Settings {
    let mut all = BTreeMap::from([
        ("invoice/new/en/subject.txt".to_owned(), "Invoice {{ document.number }}".to_owned()),
        ("invoice/new/en/body.txt".to_owned(), "Please find our invoice.\n\nThank you.".to_owned()),
    ]);
    all.extend(texts.iter().map(|(name, source)| ((*name).to_owned(), (*source).to_owned())));
    Settings { templates: Overrides { company: all, user: BTreeMap::new() }, ..Settings::default() }
}

pub(super) fn request<'a>(document: &'a Arc<Document>, settings: &'a Settings) -> RenderRequest<'a> {
    RenderRequest {
        purpose: Purpose::new(document.kind, UseCase::New).unwrap(),
        locale: Locale::of(Language::En),
        document,
        settings,
        sender: Sender { name: Some("An De Wit"), email: "an@atelier-nord.be" },
        addressee: Some("Jörg Müller"),
        salutation: None,
        attached: Attached { pdf: true, ubl: true, added: 1 },
        portal: Some(PORTAL),
        edits: Edits::default(),
        today: samples::today(),
        pay_by: None,
        signature: true,
        logo: Some(Logo::default()),
    }
}

pub(super) fn invoice() -> Arc<Document> {
    Arc::new(samples::document(DocumentKind::Invoice, Fill::Full))
}

fn fault_of(body: &str) -> TemplateFault {
    let (document, settings) = (invoice(), settings_with(&[("invoice/new/en/body.txt", body)]));
    render(&request(&document, &settings)).expect_err(body)
}

#[test]
fn a_mail_has_the_button_the_link_the_facts_the_lines_and_the_way_to_pay() {
    let (document, settings) = (invoice(), settings_with(&[]));
    let mail = render(&request(&document, &settings)).unwrap();
    assert_eq!(mail.subject, "Invoice 2026-0147");
    assert_eq!(mail.template, "invoice/new");
    for part in [
        "View invoice",
        "Click here to download PDF",
        "Dear Jörg Müller,",
        "22 November 2026",
        "€960.50",
        "11 days overdue",
    ] {
        assert!(mail.html.contains(part), "{part}\n{}", mail.html);
        assert!(mail.text.contains(part), "{part}\n{}", mail.text);
    }
    for part in
        ["Please find our invoice.", "BE71 0961 2345 6769", "Delivery and assembly", "An De Wit", "2\u{a0}h"]
    {
        assert!(mail.html.contains(part), "{part}\n{}", mail.html);
        assert!(mail.text.contains(part), "{part}\n{}", mail.text);
    }
    for part in [
        "lang=\"en\"",
        "prefers-color-scheme:dark",
        "[data-ogsc]",
        "max-width:620px",
        "<!--[if mso]>",
        "cid:logo\" alt=\"Atelier Nord\" width=\"140\" border",
        "bgcolor=\"#0a58d6\"",
        "Zx81?a=1&amp;b=2\"",
    ] {
        assert!(mail.html.contains(part), "{part}\n{}", mail.html);
    }
    assert!(mail.html.len() < 20_000, "{} bytes", mail.html.len());
}

#[test]
fn without_a_portal_there_is_neither_button_nor_link() {
    let (document, settings) = (invoice(), settings_with(&[]));
    for portal in [None, Some(Portal { view_url: "javascript:alert(1)", pdf_url: None })] {
        let mail = render(&RenderRequest { portal, ..request(&document, &settings) }).unwrap();
        for part in ["View invoice", "Click here to download PDF", "javascript:", "None", "none\n"] {
            assert!(!mail.html.contains(part) && !mail.text.contains(part), "{part}: {portal:?}");
        }
    }
}

#[test]
fn fields_are_escaped_in_html_and_left_alone_in_text() {
    let mut document = samples::document(DocumentKind::Invoice, Fill::Full);
    let nasty = "<script>alert(1)</script> \"Q\" & 'Co'";
    document.seller.name = nasty.into();
    document.number = nasty.into();
    document.lines[0].name = nasty.into();
    let (document, settings) = (
        Arc::new(document),
        settings_with(&[("invoice/new/en/body.txt", "From {{ company.name }}, {{ document.number }}")]),
    );
    let mail = render(&RenderRequest { addressee: Some(nasty), ..request(&document, &settings) }).unwrap();
    assert!(!mail.html.contains("<script"), "{}", mail.html);
    assert!(mail.html.contains("&lt;script&gt;"));
    assert!(!mail.html.contains("\"Q\""), "a quote must not end an attribute");
    assert!(mail.text.contains(nasty));
}

#[test]
fn an_override_in_html_stands_in_place_of_the_paragraphs_unless_a_higher_text_does() {
    let document = invoice();
    let mut settings = settings_with(&[("invoice/new/en/body.html", "<h1>{{ partner.name }}</h1>")]);
    let mail = render(&request(&document, &settings)).unwrap();
    assert!(mail.html.contains("<h1>Café Müller &amp; Söhne</h1>"), "{}", mail.html);
    assert!(!mail.html.contains("Please find") && mail.text.contains("Please find"));

    settings.templates.user.insert("invoice/new/en/body.txt".into(), "Mine.".into());
    let mail = render(&request(&document, &settings)).unwrap();
    assert!(mail.html.contains("<p style=\"margin:0 0 16px\">Mine.</p>") && !mail.html.contains("<h1>"));
}

#[test]
fn a_statement_at_the_end_of_a_paragraph_does_not_join_it_to_the_next() {
    let body = "One{% if document.order %} and {{ document.order }}{% endif %}\n\nTwo.";
    let (document, settings) = (invoice(), settings_with(&[("invoice/new/en/body.txt", body)]));
    let mail = render(&request(&document, &settings)).unwrap();
    assert!(mail.text.contains("One and 4500012345\n\nTwo.\n"), "{}", mail.text);
    assert!(mail.html.contains(">One and 4500012345</p>"), "{}", mail.html);
}

#[test]
fn what_the_user_wrote_is_text_and_never_a_template() {
    let (document, settings) = (invoice(), settings_with(&[]));
    let edits =
        Edits { subject: Some("a\r\nBcc: x@y.be {{ 1 }}"), body: Some("{{ document.number }}\n\n<b>") };
    let mail = render(&RenderRequest { edits, ..request(&document, &settings) }).unwrap();
    assert_eq!(mail.subject, "a Bcc: x@y.be {{ 1 }}");
    assert!(mail.html.contains("{{ document.number }}") && mail.html.contains("&lt;b&gt;"));
    assert!(mail.text.contains("{{ document.number }}\n\n<b>"));
}

#[test]
fn a_document_can_not_inject_a_header_through_the_subject() {
    let mut document = samples::document(DocumentKind::Invoice, Fill::Full);
    document.number = "1\r\nBcc: eve@example.org\r\n\r\n<html>".into();
    let (document, settings) = (Arc::new(document), settings_with(&[]));
    let mail = render(&request(&document, &settings)).unwrap();
    assert_eq!(mail.subject, "Invoice 1 Bcc: eve@example.org <html>");
}

#[test]
fn a_fault_names_the_template_the_line_and_what_is_wrong() {
    for (body, line, wanted) in [
        (
            "a\n\n{{ document.numbr }}",
            Some(3),
            "\"document\" has no field \"numbr\": it has kind, type_code, self_billed, number",
        ),
        ("{{ documnt.number }}", Some(1), "there is no \"documnt\""),
        (
            "a\n{% for l in document.lines %}{{ l.colour }}{% endfor %}",
            Some(2),
            "\"lines\" has no field \"colour\"",
        ),
        (
            "a\n{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}",
            Some(2),
            "too many steps",
        ),
        ("{% include '/etc/passwd' %}", Some(1), "only shipped and overridden texts"),
        ("{% include '../../Cargo.toml' %}", Some(1), "only shipped and overridden texts"),
        ("a\n{% if %}", Some(2), "syntax error"),
        ("{{ document.number | money }}", Some(1), "expected an amount of money"),
        ("a\n{{ document.number | nosuch }}", Some(2), "filter"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", Some(1), "recursion"),
        ("{% include 'invoice/new/en/body.txt' %}", Some(1), "recursion"),
        ("{{ 'x' * 900000 }}\n{{ 'x' * 900000 }}", None, "larger than a mail"),
        ("{{ plural('x', 'a', 'b') }}", Some(1), "expected a number"),
    ] {
        let fault = fault_of(body);
        assert_eq!(fault.name, "invoice/new/en/body.txt", "{body}: {fault}");
        assert_eq!(fault.line, line, "{body}: {fault}");
        assert!(fault.detail.contains(wanted), "{body}: {fault}");
    }
}

#[test]
fn a_value_that_is_absent_is_never_printed() {
    let document = Arc::new(samples::document(DocumentKind::Invoice, Fill::Bare));
    for body in ["{{ document.due_date }}", "{{ document.due_date | date }}", "{{ document.total | money }}"]
    {
        let settings = settings_with(&[("invoice/new/en/body.txt", body)]);
        let fault = render(&request(&document, &settings)).expect_err(body);
        assert!(fault.detail.contains("guard it with {% if"), "{body}: {fault}");
    }
}

#[test]
fn words_can_be_overridden_one_by_one_and_not_invented() {
    let document = invoice();
    let words = "layout/en/words.json";
    let settings = settings_with(&[(words, "{\"view_invoice\": \"Show me\"}")]);
    let mail = render(&request(&document, &settings)).unwrap();
    assert!(mail.html.contains(">Show me<") && mail.html.contains("Kind regards,"));
    for (source, wanted) in [
        ("{\n\"vew\": \"x\"}", "no word \"vew\""),
        ("{\n\"a\": }", "not a JSON object"),
        ("[]", "not a JSON object"),
    ] {
        let fault = render(&request(&document, &settings_with(&[(words, source)]))).expect_err(source);
        assert_eq!(fault.name, words);
        assert!(fault.detail.contains(wanted), "{source}: {fault}");
    }
}

#[test]
fn a_label_has_the_colon_of_its_language() {
    let (document, settings) = (invoice(), settings_with(&[]));
    for (language, expected) in [
        ("fr-BE", ["Date\u{a0}: ", "Total\u{a0}: ", "Voir la facture\u{a0}:\n"]),
        ("nl-BE", ["Datum: ", "Totaal: ", "Factuur bekijken:\n"]),
    ] {
        let locale = Locale::parse(language).unwrap();
        let mail = render(&RenderRequest { locale, ..request(&document, &settings) }).unwrap();
        for part in expected {
            assert!(mail.text.contains(part), "{language}: {part}\n{}", mail.text);
        }
    }
}

#[test]
fn every_language_has_the_same_words_and_none_is_left_unfilled() {
    let of = |language| {
        let path = words::Words::path(Locale::of(language));
        words::Words::read(shipped::source(&path).map(|source| (path.as_str(), source)).into_iter()).unwrap()
    };
    let english = of(Language::En);
    for language in Language::ALL {
        let words = of(language);
        assert_eq!(words.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language}");
        for key in english.keys() {
            let placeholders = |text: &str| text.matches(['{', '}']).count();
            assert_eq!(
                placeholders(words.get(key).unwrap()),
                placeholders(english.get(key).unwrap()),
                "{key}"
            );
        }
    }
    assert_eq!(english.get("view_invoice").unwrap(), "View invoice");
    assert_eq!(english.get("download").unwrap(), "Click here to download PDF");
}

#[test]
fn the_settings_choose_the_accent_and_the_number_of_lines() {
    let document = invoice();
    for (accent, lines, expected, more) in [
        ("#AA0033", 1, "4px solid #AA0033", Some("and 2 more lines")),
        ("red;}</style><script>", 2, "4px solid #0a58d6", Some("and 1 more line")),
        ("#12345", 3, "4px solid #0a58d6", None),
        ("#123456", 0, "4px solid #123456", None),
    ] {
        let mut settings = settings_with(&[]);
        settings.layout.accent = accent.into();
        settings.layout.lines = lines;
        let mail = render(&request(&document, &settings)).unwrap();
        assert!(mail.html.contains(expected), "{accent}");
        assert_eq!(mail.html.contains("more line"), more.is_some(), "{lines}");
        assert!(more.is_none_or(|m| mail.html.contains(m) && mail.text.contains(m)), "{lines}");
        assert_eq!(mail.html.contains("Oak table"), lines > 0, "{lines}");
    }
}

#[test]
fn a_signature_is_cleaned_and_left_out_where_the_mail_program_has_its_own() {
    let document = invoice();
    let mut settings = settings_with(&[]);
    settings.user.signature_html = Some("<b>An</b><script>x</script>".into());
    let mail = render(&request(&document, &settings)).unwrap();
    assert!(mail.html.contains("<b>An</b></div>") && mail.text.contains("\nAn\n"), "{}", mail.text);
    let mail = render(&RenderRequest { signature: false, ..request(&document, &settings) }).unwrap();
    assert!(!mail.html.contains("<b>An</b>") && mail.html.contains("Kind regards,"));
}

#[test]
fn a_cancelled_invoice_asks_for_nothing() {
    let document = invoice();
    let own = settings_with(&[
        ("invoice/cancelled/en/subject.txt", "Cancelled"),
        ("invoice/cancelled/en/body.txt", "Cancelled."),
    ]);
    let purpose = Purpose::new(DocumentKind::Invoice, UseCase::Cancelled).unwrap();
    let mail = render(&RenderRequest { purpose, ..request(&document, &own) }).unwrap();
    for part in ["Due date", "Amount due", "BE71", "Oak table"] {
        assert!(!mail.html.contains(part) && !mail.text.contains(part), "{part}\n{}", mail.text);
    }
}

#[test]
fn the_same_request_gives_the_same_bytes_whatever_was_rendered_in_between() {
    let document = invoice();
    let settings: Vec<_> =
        (0..9).map(|i| settings_with(&[("invoice/new/en/body.txt", &*format!("Text {i}."))])).collect();
    let first: Vec<_> = settings.iter().map(|s| render(&request(&document, s)).unwrap()).collect();
    let again: Vec<_> = settings.iter().rev().map(|s| render(&request(&document, s)).unwrap()).collect();
    assert!(first.iter().eq(again.iter().rev()));
    assert!(first[3].text.contains("Text 3."));
}

#[test]
fn a_region_says_only_what_differs_and_a_company_says_it_before_any_region_does() {
    let document = invoice();
    let body = |settings: &Settings, tag: &str| {
        let locale = Locale::parse(tag).unwrap();
        render(&RenderRequest { locale, ..request(&document, settings) }).unwrap().text
    };
    let own = [
        ("invoice/new/nl/body.txt", "Algemeen."),
        ("invoice/new/nl-BE/body.txt", "Belgisch."),
        ("layout/nl/words.json", "{\"closing\": \"Groeten,\"}"),
        ("layout/nl-BE/words.json", "{\"closing\": \"Genegen groet,\"}"),
    ];
    let settings = settings_with(&own);
    for (tag, wanted, closing, reference) in [
        ("nl-BE", "Belgisch.", "Genegen groet,", "Mededeling: "),
        ("nl-NL", "Algemeen.", "Groeten,", "Betalingskenmerk: "),
        ("nl-SR", "Algemeen.", "Groeten,", "Referentie: "),
    ] {
        let text = body(&settings, tag);
        for part in [wanted, closing, reference] {
            assert!(text.contains(part), "{tag}: {part}\n{text}");
        }
    }
    let mut settings = settings_with(&own[1..2]);
    settings.templates.user.insert("invoice/new/nl/body.txt".into(), "Van mij.".into());
    assert!(
        body(&settings, "nl-BE").contains("Van mij."),
        "a user's text stands before a company's of a region"
    );
}

#[test]
fn words_of_tax_are_those_of_the_sellers_country() {
    let mut document = samples::document(DocumentKind::Invoice, Fill::Full);
    document.seller.address.country = Some("CH".into());
    let document = Arc::new(document);
    let own = [
        ("layout/de/words.json", "{\"tax\": \"MwSt. de\", \"closing\": \"Grüße,\"}"),
        ("layout/de-CH/words.json", "{\"tax\": \"MWST ch\", \"closing\": \"Grüsse,\"}"),
        ("layout/de-AT/words.json", "{\"tax\": \"USt. at\"}"),
    ];
    let settings = settings_with(&own);
    let locale = Locale::parse("de-AT").unwrap();
    let mail = render(&RenderRequest { locale, ..request(&document, &settings) }).unwrap();
    assert!(mail.text.contains("MWST ch: ") && mail.text.contains("Grüße,"), "{}", mail.text);
}

#[test]
fn german_for_switzerland_has_no_sharp_s_and_leaves_names_as_they_are() {
    let mut document = samples::document(DocumentKind::Invoice, Fill::Full);
    document.number = "Maß-1".into();
    let document = Arc::new(document);
    let settings = settings_with(&[
        ("invoice/new/de/subject.txt", "Große Rechnung {{ document.number }}"),
        ("invoice/new/de/body.txt", "Bitte begrüßen Sie uns."),
        ("layout/de/words.json", "{\"closing\": \"Grüße,\"}"),
    ]);
    for (tag, subject, body, closing) in [
        ("de-CH", "Grosse Rechnung Maß-1", "begrüssen", "Grüsse,"),
        ("de-LI", "Grosse Rechnung Maß-1", "begrüssen", "Grüsse,"),
        ("de-AT", "Große Rechnung Maß-1", "begrüßen", "Grüße,"),
    ] {
        let locale = Locale::parse(tag).unwrap();
        let mail = render(&RenderRequest { locale, ..request(&document, &settings) }).unwrap();
        assert_eq!(mail.subject, subject, "{tag}");
        assert!(mail.text.contains(body) && mail.text.contains(closing), "{tag}: {}", mail.text);
    }
    let broken = settings_with(&[("invoice/new/de/body.txt", "{{ document.numbr }}")]);
    let locale = Locale::parse("de-CH").unwrap();
    let fault = render(&RenderRequest { locale, ..request(&document, &broken) }).unwrap_err();
    assert_eq!(fault.name, "invoice/new/de/body.txt");
}
