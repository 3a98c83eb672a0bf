//! Whom a mail greets by name. A contact of a business system is as often a department, a company or an address as a person: none of these
//! is greeted as "Dear Accounts payable".

use crate::domain::address::is_unseen;
use crate::domain::document::{Contact, ContactKind, Party};

/// Departments, in the languages of the texts.
const DEPARTMENTS: &str = include_str!("departments.txt");
/// Shortest department that is also recognised as the end of a longer word.
const LONG_ENOUGH: usize = 6;
/// A name longer than this is none that a mail begins with: characters, and words.
const LONGEST: usize = 60;
const MOST_WORDS: usize = 7;
/// Legal forms, as they are written: a name with one is a company's, wherever it stands. At the end, also in another case.
const LEGAL_FORMS: [&str; 33] = [
    "BV", "NV", "BVBA", "VOF", "CV", "VZW", "SA", "SRL", "SPRL", "SARL", "SAS", "SASU", "EURL", "SCI", "SNC",
    "ASBL", "GmbH", "AG", "KG", "OHG", "UG", "GbR", "mbH", "Ltd", "Limited", "LLC", "LLP", "Inc", "PLC",
    "Oy", "ApS", "Sp", "KGaA",
];
/// Legal forms that stand at the end of a name. Elsewhere they may be initials or a name.
const LAST_FORMS: [&str; 26] = [
    "AB", "AS", "ASA", "SpA", "sro", "doo", "eK", "SE", "Ltda", "Sàrl", "spzoo", "gGmbH", "eV", "eG", "SL",
    "SLU", "Lda", "Corp", "Kft", "Oyj", "EIRL", "SCRL", "CVBA", "CommV", "CoKG", "Pty",
];
/// Words between the names of several people.
const BETWEEN: [&str; 8] = ["and", "en", "et", "und", "AND", "EN", "ET", "UND"];
/// Letters of a title behind a comma: "Jan Peeters, CFO".
const TITLE: std::ops::RangeInclusive<usize> = 2..=4;

/// Returns the name of the person that a mail to this contact, or to this name of a recipient, greets; none where the greeting has no name.
///
/// Decided by the contact's `kind` where it has one. Else a name counts that looks like a person's: two words or more, no digit, no sign of
/// an address, of several people or of a company, not the partner itself, no department. A single word counts where a user typed it.
/// "Delacroix, Camille" is turned round; what stands in brackets, and a title behind a comma, is left out.
pub fn person_name(contact: Option<&Contact>, typed: Option<&str>, partner: &Party) -> Option<String> {
    let known = contact.and_then(|contact| contact.name.as_deref());
    let kind = contact.and_then(|contact| contact.kind);
    let written = without_brackets(known.or(typed)?);
    let name = with_name_order_swapped(&written)?;
    let is_line = name.chars().count() <= LONGEST && !name.chars().any(is_unseen);
    let is_person = match kind {
        Some(ContactKind::Team) => false,
        Some(ContactKind::Person) => true,
        None => {
            let words = name.split_whitespace().count();
            let enough = words >= 2 || (known.is_none() && words == 1);
            enough
                && words <= MOST_WORDS
                && !is_company(&written)
                && looks_like_a_person(&name)
                && !is_partner(&name, partner)
        }
    };
    (is_line && is_person).then_some(name)
}

/// Cuts a name before its first bracket: "Jan Peeters (Inkoop)".
fn without_brackets(name: &str) -> String {
    let end = name.find(['(', '[', '<', '{']).unwrap_or(name.len());
    name[..end].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns "Delacroix, Camille" as it is spoken, and "Jan Peeters, CFO" without the title; none for an empty name and for a list.
fn with_name_order_swapped(name: &str) -> Option<String> {
    let mut parts = name.split(',').map(str::trim);
    let (family, given, more) = (parts.next()?, parts.next(), parts.next());
    match (family, given, more) {
        ("", ..) | (_, Some(""), _) | (_, _, Some(_)) => None,
        (whole, None, _) => Some(whole.to_owned()),
        (whole, Some(title), None) if is_title(title) && whole.chars().any(char::is_lowercase) => {
            Some(whole.to_owned())
        }
        (family, Some(given), None) => Some(format!("{given} {family}")),
    }
}

/// True for capitals alone. In a name of capitals alone they are as likely a first name.
fn is_title(text: &str) -> bool {
    TITLE.contains(&text.chars().count()) && text.chars().all(char::is_uppercase)
}

/// True for a name that ends in a legal form: "Janssens bv", "Brico S.p.A.", "Nowak Sp. z o.o.".
fn is_company(name: &str) -> bool {
    let words = words_of(name);
    without_legal_form(&words).len() < words.len()
}

fn words_of(name: &str) -> Vec<&str> {
    name.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).collect()
}

