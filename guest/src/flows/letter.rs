//! A letter without a document: what it begins with, and the message that it becomes.

use super::compose::{ComposeError, LONGEST_CONVERSATION, LONGEST_EDIT, Message, Warning};
use super::contents::check_content;
use super::files::Files;
use super::input::InputError;
use crate::domain::address::{Address, Mailbox};
use crate::domain::attachment::{self, Attachment, Carried};
use crate::domain::compose::{self, MailId, MessageContent, MessageId, Thread};
use crate::domain::letter::{
    self, Addressees, CarriedPart, LetterKind, Original, Quote, addressees, carried_parts, draft_subject,
    one_line, thread_of,
};
use crate::domain::settings::Settings;
use crate::domain::template::lint::CLIPPED;
use crate::domain::template::{Chosen, LanguageSources, Rendered, choose_language, signature_of};
use crate::domain::warning::WarningCode;
use chrono::{DateTime, FixedOffset};

/// Characters of a subject.
const LONGEST_SUBJECT: usize = 1_000;

/// A letter that a user begins.
#[derive(Debug, Clone)]
pub struct DraftRequest {
    /// What it is.
    pub kind: LetterKind,
    /// The message that it is about.
    pub original: Option<Original>,
    /// Addresses that our mail is sent from.
    pub own_addresses: Vec<String>,
    /// BCP 47; none: the company's.
    pub language: Option<String>,
    /// JSON by the schema `settings`.
    pub settings: String,
}

/// The beginning of a letter.
#[derive(Debug, Clone)]
pub struct DraftLetter {
    /// Who gets it.
    pub people: Addressees,
    /// Subject.
    pub subject: String,
    /// The conversation.
    pub thread: Thread,
    /// What stands below the user's words.
    pub quote: Quote,
    /// The language of what introduces the quote.
    pub language: Chosen,
    /// Files of the original that travel.
    pub carried: Vec<CarriedPart>,
}

/// Everything that a letter is made of.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Identity of the mail.
    pub id: String,
    /// Time of its `Date`.
    pub now: DateTime<FixedOffset>,
    /// What it is.
    pub kind: LetterKind,
    /// The message that it quotes.
    pub original: Option<Original>,
    /// BCP 47; none: the company's.
    pub language: Option<String>,
    /// JSON by the schema `settings`.
    pub settings: String,
    /// Mailbox of the account.
    pub sender: (Option<String>, String),
    /// To, Cc, Bcc and Reply-To: names and addresses.
    pub people: [Vec<(Option<String>, String)>; 4],
    /// Subject.
    pub subject: String,
    /// The user's words.
    pub body: String,
    /// The message that it answers.
    pub in_reply_to: Option<String>,
    /// The conversation, oldest first.
    pub references: Vec<String>,
    /// Files that the user added.
    pub added: Vec<Attachment>,
    /// Files of the original.
    pub carried: Vec<Carried>,
}

/// Begins a letter.
///
/// # Errors
/// [`ComposeError`]: the settings, or an answer without a message that it answers.
pub fn draft_letter(request: &DraftRequest) -> Result<DraftLetter, ComposeError> {
    let settings = Settings::from_json(&request.settings).map_err(InputError::from)?;
    let kind = request.kind;
    let original = request.original.as_ref();
    if original.is_none() && kind != LetterKind::New {
        return Err(ComposeError::job("original", "there is no message to answer or to pass on"));
    }
    let language = language(request.language.as_deref(), &settings);
    let carried = original.map(|original| carried_parts(kind, original)).unwrap_or_default();
    let has_pictures = carried.iter().any(|part| part.content_id.is_some());
    let quote = original.map(|original| letter::quote(kind, original, language.locale, has_pictures));
    Ok(DraftLetter {
        people: addressees(kind, original, &request.own_addresses, &settings),
        subject: draft_subject(kind, original),
        thread: original.map(|original| thread_of(kind, original)).unwrap_or_default(),
        quote: quote.unwrap_or_default(),
        language,
        carried,
    })
}

