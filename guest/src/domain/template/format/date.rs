//! Dates: long for reading, short for tables.

use super::conventions::{ShortDate, conventions};
use crate::domain::language::{Language, Locale};
use chrono::{Datelike, NaiveDate};
use std::fmt::Write as _;

const NL: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];
const FR: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DE: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

fn month(date: NaiveDate, locale: Locale) -> &'static str {
    let index = date.month0() as usize;
    let names = match locale.language {
        Language::Nl => &NL,
        Language::Fr => &FR,
        Language::En => &EN,
        Language::De if index == 0 && locale.region() == Some("AT") => return "Jänner",
        Language::De => &DE,
    };
    names.get(index).copied().unwrap_or("")
}

/// Writes a long date: `22 november 2026`, `22. November 2026`, `November 22, 2026` (en-US), `1er décembre 2026`. November 2026`, `November
/// 22, 2026` (en-US), `1er décembre 2026`. Day and month stand on one line: the space between them does not break.
///
/// English without a region takes the European order; French writes the first of a month as an ordinal, as
/// careful writers do (CLDR does not).
pub fn long_date(date: NaiveDate, locale: Locale) -> String {
    let (day, month, year) = (date.day(), month(date, locale), date.year());
    // Room for any of them: a text that grows is moved.
    let mut text = String::with_capacity(32);
    let _ = match locale.language {
        Language::De => write!(text, "{day}.\u{a0}{month} {year}"),
        Language::En if matches!(locale.region(), Some("US" | "CA")) => {
            write!(text, "{month}\u{a0}{day}, {year}")
        }
        Language::Fr if day == 1 => write!(text, "1er\u{a0}{month} {year}"),
        _ => write!(text, "{day}\u{a0}{month} {year}"),
    };
    text
}

/// Writes a short date: `22-11-2026`, `22/11/2026`, `22.11.2026`; `22 Nov 2026` for English without a region.
pub fn short_date(date: NaiveDate, locale: Locale) -> String {
    let (day, number, year) = (date.day(), date.month(), date.year());
    match conventions(locale).short {
        ShortDate::Dashes => format!("{day:02}-{number:02}-{year:04}"),
        ShortDate::Slashes => format!("{day:02}/{number:02}/{year:04}"),
        ShortDate::Dots => format!("{day:02}.{number:02}.{year:04}"),
        ShortDate::MonthFirst => format!("{number:02}/{day:02}/{year:04}"),
        ShortDate::Iso => format!("{year:04}-{number:02}-{day:02}"),
        ShortDate::Named => {
            let name = month(date, locale);
            format!("{day} {} {year}", name.get(..3).unwrap_or(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_region_writes_them() {
        for (date, locale, long, short) in [
            ("2026-11-22", "nl", "22 november 2026", "22-11-2026"),
            ("2026-11-02", "nl-BE", "2 november 2026", "02/11/2026"),
            ("2026-12-01", "fr", "1er décembre 2026", "01/12/2026"),
            ("2026-08-15", "fr-CH", "15 août 2026", "15.08.2026"),
            ("2026-02-22", "fr-CA", "22 février 2026", "2026-02-22"),
            ("2026-11-22", "en", "22 November 2026", "22 Nov 2026"),
            ("2026-11-22", "en-GB", "22 November 2026", "22/11/2026"),
            ("2026-11-22", "en-US", "November 22, 2026", "11/22/2026"),
            ("2026-03-02", "de", "2. März 2026", "02.03.2026"),
            ("2026-01-02", "de-AT", "2. Jänner 2026", "02.01.2026"),
            ("2026-01-02", "de-CH", "2. Januar 2026", "02.01.2026"),
            ("2026-11-22", "nl-SR", "22 november 2026", "22-11-2026"),
        ] {
            let (day, locale_read) = (date.parse().unwrap(), Locale::parse(locale).unwrap());
            let written = long_date(day, locale_read);
            assert_eq!(written.replace('\u{a0}', " "), long, "{date} {locale}");
            assert_eq!(written.matches('\u{a0}').count(), 1, "{written:?}");
            assert_eq!(short_date(day, locale_read), short, "{date} {locale}");
        }
    }
}
