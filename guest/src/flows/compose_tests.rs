//! What a job may ask for, and what becomes of who sends it.

use super::*;
use crate::flows::FileError;
use crate::flows::test_job::{NoFiles, plain_job, text_of};

fn job(view: &str, pdf: Option<&str>) -> Job {
    Job { portal: Some((view.into(), pdf.map(str::to_owned))), ..plain_job() }
}

#[test]
fn a_link_that_no_mail_may_carry_is_an_error_of_the_job() {
    let (good, long) = ("https://portal.example/d", format!("https://{}", "x".repeat(2_000)));
    assert!(check_links(&job(good, Some("http://portal.example/d.pdf"))).is_ok());
    for (view, pdf, field) in [
        ("javascript:alert(1)", None, "options.portal.view_url: "),
        ("portal.example/d", None, "options.portal.view_url: "),
        ("https://portal.example/d\nBcc: x", None, "options.portal.view_url: "),
        (long.as_str(), None, "options.portal.view_url: "),
        ("", None, "options.portal.view_url: "),
        (good, Some("file:///d.pdf"), "options.portal.pdf_url: "),
    ] {
        let fault = check_links(&job(view, pdf)).expect_err(view).to_string();
        assert!(fault.starts_with(field), "{view:?} {pdf:?}: {fault}");
    }
}

const INVOICE: &str = r#"{
    "kind": "invoice", "number": "7", "issue_date": "2026-11-22", "due_date": "2026-12-22", "currency": "EUR",
    "seller": {"name": "Atelier Nord"}, "buyer": {"name": "Brasserie"},
    "totals": {"payable": "121.00", "tax_inclusive": "121.00"},
    "lines": []
}"#;
const SETTINGS: &str = r#"{"user": {
    "display_name": "Jan", "email": "jan@own.example", "signature_text": "Jan of the office"
}}"#;

/// A job that composes, and the message it makes.
fn invoice(mode: Mode) -> Job {
    Job {
        document: Source { media_type: "application/json".into(), content: INVOICE.into() },
        settings: SETTINGS.into(),
        sender: (Some("Atelier Nord via Postroom".into()), "atelier-nord@platform.example".into()),
        recipients: vec![
            (Field::To, None, "a@example.com".into()),
            (Field::ReplyTo, Some("Atelier Nord".into()), "reply+t@platform.example".into()),
        ],
        mode,
        format: Format::Link,
        ..job("https://portal.example/d", Some("https://portal.example/d.pdf"))
    }
}

#[test]
fn a14_a_mail_of_the_platform_is_from_the_platforms_address_and_carries_its_document_by_link() {
    let message = compose(&invoice(Mode::Platform), &mut NoFiles).unwrap();
    assert_eq!(message.from.to_string(), "Atelier Nord via Postroom <atelier-nord@platform.example>");
    assert_eq!(message.composed.envelope.mail_from.wire(), "atelier-nord@platform.example");
    assert!(message.warnings.is_empty(), "no file is missed: {:?}", message.warnings);
    let (html, text) = (&message.rendered.html, &message.rendered.text);
    assert!(html.contains("d.pdf") && text.contains("https://portal.example/d"), "{text}\n{html}");
    let own = compose(&invoice(Mode::Account), &mut NoFiles).unwrap();
    assert_eq!(own.from.to_string(), "Jan <jan@own.example>");
}

#[test]
fn a14_a_mail_of_the_platform_needs_its_portal_and_one_reply_to() {
    let without_portal = Job { portal: None, format: Format::Pdf, ..invoice(Mode::Platform) };
    let without_reply_to = Job { recipients: Vec::new(), ..invoice(Mode::Platform) };
    let link_without_portal = Job { portal: None, ..invoice(Mode::Account) };
    for (job, field) in [
        (without_portal, "options.portal: "),
        (without_reply_to, "recipients: "),
        (link_without_portal, "options.format: "),
    ] {
        let fault = compose(&job, &mut NoFiles).expect_err(field).to_string();
        assert!(fault.starts_with(field), "{fault}");
    }
}

#[test]
fn a6_a_mail_for_the_users_own_program_has_no_signature() {
    for (mode, expected) in [(Mode::Account, true), (Mode::MailClient, false), (Mode::Platform, true)] {
        let message = compose(&invoice(mode), &mut NoFiles).unwrap();
        assert_eq!(message.rendered.text.contains("Jan of the office"), expected, "{mode:?}");
        assert_eq!(message.rendered.html.contains("Jan of the office"), expected, "{mode:?}");
    }
}

