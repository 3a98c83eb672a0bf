//! Whom a mail greets by name. A contact of a business system is as often a desk, a company or an address as a person: nobody is
//! greeted as "Dear Accounts payable".

use crate::domain::document::{Contact, ContactKind, Party};

/// Departments, in the languages of the texts.
const DEPARTMENTS: &str = include_str!("departments.txt");
/// Shortest department that is also recognised as the end of a longer word.
const LONG_ENOUGH: usize = 6;
/// A name longer than this is none that a letter begins with: characters, and words.
const LONGEST: usize = 60;
const MOST_WORDS: usize = 7;
/// Legal forms, as they are written: a name with one is a company's.
const LEGAL_FORMS: [&str; 33] = [
    "BV", "NV", "BVBA", "VOF", "CV", "VZW", "SA", "SRL", "SPRL", "SARL", "SAS", "SASU", "EURL", "SCI", "SNC",
    "ASBL", "GmbH", "AG", "KG", "OHG", "UG", "GbR", "mbH", "Ltd", "Limited", "LLC", "LLP", "Inc", "PLC",
    "Oy", "ApS", "Sp", "KGaA",
];

/// The name of the person that a mail to this contact, or to this name of a recipient, greets; none greets nobody by name.
///
/// Said by the contact's `kind` where it has one. Else a name counts that looks like a person's: two words or more, no digit, no
/// sign of an address, of several people or of a company, not the partner itself, no department. A single word counts where somebody
/// typed it. "Delacroix, Camille" is turned round; what stands in brackets is left out.
pub fn person_name(contact: Option<&Contact>, typed: Option<&str>, partner: &Party) -> Option<String> {
    let known = contact.and_then(|contact| contact.name.as_deref());
    let kind = contact.and_then(|contact| contact.kind);
    let name = turned_round(&without_brackets(known.or(typed)?))?;
    let is_line = name.chars().count() <= LONGEST && !name.chars().any(is_unwritten);
    let is_person = match kind {
        Some(ContactKind::Team) => false,
        Some(ContactKind::Person) => true,
        None => {
            let words = name.split_whitespace().count();
            let enough = words >= 2 || (known.is_none() && words == 1);
            enough && words <= MOST_WORDS && looks_like_a_person(&name) && !is_partner(&name, partner)
        }
    };
    (is_line && is_person).then_some(name)
}

/// Characters that a name can't be written with: controls, and those that turn the direction of writing.
fn is_unwritten(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// The name up to its first bracket: "Jan Peeters (Inkoop)".
fn without_brackets(name: &str) -> String {
    let end = name.find(['(', '[', '<', '{']).unwrap_or(name.len());
    name[..end].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// "Delacroix, Camille" as it is spoken; none for an empty name and for a list.
fn turned_round(name: &str) -> Option<String> {
    let mut parts = name.split(',').map(str::trim);
    let (family, given, more) = (parts.next()?, parts.next(), parts.next());
    match (family, given, more) {
        ("", ..) | (_, Some(""), _) | (_, _, Some(_)) => None,
        (whole, None, _) => Some(whole.to_owned()),
        (family, Some(given), None) => Some(format!("{given} {family}")),
    }
}

fn looks_like_a_person(name: &str) -> bool {
    let odd = |c: char| {
        c.is_numeric()
            || matches!(c, '@' | '/' | '\\' | '&' | '+' | '|' | ':' | ';' | '_' | '"' | '*' | '#' | '=')
    };
    if name.chars().any(odd) || name.contains(" - ") || name.contains(" – ") {
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
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
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
