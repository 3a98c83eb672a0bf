//! One mail, one amount: the sentence, the box, the totals and the code agree, whatever was paid, in how many parts and by which means.

use super::*;
use crate::flows::test_job::{NoFiles, plain_job};

/// An invoice over 1,210, due on 15 October, paid in parts or at once.
fn job(means: &str, paid: &str, parts: &str, use_case: &str, credit: &str) -> Job {
    let document = format!(
        r#"{{"kind": "{}", "number": "F-1", "issue_date": "2026-09-15", "due_date": "2026-10-15", "currency": "EUR",
            "seller": {{"name": "Seller"}}, "buyer": {{"name": "Buyer"}},
            "lines": [{{"name": "Work", "net_amount": "{credit}1000"}}], "payment_means": [{means}]{parts}{paid}}}"#,
        if credit.is_empty() { "invoice" } else { "credit-note" }
    );
    Job {
        now: DateTime::parse_from_rfc3339("2026-11-30T09:30:00+01:00").unwrap(),
        document: Source { media_type: "application/json".into(), content: document.into() },
        use_case: use_case.into(),
        language: Some("en".into()),
        settings: r#"{"payment": {"accounts": ["BE71 0961 2345 6769"]}}"#.into(),
        insist: refusal::INSISTABLE.map(str::to_owned).to_vec(),
        ..plain_job()
    }
}

const TOTALS: &str =
    r#", "totals": {"lines": "1000", "tax_exclusive": "1000", "tax": "210", "tax_inclusive": "1210""#;

