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