#[test]
fn complaints_about_the_platforms_mail_are_counted_by_company_and_kind() {
    let line = |job: &Job| {
        let text = text_of(&compose(job, &mut NoFiles).unwrap());
        text.lines().find_map(|line| line.strip_prefix("Feedback-ID: ").map(str::to_owned))
    };
    let other = Job {
        sender: (None, "brouwerij@platform.example".into()),
        id: "2".into(),
        ..invoice(Mode::Platform)
    };
    let (one, other) = (line(&invoice(Mode::Platform)).unwrap(), line(&other).unwrap());
    assert!(one.starts_with("invoice:") && one.ends_with(":postroom") && one != other, "{one} {other}");
    assert!(!one.contains("atelier"), "{one}");
    let later = Job { id: "3".into(), ..invoice(Mode::Platform) };
    assert_eq!(line(&later), Some(one));
    for mode in [Mode::Account, Mode::MailClient] {
        assert_eq!(line(&invoice(mode)), None, "{mode:?}");
    }
}

/// A reminder of an invoice, at a day, with fields of its own.
fn reminder(use_case: &str, day: &str, fields: &serde_json::Value) -> Job {
    let mut document: serde_json::Value = serde_json::from_str(INVOICE).unwrap();
    for (name, value) in fields.as_object().unwrap() {
        document[name] = value.clone();
    }
    Job {
        document: Source { media_type: "application/json".into(), content: document.to_string().into() },
        use_case: use_case.into(),
        now: DateTime::parse_from_rfc3339(&format!("{day}T09:30:00+01:00")).unwrap(),
        ..invoice(Mode::Account)
    }
}