#[test]
fn an_amount_is_asked_for_where_it_is_to_be_transferred_and_is_the_same_everywhere() {
    let transfer = r#"{"code": "30", "account": "BE71096123456769", "reference": "R-1"}"#;
    let debit = r#"{"code": "59", "mandate": "M-1", "account": "BE71096123456769"}"#;
    let card = r#"{"code": "48", "card": "1234"}"#;
    let clearing = r#"{"code": "97"}"#;
    let all_parts = r#", "instalments": [{"due_date": "2026-10-15", "amount": "605"}, {"due_date": "2026-12-31", "amount": "605"}]"#;
    for (means, is_transfer) in [(transfer, true), (debit, false), (card, false), (clearing, false)] {
        for (paid, open) in [
            (format!("{TOTALS}}}"), "1,210.00"),
            (format!("{TOTALS}, \"prepaid\": \"605\", \"payable\": \"605\"}}"), "605.00"),
            (format!("{TOTALS}, \"payable\": \"605\"}}"), "605.00"),
            (format!("{TOTALS}}}, \"balance\": \"605\""), "605.00"),
            (format!("{TOTALS}}}, \"balance\": \"0\""), "0.00"),
            (format!("{TOTALS}}}, \"balance\": \"-20\""), "none"),
        ] {
            for parts in ["", all_parts] {
                for use_case in
                    ["new", "copy", "reminder-1", "reminder-3", "overdue", "thank-you", "cancelled"]
                {
                    let what = format!("{use_case} of {means} {paid} {parts}");
                    let mail =
                        compose(&job(means, &paid, parts, use_case, ""), &mut NoFiles).unwrap().rendered;
                    let asks = is_transfer
                        && !matches!(open, "0.00" | "none")
                        && !matches!(use_case, "thank-you" | "cancelled");
                    let (html, text) = (&mail.html, mail.text.replace('\n', " "));
                    assert!(
                        !html.contains("-€") && !html.contains("€-"),
                        "{what}: an amount below zero: {text}"
                    );
                    assert_eq!(html.contains("BE71 0961 2345 6769"), asks, "{what}: {text}");
                    if !is_transfer {
                        assert!(
                            !text.contains("Amount due") && !text.contains("still to pay"),
                            "{what}: {text}"
                        );
                    }
                    let late = matches!(use_case, "reminder-1" | "reminder-3" | "overdue");
                    let in_parts = !parts.is_empty() && open == "1,210.00";
                    let code = html.contains("QR code to pay");
                    assert_eq!(code, asks && (late || !in_parts), "{what}: {text}");
                    if code {
                        let amount = if in_parts { "605.00" } else { open };
                        assert!(html.contains(&format!("QR code to pay €{amount} ")), "{what}: {html}");
                        let first =
                            text.split("Amount due: €").nth(1).and_then(|rest| rest.split(' ').next());
                        assert_eq!(first, Some(amount), "{what}: {text}");
                    }
                    if in_parts && use_case == "new" && is_transfer {
                        assert!(text.contains("in 2 parts"), "{what}: {text}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_reminder_of_a_plan_whose_late_part_is_paid_is_not_yet_due() {
    let transfer = r#"{"code": "30", "account": "BE71096123456769", "reference": "R-1"}"#;
    let parts = r#", "instalments": [{"due_date": "2026-10-15", "amount": "605"}, {"due_date": "2026-12-31", "amount": "605"}]"#;
    let paid = format!("{TOTALS}}}, \"balance\": \"605\"");
    for use_case in ["reminder-1", "reminder-3", "overdue"] {
        let job = Job { insist: Vec::new(), ..job(transfer, &paid, parts, use_case, "") };
        let refused = compose(&job, &mut NoFiles).unwrap_err();
        assert!(
            matches!(refused, ComposeError::Refused(Refusal { code: "not-yet-due", .. })),
            "{use_case}: {refused}"
        );
    }
}

#[test]
fn b14_a_credit_note_reads_the_same_whichever_of_its_amounts_are_below_zero() {
    let right = r#", "totals": {"lines": "1000", "tax_exclusive": "1000", "tax": "210", "tax_inclusive": "1210", "payable": "1210"}"#;
    let text = |totals: &str, credit: &str| {
        compose(&job("", totals, "", "new", credit), &mut NoFiles).unwrap().rendered.text
    };
    let expected = text(right, "+");
    assert!(expected.contains("In your favour: €1,210.00"), "{expected}");
    for names in [
        &["lines", "tax_exclusive", "tax", "tax_inclusive", "payable"][..],
        &["tax_inclusive"],
        &["lines", "tax_exclusive", "tax"],
        &["payable"],
        &["tax"],
    ] {
        let below = names.iter().fold(right.to_owned(), |totals, name| {
            totals.replace(&format!("\"{name}\": \""), &format!("\"{name}\": \"-"))
        });
        for credit in ["+", "-"] {
            assert_eq!(text(&below, credit), expected, "{below}");
        }
    }
}

/// Subject and text of a mail of 30 November about a document without lines that was due on 15 October.
fn mail(kind: &str, use_case: &str, language: &str, more: &str) -> (String, String) {
    let document = format!(
        r#"{{"kind": "{kind}", "number": "F-1", "issue_date": "2026-09-15", "due_date": "2026-10-15", "currency": "EUR",
            "seller": {{"name": "Seller"}}, "buyer": {{"name": "Buyer"}},
            "payment_means": [{{"code": "30", "account": "BE71096123456769", "reference": "R-1"}}]{more}}}"#
    );
    let job = Job {
        document: Source { media_type: "application/json".into(), content: document.into() },
        language: Some(language.into()),
        settings: r#"{"payment": {"amount_in_subject": true}}"#.into(),
        ..job("", "", "", use_case, "")
    };
    let found = compose(&job, &mut NoFiles).unwrap().rendered;
    (found.subject, found.text.replace('\u{a0}', " "))
}

/// Parts of what is owed (day, amount).
fn in_parts(parts: &[(&str, &str)]) -> String {
    let part = |(day, amount): &(&str, &str)| format!(r#"{{"due_date": "{day}", "amount": "{amount}"}}"#);
    let parts: Vec<_> = parts.iter().map(part).collect();
    format!(r#", "totals": {{"payable": "4000"}}, "instalments": [{}]"#, parts.join(", "))
}

const ONE_LATE: &[(&str, &str)] = &[("2026-10-15", "500"), ("2026-12-31", "3500")];

#[test]
fn a_day_stands_beside_the_amount_that_is_due_on_it() {
    let all_late = &[("2026-10-15", "500"), ("2026-11-15", "3500")][..];
    let none_late = &[("2026-12-15", "500"), ("2026-12-31", "3500")][..];
    let with_credit = &[("2026-10-15", "500"), ("2026-10-31", "-100"), ("2026-12-31", "3600")][..];
    let late = "46 days overdue";
    for (kind, use_case, parts, amount, day) in [
        ("statement", "new", ONE_LATE, "4,000.00", None),
        ("invoice", "new", ONE_LATE, "4,000.00", None),
        ("invoice", "copy", ONE_LATE, "4,000.00", None),
        ("invoice", "overdue", ONE_LATE, "500.00", Some(late)),
        ("invoice", "reminder-2", ONE_LATE, "500.00", Some(late)),
        ("statement", "overdue", ONE_LATE, "500.00", Some(late)),
        ("reminder", "new", ONE_LATE, "500.00", Some(late)),
        ("invoice", "new", all_late, "4,000.00", Some(late)),
        ("statement", "new", all_late, "4,000.00", Some(late)),
        ("reminder", "new", none_late, "4,000.00", None),
        ("invoice", "new", none_late, "4,000.00", None),
        ("statement", "overdue", with_credit, "4,000.00", None),
        ("statement", "new", with_credit, "4,000.00", None),
        ("statement", "overdue", &[], "4,000.00", None),
        ("statement", "new", &[], "4,000.00", None),
        ("invoice", "new", &[], "4,000.00", Some(late)),
        ("reminder", "new", &[], "4,000.00", Some(late)),
    ] {
        let what = format!("{kind}/{use_case} {parts:?}");
        let (subject, text) = mail(kind, use_case, "en", &in_parts(parts));
        let day_of_it = day.map(|day| format!(", {day}")).unwrap_or_default();
        assert!(subject.ends_with(&format!(" – €{amount}{day_of_it}")), "{what}: {subject}");
        let box_line = text.lines().find(|line| line.ends_with(&format!(": €{amount}")));
        assert!(box_line.is_some(), "{what}: {text}");
        assert_eq!(text.lines().any(|line| line == late), day.is_some(), "{what}: {text}");
        // Neither in another language.
        for language in ["nl", "fr", "de"] {
            let (subject, _) = mail(kind, use_case, language, &in_parts(parts));
            assert_eq!(subject.contains("46"), day.is_some(), "{what}: {subject}");
        }
    }
}

#[test]
fn a_reminder_of_parts_asks_for_those_that_are_late_in_its_text_too() {
    for (language, late, asks) in [
        ("en", "€4,000.00, of which €500.00 is overdue.", "Please pay the parts that have fallen due by"),
        (
            "nl",
            "€ 4.000,00 open, waarvan € 500,00 achterstallig is.",
            "Wilt u de vervallen termijnen uiterlijk",
        ),
        (
            "fr",
            "4 000,00 € à payer, dont 500,00 € sont échus.",
            "Merci de régler les échéances dépassées au plus tard",
        ),
        (
            "de",
            "4.000,00 €; davon sind 500,00 € überfällig.",
            "Bitte überweisen Sie die fälligen Raten bis zum",
        ),
    ] {
        let (_, text) = mail("reminder", "new", language, &in_parts(ONE_LATE));
        let text = text.replace(['\n', '\u{202f}'], " ");
        assert!(text.contains(late) && text.contains(asks), "{language}: {text}");
        // Of what is late as a whole no part is listed.
        let (_, text) = mail("reminder", "new", language, &in_parts(&[]));
        assert!(!text.contains(asks) && !text.replace('\u{202f}', " ").contains(&late[..late.len() - 4]));
    }
    let (_, text) =
        mail("reminder", "new", "en", &in_parts(&[("2026-12-15", "500"), ("2026-12-31", "3500")]));
    assert!(
        text.replace('\n', " ").contains("Please pay the outstanding amount on the agreed dates"),
        "{text}"
    );
}

#[test]
fn what_is_paid_or_left_has_one_name_and_one_amount() {
    let totals = |more: &str| format!("{TOTALS}{more}");
    let prepaid = totals(r#", "prepaid": "605", "payable": "605"}"#);
    let rounded = totals(r#", "rounding": "0.02", "payable": "1210.02"}"#);
    let left = totals(r#"}, "balance": "605""#);
    let rounded_and_paid = totals(r#", "rounding": "0.02", "payable": "1210.02"}, "balance": "0""#);
    let (overpaid, debit_note) = (totals(r#"}, "balance": "-20""#), format!(r#"{left}, "type_code": "527""#));
    for (kind, use_case, more, wanted, unwanted) in [
        ("invoice", "thank-you", &rounded, &["Total: €1,210.00"][..], &["Amount due", "Rounding"][..]),
        ("invoice", "thank-you", &left, &["Already paid: €605.00", "Amount due: €605.00"], &["Paid: €1"]),
        ("invoice", "thank-you", &prepaid, &["Already paid: €605.00", "Amount due: €605.00"], &["Paid: €1"]),
        (
            "invoice",
            "thank-you",
            &overpaid,
            &["Already paid: €1,230.00", "In your favour: €20.00"],
            &["\nPaid"],
        ),
        ("invoice", "thank-you", &rounded_and_paid, &["Paid: €1,210.00"], &["Already paid", "Amount due"]),
        ("invoice", "thank-you", &debit_note, &["Paid: €1,210.00"], &["Already paid", "Amount due"]),
        ("invoice", "new", &rounded, &["Amount due: €1,210.02", "Rounding: €0.02"], &["Already paid"]),
        ("receipt", "new", &left, &["Paid: €1,210.00"], &["Already paid", "605"]),
        ("receipt", "new", &prepaid, &["Paid: €1,210.00"], &["Already paid", "605"]),
        ("receipt", "new", &overpaid, &["Paid: €1,210.00"], &["Already paid", "1,230"]),
        ("statement", "new", &left, &["Balance: €605.00", "Total: €1,210.00"], &["Amount due"]),
        ("statement", "overdue", &left, &["Balance: €605.00", "Already paid: €605.00"], &["Amount due"]),
        ("statement", "new", &rounded, &["Balance: €1,210.02", "Total: €1,210.00"], &["Amount due"]),
    ] {
        let (_, text) = mail(kind, use_case, "en", more);
        let what = format!("{kind}/{use_case} {more}");
        for part in wanted {
            assert_eq!(text.matches(&format!("\n{part}\n")).count(), 1, "{what}: {part}: {text}");
        }
        assert!(!unwanted.iter().any(|part| text.contains(part)), "{what}: {text}");
        // The sums below the lines have the same names.
        let lines = format!(r#"{more}, "lines": [{{"name": "Work", "net_amount": "1000"}}]"#);
        let (_, text) = mail(kind, use_case, "en", &lines);
        for part in unwanted.iter().filter(|part| **part != "Rounding") {
            assert!(!text.contains(part), "{what}: {part}: {text}");
        }
    }
}
