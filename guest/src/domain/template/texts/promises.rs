//! What the texts promise whatever the document has: who is asked for money and who is not, which words stand for what is missing, and
//! subjects that can be distinguished on a telephone.

use super::super::format::{long_date, money};
use super::super::samples;
use super::plan::{Plan, texts};
use super::variants::{Variant, all, base, pay_by, read, self_billed};
use crate::domain::document::{Currency, Money};
use crate::domain::kind::{DocumentKind as K, Purpose, UseCase as U};
use crate::domain::language::{Language, Locale};
use rust_decimal::Decimal;

/// How a language asks for money.
const ASKING: [(Language, &[&str]); 4] = [
    (
        Language::Nl,
        &[
            "Wilt u het",
            "Wilt u de achterstallige",
            "Wilt u deze factuur",
            "Wilt u de vervallen",
            "verzoeken u",
            "vragen u",
        ],
    ),
    (Language::Fr, &["Merci de régler", "demandons de régler", "demandons instamment"]),
    (Language::De, &["Bitte überweisen Sie den", "Bitte überweisen Sie die", "zu überweisen."]),
    (Language::En, &["Please pay", "please pay"]),
];

/// Returns purposes whose texts ask to be paid.
fn asking() -> impl Iterator<Item = Purpose> {
    Purpose::all().filter(|purpose| purpose.asks_for_payment() && purpose.to_string() != "statement/new")
}

fn asks(language: Language, body: &str) -> bool {
    let (_, phrases) = ASKING.iter().find(|(of, _)| *of == language).unwrap();
    phrases.iter().any(|phrase| body.contains(phrase))
}

fn euros(cents: i64, locale: Locale) -> String {
    money(Money { amount: Decimal::new(cents, 2), currency: Currency::EUR }, locale)
}

fn with(purpose: Purpose, label: &str) -> Variant {
    let mut found = all(purpose, &Plan::read()).into_iter().filter(|variant| variant.label == label);
    found.next().unwrap_or_else(|| panic!("{purpose} has no variant \"{label}\""))
}

#[test]
fn a_transfer_is_asked_for_with_its_reference_and_nothing_else_is() {
    for purpose in asking() {
        for language in Language::ALL {
            let locale = Locale::of(language);
            let body = |variant: &Variant| read(purpose, locale, variant).body();
            for label in ["all there is", "part paid", "no amounts"] {
                let text = body(&with(purpose, label));
                assert!(asks(language, &text), "{purpose} {language} {label}: {text}");
                assert!(text.contains("+++090/9337/55493+++"), "{purpose} {language} {label}: {text}");
            }
            for label in ["nothing open", "overpaid", "direct debit", "card", "cash", "offset"] {
                let text = body(&with(purpose, label));
                assert!(!asks(language, &text), "{purpose} {language} {label}: {text}");
                assert!(!text.contains("+++090/9337/55493+++"), "{purpose} {language} {label}: {text}");
            }
        }
    }
}

#[test]
fn a_self_billed_document_asks_nobody_and_says_who_made_it_out() {
    let names = [
        (Language::Nl, "in uw naam"),
        (Language::Fr, "en votre nom"),
        (Language::De, "in Ihrem Namen"),
        (Language::En, "in your name"),
    ];
    for purpose in Purpose::all().filter(|p| matches!(p.kind(), K::Invoice | K::CreditNote)) {
        for (language, wanted) in names {
            let mut variant = base(purpose);
            self_billed(&mut variant);
            let text = read(purpose, Locale::of(language), &variant);
            assert!(text.body().contains(wanted), "{purpose} {language}: {}", text.body());
            assert!(!asks(language, &text.body()), "{purpose} {language}: {}", text.body());
            // An invoice in their name is the supplier's to be paid; a credit note in their name is not.
            if purpose.kind() == K::Invoice {
                continue;
            }
            for favour in ["in uw voordeel", "votre faveur", "Ihren Gunsten", "credited to you"] {
                assert!(!text.body().contains(favour), "{purpose} {language}: the amount is the buyer's");
            }
        }
    }
}

