//! The day that a reminder asks to pay by: a date that the reader can keep, never fewer days than the law gives them.

use crate::domain::document::Document;
use crate::domain::kind::{DocumentKind as K, Purpose, UseCase as U};
use crate::domain::settings::Payment;
use chrono::{Days, NaiveDate};

/// Returns the day to pay by; none where the mail reminds of nothing, before the due date, which then holds, and where the company names no
/// days.
pub fn pay_by(
    purpose: Purpose,
    document: &Document,
    payment: &Payment,
    today: NaiveDate,
) -> Option<NaiveDate> {
    let (days, is_first) = match (purpose.kind(), purpose.use_case()) {
        (K::Invoice, U::Reminder1 | U::Overdue) | (K::Reminder, U::New) | (K::Statement, U::Overdue) => {
            (payment.reminder_1_days, true)
        }
        (K::Invoice, U::Reminder2) => (payment.reminder_2_days, false),
        (K::Invoice, U::Reminder3) => (payment.reminder_3_days, false),
        _ => return None,
    };
    if days == 0 || document.due_date.is_some_and(|due| due >= today) {
        return None;
    }
    let partner = document.partner();
    // A private person without a country is one of the company's own country.
    let country = || partner.address.country_code().or_else(|| document.issuer().address.country_code());
    let least = match (partner.consumer && is_first).then(country).flatten() {
        Some(country) => least_for_consumers(&country),
        None => 0,
    };
    today.checked_add_days(Days::new(days.max(least).into()))
}

/// Returns days that a consumer has at least after a first reminder, counted from the day on which it is mailed.
///
/// - Belgium: fourteen calendar days, the first of them the day after the mail (Code de droit économique / Wetboek van economisch
///   recht, XIX.2).
/// - The Netherlands: fourteen days that begin on the day after the reminder was received (BW 6:96 lid 6); a day more here, as one
///   that is sent late is received on the next.
fn least_for_consumers(country: &str) -> u32 {
    match country {
        "BE" => 14,
        "NL" => 15,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, Fill};
    use super::*;

    fn asked(
        use_case: &str,
        country: &str,
        consumer: bool,
        today: NaiveDate,
        payment: &Payment,
    ) -> Option<i64> {
        let mut document = samples::document(K::Invoice, Fill::Full);
        document.buyer.consumer = consumer;
        document.buyer.address.country = Some(country.into());
        document.seller.address.country = Some("be ".into());
        let purpose = Purpose::named(K::Invoice, use_case).unwrap();
        pay_by(purpose, &document, payment, today).map(|day| (day - today).num_days())
    }

    #[test]
    fn a_reminder_names_a_day_that_its_reader_can_keep() {
        let due = samples::document(K::Invoice, Fill::Full).due_date.unwrap();
        let after = due + Days::new(3);
        let own =
            Payment { reminder_1_days: 5, reminder_2_days: 7, reminder_3_days: 0, ..Payment::default() };
        for (use_case, country, consumer, today, payment, expected) in [
            ("reminder-1", "BE", false, after, &Payment::default(), Some(14)),
            ("overdue", "BE", false, after, &Payment::default(), Some(14)),
            ("reminder-2", "BE", false, after, &Payment::default(), Some(8)),
            ("reminder-3", "BE", false, after, &Payment::default(), Some(8)),
            ("new", "BE", false, after, &Payment::default(), None),
            ("reminder-1", "BE", false, due, &Payment::default(), None),
            ("reminder-1", "BE", false, after, &own, Some(5)),
            ("reminder-1", "BE", true, after, &own, Some(14)),
            ("reminder-1", "NL", true, after, &own, Some(15)),
            ("reminder-1", "be", true, after, &own, Some(14)),
            ("reminder-1", " Nl ", true, after, &own, Some(15)),
            ("reminder-1", "", true, after, &own, Some(14)),
            ("reminder-1", " ", false, after, &own, Some(5)),
            ("reminder-1", "FR", true, after, &own, Some(5)),
            ("reminder-2", "NL", true, after, &own, Some(7)),
            ("reminder-3", "BE", false, after, &own, None),
        ] {
            let found = asked(use_case, country, consumer, today, payment);
            assert_eq!(found, expected, "{use_case} {country} {consumer} {today} {payment:?}");
        }
    }
}
