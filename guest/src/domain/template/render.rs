//! One mail's subject, HTML and plain body.

use super::body::{paragraphs, subject, tidy, without_reordering};
use super::context;
use super::engine::{Level, TextSet, with_texts};
use super::fault::TemplateFault;
use super::greeting::{continued, greeting};
use super::items::Shown;
use super::layout;
use super::shipped;
use super::subject_amount::with_amount;
use crate::domain::compose::{html_size, html_size_beyond};
use crate::domain::document::Document;
use crate::domain::kind::Purpose;
use crate::domain::language::Locale;
use crate::domain::settings::Settings;
use chrono::NaiveDate;
use minijinja::value::Value;
use std::sync::Arc;

/// Bytes of HTML, as it is sent, that a layout fills with lines: Gmail cuts a mail off beyond [`CLIPPED`](super::lint::CLIPPED), and a
/// pixel, a forward and a long signature want room, too.
const BUDGET: usize = 85_000;
/// How a layout refers to the code.
const PAYMENT_CODE: &str = "cid:payment-code";

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
    /// The logo that travels with the mail as `cid:logo`, where one does.
    pub logo: Option<Logo>,
}

/// A logo.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Logo {
    /// Width and height in pixels, where its file says them.
    pub size: Option<(u32, u32)>,
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
    /// HTML body; the logo is `cid:logo`, the code `cid:payment-code`.
    pub html: String,
    /// Plain body, lines end in LF.
    pub text: String,
    /// Template used: `invoice/new`.
    pub template: String,
    /// A PNG of the code that banking apps read, where the HTML shows one.
    pub payment_code: Option<Vec<u8>>,
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
    let issuer = request.document.issuer().address.country.as_deref();
    let words = texts.words(request.locale, issuer)?;
    let find = |texts: &TextSet, file| {
        let missing = || shipped::path(request.purpose, Locale::of(request.locale.language), file);
        let found = texts.find(request.purpose, request.locale, file);
        found.ok_or_else(|| TemplateFault::new(&missing(), "there is no such text"))
    };
    let root = context::root(request);
    let fields = Value::from_object(root.clone());

    let subject = match request.edits.subject {
        Some(own) => subject(own),
        None => {
            let own = subject(&texts.render(&find(texts, "subject.txt")?.0, fields.clone())?);
            with_amount(own, request, &words)?
        }
    };
    let (mut body, html) = match request.edits.body {
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
    if request.edits.body.is_none() {
        continued(&greeting, &mut body);
    }
    let own_layout =
        [layout::HTML, layout::TEXT].iter().any(|name| texts.level(name) != Some(Level::Shipped));
    let laid_out = |shown: usize| {
        let shown = Shown { lines: shown, each: own_layout };
        let mail = layout::mail(request, &words, &subject, &greeting, &body, html.clone(), shown)?;
        let mut root = root.clone();
        root.0.push(("mail", mail));
        let context = Value::from_object(root);
        let html = texts.render(layout::HTML, context.clone())?;
        Ok::<_, TemplateFault>((without_reordering(html), context))
    };
    let (html, context) = as_many_lines_as_fit(layout::most_lines(request), laid_out)?;
    let text = without_reordering(texts.render(layout::TEXT, context)?);
    // A layout of the company's own may leave the code out.
    let may_show = !request.settings.payment.accounts.is_empty();
    let shown = may_show && memchr::memmem::find(html.as_bytes(), PAYMENT_CODE.as_bytes()).is_some();
    let payment_code = shown.then(|| layout::payment_code(request)).flatten();
    let template = request.purpose.to_string();
    Ok(Rendered { subject, html, text: tidy(&text), template, payment_code })
}

/// The layout with so many of the document's lines that no mail program cuts it off: the totals below them would be gone.
fn as_many_lines_as_fit<T>(
    most: usize,
    laid_out: impl Fn(usize) -> Result<(String, T), TemplateFault>,
) -> Result<(String, T), TemplateFault> {
    let mut shown = most;
    let mut made = laid_out(shown)?;
    if shown == 0 || html_size_beyond(&made.0, BUDGET).is_none() {
        return Ok(made);
    }
    let none = html_size(&laid_out(0)?.0);
    let room = BUDGET.saturating_sub(none);
    while let (Some(all), true) = (html_size_beyond(&made.0, BUDGET), shown > 0) {
        // As if all lines were of one length; where the first ones are longer, again.
        let fit = shown.saturating_mul(room) / all.saturating_sub(none).max(1);
        shown = fit.min(shown - 1);
        made = laid_out(shown)?;
    }
    Ok(made)
}
