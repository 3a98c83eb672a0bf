//! What differs in a region, and that nothing else does: terms of trade and tax, forms of dates, spelling.

use super::super::engine::TextSet;
use super::super::shipped;
use super::plan::{Plan, texts};
use super::variants::{all, base, read};
use crate::domain::kind::Purpose;
use crate::domain::language::Locale;
use crate::domain::settings::Overrides;
use std::collections::BTreeMap;

fn purpose(name: &str) -> Purpose {
    Purpose::all().find(|purpose| purpose.to_string() == name).unwrap()
}

#[test]
fn a_region_names_only_what_differs() {
    let read = |name: &str| -> BTreeMap<String, String> {
        serde_json::from_str(shipped::source(name).unwrap()).unwrap()
    };
    for name in shipped::catalogue() {
        let Some(locale) =
            name.split('/').find_map(|part| Locale::exactly(part).filter(|l| l.region.is_some()))
        else {
            continue;
        };
        let general = name.replace(&locale.to_string(), locale.language.code());
        assert_ne!(shipped::source(name), shipped::source(&general), "{name} says what the language says");
        if name.ends_with(".json") {
            let words = read(&general);
            for (key, word) in read(name) {
                assert!(words.contains_key(&key), "{name} {key}");
                assert_ne!(words[&key], word, "{name} {key}");
            }
        }
        let known = format!("layout/{locale}/words.json");
        assert!(
            shipped::source(&known).is_some(),
            "{name}: a reader of the country is not found without {known}"
        );
    }
}

#[test]
fn words_are_those_of_the_country() {
    let mut texts = TextSet::new(Overrides::default());
    for (tag, key, word) in [
        ("nl-BE", "reference", "Mededeling"),
        ("nl-BE", "vat_identifier", "Btw"),
        ("nl-NL", "reference", "Betalingskenmerk"),
        ("nl-NL", "document_delivery_note", "Pakbon"),
        ("nl-NL", "vat_identifier", "Btw-id"),
        ("fr-BE", "reference", "Communication"),
        ("fr-BE", "document_credit_note", "Note de crédit"),
        ("fr-BE", "document_quote", "Devis"),
        ("fr-FR", "reference", "Référence"),
        ("fr-FR", "document_credit_note", "Avoir"),
        ("fr-FR", "vat_identifier", "N°\u{a0}TVA intracommunautaire"),
        ("fr-CH", "document_quote", "Offre"),
        ("fr-CH", "reference", "Référence"),
        ("de-DE", "document_credit_note", "Rechnungskorrektur"),
        ("de-DE", "reference", "Verwendungszweck"),
        ("de-AT", "document_credit_note", "Rechnungskorrektur"),
        ("de-AT", "reference", "Zahlungsreferenz"),
        ("de-AT", "tax", "USt."),
        ("de-AT", "vat_identifier", "UID-Nr."),
        ("de-CH", "document_credit_note", "Gutschrift"),
        ("de-CH", "document_quote", "Offerte"),
        ("de-CH", "reference", "Referenz"),
        ("de-CH", "tax", "MWST"),
        ("de-CH", "closing", "Freundliche Grüsse"),
        ("en-GB", "account", "IBAN"),
        ("en-GB", "tax", "VAT"),
        ("en-US", "tax", "Tax"),
        ("en-US", "net_total", "Subtotal"),
        ("en-US", "in_favour", "In your favor"),
    ] {
        let locale = Locale::parse(tag).unwrap();
        let words = texts.words(locale, locale.region()).unwrap();
        assert_eq!(words.get(key).unwrap(), word, "{tag} {key}");
    }
    let swiss = Locale::parse("de-CH").unwrap();
    for key in ["greeting", "greeting_unnamed", "greeting_formal"] {
        assert!(
            !texts.words(swiss, None).unwrap().get(key).unwrap().ends_with(','),
            "no comma in Switzerland"
        );
    }
}

#[test]
fn a_text_uses_the_terms_of_its_country_alone() {
    let plan = Plan::read();
    for (tag, foreign) in [
        ("nl-NL", &["everingsbon"][..]),
        ("fr-FR", &["ote de crédit"]),
        ("fr-CH", &["devis", "Devis", "Avoir", "l’avoir"]),
        ("de-CH", &["Angebot", "Rechnungskorrektur", "ß"]),
        (
            "en-US",
            &["cancelled", "cancelling", "favour", "apologise", "instalment", "call us on", "quoting the"],
        ),
    ] {
        for purpose in Purpose::all() {
            for variant in all(purpose, &plan) {
                let text = read(purpose, Locale::parse(tag).unwrap(), &variant);
                for word in foreign {
                    assert!(!text.subject.contains(word), "{purpose} {tag}: {}", text.subject);
                    assert!(!text.body().contains(word), "{purpose} {tag} {}: {word}", variant.label);
                }
            }
        }
    }
    for (of, tag, wanted) in [
        ("credit-note/new", "fr-FR", "notre avoir n°"),
        ("invoice/cancelled", "fr-FR", "un avoir"),
        ("quote/new", "fr-FR", "bon pour accord"),
        ("quote/new", "fr-CH", "notre offre n°"),
        ("quote/new", "de-CH", "unsere Offerte Nr."),
        ("invoice/cancelled", "de-CH", "eine Gutschrift"),
        ("delivery-note/new", "nl-NL", "onze pakbon"),
        ("invoice/cancelled", "en-US", "We have canceled"),
    ] {
        let text = read(purpose(of), Locale::parse(tag).unwrap(), &base(purpose(of))).body();
        assert!(text.contains(wanted), "{of} {tag}: {wanted} in {text}");
    }
}

/// An American date is a part of its sentence with a comma on both sides.
#[test]
fn a_date_in_a_sentence_is_followed_by_a_mark_in_american_english() {
    let plan = Plan::read();
    for purpose in Purpose::all() {
        for variant in all(purpose, &plan) {
            let text = read(purpose, Locale::parse("en-US").unwrap(), &variant).body();
            for year in [", 2026", ", 2027"] {
                for (at, _) in text.match_indices(year) {
                    let after = text[at + year.len()..].chars().next();
                    let ends = after.is_none_or(|c| ".,;:?".contains(c))
                        || text[at + year.len()..].starts_with(" (");
                    assert!(ends, "{purpose} {}: {}", variant.label, &text[at..]);
                }
            }
        }
    }
}

#[test]
fn every_region_has_texts_of_its_own_for_subject_and_body_of_what_it_calls_otherwise() {
    for (of, tag) in [
        ("credit-note/new", "fr-FR"),
        ("credit-note/new", "de-CH"),
        ("quote/new", "fr-CH"),
        ("delivery-note/new", "nl-NL"),
    ] {
        for file in ["subject.txt", "body.txt"] {
            let locale = Locale::parse(tag).unwrap();
            assert!(texts(purpose(of), file).iter().any(|(own, _)| *own == locale), "{of} {tag} {file}");
        }
    }
}
