//! The message of Send Test (rule A7): small, without attachments, from the account under test.

use super::Message;
use crate::domain::address::{Address, Mailbox, clean_name, read_list};
use crate::domain::attachment::Selected;
use crate::domain::compose::{self, MailId, MessageContent};
use crate::domain::html::escaped;
use crate::domain::interface_texts::interface_texts;
use crate::domain::language::{Language, Locale};
use crate::domain::template::{Chosen, LanguageReason, Rendered, format};
use chrono::{DateTime, FixedOffset};

/// The test message that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRequest {
    /// Identity of the mail.
    pub id: String,
    /// Its date.
    pub now: DateTime<FixedOffset>,
    /// The account's name, which the user gave it.
    pub account: String,
    /// Who it is from: name and address.
    pub sender: (Option<String>, String),
    /// Whom it goes to, as a person writes it.
    pub to: String,
    /// Subject; none: the shipped one.
    pub subject: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
}

/// Name of the argument and what is wrong with it.
pub type TestFault = (String, String);

/// Most addresses of a test.
const MAX_RECIPIENTS: usize = 10;
/// Bytes of a subject.
const MAX_SUBJECT: usize = 1_000;

/// Makes the message. Equal requests give equal bytes.
pub fn test_message(request: &TestRequest) -> Result<Message, TestFault> {
    let fault = |field: &str, detail: &dyn ToString| (field.to_owned(), detail.to_string());
    let id = MailId::parse(&request.id).map_err(|e| fault("id", &e))?;
    let (name, address) = &request.sender;
    let address =
        Address::parse(address).map_err(|e| fault("sender.address", &format!("\"{address}\": {e}")))?;
    let from = Mailbox::new(name.as_deref(), address);
    let to = recipients(&request.to)?;
    if request.subject.as_ref().is_some_and(|subject| subject.len() > MAX_SUBJECT) {
        return Err(fault("subject", &format!("longer than {MAX_SUBJECT} bytes")));
    }
    let asked = request.language.as_deref();
    let known = asked.and_then(Locale::parse);
    let language = Chosen {
        locale: known.unwrap_or(Locale::of(Language::En)),
        reason: if known.is_some() { LanguageReason::Job } else { LanguageReason::Default },
        passed_over: asked.filter(|_| known.is_none()).map(str::to_owned).into_iter().collect(),
    };
    let rendered = render(request, &from, language.locale);
    let composed = compose::compose(&MessageContent {
        id: &id,
        message_id_domain: from.address.ascii_domain(),
        date: request.now,
        from: &from,
        reply_to: &[],
        to: &to,
        cc: &[],
        bcc: &[],
        subject: &rendered.subject,
        text: &rendered.text,
        html: &rendered.html,
        payment_code: None,
        reference: None,
        feedback_id: None,
        thread: None,
        automatic: false,
        attachments: &Selected::default(),
    })
    .map_err(|e| fault("now", &e))?;
    Ok(Message { composed, from, rendered, language, warnings: Vec::new() })
}

fn recipients(text: &str) -> Result<Vec<Mailbox>, TestFault> {
    let fault = |detail: String| Err(("to".to_owned(), detail));
    let list = read_list(text);
    if let Some(invalid) = list.invalid.first() {
        return fault(format!("\"{}\" is not an address: {}", invalid.text, invalid.fault));
    }
    match list.mailboxes.len() {
        0 => fault("no address: say where the test goes".into()),
        1..=MAX_RECIPIENTS => Ok(list.mailboxes),
        more => fault(format!("{more} addresses: at most {MAX_RECIPIENTS} for a test")),
    }
}