/// Which refusal a job meets, if any.
fn refused(job: &Job) -> Option<&'static str> {
    match compose(job, &mut NoFiles) {
        Ok(_) => None,
        Err(ComposeError::Refused(refusal)) => Some(refusal.code),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn b12_money_that_is_not_owed_is_asked_for_of_nobody() {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let (open, paid, over) = (json("{}"), json(r#"{"balance": "0.00"}"#), json(r#"{"balance": "-20"}"#));
    let self_billed = json(r#"{"type_code": "389"}"#);
    let unknown = json(r#"{"totals": {}}"#);
    let prepaid = json(r#"{"totals": {"tax_inclusive": "121", "prepaid": "121"}}"#);
    let statement = json(r#"{"kind": "statement", "due_date": null}"#);
    let settled = json(r#"{"kind": "statement", "balance": "0"}"#);
    let dunned = json(r#"{"kind": "reminder"}"#);
    let dunned_paid = json(r#"{"kind": "reminder", "balance": "0"}"#);
    let part = json(
        r#"{"instalments": [{"due_date": "2026-12-01", "amount": "60"}, {"due_date": "2027-02-01", "amount": "61"}]}"#,
    );
    let (before, on_the_day, after) = ("2026-11-22", "2026-12-22", "2026-12-23");
    for (use_case, day, fields, refusal) in [
        ("reminder-1", after, &open, None),
        ("reminder-1", before, &open, Some("not-yet-due")),
        ("reminder-2", on_the_day, &open, Some("not-yet-due")),
        ("overdue", before, &open, Some("not-yet-due")),
        ("overdue", after, &open, None),
        ("overdue", "2026-12-02", &part, None),
        ("overdue", "2026-11-30", &part, Some("not-yet-due")),
        ("reminder-3", after, &paid, Some("nothing-open")),
        ("reminder-3", before, &paid, Some("nothing-open")),
        ("overdue", after, &over, Some("nothing-open")),
        ("overdue", after, &prepaid, Some("nothing-open")),
        ("reminder-1", after, &self_billed, Some("nothing-open")),
        ("reminder-1", after, &unknown, None),
        ("new", before, &paid, None),
        ("new", before, &open, None),
        ("thank-you", before, &paid, None),
        ("overdue", after, &statement, None),
        ("overdue", after, &settled, Some("nothing-open")),
        ("new", before, &dunned, None),
        ("new", before, &dunned_paid, Some("nothing-open")),
        ("cancelled", before, &dunned_paid, None),
    ] {
        let job = reminder(use_case, day, fields);
        assert_eq!(refused(&job), refusal, "{use_case} on {day}: {fields}");
        let insist = refusal.into_iter().map(str::to_owned).collect();
        assert_eq!(refused(&Job { insist, ..job }), None, "{use_case} on {day}, insisted: {fields}");
    }
    let other = Job { insist: vec!["nothing-open".into()], ..reminder("overdue", before, &open) };
    assert_eq!(refused(&other), Some("not-yet-due"), "one refusal is not another");
    let unknown = Job { insist: vec!["anything".into()], ..reminder("overdue", after, &open) };
    let fault = compose(&unknown, &mut NoFiles).unwrap_err().to_string();
    assert_eq!(
        fault,
        "insist: there is no refusal \"anything\": use nothing-open, not-yet-due, without-document, void-copy"
    );
}

#[test]
fn a_document_to_be_paid_is_not_brought_without_a_file_or_a_link() {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let day = "2026-12-23";
    let file = |role, media_type: &str| Attachment {
        handle: 1,
        file_name: "7.xml".into(),
        media_type: media_type.into(),
        size: 10,
        role,
    };
    let bare = |use_case: &str, fields: &serde_json::Value| Job {
        portal: None,
        format: Format::Pdf,
        ..reminder(use_case, day, fields)
    };
    for (use_case, fields, is_refused) in [
        ("new", "{}", true),
        ("copy", "{}", true),
        ("new", r#"{"totals": {}}"#, true),
        ("new", r#"{"network": "peppol"}"#, true),
        ("new", r#"{"kind": "statement"}"#, true),
        ("new", r#"{"kind": "reminder"}"#, true),
        // Asks for nothing.
        ("new", r#"{"balance": "0"}"#, false),
        ("new", r#"{"type_code": "389"}"#, false),
        ("new", r#"{"kind": "credit-note"}"#, false),
        ("new", r#"{"kind": "quote"}"#, false),
        ("new", r#"{"kind": "receipt"}"#, false),
        // Is about what was brought before.
        ("reminder-1", "{}", false),
        ("overdue", "{}", false),
        ("overdue", r#"{"kind": "statement"}"#, false),
        ("thank-you", "{}", false),
        ("cancelled", "{}", false),
    ] {
        let job = bare(use_case, &json(fields));
        let expected = is_refused.then_some("without-document");
        assert_eq!(refused(&job), expected, "{use_case} of {fields}");
        let insist = vec!["without-document".to_owned()];
        assert_eq!(refused(&Job { insist, ..job.clone() }), None, "{use_case} of {fields}, insisted");
        let portal = Some(("https://portal.example/d".to_owned(), None));
        assert_eq!(refused(&Job { portal, ..job.clone() }), None, "{use_case} of {fields}, with a link");
        for (format, attached) in [
            (Format::Ubl, file(Role::Ubl, "application/xml")),
            (Format::Pdf, file(Role::Added, "text/plain")),
        ] {
            let job = Job { format, attachments: vec![attached], ..job.clone() };
            assert_eq!(refused(&job), None, "{use_case} of {fields}, with a file");
        }
        // A file that the format leaves behind carries nothing.
        let job = Job { attachments: vec![file(Role::Ubl, "application/xml")], ..job };
        assert_eq!(refused(&job), expected, "{use_case} of {fields}, its file left behind");
    }
    let message =
        compose(&Job { insist: vec!["without-document".into()], ..bare("new", &json("{}")) }, &mut NoFiles);
    assert!(message.unwrap().warnings.iter().any(|warning| warning.code == "no-pdf"), "insisted, and told");
}

#[test]
fn b13_a_self_billed_invoice_is_written_by_the_buyer_to_the_supplier() {
    let fields = serde_json::json!({
        "type_code": "389",
        "seller": {"name": "Grower", "language": "fr", "contacts": [{"name": "Ann Grower", "email": "a@example.com"}]},
        "payment_means": [{"code": "58", "account": "NL39RABO0300065264", "reference": "SB-7"}],
    });
    let message = compose(
        &Job {
            settings: String::new(),
            sender: (None, "a@auction.example".into()),
            ..reminder("new", "2026-11-22", &fields)
        },
        &mut NoFiles,
    )
    .unwrap();
    assert_eq!(message.from.name.as_deref(), Some("Brasserie"));
    assert_eq!(message.language.locale.to_string(), "fr");
    assert!(message.rendered.text.contains("Ann Grower"), "{}", message.rendered.text);
}

#[test]
fn b13_a_document_for_the_company_itself_is_a_warning() {
    let buyer =
        |name: &str, vat: Option<&str>| serde_json::json!({"buyer": {"name": name, "vat_identifier": vat}});
    let vat = Some("BE 0123.456.749");
    for (fields, company, is) in [
        (buyer("Noord", vat), r#"{"name": "Atelier", "vat_identifier": "be0123456749"}"#, true),
        (buyer("Noord", vat), r#"{"name": "Atelier", "vat_identifier": "0123456749"}"#, true),
        (buyer("Atelier", vat), r#"{"name": "Atelier", "vat_identifier": "BE0999999922"}"#, false),
        (buyer("ATELIER  nord", None), r#"{"name": "Atelier Nord", "vat_identifier": "BE0123456749"}"#, true),
        (buyer("Brasserie", None), r#"{"name": "Atelier Nord"}"#, false),
        (buyer("Brasserie", vat), "{}", false),
        (buyer("...", None), r#"{"name": "-"}"#, false),
    ] {
        let settings = format!(r#"{{"company": {company}}}"#);
        let job = Job { settings, ..reminder("new", "2026-11-22", &fields) };
        let warnings = compose(&job, &mut NoFiles).unwrap().warnings;
        assert_eq!(warnings.iter().any(|it| it.code == "recipient-is-company"), is, "{fields} {company}");
    }
}

#[test]
fn a_payable_amount_that_forgets_what_was_prepaid_is_a_warning() {
    let totals = serde_json::json!({"totals": {"tax_inclusive": "121", "prepaid": "100", "payable": "121"}});
    let message = compose(&reminder("new", "2026-11-22", &totals), &mut NoFiles).unwrap();
    let codes: Vec<_> = message.warnings.iter().map(|it| it.code).collect();
    assert_eq!(codes, ["prepaid-not-deducted"]);
    assert!(message.rendered.text.contains("€21.00"), "{}", message.rendered.text);
}

#[test]
fn e9_a_code_to_pay_by_travels_inside_the_message_where_the_account_is_the_companys_own() {
    let means =
        r#""payment_means": [{"account": "BE71096123456769", "reference": "+++090/9337/55493+++"}], "lines""#;
    let document =
        Source { media_type: "application/json".into(), content: INVOICE.replace("\"lines\"", means).into() };
    for (accounts, is_shown) in
        [("\"BE71 0961 2345 6769\"", true), ("\"DE89370400440532013000\"", false), ("", false)]
    {
        let settings = format!("{{\"payment\": {{\"accounts\": [{accounts}]}}}}");
        let job = Job { document: document.clone(), settings, ..invoice(Mode::Account) };
        let message = compose(&job, &mut NoFiles).unwrap();
        let text = text_of(&message);
        assert_eq!(message.rendered.payment_code.is_some(), is_shown, "{accounts}");
        assert_eq!(text.contains("Content-ID: <payment-code.1@platform.example>\r\n"), is_shown, "{text}");
        assert_eq!(text.contains("\"cid:payment-code.1@platform.example\""), is_shown, "{text}");
        assert!(!text.contains("\"cid:payment-code\""), "{text}");
        assert_eq!(message.composed.size, text.len() as u64);
    }
}

#[test]
fn mails_about_one_document_share_a_word_and_others_have_another() {
    let reminder = r#"{
        "kind": "reminder", "number": "R-9", "issue_date": "2026-12-23", "currency": "EUR", "references": {"invoices": ["7"]},
        "seller": {"name": "Atelier Nord"}, "buyer": {"name": "Brasserie"}, "lines": []
    }"#;
    for (document, use_case, expected) in [
        (INVOICE, "new", "7"),
        (INVOICE, "reminder-2", "7"),
        (reminder, "new", "7"),
        (&*reminder.replace("[\"7\"]", "[\"7\", \"8\"]"), "new", "R-9"),
    ] {
        let document = Source { media_type: "application/json".into(), content: document.into() };
        let job = Job {
            document,
            use_case: use_case.into(),
            settings: String::new(),
            insist: vec!["not-yet-due".into()],
            ..invoice(Mode::Account)
        };
        let text = text_of(&compose(&job, &mut NoFiles).unwrap());
        assert!(text.contains(&format!("\r\nX-Entity-Ref-ID: {expected}@platform.example\r\n")), "{text}");
    }
}

/// A logo of 300 × 600 pixels.
struct TallLogo;

impl Files for TallLogo {
    fn read(&mut self, _: u32, offset: u64, length: u32) -> Result<Vec<u8>, FileError> {
        let file = [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..], &[0, 0, 1, 0x2c, 0, 0, 2, 0x58, 8, 6, 0, 0, 0]]
            .concat();
        let rest = file.into_iter().skip(usize::try_from(offset).unwrap_or(usize::MAX));
        Ok(rest.take(length as usize).collect())
    }
}

#[test]
fn a_logo_is_shown_in_the_size_that_its_file_says() {
    let logo = Attachment {
        handle: 3,
        file_name: "logo.png".into(),
        media_type: "image/png".into(),
        size: 29,
        role: Role::Logo,
    };
    let job = Job { attachments: vec![logo], ..invoice(Mode::Account) };
    let message = compose(&job, &mut TallLogo).unwrap();
    assert!(message.rendered.html.contains("width=\"36\" height=\"72\""), "{}", message.rendered.html);
    assert!(text_of(&message).contains("Content-ID: <logo.1@own.example>\r\n"));
}
