//! What is to be paid at the end of a subject, for companies whose customers sort their mail by it.

use super::body::{self, stands_alone};
use super::fault::TemplateFault;
use super::format::{money, short_date};
use super::layout::{Demand, asked, due_date, when_due};
use super::request::RenderRequest;
use super::words::Words;
use rust_decimal::Decimal;

/// Characters of a subject with its amount: what is longer stays without it.
const LONGEST: usize = 150;

/// Adds to the subject the amount that it asks to transfer and when that is due, where the company wants it so: `… – €121.00, due 20 Dec
/// 2026`. One that names the amount stays as it is.
pub(super) fn with_amount(
    subject: String,
    request: &RenderRequest<'_>,
    words: &Words,
) -> Result<String, TemplateFault> {
    if !request.settings.payment.amount_in_subject || Demand::of(request) != Demand::Transfer {
        return Ok(subject);
    }
    let Some(amount) = asked(request).filter(|amount| amount.amount > Decimal::ZERO) else {
        return Ok(subject);
    };
    let amount = body::subject(&money(amount, request.locale));
    if names(&subject, &amount) {
        return Ok(subject);
    }
    let due = due_date(request).map(|date| when_due(request, words, date, &short_date(date, request.locale)));
    let due = due.transpose()?.map(|due| format!(", {}", lowered(&due))).unwrap_or_default();
    let whole = body::subject(&format!("{subject} – {amount}{due}"));
    Ok(if whole.chars().count() <= LONGEST { whole } else { subject })
}

/// True for a subject with the amount in it, and not only as the end of a larger one: "21,00 €" is no "121,00 €".
fn names(subject: &str, amount: &str) -> bool {
    let first_digits = amount.bytes().take_while(u8::is_ascii_digit).count();
    subject.match_indices(amount).any(|(at, _)| {
        let mut before = subject[..at].chars().rev();
        // Thousands are set apart from three digits by one mark, in French by a space.
        let goes_on = first_digits == 3
            && before.next().is_some_and(|c| matches!(c, ' ' | '.' | ',' | '\'' | '’'))
            && before.next().is_some_and(|c| c.is_ascii_digit());
        stands_alone(subject, at, amount) && !goes_on
    })
}

