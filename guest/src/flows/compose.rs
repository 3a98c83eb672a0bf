//! From a record to a message: document, language, texts, attachments, MIME.

use super::addressee::Addressee;
use super::contents::check_content;
use super::document_warnings::{document_warnings, unknown_templates};
use super::feedback_id::feedback_id;
use super::files::Files;
use super::input::{Input, InputError, Source};
use super::pixel::Pixel;
use super::refusal::{self, Refusal};
use super::void_copy;
use crate::domain::address::{Address, Mailbox};
use crate::domain::attachment::{self, Attachment, AttachmentFault, Format, Role, Rule, Selected};
use crate::domain::compose::{self, Composed, MailId, MessageContent, MessageId, Thread};
use crate::domain::document::Document;
use crate::domain::kind::{DocumentKind, Purpose};
use crate::domain::options::Mode;
use crate::domain::recipients::Field;
use crate::domain::settings::{Settings, missing_registration};
use crate::domain::template::{
    self, Attached, Chosen, Edits, LanguageSources, Logo, Portal, RenderRequest, Rendered, Sender,
    TemplateFault, lint::CLIPPED,
};
use crate::domain::warning::WarningCode;
use chrono::{DateTime, FixedOffset};
use std::sync::Arc;

/// Longest body that a user may write, and most identifiers of a conversation.
pub(super) const LONGEST_EDIT: usize = 256 * 1024;
pub(super) const LONGEST_CONVERSATION: usize = 200;

/// Everything a mail is made of, as the caller gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Identity of the mail.
    pub id: String,
    /// Time of the mail's `Date`, RFC 3339 with an offset.
    pub now: DateTime<FixedOffset>,
    /// The document.
    pub document: Source,
    /// Use case.
    pub use_case: String,
    /// BCP 47; none: the partner's.
    pub language: Option<String>,
    /// JSON by the schema `settings`.
    pub settings: String,
    /// Mailbox of the account.
    pub sender: (Option<String>, String),
    /// Who gets it: field, display name, address.
    pub recipients: Vec<(Field, Option<String>, String)>,
    /// Files and logo.
    pub attachments: Vec<Attachment>,
    /// Which of the document's own files travel.
    pub format: Format,
    /// Page and PDF link of the portal.
    pub portal: Option<(String, Option<String>)>,
    /// Subject and body by hand.
    pub edits: (Option<String>, Option<String>),
    /// In-Reply-To and References.
    pub thread: Option<(Option<String>, Vec<String>)>,
    /// No person pressed a button.
    pub automatic: bool,
    /// Who sends it.
    pub mode: Mode,
    /// Refusals that the user has seen and overrides.
    pub insist: Vec<String>,
    /// The host's link to the picture that reports the mail's opening.
    pub pixel: Option<String>,
    /// Where reports of failure go, where that is not the sender.
    pub return_path: Option<String>,
}

/// Something the sender should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// One of [`WARNINGS`](crate::domain::warning::WARNINGS).
    pub code: &'static str,
    /// What is known of the single case, in English.
    pub detail: String,
}

/// A composed mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Chunks, size, envelope, Message-ID.
    pub composed: Composed,
    /// From.
    pub from: Mailbox,
    /// Subject and bodies.
    pub rendered: Rendered,
    /// Language and why.
    pub language: Chosen,
    /// What the sender should know.
    pub warnings: Vec<Warning>,
}

