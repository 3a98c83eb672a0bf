//! How the texts are worded: what an editor struck out stays out, what replaced it is there, and the characters are those of a careful
//! typesetter.

use super::super::shipped;
use super::plan::{Plan, texts};
use super::variants::{all, base, read};
use crate::domain::kind::Purpose;
use crate::domain::language::{Language, Locale};

/// Turns of phrase that none of a language's texts has, in any branch: jargon, translated idioms, silence taken for consent, threats
/// that the other languages do not make, and words that name something else in the reader's trade.
const STRUCK_OUT: [(Language, &[&str]); 4] = [
    (
        Language::Nl,
        &[
            "herinneringsniveau",
            "op deze basis",
            "akkoord op ",
            "betrokken bedrag",
            "gerust door",
            "zorgen voor het vervolg",
            "De order ",
            "ekeningoverzicht",
            "Hebt u",
            "Heeft u",
            "Indien wij niets horen",
            "UBL",
        ],
    ),
    (
        Language::Fr,
        &[
            "sans suite",
            "ne plus en tenir compte",
            "courriel",
            "Est concernée",
            "Sont concernées",
            "sans remarque",
            "via le lien",
            "ne correspond pas à votre souhait",
            "relevé de compte n°",
            "la référence ",
            "sur cette base",
            "UBL",
        ],
    ),
    (
        Language::De,
        &[
            "hiermit informieren",
            "Unternehmenssoftware",
            "ist bei uns erfasst",
            "müssen wir",
            "Kenntnis",
            "Vielen Dank dafür",
            "Angabe der Referenz",
            "Kontoauszug Nr",
            "hne Rückmeldung",
            "ist storniert",
            "kann nicht mehr angenommen",
            "UBL",
        ],
    ),
    (
        Language::En,
        &[
            "We are sending you",
            "e-mail",
            "registered",
            "on this basis",
            "reminder level",
            "last reminder",
            "crossed with this message",
            "surprises you",
            "to collect it",
            "no longer valid",
            "call us on",
            "quoting the reference",
            "UBL",
        ],
    ),
];

/// What took its place.
const CORRECTED: &[(&str, &str, &str)] = &[
    ("invoice/cancelled", "nl", "Is de factuur al geboekt, dan ontvangt u van ons een creditnota."),
    ("invoice/cancelled", "fr", "nous vous adresserons une note de crédit"),
    ("invoice/cancelled", "de", "erhalten Sie von uns eine Rechnungskorrektur"),
    ("invoice/cancelled", "en", "we will send you a credit note"),
    ("order-confirmation/cancelled", "nl", "tenzij wij u een nieuwe orderbevestiging sturen"),
    ("order-confirmation/cancelled", "fr", "sauf si nous vous adressons une nouvelle confirmation"),
    ("order-confirmation/cancelled", "de", "es sei denn, Sie erhalten von uns eine neue Auftragsbestätigung"),
    ("order-confirmation/cancelled", "en", "unless we send you a new confirmation"),
    ("order-confirmation/new", "fr", "Nous vous remercions de votre commande"),
    ("order-confirmation/new", "de", "vielen Dank für Ihre Bestellung"),
    ("quote/thank-you", "nl", "akkoord met onze offerte"),
    ("quote/cancelled", "nl", "Ging u al akkoord"),
    ("quote/cancelled", "fr", "Si vous l’aviez déjà accepté"),
    ("quote/cancelled", "de", "Haben Sie es bereits angenommen"),
    ("quote/cancelled", "en", "If you have already accepted it"),
    ("quote/new", "nl", "Dan regelen wij de rest."),
    ("statement/new", "nl", "uw klantrekening"),
    ("statement/new", "fr", "votre compte client"),
    ("statement/new", "de", "Ihres Kundenkontos"),
    ("statement/overdue", "de", "überfällige Beträge"),
    ("invoice/reminder-3", "de", "behalten wir uns weitere Schritte zur Einziehung der Forderung vor"),
    ("invoice/reminder-3", "en", "This is our final reminder."),
    ("invoice/reminder-3", "en", "steps to recover the debt"),
    ("receipt/new", "de", "vielen Dank für Ihre Zahlung"),
    ("purchase-order/new", "de", "hiermit erteilen wir Ihnen unsere Bestellung"),
    ("purchase-order/new", "nl", "De gewenste leverdatum is"),
    ("purchase-order/new", "fr", "La livraison est souhaitée le"),
    ("purchase-order/new", "de", "Gewünschter Liefertermin ist"),
    ("purchase-order/new", "en", "The requested delivery date is"),
    ("request-for-quotation/cancelled", "fr", "elle ne sera pas retenue"),
    ("sales-order/thank-you", "en", "We entered it as order no."),
];

#[test]
fn what_was_struck_out_stays_out_in_every_branch() {
    let plan = Plan::read();
    for purpose in Purpose::all() {
        let variants = all(purpose, &plan);
        for (language, phrases) in STRUCK_OUT {
            for variant in &variants {
                let text = read(purpose, Locale::of(language), variant);
                for phrase in phrases {
                    assert!(!text.subject.contains(phrase), "{purpose} {language}: {}", text.subject);
                    assert!(
                        !text.body().contains(phrase),
                        "{purpose} {language} {}: {phrase}",
                        variant.label
                    );
                }
            }
        }
    }
}

