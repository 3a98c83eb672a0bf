//! Whom a mail is written to: which of the partner's contacts, in which language, and by what name. An address may belong to several of
//! them, who share a mailbox: then the name in To shows which, and without one the greeting has no name.

use crate::domain::address::{Address, Mailbox, is_unseen};
use crate::domain::document::{Contact, Party};
use crate::domain::language::Locale;
use crate::domain::recipients::person_name;

/// The reader of a mail, as far as To and the partner's contacts show.
pub(super) struct Addressee<'a> {
    /// The one contact that it is for.
    contact: Option<&'a Contact>,
    /// Name in To.
    typed: Option<&'a str>,
    /// Language of the contact, or of all who share the mailbox.
    language: Option<&'a str>,
    /// To has one address: with several, the greeting has no name.
    is_alone: bool,
}

impl<'a> Addressee<'a> {
    /// Finds the reader at the first address of To.
    pub(super) fn of(partner: &'a Party, to: &'a [Mailbox]) -> Self {
        let is_alone = to.len() == 1;
        let Some(first) = to.first() else {
            return Self { contact: None, typed: None, language: None, is_alone };
        };
        let typed = first.name.as_deref().filter(|name| !name.trim().is_empty());
        let sharing: Vec<_> = partner.contacts.iter().filter(|contact| is_at(contact, first)).collect();
        let contact = match (sharing.as_slice(), typed) {
            ([only], _) => Some(*only),
            (several, Some(typed)) => several.iter().copied().find(|contact| is_named(contact, typed, first)),
            (_, None) => None,
        };
        let language = match (contact, typed) {
            (Some(contact), _) => contact.language.as_deref(),
            (None, Some(_)) => None,
            (None, None) => common_language(&sharing),
        };
        Self { contact, typed, language, is_alone }
    }

    /// Returns the language that they want to be written in.
    pub(super) fn language(&self) -> Option<&'a str> {
        self.language
    }

    /// Returns the person's name that the mail greets.
    pub(super) fn name(&self, partner: &Party) -> Option<String> {
        person_name(self.contact, self.typed, partner).filter(|_| self.is_alone)
    }

    /// Returns the salutation that the contact wants; none where that is in another language than the mail, or holds invisible characters.
    pub(super) fn salutation(&self, locale: Locale) -> Option<&'a str> {
        let contact = self.contact.filter(|_| self.is_alone)?;
        let own = contact.language.as_deref().filter(|tag| !tag.trim().is_empty());
        let is_understood =
            own.is_none_or(|tag| Locale::parse(tag).is_some_and(|own| own.language == locale.language));
        contact.salutation.as_deref().filter(|own| is_understood && !own.chars().any(is_unseen))
    }
}

fn is_at(contact: &Contact, mailbox: &Mailbox) -> bool {
    let Some(email) = contact.email.as_deref().map(str::trim) else { return false };
    // Of letters and digits that need no other form than their own, nearly every address is; reading one costs ten times as much.
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+' | b'@');
    match email.bytes().all(is_plain) {
        true => email.eq_ignore_ascii_case(&mailbox.address.wire()),
        false => Address::parse(email).is_ok_and(|email| email == mailbox.address),
    }
}

/// True for the contact's own name, as a mailbox writes it.
fn is_named(contact: &Contact, typed: &str, mailbox: &Mailbox) -> bool {
    let written = Mailbox::new(contact.name.as_deref(), mailbox.address.clone()).name;
    written.is_some_and(|name| name.trim().to_lowercase() == typed.trim().to_lowercase())
}

/// Returns the language that all of them name.
fn common_language<'a>(contacts: &[&'a Contact]) -> Option<&'a str> {
    let first = contacts.first()?.language.as_deref()?;
    let is_it = |tag: &str| tag.trim().eq_ignore_ascii_case(first.trim());
    contacts.iter().all(|contact| contact.language.as_deref().is_some_and(is_it)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(name: &str, language: Option<&str>) -> Contact {
        Contact {
            name: Some(name.into()),
            email: Some(" office@example.org ".into()),
            language: language.map(str::to_owned),
            salutation: Some(format!("Hi {name}")),
            ..Contact::default()
        }
    }

    fn to(name: Option<&str>) -> Mailbox {
        Mailbox::new(name, Address::parse("office@example.org").unwrap())
    }

    /// Name, salutation and language for a mail in French.
    type Greeted<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

    fn check(contacts: &[Contact], to: &[Mailbox], expected: Greeted<'_>) {
        let partner = Party { name: "Brasserie".into(), contacts: contacts.to_vec(), ..Party::default() };
        let found = Addressee::of(&partner, to);
        let (name, french) = (found.name(&partner), Locale::parse("fr-BE").unwrap());
        let found = (name.as_deref(), found.salutation(french), found.language());
        assert_eq!(found, expected, "{partner:?} {to:?}");
    }

    #[test]
    fn of_those_who_share_a_mailbox_the_name_in_to_tells_who_is_greeted() {
        let (an, jan) = (contact("An Claes", None), contact("Jan Peeters", Some("fr")));
        let both = [an.clone(), jan];
        let jan = (Some("Jan Peeters"), Some("Hi Jan Peeters"), Some("fr"));
        check(&both, &[to(Some(" jan PEETERS"))], jan);
        check(&both, &[to(Some("Els Kok"))], (Some("Els Kok"), None, None));
        check(&both, &[to(Some("Accounts payable"))], (None, None, None));
        check(&both, &[to(None)], (None, None, None));
        check(&both, &[to(Some("Jan Peeters")), to(None)], (None, None, Some("fr")));
        let alike = [contact("An Claes", Some("fr")), contact("Jan Peeters", Some(" FR"))];
        check(&alike, &[to(None)], (None, None, Some("fr")));
        check(&[an], &[to(None)], (Some("An Claes"), Some("Hi An Claes"), None));
        check(&[], &[to(Some("Els Kok"))], (Some("Els Kok"), None, None));
        check(&[], &[], (None, None, None));
    }

    #[test]
    fn a_salutation_with_characters_that_nobody_sees_is_left_out() {
        for hidden in [
            '\u{200b}', '\u{200d}', '\u{ad}', '\u{2060}', '\u{feff}', '\u{202e}', '\u{2067}', '\u{2028}',
            '\n', '\0',
        ] {
            let own =
                Contact { salutation: Some(format!("Dear{hidden} Jan")), ..contact("Jan Peeters", None) };
            check(&[own], &[to(None)], (Some("Jan Peeters"), None, None));
        }
        let own =
            Contact { salutation: Some("Très chère Zoë – 2.".into()), ..contact("Zoë Aerts", None) };
        check(&[own], &[to(None)], (Some("Zoë Aerts"), Some("Très chère Zoë – 2."), None));
    }

    #[test]
    fn a_salutation_in_another_language_than_the_mails_is_left_out() {
        for (language, is_used) in [
            (None, true),
            (Some(" "), true),
            (Some("fr"), true),
            (Some("FR-ch"), true),
            (Some("nl"), false),
            (Some("es"), false),
        ] {
            let salutation = is_used.then_some("Hi Jan Peeters");
            check(
                &[contact("Jan Peeters", language)],
                &[to(None)],
                (Some("Jan Peeters"), salutation, language),
            );
        }
    }
}
