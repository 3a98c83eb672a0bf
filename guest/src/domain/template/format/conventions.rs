//! The table: separators, the place of the currency sign, and the order of dates, per language and region.

use crate::domain::document::Currency;
use crate::domain::language::{Language, Locale};

/// No-break space: between a currency sign and its amount.
pub(super) const NBSP: &str = "\u{a0}";
/// Narrow no-break space: groups of digits in French.
const NNBSP: &str = "\u{202f}";

/// The places of the currency sign and of the minus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// `€1,210.00`, `-€1,210.00`.
    Before,
    /// `€ 1.210,00`, `€ -1.210,00`.
    BeforeSpaced,
    /// `€ 1.210,00`, `-€ 1.210,00`.
    BeforeSpacedMinusFirst,
    /// `CHF 1’210.00`, `CHF-1’210.00`.
    BeforeSpacedMinusTight,
    /// `1 210,00 €`, `-1 210,00 €`.
    After,
}

/// Short dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShortDate {
    /// `22-11-2026`.
    Dashes,
    /// `22/11/2026`.
    Slashes,
    /// `22.11.2026`.
    Dots,
    /// `11/22/2026`.
    MonthFirst,
    /// `2026-11-22`.
    Iso,
    /// `22 Nov 2026`: for English that may be read on either side of the ocean.
    Named,
}

/// The conventions of a locale.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conventions {
    /// Decimal separator of numbers.
    pub(super) decimal: &'static str,
    /// Between groups of three digits in numbers.
    pub(super) group: &'static str,
    /// Between groups of three digits in money (de-AT).
    pub(super) money_group: &'static str,
    /// Place of the currency sign.
    pub(super) sign: Sign,
    /// Form of short dates.
    pub(super) short: ShortDate,
}

const fn plain(decimal: &'static str, group: &'static str, sign: Sign, short: ShortDate) -> Conventions {
    Conventions { decimal, group, money_group: group, sign, short }
}

/// Returns the conventions of a locale; an unknown region keeps those of the language.
pub(super) fn conventions(locale: Locale) -> Conventions {
    let region = locale.region().unwrap_or("");
    match locale.language {
        Language::Nl => match region {
            "BE" => plain(",", ".", Sign::BeforeSpaced, ShortDate::Slashes),
            _ => plain(",", ".", Sign::BeforeSpaced, ShortDate::Dashes),
        },
        Language::Fr => match region {
            // As Swiss banks and offices write in both languages, not CLDR's comma for numbers and point for money in one line.
            "CH" => plain(".", "’", Sign::BeforeSpacedMinusTight, ShortDate::Dots),
            "LU" => plain(",", ".", Sign::After, ShortDate::Slashes),
            "CA" => plain(",", NBSP, Sign::After, ShortDate::Iso),
            _ => plain(",", NNBSP, Sign::After, ShortDate::Slashes),
        },
        Language::En => match region {
            "US" => plain(".", ",", Sign::Before, ShortDate::MonthFirst),
            "CA" => plain(".", ",", Sign::Before, ShortDate::Iso),
            "GB" | "IE" | "AU" | "NZ" | "MT" | "CY" => plain(".", ",", Sign::Before, ShortDate::Slashes),
            "BE" => plain(",", ".", Sign::After, ShortDate::Slashes),
            "NL" => plain(",", ".", Sign::BeforeSpaced, ShortDate::Slashes),
            "DE" => plain(",", ".", Sign::After, ShortDate::Slashes),
            "AT" => plain(",", NBSP, Sign::BeforeSpacedMinusFirst, ShortDate::Slashes),
            "CH" => plain(".", "’", Sign::BeforeSpacedMinusTight, ShortDate::Dots),
            _ => plain(".", ",", Sign::Before, ShortDate::Named),
        },
        Language::De => match region {
            "AT" => Conventions {
                money_group: ".",
                ..plain(",", NBSP, Sign::BeforeSpacedMinusFirst, ShortDate::Dots)
            },
            "CH" | "LI" => plain(".", "’", Sign::BeforeSpacedMinusTight, ShortDate::Dots),
            _ => plain(",", ".", Sign::After, ShortDate::Dots),
        },
    }
}

/// Returns the sign of a currency where readers of the locale know it unmistakably, else its ISO 4217 code.
pub(super) fn currency_sign(currency: &Currency, locale: Locale) -> &str {
    let language = locale.language;
    match (currency.code(), language, locale.region()) {
        ("EUR", ..) => "€",
        // CLDR's "£GB" and "$US" are not written in letters.
        ("GBP", Language::Fr, _) => "GBP",
        ("GBP", ..) => "£",
        ("USD", Language::En, Some("US")) => "$",
        // A bare sign could be any dollar.
        ("USD", Language::De, _) => "US-$",
        ("USD", Language::Fr, Some("CA")) => "$\u{a0}US",
        ("USD", Language::Fr, _) => "USD",
        ("USD", ..) => "US$",
        ("CAD", _, Some("CA")) | ("AUD", _, Some("AU")) | ("NZD", _, Some("NZ")) => "$",
        ("JPY", Language::En, Some("US")) => "¥",
        (code, ..) => code,
    }
}