/// Removes the legal form that a name ends in.
fn without_legal_form<'w, 'n>(words: &'w [&'n str]) -> &'w [&'n str] {
    // "Sp. z o.o." is the longest in words. A name has one word of its own at the least.
    for count in (1..=3).rev() {
        let Some(start) = words.len().checked_sub(count).filter(|start| *start > 0) else { continue };
        let form = &words[start..];
        let letters: String = form.concat().chars().filter(|c| *c != '.').collect();
        let is_form = LEGAL_FORMS.iter().chain(&LAST_FORMS).any(|known| {
            known.to_lowercase() == letters.to_lowercase()
                && match form {
                    [word] => *known == *word || !may_be_a_name(word),
                    // "B. V.": in several words, of letters alone, or as this one is written.
                    several => {
                        *known == "spzoo"
                            || several.iter().all(|word| word.trim_end_matches('.').chars().count() == 1)
                    }
                }
        });
        if is_form {
            return &words[..start];
        }
    }
    words
}

/// True for "Sa", "As", "Ek": short, written and spoken as a name is. "Bv" and "Ltd" can't be spoken.
fn may_be_a_name(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase)
        && letters.all(char::is_lowercase)
        && word.chars().count() <= 3
        && word.to_lowercase().contains(['a', 'e', 'i', 'o', 'u', 'y'])
}

fn looks_like_a_person(name: &str) -> bool {
    let odd = |c: char| {
        c.is_numeric()
            || matches!(c, '@' | '/' | '\\' | '&' | '+' | '|' | ':' | ';' | '_' | '"' | '*' | '#' | '=')
    };
    if name.chars().any(odd) || name.contains(" - ") || name.contains(" – ") {
        return false;
    }
    let words: Vec<_> = name.split_whitespace().collect();
    if words.iter().skip(1).take(words.len().saturating_sub(2)).any(|word| BETWEEN.contains(word)) {
        return false;
    }
    let mut words = name.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    !words.any(|word| LEGAL_FORMS.contains(&word) || is_department(word))
}

fn is_department(word: &str) -> bool {
    let word = word.to_lowercase();
    let lines = DEPARTMENTS.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).any(|department| {
        word == department || (department.chars().count() >= LONG_ENOUGH && word.ends_with(department))
    })
}

