//! One mail's subject, HTML and plain body.

use super::body::{paragraphs, subject, tidy, without_reordering};
use super::context;
use super::engine::{Level, TextSet, with_texts};
use super::fault::TemplateFault;
use super::greeting::{continued, greeting};
use super::items::Shown;
use super::layout;
use super::request::RenderRequest;
use super::shipped;
use super::subject_amount::with_amount;
use crate::domain::compose::{html_size, html_size_beyond};
use crate::domain::language::Locale;
use minijinja::value::Value;

/// Bytes of HTML, as it is sent, that a layout fills with lines: Gmail cuts a mail off beyond [`CLIPPED`](super::lint::CLIPPED), and a
/// pixel, a forward and a long signature want room, too.
const BUDGET: usize = 85_000;
/// How a layout refers to the code.
const PAYMENT_CODE: &str = "cid:payment-code";

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

/// Renders the texts of a mail. Pure: equal requests give equal bytes.
pub fn render(request: &RenderRequest<'_>) -> Result<Rendered, TemplateFault> {
    with_texts(&request.settings.templates, |texts| render_with(texts, request))
}

/// Renders as [`render`] does, over texts that are already loaded.
pub(super) fn render_with(
    texts: &mut TextSet,
    request: &RenderRequest<'_>,
) -> Result<Rendered, TemplateFault> {
    // A link that is none would be mentioned in the text and missing below it.
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

/// Lays out as many of the document's lines as fit before mail programs cut the mail off: the totals below them would be gone.
fn as_many_lines_as_fit<T>(
    most: usize,
    laid_out: impl Fn(usize) -> Result<(String, T), TemplateFault>,
) -> Result<(String, T), TemplateFault> {
    let mut shown = most;
    let mut rendered = laid_out(shown)?;
    if shown == 0 || html_size_beyond(&rendered.0, BUDGET).is_none() {
        return Ok(rendered);
    }
    let none = html_size(&laid_out(0)?.0);
    let room = BUDGET.saturating_sub(none);
    while let (Some(all), true) = (html_size_beyond(&rendered.0, BUDGET), shown > 0) {
        // As if all lines were of one length; where the first ones are longer, again.
        let fit = shown.saturating_mul(room) / all.saturating_sub(none).max(1);
        shown = fit.min(shown - 1);
        rendered = laid_out(shown)?;
    }
    Ok(rendered)
}