#[test]
fn nobody_is_thanked_for_a_payment_that_they_got() {
    let purpose = Purpose::new(K::Invoice, U::ThankYou).unwrap();
    for (language, thanks, paid) in [
        (Language::Nl, "uw betaling", "Wij hebben u betaald"),
        (Language::Fr, "votre paiement", "Nous avons procédé au paiement"),
        (Language::De, "Ihre Zahlung", "eine Zahlung an Sie geleistet"),
        (Language::En, "your payment", "We have made a payment to you"),
    ] {
        let locale = Locale::of(language);
        let mut variant = with(purpose, "part paid");
        let text = read(purpose, locale, &variant);
        assert!(text.body().contains(thanks) && !text.body().contains(paid), "{language}: {}", text.body());
        let subject = text.subject;
        self_billed(&mut variant);
        let own = read(purpose, locale, &variant);
        assert!(own.body().contains(paid) && !own.body().contains(thanks), "{language}: {}", own.body());
        assert!(own.body().contains(&euros(96_050, locale)), "{language}: {}", own.body());
        assert_ne!(own.subject, subject, "{language}");
        variant.document.balance = Some(rust_decimal::Decimal::ZERO);
        let own = read(purpose, locale, &variant);
        assert!(!own.body().contains('€'), "{language}: {}", own.body());
    }
}

#[test]
fn what_is_collected_is_named_with_its_amount_its_day_and_its_mandate() {
    for use_case in [U::New, U::Copy] {
        let purpose = Purpose::new(K::Invoice, use_case).unwrap();
        for language in Language::ALL {
            let locale = Locale::of(language);
            let variant = with(purpose, "direct debit");
            let text = read(purpose, locale, &variant).body();
            let day = long_date(variant.document.due_date.unwrap(), locale);
            for part in [euros(121_000, locale), day, "M-2026-7".to_owned()] {
                assert!(text.contains(&part), "{purpose} {language}: {part} in {text}");
            }
        }
    }
}

#[test]
fn what_remains_is_named_after_a_part_and_what_is_too_much_has_no_minus() {
    let invoices = [U::New, U::Copy, U::Reminder1, U::Reminder2, U::Reminder3, U::Overdue, U::ThankYou];
    let invoices = invoices.map(|use_case| Purpose::new(K::Invoice, use_case).unwrap());
    let others = ["new", "overdue"].map(|use_case| Purpose::named(K::Statement, use_case).unwrap());
    let reminder = [Purpose::named(K::Reminder, "new").unwrap()];
    for purpose in invoices.into_iter().chain(others).chain(reminder) {
        for language in Language::ALL {
            let locale = Locale::of(language);
            let part = read(purpose, locale, &with(purpose, "part paid")).body();
            assert!(part.contains(&euros(96_050, locale)), "{purpose} {language}: {part}");
            let over = read(purpose, locale, &with(purpose, "overpaid")).body();
            assert!(over.contains(&euros(15_000, locale)), "{purpose} {language}: {over}");
            assert!(!over.contains(&euros(-15_000, locale)), "{purpose} {language}: {over}");
        }
    }
    for use_case in ["new", "copy"] {
        let purpose = Purpose::named(K::CreditNote, use_case).unwrap();
        for language in Language::ALL {
            let locale = Locale::of(language);
            let text = read(purpose, locale, &with(purpose, "negative amounts")).body();
            assert_eq!(text, read(purpose, locale, &base(purpose)).body(), "{purpose} {language}");
            assert!(text.contains(&euros(121_000, locale)), "{purpose} {language}: {text}");
        }
    }
}

#[test]
fn a_reminder_names_the_day_to_pay_by_once_the_due_date_has_passed() {
    for purpose in asking().filter(|purpose| !matches!(purpose.use_case(), U::New | U::Copy)) {
        for language in Language::ALL {
            let locale = Locale::of(language);
            let text = read(purpose, locale, &with(purpose, "a day to pay by")).body();
            assert!(text.contains(&long_date(pay_by(), locale)), "{purpose} {language}: {text}");
            if purpose.kind() == K::Invoice {
                let mut early = with(purpose, "not due yet");
                early.pay_by = Some(pay_by());
                let text = read(purpose, locale, &early).body();
                assert!(!text.contains(&long_date(pay_by(), locale)), "{purpose} {language}: {text}");
            }
        }
    }
}

#[test]
fn an_expired_offer_says_so_and_asks_for_no_consent() {
    let wanted = [
        (Language::Nl, "verstreken", "akkoord"),
        (Language::Fr, "a expiré", "donner suite"),
        (Language::De, "abgelaufen", "zusagt"),
        (Language::En, "expired on", "go ahead"),
    ];
    for use_case in [U::New, U::Reminder1] {
        let purpose = Purpose::new(K::Quote, use_case).unwrap();
        for (language, expired, consent) in wanted {
            let text = read(purpose, Locale::of(language), &with(purpose, "expired")).body();
            assert!(text.contains(expired) && !text.contains(consent), "{purpose} {language}: {text}");
            assert!(!read(purpose, Locale::of(language), &base(purpose)).body().contains(expired));
        }
    }
}

