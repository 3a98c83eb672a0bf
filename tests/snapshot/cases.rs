//! The cases: every pair of kind and use case in every language, and the mails that are special in one respect.

use chrono::{DateTime, FixedOffset, TimeDelta};
use postroom_plugin::domain::kind::{DocumentKind, Purpose, TABLE, UseCase};
use postroom_plugin::domain::language::{Language, Locale};
use postroom_tests::case::Case;
use serde_json::Value;

/// Every pair that a kind has, in every language.
pub(crate) fn of_kind(kind: DocumentKind) -> Vec<Case> {
    let purposes = Purpose::all().filter(|purpose| purpose.kind() == kind);
    purposes.flat_map(|purpose| Language::ALL.map(|language| pair(purpose, language))).collect()
}

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    TABLE.iter().flat_map(|(kind, _)| of_kind(*kind)).chain(special()).collect()
}

fn pair(purpose: Purpose, language: Language) -> Case {
    let (kind, use_case) = (purpose.kind(), purpose.use_case());
    let mut case = Case::of_document(kind.name());
    case.name = match use_case {
        UseCase::New => format!("{kind}@{language}"),
        _ => format!("{kind}-{use_case}@{language}"),
    };
    case.use_case = use_case.name().to_owned();
    case.language = Some(language.code().to_owned());
    case.speak(language);
    let mut document: Value = serde_json::from_slice(&case.document).unwrap();
    if kind == DocumentKind::Invoice && use_case == UseCase::ThankYou {
        document["balance"] = "0.00".into();
        case.document = document.to_string().into_bytes();
    }
    case.now = time(&document, use_case);
    case
}

/// When a mail of this use case is sent: on the day of the document, or so many days after what it reminds of.
fn time(document: &Value, use_case: UseCase) -> String {
    let day = |field: &str| document[field].as_str();
    let (from, days) = match use_case {
        UseCase::New | UseCase::Copy => (day("issue_date"), 0),
        UseCase::ThankYou | UseCase::Cancelled => (day("issue_date"), 3),
        UseCase::Overdue => (day("due_date").or(day("issue_date")), 1),
        UseCase::Reminder1 => (day("due_date").or(day("valid_until")).or(day("issue_date")), 7),
        // A week after the day that the reminder before it gave.
        UseCase::Reminder2 => (day("due_date"), 28),
        UseCase::Reminder3 => (day("due_date"), 43),
    };
    let from = format!("{}T09:30:00+01:00", from.unwrap());
    let time: DateTime<FixedOffset> = from.parse().unwrap();
    // A quote is asked after before it runs out.
    let before = day("due_date").is_none() && day("valid_until").is_some() && use_case == UseCase::Reminder1;
    (time + TimeDelta::days(if before { -7 } else { days })).to_rfc3339()
}

/// Regions, portals, addresses and sources, one respect at a time.
pub(crate) fn special() -> Vec<Case> {
    let invoice = |name: &str, language: &str| {
        let mut case = Case { name: name.to_owned(), ..Case::of_document("invoice") };
        case.language = Some(language.to_owned());
        case.speak(Locale::parse(language).unwrap().language);
        case
    };
    let mut cases = Vec::new();
    for locale in ["nl-BE", "fr-BE", "de-AT", "en-GB"] {
        cases.push(invoice(&format!("invoice@{locale}"), locale));
    }
    for language in Language::ALL {
        let without = invoice(&format!("invoice-without-portal@{language}"), language.code());
        cases.push(Case { portal: None, ..without });
    }
    let page = Some(("https://portal.ateliernord.example.com/d/7Hq2".to_owned(), None));
    cases.push(Case { portal: page, ..invoice("invoice-portal-without-pdf@en", "en") });
    let mut bare = invoice("invoice-without-settings-and-files@en", "en");
    (bare.settings, bare.portal) = (String::new(), None);
    bare.files.clear();
    cases.push(bare);
    let smtputf8 = invoice("invoice-smtputf8@de", "de");
    cases.push(Case { to: Some("Jörg Müller <jörg@bücher.example>".to_owned()), ..smtputf8 });
    let several = invoice("invoice-several-recipients@fr", "fr");
    let to =
        "\"Delacroix, Camille\" <camille@maison-delacroix.example.com>; info@maison-delacroix.example.com";
    cases.push(Case { to: Some(to.to_owned()), ..several });
    for (kind, language) in
        [("invoice", "nl"), ("credit-note", "fr"), ("order", "de"), ("quotation", "en"), ("reminder", "nl")]
    {
        let mut case = Case::of_ubl(kind);
        case.name = format!("{kind}-from-ubl@{language}");
        case.language = Some(language.to_owned());
        cases.push(case);
    }
    cases
}