/// Writes a text as it goes on within a line: without its capital.
fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, Fill};
    use super::super::{Attached, Edits, Sender, render};
    use super::*;
    use crate::domain::document::{Document, Instalment, PaymentMeans};
    use crate::domain::kind::{DocumentKind, Purpose};
    use crate::domain::language::Locale;
    use crate::domain::settings::Settings;
    use chrono::NaiveDate;
    use std::sync::Arc;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// An invoice of 17,828.63, due on 20 December.
    fn invoice(kind: DocumentKind) -> Document {
        let mut document = samples::document(kind, Fill::Full);
        (document.number, document.revision, document.dunning_level) = ("7".into(), None, None);
        document.balance = Some(Decimal::new(1_782_863, 2));
        document.due_date = Some(day("2026-12-20"));
        document.payment_means = vec![PaymentMeans { code: Some("30".into()), ..PaymentMeans::default() }];
        document
    }

    /// The subject of a mail of 8 December.
    fn subject(purpose: &str, document: &Document, tag: &str, settings: &str, edit: Option<&str>) -> String {
        let purpose = Purpose::named(document.kind, purpose).unwrap();
        let settings = Settings::from_json(settings).unwrap();
        let request = RenderRequest {
            purpose,
            locale: Locale::parse(tag).unwrap(),
            document: &Arc::new(document.clone()),
            settings: &settings,
            sender: Sender { name: None, email: "a@example.com" },
            addressee: None,
            salutation: None,
            attached: Attached { pdf: true, ..Attached::default() },
            portal: None,
            edits: Edits { subject: edit, body: None },
            today: day("2026-12-08"),
            pay_by: None,
            signature: true,
            logo: None,
        };
        render(&request).unwrap().subject
    }

    const ON: &str = r#"{"company": {"name": "Nord"}, "payment": {"amount_in_subject": true}}"#;
    const OFF: &str = r#"{"company": {"name": "Nord"}}"#;

    #[test]
    fn a_subject_that_asks_for_money_ends_with_the_amount_and_its_day_in_each_language() {
        let open = invoice(DocumentKind::Invoice);
        for (tag, expected) in [
            ("en", " – €17,828.63, due 20 Dec 2026"),
            ("en-US", " – €17,828.63, due 12/20/2026"),
            ("nl-BE", " – € 17.828,63, vervalt op 20/12/2026"),
            ("fr-FR", " – 17 828,63 €, échéance le 20/12/2026"),
            ("de-DE", " – 17.828,63 €, fällig am 20.12.2026"),
        ] {
            let plain = subject("new", &open, tag, OFF, None);
            assert!(!plain.contains("828"), "{plain}");
            assert_eq!(subject("new", &open, tag, ON, None), format!("{plain}{expected}"));
            assert_eq!(subject("new", &open, tag, ON, Some("By hand")), "By hand");
        }
    }

    #[test]
    fn what_is_late_or_due_today_says_so() {
        for (due, expected) in [
            (Some("2026-12-07"), "€17,828.63, 1 day overdue"),
            (Some("2026-11-01"), "€17,828.63, 37 days overdue"),
            (Some("2026-12-08"), "€17,828.63, due today"),
            (None, "€17,828.63"),
        ] {
            let mut document = invoice(DocumentKind::Invoice);
            document.due_date = due.map(day);
            let found = subject("overdue", &document, "en", ON, None);
            assert!(found.ends_with(&format!(" – {expected}")), "{found}");
        }
        let reminder = subject("new", &invoice(DocumentKind::Reminder), "en", ON, None);
        assert!(reminder.ends_with(" – €17,828.63, pay by 20 Dec 2026"), "{reminder}");
        let mut parts = invoice(DocumentKind::Invoice);
        let part = |due: &str, amount| Instalment::open(day(due), amount);
        parts.instalments =
            vec![part("2026-12-20", Decimal::from(7_828)), part("2027-01-20", Decimal::new(1_000_063, 2))];
        let found = subject("new", &parts, "en", ON, None);
        assert!(found.ends_with(" – €17,828.63"), "{found}");
    }

    #[test]
    fn what_asks_for_nothing_or_names_it_already_stays_as_it_is() {
        let (mut paid, mut unknown, mut debit, mut own) = (
            invoice(DocumentKind::Invoice),
            invoice(DocumentKind::Invoice),
            invoice(DocumentKind::Invoice),
            invoice(DocumentKind::Invoice),
        );
        paid.balance = Some(Decimal::ZERO);
        (unknown.balance, unknown.totals) = (None, Default::default());
        debit.payment_means[0].code = Some("59".into());
        own.type_code = Some("389".into());
        let open = invoice(DocumentKind::Invoice);
        let credit = invoice(DocumentKind::CreditNote);
        let quote = invoice(DocumentKind::Quote);
        for (use_case, document) in [
            ("new", &paid),
            ("new", &unknown),
            ("new", &debit),
            ("new", &own),
            ("thank-you", &open),
            ("cancelled", &open),
            ("new", &credit),
            ("new", &quote),
        ] {
            for tag in ["nl", "fr", "de", "en"] {
                let plain = subject(use_case, document, tag, OFF, None);
                assert_eq!(subject(use_case, document, tag, ON, None), plain, "{use_case} {tag}");
            }
        }
        let named = r#"{"payment": {"amount_in_subject": true},
            "templates": {"company": {"invoice/new/en/subject.txt": "Pay {{ document.open | money }}"}}}"#;
        assert_eq!(subject("new", &open, "en", named, None), "Pay €17,828.63");
        let long = format!(
            r#"{{"company": {{"name": "{}"}}, "payment": {{"amount_in_subject": true}}}}"#,
            "Nord ".repeat(28)
        );
        assert!(!subject("new", &open, "en", &long, None).contains('€'));
    }

    #[test]
    fn an_amount_is_named_only_where_it_stands_alone() {
        for (subject, amount, named) in [
            ("Rechnung über 21,00 €", "21,00 €", true),
            ("Rechnung über 121,00 €", "21,00 €", false),
            ("Rechnung über 1.121,00 €", "121,00 €", false),
            ("Facture de 1 121,00 €", "121,00 €", false),
            ("Rechnung 1’121.00 CHF", "121.00 CHF", false),
            ("Facture 2026-7 21,00 €", "21,00 €", true),
            ("Facture, 121,00 €", "121,00 €", true),
            ("Facture de 1 121,00 €, dont 121,00 €", "121,00 €", true),
            ("Invoice 7 (€21.00)", "€21.00", true),
            ("Credit of -€21.00", "€21.00", false),
            ("Pay €21.005", "€21.00", false),
            ("", "€21.00", false),
        ] {
            assert_eq!(names(subject, amount), named, "{subject} {amount}");
        }
    }
}