#[test]
fn a_private_person_hears_nothing_of_software_or_of_booking() {
    let business = [
        "XML",
        "software",
        "logiciel",
        "Warenwirtschaft",
        "boekhoud",
        "comptab",
        "Buchhaltung",
        "geboekt",
        "gebucht",
        "booked",
    ];
    for purpose in Purpose::all().filter(|p| p.use_case() != U::Copy) {
        let mut private = base(purpose);
        (private.document.seller.consumer, private.document.buyer.consumer) = (true, true);
        for (pdf, portal) in [(true, false), (false, false), (false, true)] {
            (private.attached.pdf, private.attached.ubl, private.portal) = (pdf, true, portal);
            for language in Language::ALL {
                let text = read(purpose, Locale::of(language), &private).body();
                // What is in "our accounts" is ours.
                let text = text.replace("Selon notre comptabilité", "");
                let found = business.iter().find(|word| text.contains(**word));
                assert_eq!(found, None, "{purpose} {language}: {text}");
            }
        }
    }
}

#[test]
fn a_mail_without_file_and_link_promises_neither() {
    let promises = [
        "ijgevoegd",
        "ierbij ontvangt",
        "link",
        "ci-joint",
        " lien ",
        "jointe",
        "nbei",
        "liegt dieser",
        "nachstehenden",
        "attached",
        "through the link",
    ];
    for purpose in Purpose::all() {
        let mut bare = base(purpose);
        (bare.attached.pdf, bare.portal) = (false, false);
        for (locale, _) in texts(purpose, "body.txt") {
            let text = read(purpose, locale, &bare).body();
            let found = promises.iter().find(|promise| text.contains(**promise));
            assert_eq!(found, None, "{purpose} {locale}: {text}");
        }
    }
}

#[test]
fn a_copy_names_the_network_that_brings_the_document_itself() {
    for kind in [K::Invoice, K::CreditNote] {
        for use_case in [U::New, U::Copy] {
            let purpose = Purpose::new(kind, use_case).unwrap();
            for (locale, _) in texts(purpose, "body.txt") {
                for (label, network) in [("by Peppol", "Peppol"), ("by another network", "PA Exemple")] {
                    let text = read(purpose, locale, &with(purpose, label)).body();
                    assert!(text.contains(network), "{purpose} {locale}: {text}");
                    assert!(!text.contains("XML"), "{purpose} {locale}: the copy is not to be read in twice");
                }
                let plain = read(purpose, locale, &base(purpose)).body();
                assert_eq!(plain.contains("Peppol"), use_case == U::Copy, "{purpose} {locale}: {plain}");
            }
        }
    }
}

#[test]
fn a_subject_shows_kind_and_number_on_a_telephone_and_ends_with_the_company() {
    for purpose in Purpose::all() {
        for tag in ["nl", "fr", "de", "en", "nl-NL", "fr-FR", "fr-CH", "de-CH", "en-US"] {
            let subject = read(purpose, Locale::parse(tag).unwrap(), &base(purpose)).subject;
            let (before, _) =
                subject.split_once("2026-0147").unwrap_or_else(|| panic!("{purpose} {tag}: {subject}"));
            assert!(before.chars().count() + 9 <= 35, "{purpose} {tag}: {subject}");
            let document = base(purpose).document;
            let name = &document.issuer().name;
            assert!(subject.ends_with(&format!(" – {name}")), "{purpose} {tag}: {subject}");
        }
    }
}

#[test]
fn a_subject_reminds_of_nothing_where_nothing_is_to_be_paid() {
    for purpose in asking().filter(|purpose| purpose.kind() == K::Invoice && purpose.use_case() != U::New) {
        if purpose.use_case() == U::Copy {
            continue;
        }
        for language in Language::ALL {
            let paid = read(purpose, Locale::of(language), &with(purpose, "nothing open")).subject;
            let new = Purpose::new(K::Invoice, U::New).unwrap();
            assert_eq!(paid, read(new, Locale::of(language), &base(new)).subject, "{purpose} {language}");
        }
    }
}

#[test]
fn the_samples_are_read_on_a_day_after_their_due_date() {
    let document = base(Purpose::new(K::Invoice, U::Reminder1).unwrap()).document;
    assert!(document.due_date.unwrap() < samples::today());
}