fn render(request: &TestRequest, from: &Mailbox, locale: Locale) -> Rendered {
    let language = locale.language;
    let words = interface_texts(language).test_message;
    let given = request.subject.as_deref().map(clean_name_of_any_length);
    let subject = given.filter(|subject| !subject.is_empty()).unwrap_or_else(|| words.subject.to_owned());
    let account = clean_name(&request.account);
    let day = format::long_date(request.now.date_naive(), locale);
    let sent = format!("{day}, {}", request.now.format("%H:%M (UTC%:z)"));
    let facts = [(words.account, account), (words.sender, from.to_string()), (words.sent, sent)];
    let mut text = format!("{}\n\n", words.works);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<body style=\"font-family: Arial, sans-serif\">\n<p>{}</p>\n<p>",
        language.code(),
        words.works
    );
    for (index, (name, value)) in facts.iter().enumerate() {
        text.push_str(&format!("{name}{} {value}\n", words.colon));
        let break_before = if index > 0 { "<br>\n" } else { "" };
        html.push_str(&format!("{break_before}{name}{} {}", words.colon, escaped(value)));
    }
    text.push_str(&format!("\n{}\n", words.nothing_to_do));
    html.push_str(&format!("</p>\n<p>{}</p>\n</body>\n</html>\n", words.nothing_to_do));
    Rendered { subject, html, text, template: "test".to_owned(), payment_code: None }
}

/// Brings a name onto one line, as the user typed it.
fn clean_name_of_any_length(subject: &str) -> String {
    let line: String = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::compose::Chunk;
    use mail_parser::MessageParser;

    fn request() -> TestRequest {
        TestRequest {
            id: "t1".into(),
            now: DateTime::parse_from_rfc3339("2026-11-22T09:30:00+01:00").unwrap(),
            account: "Büro <1>".into(),
            sender: (Some("Accounting".into()), "office@example.com".into()),
            to: "A <a@example.com>; b@example.com".into(),
            subject: Some("Is this thing on?".into()),
            language: Some("de-AT".into()),
        }
    }

    fn text(message: &Message) -> String {
        let [Chunk::Text(text)] = &message.composed.chunks[..] else { panic!("one text") };
        assert_eq!(text.len() as u64, message.composed.size);
        text.clone()
    }

    #[test]
    fn a7_the_test_message_says_which_account_and_when() {
        let message = test_message(&request()).unwrap();
        let text = text(&message);
        let parsed = MessageParser::default().parse(text.as_bytes()).unwrap();
        assert_eq!(parsed.subject(), Some("Is this thing on?"));
        assert_eq!(parsed.to().unwrap().iter().count(), 2);
        let body = parsed.body_text(0).unwrap();
        assert!(body.contains("Konto: Büro <1>\r\n"), "{body}");
        assert!(body.contains("Absender: Accounting <office@example.com>\r\n"), "{body}");
        assert!(body.contains("Gesendet: 22.\u{a0}November 2026, 09:30 (UTC+01:00)\r\n"), "{body}");
        assert!(message.rendered.html.contains("Konto: Büro &lt;1&gt;"), "{}", message.rendered.html);
        assert_eq!(message.composed.message_id, "<t1@example.com>");
    }

    #[test]
    fn a7_the_same_request_gives_the_same_bytes_in_each_language() {
        for (language, subject, locale) in [
            (Some("nl-BE"), "Testbericht van Postroom", "nl-BE"),
            (Some("fr"), "Message de test de Postroom", "fr"),
            (Some("es"), "Test message from Postroom", "en"),
            (None, "Test message from Postroom", "en"),
        ] {
            let language = language.map(str::to_owned);
            let request = TestRequest { subject: Some(" \r\n ".into()), language, ..request() };
            let message = test_message(&request).unwrap();
            assert_eq!(message, test_message(&request).unwrap());
            assert_eq!(
                (message.rendered.subject.as_str(), message.language.locale.to_string().as_str()),
                (subject, locale)
            );
        }
    }

    #[test]
    fn a7_what_can_not_be_sent_is_named() {
        let many = (0..11).map(|n| format!("a{n}@example.com")).collect::<Vec<_>>().join(", ");
        for (change, field) in [
            (TestRequest { to: String::new(), ..request() }, "to"),
            (TestRequest { to: "nobody".into(), ..request() }, "to"),
            (TestRequest { to: many, ..request() }, "to"),
            (TestRequest { id: "a b".into(), ..request() }, "id"),
            (TestRequest { sender: (None, "x".into()), ..request() }, "sender.address"),
            (TestRequest { subject: Some("x".repeat(1_001)), ..request() }, "subject"),
        ] {
            assert_eq!(test_message(&change).map_err(|(field, _)| field).unwrap_err(), field, "{change:?}");
        }
    }
}