/// True for the name of the partner itself, with or without its legal form. A private person is greeted by it.
fn is_partner(name: &str, partner: &Party) -> bool {
    let bare = |name: &str| {
        let own = without_legal_form(&words_of(name)).join(" ");
        let words = own.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words = words.filter(|word| !LEGAL_FORMS.contains(word));
        words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
    };
    let names = [Some(partner.name.as_str()), partner.trading_name.as_deref()];
    !partner.consumer && names.into_iter().flatten().any(|partner| bare(partner) == bare(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partner() -> Party {
        Party {
            name: "Bakkerij Peeters BV".into(),
            trading_name: Some("De Gouden Aar".into()),
            ..Party::default()
        }
    }

    fn greeted(name: &str, kind: Option<ContactKind>) -> Option<String> {
        let contact = Contact { name: Some(name.into()), kind, ..Contact::default() };
        person_name(Some(&contact), None, &partner())
    }

    #[test]
    fn people_are_greeted_by_name() {
        for (name, expected) in [
            ("Camille Delacroix", "Camille Delacroix"),
            ("Delacroix, Camille", "Camille Delacroix"),
            ("van den Berg, Jan", "Jan van den Berg"),
            ("  Jörg   Müller ", "Jörg Müller"),
            ("Anne-Sophie D’Hondt (Inkoop)", "Anne-Sophie D’Hondt"),
            ("Иван Петров", "Иван Петров"),
            ("Mr. J. O'Neill", "Mr. J. O'Neill"),
            ("Els Kok", "Els Kok"),
            ("Le, An", "An Le"),
            ("Nguyen, Sa", "Sa Nguyen"),
            ("Sa Nguyen", "Sa Nguyen"),
            ("Nguyen Sa", "Nguyen Sa"),
            ("Joris van As", "Joris van As"),
            ("Anna Ek", "Anna Ek"),
            ("En Wang", "En Wang"),
            ("Li En Wang", "Li En Wang"),
            ("Jan Peeters, CFO", "Jan Peeters"),
            ("Jan van den Berg, MBA", "Jan van den Berg"),
            ("Peeters, J.P.", "J.P. Peeters"),
            ("PEETERS, JAN", "JAN PEETERS"),
        ] {
            assert_eq!(greeted(name, None).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn desks_companies_addresses_and_lists_are_not() {
        for name in [
            "Accounts payable",
            "Comptabilité",
            "Comptabilité fournisseurs",
            "Boekhouding Peeters",
            "Team Facturatie",
            "Dienst Aankoop",
            "Debitorenbuchhaltung Nord",
            "Crediteurenadministratie Zuid",
            "Rechnungseingang Werk Zwei",
            "compta@maison.example",
            "Jan Peeters/Els Kok",
            "Jan & Els Peeters",
            "Bakkerij Peeters",
            "De Gouden Aar",
            "Bakkerij Peeters BV",
            "Janssens NV",
            "Camille",
            "Balie 2",
            "",
            " ",
            ",",
            "Peeters,",
            "a, b, c",
            "Jan Peeters - Bakkerij",
            "Jan\u{202e} Peeters",
            "Jan\r\nPeeters\u{7}",
        ] {
            assert_eq!(greeted(name, None), None, "{name:?}");
        }
        assert_eq!(greeted(&"Jan ".repeat(30), None), None);
    }

    #[test]
    fn companies_are_not_however_their_legal_form_is_written() {
        for name in [
            "Bakker Janssens B.V.",
            "Janssens bv",
            "Janssens Bv",
            "Janssens B. V.",
            "Bakkerij Janssens, BV",
            "Bakkerij Janssens, bv",
            "Acme GMBH",
            "Acme, Inc.",
            "Acme Ltd.",
            "Foo S.A.",
            "Foo sa",
            "Brico S.p.A.",
            "Rossi Srl",
            "Volvo AB",
            "Nordlys ASA",
            "Novak s.r.o.",
            "Kovač d.o.o.",
            "Nowak Sp. z o.o.",
            "Müller e.K.",
            "Müller e. K.",
            "Silva Ltda",
            "Favre Sàrl",
            "SARL Dupont",
            "De Gouden Aar b.v.",
        ] {
            assert_eq!(greeted(name, None), None, "{name:?}");
        }
    }

    #[test]
    fn functions_public_bodies_and_several_people_are_not() {
        for name in [
            "Managing Director",
            "Financial Controller",
            "Directeur général",
            "Directrice financière",
            "Monsieur le Directeur",
            "The Bookkeeper",
            "De Boekhouder",
            "Customer Care",
            "Purchase Ledger",
            "Invoice Processing",
            "Office Manager",
            "No Reply",
            "Unknown Unknown",
            "PEETERS, CFO",
            "Gemeente Gent",
            "Stad Antwerpen",
            "Stadtwerke München",
            "Mairie de Lyon",
            "Université de Liège",
            "M. et Mme Dupont",
            "Jan en Els Peeters",
            "Hans und Eva Müller",
            "JOHN AND MARY SMITH",
        ] {
            assert_eq!(greeted(name, None), None, "{name:?}");
        }
    }

    #[test]
    fn a_name_with_characters_that_nobody_sees_is_not_greeted() {
        for hidden in [
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{2060}',
            '\u{feff}',
            '\u{202e}',
            '\u{ad}',
            '\u{61c}',
            '\u{2063}',
            '\u{e0041}',
            '\u{fffd}',
        ] {
            let name = format!("Jan{hidden} Peeters");
            for kind in [None, Some(ContactKind::Person)] {
                assert_eq!(greeted(&name, kind), None, "{name:?}");
            }
            assert_eq!(person_name(None, Some(&name), &partner()), None, "{name:?}");
        }
    }

    #[test]
    fn what_a_contact_says_of_itself_decides() {
        assert_eq!(greeted("Camille", Some(ContactKind::Person)).as_deref(), Some("Camille"));
        assert_eq!(greeted("Marie Service", Some(ContactKind::Person)).as_deref(), Some("Marie Service"));
        assert_eq!(greeted("Jan Peeters", Some(ContactKind::Team)), None);
        assert_eq!(greeted("Jan\u{202e} Peeters", Some(ContactKind::Person)), None);
    }

    #[test]
    fn a_name_that_was_typed_may_be_one_word_and_a_private_person_is_their_own_contact() {
        assert_eq!(person_name(None, Some("Camille"), &partner()).as_deref(), Some("Camille"));
        assert_eq!(person_name(None, Some("Boekhouding"), &partner()), None);
        assert_eq!(person_name(None, None, &partner()), None);
        let person = Party { name: "Jan Peeters".into(), consumer: true, ..Party::default() };
        assert_eq!(person_name(None, Some("Jan Peeters"), &person).as_deref(), Some("Jan Peeters"));
    }
}