/// Makes the message of a letter. Pure but for the first and the last bytes of PDFs.
///
/// # Errors
/// [`ComposeError`]: which field is wrong, and how.
pub fn compose_letter(letter: &Letter, files: &mut dyn Files) -> Result<Message, ComposeError> {
    let id = MailId::parse(&letter.id).map_err(|e| ComposeError::job("id", e))?;
    let settings = Settings::from_json(&letter.settings).map_err(InputError::from)?;
    let [to, cc, bcc, reply_to] = people(letter)?;
    let thread = thread(letter)?;
    let subject = subject(letter)?;
    check_words(letter)?;
    let mut warnings = Vec::new();
    let selected = attachment::check_letter(&letter.added, letter.carried.clone())?;
    let (selected, _) = check_content(selected, files, &mut warnings)?;

    let language = language(letter.language.as_deref(), &settings);
    let settings = settings.in_language(language.locale);
    let from = sender(letter, &settings)?;
    let company = settings.company.name.as_deref().or(from.name.as_deref()).unwrap_or_default();
    let signature = signature_of(&settings.user, from.name.as_deref(), company);
    let has_pictures = !selected.pictures().is_empty();
    let original = letter.original.as_ref().filter(|_| letter.kind != LetterKind::New);
    let quote = original.map(|original| letter::quote(letter.kind, original, language.locale, has_pictures));
    let body = letter::body(&letter.body, &signature, quote.as_ref(), &subject, language.locale);

    let mut warn = |code: WarningCode, detail: String| warnings.push(Warning { code: code.name(), detail });
    if to.is_empty() && cc.is_empty() && bcc.is_empty() {
        warn(WarningCode::NoRecipient, "the letter has no recipient".to_owned());
    }
    if !language.passed_over.is_empty() {
        let passed = language.passed_over.join(", ");
        let detail =
            format!("there are no texts in {passed}: the quote is introduced in {}", language.locale);
        warn(WarningCode::LanguageFallback, detail);
    }
    if let Some(size) = compose::html_size_beyond(&body.html, CLIPPED) {
        let detail = format!("the HTML body has {size} bytes: Gmail cuts it off at {CLIPPED}");
        warn(WarningCode::LargeHtml, detail);
    }
    let composed = compose::compose(&MessageContent {
        id: &id,
        message_id_domain: from.address.ascii_domain(),
        date: letter.now,
        from: &from,
        reply_to: &reply_to,
        to: &to,
        cc: &cc,
        bcc: &bcc,
        subject: &subject,
        text: &body.text,
        html: &body.html,
        payment_code: None,
        reference: None,
        feedback_id: None,
        thread: Some(&thread),
        automatic: false,
        attachments: &selected,
    })
    .map_err(|e| ComposeError::job("now", e))?;
    if composed.needs_smtputf8 {
        let detail = "an address is beyond ASCII: a server without SMTPUTF8, ours or that of any recipient, refuses the mail";
        warn(WarningCode::NeedsSmtputf8, detail.to_owned());
    }
    let template = format!("letter/{}", letter.kind.name());
    let rendered = Rendered { subject, html: body.html, text: body.text, template, payment_code: None };
    Ok(Message { composed, from, rendered, language, warnings })
}

fn language(asked: Option<&str>, settings: &Settings) -> Chosen {
    let company = settings.company.language.as_deref();
    choose_language(LanguageSources { job: asked, company, ..LanguageSources::default() })
}

/// Chooses From: the settings before the account's mailbox.
fn sender(letter: &Letter, settings: &Settings) -> Result<Mailbox, ComposeError> {
    let (name, address) = &letter.sender;
    let (field, address) = match &settings.user.email {
        Some(own) => ("settings.user.email", own),
        None => ("sender.address", address),
    };
    let address =
        Address::parse(address).map_err(|e| ComposeError::job(field, format!("\"{address}\": {e}")))?;
    let given = [&settings.user.display_name, name, &settings.company.name];
    Ok(Mailbox::new(given.into_iter().flatten().next().map(String::as_str), address))
}

/// Parses To, Cc, Bcc and Reply-To.
fn people(letter: &Letter) -> Result<[Vec<Mailbox>; 4], ComposeError> {
    let mut fields = [const { Vec::new() }; 4];
    let names = ["to", "cc", "bcc", "reply-to"];
    for ((field, list), parsed) in names.into_iter().zip(&letter.people).zip(&mut fields) {
        for (index, (name, address)) in list.iter().enumerate() {
            let address = Address::parse(address)
                .map_err(|e| ComposeError::job(format!("{field}[{index}]"), format!("\"{address}\": {e}")))?;
            parsed.push(Mailbox::new(name.as_deref(), address));
        }
    }
    Ok(fields)
}

fn thread(letter: &Letter) -> Result<Thread, ComposeError> {
    if letter.references.len() > LONGEST_CONVERSATION {
        return Err(ComposeError::job("references", format!("more than {LONGEST_CONVERSATION}")));
    }
    let parse = |field: String, id: &String| MessageId::parse(id).map_err(|e| ComposeError::job(field, e));
    let in_reply_to =
        letter.in_reply_to.as_ref().map(|id| parse("in-reply-to".to_owned(), id)).transpose()?;
    let numbered = letter.references.iter().enumerate();
    let references = numbered.map(|(index, id)| parse(format!("references[{index}]"), id));
    Ok(Thread { in_reply_to, references: references.collect::<Result<_, _>>()? })
}

fn subject(letter: &Letter) -> Result<String, ComposeError> {
    let subject = one_line(&letter.subject);
    if subject.chars().nth(LONGEST_SUBJECT).is_some() {
        return Err(ComposeError::job("subject", format!("longer than {LONGEST_SUBJECT} characters")));
    }
    Ok(subject)
}

/// Refuses words that are too long, and an answer or a new letter without any: it was sent by mistake.
fn check_words(letter: &Letter) -> Result<(), ComposeError> {
    if letter.body.len() > LONGEST_EDIT {
        return Err(ComposeError::job("body", format!("longer than {LONGEST_EDIT} bytes")));
    }
    let is_empty = letter.body.trim().is_empty() && letter.added.is_empty();
    if is_empty && letter.kind != LetterKind::Forward {
        return Err(ComposeError::job("body", "nothing is written, and no file is added"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "letter_tests.rs"]
mod tests;