/// Why no mail was made.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Document, use case or settings.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A template.
    #[error(transparent)]
    Template(#[from] TemplateFault),
    /// An attachment.
    #[error(transparent)]
    Attachment(#[from] AttachmentFault),
    /// The mail could be made, and should not be.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Another argument is wrong: which, and how.
    #[error("{field}: {detail}")]
    Job {
        /// Name in the contract.
        field: String,
        /// What is wrong.
        detail: String,
    },
}

impl ComposeError {
    pub(super) fn job(field: impl Into<String>, detail: impl ToString) -> Self {
        Self::Job { field: field.into(), detail: detail.to_string() }
    }
}

/// Makes the message. Pure but for the first bytes of PDF and logo.
///
/// # Errors
/// [`ComposeError`]: which input is wrong, and where.
pub fn compose(job: &Job, files: &mut dyn Files) -> Result<Message, ComposeError> {
    let pixel = job.pixel.as_deref().map(Pixel::of).transpose()?;
    let return_path = job.return_path.as_ref().map(return_path).transpose()?;
    let id = MailId::parse(&job.id).map_err(|e| ComposeError::job("id", e))?;
    let Input { as_mailed: document, purpose, settings, .. } =
        Input::read(&job.document, &job.use_case, &job.settings)?;
    let [to, cc, bcc, reply_to] = addressees(job)?;
    let thread = job.thread.as_ref().map(conversation).transpose()?;
    check_links(job)?;
    check_mode(job, &reply_to)?;
    refusal::check(job, &document, purpose)?;
    let mut warnings = Vec::new();
    let format = void_copy::format(job, &document, purpose, &mut warnings);
    let selected = attachment::check(&job.attachments, format).map_err(|fault| offer_link(fault, job))?;
    refusal::check_carried(job, &document, purpose, &selected)?;
    warnings.extend(selected.warnings().iter().map(|w| warning(w.code(), w)));
    warnings.extend(document_warnings(&document, &settings.company));
    warnings.extend(unknown_templates(&settings.templates));
    let (selected, logo) = check_content(selected, files, &mut warnings)?;

    let addressee = Addressee::of(document.partner(), &to);
    let mut language = template::choose_language(LanguageSources {
        job: job.language.as_deref(),
        contact: addressee.language(),
        document: document.language.as_deref(),
        partner: document.partner().language.as_deref(),
        company: settings.company.language.as_deref(),
    });
    language.locale =
        template::shipped::read_in(language.locale, document.partner().address.country.as_deref());
    let settings = settings.in_language(language.locale);
    let from = sender(job, &settings, &document)?;
    let rendered = render(job, &document, purpose, &settings, &from, &selected, logo, &language, &addressee)?;

    if to.is_empty() && cc.is_empty() && bcc.is_empty() {
        warnings.push(warning(
            WarningCode::NoRecipient,
            "the mail has no recipient: no usable address was given, and none is known of the partner",
        ));
    }
    if let Some(wants) = missing_registration(&settings.company, document.issuer()) {
        let detail = format!(
            "{wants} on business letters: settings.company.registration has nothing to print in the footer"
        );
        warnings.push(warning(WarningCode::NoRegistration, detail));
    }
    if !language.passed_over.is_empty() {
        let passed = language.passed_over.join(", ");
        let detail = format!("there are no texts in {passed}: the mail is in {}", language.locale);
        warnings.push(warning(WarningCode::LanguageFallback, detail));
    }
    let people = to.len() + cc.len() + bcc.len();
    let tracked = match pixel.as_ref().map(|pixel| pixel.insert_into(&rendered.html, people, job.mode)) {
        Some(Err(why)) => {
            warnings.push(warning(WarningCode::NoPixel, why));
            None
        }
        Some(Ok(html)) => Some(html),
        None => None,
    };
    let html = tracked.as_deref().unwrap_or(&rendered.html);
    if let Some(size) = compose::html_size_beyond(html, CLIPPED) {
        let detail = format!("the HTML body has {size} bytes: Gmail cuts it off at {CLIPPED}");
        warnings.push(warning(WarningCode::LargeHtml, detail));
    }
    let about = about(&document, &from);
    let feedback_id = (job.mode == Mode::Platform).then(|| feedback_id(document.kind, &from.address));
    let content = MessageContent {
        id: &id,
        message_id_domain: from.address.ascii_domain(),
        date: job.now,
        from: &from,
        reply_to: &reply_to,
        to: &to,
        cc: &cc,
        bcc: &bcc,
        subject: &rendered.subject,
        text: &rendered.text,
        html,
        payment_code: rendered.payment_code.as_deref(),
        reference: Some(&about),
        feedback_id: feedback_id.as_deref(),
        thread: thread.as_ref(),
        automatic: job.automatic,
        attachments: &selected,
    };
    let mut composed = compose::compose(&content).map_err(|e| ComposeError::job("now", e))?;
    if let Some(return_path) = return_path {
        composed.envelope.mail_from = return_path;
    }
    if composed.needs_smtputf8 {
        let detail = "an address is beyond ASCII: a server without SMTPUTF8, ours or that of any recipient, refuses the mail";
        warnings.push(warning(WarningCode::NeedsSmtputf8, detail));
    }
    Ok(Message { composed, from, rendered, language, warnings })
}

/// Returns what all mails about a document have in common, reminders of it by a document of their own included.
fn about(document: &Document, from: &Mailbox) -> String {
    let number = match (document.kind, document.references.invoices.as_slice()) {
        (DocumentKind::Reminder, [invoice]) => invoice,
        _ => &document.number,
    };
    format!("{number}@{}", from.address.ascii_domain())
}

#[allow(clippy::too_many_arguments)] // the parts of one request, each made by another step
fn render(
    job: &Job,
    document: &Arc<Document>,
    purpose: Purpose,
    settings: &Settings,
    from: &Mailbox,
    selected: &Selected,
    logo: Option<Logo>,
    language: &Chosen,
    addressee: &Addressee<'_>,
) -> Result<Rendered, ComposeError> {
    let has = |role| selected.files().iter().any(|f| f.role == role);
    let added = selected.files().iter().filter(|f| f.role == Role::Added).count();
    let email = from.address.to_string();
    let (subject, body) = &job.edits;
    if body.as_ref().is_some_and(|body| body.len() > LONGEST_EDIT) {
        return Err(ComposeError::job("options.edits.body", format!("longer than {LONGEST_EDIT} bytes")));
    }
    let rendered = template::render(&RenderRequest {
        purpose,
        locale: language.locale,
        document,
        settings,
        sender: Sender { name: from.name.as_deref(), email: &email },
        addressee: addressee.name(document.partner()).as_deref(),
        salutation: addressee.salutation(language.locale),
        attached: Attached { pdf: has(Role::Pdf), ubl: has(Role::Ubl), added },
        portal: job.portal.as_ref().map(|(view, pdf)| Portal { view_url: view, pdf_url: pdf.as_deref() }),
        edits: Edits { subject: subject.as_deref(), body: body.as_deref() },
        today: job.now.date_naive(),
        pay_by: template::pay_by(purpose, document, &settings.payment, job.now.date_naive()),
        signature: job.mode != Mode::MailClient,
        logo,
    })?;
    Ok(rendered)
}

/// Chooses From: the settings before the account's mailbox, the company's name before the document's issuer.
fn sender(job: &Job, settings: &Settings, document: &Document) -> Result<Mailbox, ComposeError> {
    let (name, address) = &job.sender;
    let own = (job.mode != Mode::Platform).then_some(&settings.user);
    let (field, address) = match own.and_then(|user| user.email.as_ref()) {
        Some(own) => ("settings.user.email", own),
        None => ("sender.address", address),
    };
    let address =
        Address::parse(address).map_err(|e| ComposeError::job(field, format!("\"{address}\": {e}")))?;
    let display_name = own.and_then(|user| user.display_name.as_ref());
    let given = [display_name, name.as_ref(), settings.company.name.as_ref()];
    let name = given.into_iter().flatten().next().unwrap_or(&document.issuer().name);
    Ok(Mailbox::new(Some(name), address))
}

fn return_path(address: &String) -> Result<Address, ComposeError> {
    Address::parse(address)
        .map_err(|e| ComposeError::job("options.return_path", format!("\"{address}\": {e}")))
}

/// Resolves To, Cc, Bcc and Reply-To.
fn addressees(job: &Job) -> Result<[Vec<Mailbox>; 4], ComposeError> {
    let mut fields = [const { Vec::new() }; 4];
    for (index, (field, name, address)) in job.recipients.iter().enumerate() {
        let address = Address::parse(address)
            .map_err(|e| ComposeError::job(format!("recipients[{index}]"), format!("\"{address}\": {e}")))?;
        let place = match field {
            Field::To => 0,
            Field::Cc => 1,
            Field::Bcc => 2,
            Field::ReplyTo => 3,
        };
        fields[place].push(Mailbox::new(name.as_deref(), address));
    }
    Ok(fields)
}

/// Refuses a link that would otherwise be left out silently: it is a mistake of the host, better known before the mail leaves.
fn check_links(job: &Job) -> Result<(), ComposeError> {
    let Some((view, pdf)) = &job.portal else { return Ok(()) };
    for (field, url) in [("options.portal.view_url", Some(view)), ("options.portal.pdf_url", pdf.as_ref())] {
        if let Some(url) = url.filter(|url| !template::is_web(url)) {
            let shown: String = url.chars().take(100).collect();
            let most = template::LONGEST_LINK;
            let detail = format!(
                "a link is https://… or http://…, without white space, at most {most} bytes: this is {shown:?}"
            );
            return Err(ComposeError::job(field, detail));
        }
    }
    Ok(())
}

/// Refuses modes that can't work: without a portal nothing would carry the document; without its one Reply-To an answer to the platform's
/// address would be lost.
fn check_mode(job: &Job, reply_to: &[Mailbox]) -> Result<(), ComposeError> {
    if job.format == Format::Link && job.portal.is_none() {
        return Err(ComposeError::job(
            "options.format",
            "\"link\" needs a portal: nothing else would carry the document",
        ));
    }
    if job.mode == Mode::Platform {
        if job.portal.is_none() {
            let detail = "a mail of the platform carries its document by link: there must be a portal";
            return Err(ComposeError::job("options.portal", detail));
        }
        if reply_to.len() != 1 {
            let detail = format!("a mail of the platform has one Reply-To, these are {}", reply_to.len());
            return Err(ComposeError::job("recipients", detail));
        }
    }
    Ok(())
}

fn conversation((in_reply_to, references): &(Option<String>, Vec<String>)) -> Result<Thread, ComposeError> {
    if references.len() > LONGEST_CONVERSATION {
        return Err(ComposeError::job(
            "options.thread.references",
            format!("more than {LONGEST_CONVERSATION}"),
        ));
    }
    let parse = |field: String, id: &String| MessageId::parse(id).map_err(|e| ComposeError::job(field, e));
    let in_reply_to =
        in_reply_to.as_ref().map(|id| parse("options.thread.in_reply_to".into(), id)).transpose()?;
    let numbered = references.iter().enumerate();
    let references = numbered.map(|(index, id)| parse(format!("options.thread.references[{index}]"), id));
    Ok(Thread { in_reply_to, references: references.collect::<Result<_, _>>()? })
}

/// Adds to a fault about too much for a mail that the portal's link can take its place, where there is a portal.
fn offer_link(mut fault: AttachmentFault, job: &Job) -> AttachmentFault {
    let too_much = matches!(fault.rule, Rule::Count | Rule::FileSize | Rule::TotalSize);
    if let (true, Some((view, _))) = (too_much, &job.portal) {
        fault
            .detail
            .push_str(&format!("; leave it out and point to {view} instead, where it can be downloaded"));
    }
    fault
}

fn warning(code: WarningCode, detail: impl ToString) -> Warning {
    Warning { code: code.name(), detail: detail.to_string() }
}

#[cfg(test)]
#[path = "money_tests.rs"]
mod money_tests;
#[cfg(test)]
#[path = "compose_tests.rs"]
mod tests;
