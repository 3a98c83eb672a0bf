//! How a mail begins and ends: with what the contact wants, a person's name, or neither.

use super::TemplateFault;
use super::request::RenderRequest;
use super::words::Words;
use crate::domain::kind::{DocumentKind as K, UseCase as U};

/// Longest salutation of a contact, in characters.
const LONGEST: usize = 200;

/// Writes the first line: the contact's own salutation as given, with a comma where the language's own greeting has one, else the person's
/// name, else a greeting without one.
pub(super) fn greeting(request: &RenderRequest<'_>, words: &Words) -> Result<String, TemplateFault> {
    let salutation = request.salutation.map(str::trim).filter(|own| {
        !own.is_empty() && own.chars().count() <= LONGEST && !own.chars().any(char::is_control)
    });
    if let Some(own) = salutation {
        let ends = own.ends_with(|c: char| c.is_ascii_punctuation())
            || !words.get("greeting")?.trim_end().ends_with(',');
        return Ok(if ends { own.to_owned() } else { format!("{own},") });
    }
    match request.addressee.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => words.fill("greeting", "{name}", name),
        None if is_formal(request) => Ok(words.get("greeting_formal")?.to_owned()),
        None => Ok(words.get("greeting_unnamed")?.to_owned()),
    }
}

/// Writes the line before the signature.
pub(super) fn closing(request: &RenderRequest<'_>, words: &Words) -> Result<String, TemplateFault> {
    let key = if is_formal(request) { "closing_formal" } else { "closing" };
    Ok(words.get(key)?.to_owned())
}

/// Continues a text after a greeting: with a capital where the greeting does not end in a comma, as in Switzerland.
pub(super) fn continued(greeting: &str, body: &mut [Vec<String>]) {
    let Some(first) = body.first_mut().and_then(|paragraph| paragraph.first_mut()) else { return };
    let mut letters = first.chars();
    if let Some(letter) = letters.next().filter(|letter| letter.is_lowercase() && !greeting.ends_with(',')) {
        *first = letter.to_uppercase().chain(letters).collect();
    }
}

/// True where the text is formal: a second or a last reminder.
fn is_formal(request: &RenderRequest<'_>) -> bool {
    match (request.purpose.kind(), request.purpose.use_case()) {
        (K::Invoice, U::Reminder2 | U::Reminder3) => true,
        (K::Reminder, U::New) => request.document.dunning_level.is_some_and(|level| level > 1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, Fill};
    use super::super::{Attached, Edits, Sender, render};
    use super::*;
    use crate::domain::kind::Purpose;
    use crate::domain::language::Locale;
    use crate::domain::settings::Settings;
    use std::sync::Arc;

    /// The first line of a mail, the one below it, and the whole text.
    fn letter(
        of: &str,
        tag: &str,
        name: Option<&str>,
        salutation: Option<&str>,
        body: &str,
    ) -> (String, String, String) {
        let (kind, use_case) = of.split_once('/').unwrap();
        let kind = if kind == "reminder" { K::Reminder } else { K::Invoice };
        let mut document = samples::document(kind, Fill::Full);
        document.dunning_level = Some(2);
        let document = Arc::new(document);
        let mut settings = Settings::default();
        let path = format!("{of}/{}/body.txt", &tag[..2]);
        settings.templates.company.insert(path, body.to_owned());
        settings
            .templates
            .company
            .insert("layout/de-CH/words.json".into(), r#"{"greeting": "Guten Tag {name}"}"#.into());
        let mail = render(&super::super::RenderRequest {
            purpose: Purpose::named(kind, use_case).unwrap(),
            locale: Locale::parse(tag).unwrap(),
            document: &document,
            settings: &settings,
            sender: Sender { name: None, email: "an@example.org" },
            addressee: name,
            salutation,
            attached: Attached::default(),
            portal: None,
            edits: Edits::default(),
            today: samples::today(),
            pay_by: None,
            signature: true,
            logo: None,
        })
        .unwrap();
        let mut lines = mail.text.lines().map(str::to_owned);
        (lines.next().unwrap(), lines.nth(1).unwrap(), mail.text)
    }

    #[test]
    fn a_mail_begins_as_its_reader_wants_it_with_a_name_or_without_one() {
        for (of, tag, name, salutation, first) in [
            (
                "invoice/new",
                "nl",
                Some("Jan Peeters"),
                Some("Geachte mevrouw Delacroix"),
                "Geachte mevrouw Delacroix,",
            ),
            ("invoice/new", "nl", None, Some("Hallo Jan!"), "Hallo Jan!"),
            ("invoice/new", "nl", Some("Jan Peeters"), Some("a\r\nb"), "Beste Jan Peeters,"),
            ("invoice/new", "nl", Some("Jan Peeters"), None, "Beste Jan Peeters,"),
            ("invoice/new", "nl", None, None, "Goedendag,"),
            ("invoice/reminder-1", "en", None, None, "Hello,"),
            ("invoice/reminder-2", "en", None, None, "Good day,"),
            ("invoice/reminder-3", "fr", None, None, "Madame, Monsieur,"),
            ("reminder/new", "de", None, None, "Sehr geehrte Damen und Herren,"),
        ] {
            assert_eq!(letter(of, tag, name, salutation, "x").0, first, "{of} {tag} {name:?} {salutation:?}");
        }
        assert!(letter("invoice/reminder-3", "fr", None, None, "x").2.contains("Salutations distinguées,"));
        assert!(!letter("invoice/reminder-1", "fr", None, None, "x").2.contains("distinguées"));
    }

    #[test]
    fn a_text_goes_on_after_a_comma_and_begins_anew_without_one() {
        let own = Some("Sehr geehrte Frau Delacroix");
        for (tag, salutation, first, second) in [
            ("de-CH", None, "Guten Tag Jan Peeters", "Über diese Rechnung"),
            ("de-AT", None, "Guten Tag Jan Peeters,", "über diese Rechnung"),
            ("de-CH", own, "Sehr geehrte Frau Delacroix", "Über diese Rechnung"),
            ("de-AT", own, "Sehr geehrte Frau Delacroix,", "über diese Rechnung"),
            ("de-CH", Some("Hallo Jan,"), "Hallo Jan,", "über diese Rechnung"),
        ] {
            let (greeting, text, _) =
                letter("invoice/new", tag, Some("Jan Peeters"), salutation, "über diese Rechnung");
            assert_eq!((greeting.as_str(), text.as_str()), (first, second), "{tag}");
        }
    }
}
