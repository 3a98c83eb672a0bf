//! One mail's subject, HTML and plain body.

use super::body::{lines, paragraphs, subject};
use super::context;
use super::engine::{TextSet, with_texts};
use super::fault::TemplateFault;
use super::greeting::{continued, greeting};
use super::layout;
use super::shipped;
use crate::domain::document::Document;
use crate::domain::kind::Purpose;
use crate::domain::language::Locale;
use crate::domain::settings::Settings;
use chrono::NaiveDate;
use minijinja::value::Value;
use std::sync::Arc;

/// What a mail's texts are made of.
#[derive(Debug, Clone, Copy)]
pub struct RenderRequest<'a> {
    /// Kind of document and use case.
    pub purpose: Purpose,
    /// Language and region, from [`choose_language`](super::choose_language).
    pub locale: Locale,
    /// The document.
    pub document: &'a Arc<Document>,
    /// Company, user, overrides and look.
    pub settings: &'a Settings,
    /// Who sends.
    pub sender: Sender<'a>,
    /// Name of the person who is greeted; none greets without a name.
    pub addressee: Option<&'a str>,
    /// How the contact wants a letter to begin, in place of a greeting.
    pub salutation: Option<&'a str>,
    /// What travels with the mail.
    pub attached: Attached,
    /// Links to the portal, where there is one.
    pub portal: Option<Portal<'a>>,
    /// What the user wrote in place of the texts.
    pub edits: Edits<'a>,
    /// The day the mail is made, for days overdue.
    pub today: NaiveDate,
    /// The day that a reminder asks to pay by, where there is one.
    pub pay_by: Option<NaiveDate>,
    /// False where the mail program adds a signature of its own.
    pub signature: bool,
    /// True where a logo travels with the mail as `cid:logo`.
    pub logo: bool,
}

/// Who sends.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sender<'a> {
    /// Display name.
    pub name: Option<&'a str>,
    /// Address.
    pub email: &'a str,
}

/// Which files travel with the mail.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attached {
    /// The document as PDF.
    pub pdf: bool,
    /// The document as UBL.
    pub ubl: bool,
    /// Number of files added.
    pub added: usize,
}

/// Links to the portal. Only `https:` and `http:` become a button.
#[derive(Debug, Clone, Copy)]
pub struct Portal<'a> {
    /// The document's page.
    pub view_url: &'a str,
    /// Download of the PDF.
    pub pdf_url: Option<&'a str>,
}

/// What the user wrote in the compose window. Plain text: never read as a template.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edits<'a> {
    /// Subject.
    pub subject: Option<&'a str>,
    /// Body, paragraphs separated by blank lines.
    pub body: Option<&'a str>,
}

/// The texts of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Subject, one line.
    pub subject: String,
    /// HTML body; the logo is `cid:logo`.
    pub html: String,
    /// Plain body, lines end in LF.
    pub text: String,
    /// Template used: `invoice/new`.
    pub template: String,
}

/// Renders the texts of a mail. Pure: the same request gives the same bytes.
pub fn render(request: &RenderRequest<'_>) -> Result<Rendered, TemplateFault> {
    with_texts(&request.settings.templates, |texts| render_with(texts, request))
}

/// Like [`render`], over texts that are already there.
pub(super) fn render_with(
    texts: &mut TextSet,
    request: &RenderRequest<'_>,
) -> Result<Rendered, TemplateFault> {
    // A link that is none would be spoken of in the text and missing below it.
    let portal = request.portal.filter(|p| layout::is_web(p.view_url));
    let request = &RenderRequest { portal, ..*request };
    let seller = request.document.seller.address.country.as_deref();
    let words = texts.words(request.locale, seller)?;
    let find = |texts: &TextSet, file| {
        let missing = || shipped::path(request.purpose, Locale::of(request.locale.language), file);
        let found = texts.find(request.purpose, request.locale, file);
        found.ok_or_else(|| TemplateFault::new(&missing(), "there is no such text"))
    };
    let mut root = context::root(request);
    let fields = Value::from_object(root.clone());

    let subject = match request.edits.subject {
        Some(own) => subject(own),
        None => subject(&texts.render(&find(texts, "subject.txt")?.0, fields.clone())?),
    };
    let (body, html) = match request.edits.body {
        Some(own) => (paragraphs(own), None),
        None => {
            let (path, level) = find(texts, "body.txt")?;
            let body = texts.render(&path, fields.clone())?;
            // A text in HTML counts unless a plain one of a higher level was put over it.
            let own = texts.find(request.purpose, request.locale, "body.html");
            let html = match own.filter(|(_, html)| *html <= level) {
                Some((path, _)) => Some(texts.render(&path, fields)?),
                None => None,
            };
            (paragraphs(&body), html)
        }
    };

    let greeting = greeting(request, &words)?;
    let mut body = body;
    if request.edits.body.is_none() {
        continued(&greeting, &mut body);
    }
    let mail = layout::mail(request, &words, &subject, greeting, &body, html)?;
    root.0.push(("mail", mail));
    let context = Value::from_object(root);
    let html = texts.render(layout::HTML, context.clone())?;
    let text = texts.render(layout::TEXT, context)?;
    Ok(Rendered { subject, html, text: tidy(&text), template: request.purpose.to_string() })
}

/// No spaces at the ends of lines, never two blank lines, one line feed at the end.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for line in lines(text) {
        let line = line.trim_end();
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}