#[test]
fn what_replaced_it_is_there() {
    for (purpose, language, phrase) in CORRECTED {
        let purpose = Purpose::all().find(|p| p.to_string() == *purpose).unwrap();
        let text = read(purpose, Locale::parse(language).unwrap(), &base(purpose)).body();
        assert!(text.contains(phrase), "{purpose} {language}: {phrase} in {text}");
    }
}

#[test]
fn a_question_does_not_end_with_what_is_to_be_copied() {
    let plan = Plan::read();
    for purpose in Purpose::all() {
        for (locale, _) in texts(purpose, "body.txt") {
            for variant in all(purpose, &plan) {
                let text = read(purpose, locale, &variant).body();
                let named =
                    variant.document.payment_means.iter().filter_map(|means| means.reference.as_ref());
                for reference in named {
                    let asked = text.contains(&format!("{reference}?"))
                        || text.contains(&format!("{reference}\u{a0}?"));
                    assert!(!asked, "{purpose} {locale} {}: {text}", variant.label);
                }
            }
        }
    }
}

#[test]
fn a_reminder_that_is_withdrawn_has_the_name_it_had() {
    let purpose = |name: &str| Purpose::all().find(|p| p.to_string() == name).unwrap();
    for (level, name) in [(1, "Zahlungserinnerung"), (2, "Mahnung"), (3, "Mahnung")] {
        for of in ["reminder/new", "reminder/cancelled"] {
            let mut variant = base(purpose(of));
            variant.document.dunning_level = Some(level);
            let text = read(purpose(of), Locale::of(Language::De), &variant);
            let other = if name == "Mahnung" { "Zahlungserinnerung" } else { "Mahnung" };
            for part in [&text.subject, &text.body()] {
                assert!(part.contains(name) && !part.contains(other), "{of} {level}: {part}");
            }
        }
    }
}

#[test]
fn the_ladder_of_reminders_climbs_in_every_language() {
    for (language, rungs) in [
        ("nl", ["herinnering", "tweede herinnering", "laatste herinnering"]),
        ("fr", ["rappel", "deuxième rappel", "dernier rappel"]),
        ("de", ["Zahlungserinnerung", "Mahnung", "letzte Mahnung"]),
        ("en", ["reminder", "second reminder", "final reminder"]),
    ] {
        for (step, rung) in rungs.iter().enumerate() {
            let purpose =
                Purpose::all().find(|p| p.to_string() == format!("invoice/reminder-{}", step + 1)).unwrap();
            let subject = read(purpose, Locale::parse(language).unwrap(), &base(purpose)).subject;
            assert!(subject.contains(&format!(": {rung} – ")), "{language}: {subject}");
        }
    }
}

#[test]
fn spaces_quotes_and_apostrophes_are_those_of_a_typesetter() {
    let plan = Plan::read();
    for purpose in Purpose::all() {
        for (locale, _) in texts(purpose, "body.txt") {
            for variant in all(purpose, &plan) {
                let text = read(purpose, locale, &variant).body();
                let bad: &[&str] = match locale.language {
                    Language::Fr => &["'", "\"", " :", " ;", " ?", " !", "n° ", "« ", " »", ".."],
                    Language::De => &["'", "\"", "Nr. ", ".."],
                    Language::Nl | Language::En => &["'", "\"", ".."],
                };
                for pair in bad.iter().chain(&["  ", " ,", " .", ",,", "( ", " )"]) {
                    assert!(!text.contains(pair), "{purpose} {locale} {}: {pair:?} in {text}", variant.label);
                }
                let spaces = text
                    .chars()
                    .zip(text.chars().skip(1))
                    .filter(|(a, b)| a.is_whitespace() && b.is_whitespace());
                assert!(
                    spaces.into_iter().all(|pair| pair == ('\n', '\n')),
                    "{purpose} {locale} {}: {text:?}",
                    variant.label
                );
                for paragraph in text.split("\n\n") {
                    assert!(
                        paragraph.ends_with(['.', '?']),
                        "{purpose} {locale} {}: {paragraph}",
                        variant.label
                    );
                }
            }
        }
    }
}

#[test]
fn a_sentence_begins_with_a_capital_and_german_goes_on_after_its_greeting() {
    let plan = Plan::read();
    for purpose in Purpose::all() {
        for language in Language::ALL {
            for variant in all(purpose, &plan) {
                let body = read(purpose, Locale::of(language), &variant).body();
                for (at, _) in body.match_indices(". ").chain(body.match_indices("\n\n")) {
                    let next = body[at + 2..].chars().next().unwrap();
                    assert!(
                        next.is_uppercase() || next.is_numeric() || "€+".contains(next),
                        "{purpose} {language} {}: {}",
                        variant.label,
                        &body[at..]
                    );
                }
                let first = body.chars().next().unwrap();
                assert_eq!(first.is_lowercase(), language == Language::De, "{purpose} {language}: {body}");
            }
        }
    }
}

#[test]
fn no_shipped_word_or_text_has_a_straight_apostrophe() {
    for name in shipped::catalogue().filter(|name| name.ends_with(".json")) {
        assert!(!shipped::source(name).unwrap().contains('\''), "{name}");
    }
}
