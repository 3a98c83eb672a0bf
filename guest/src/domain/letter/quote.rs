//! What stands below the user's words: of an answer the original in quotation marks, of a forward the original under its header.

use super::model::{LetterKind, Original};
use super::people::named;
use super::subject::one_line;
use super::words::{Words, words};
use crate::domain::html::{escaped, push_escaped, push_linked};
use crate::domain::language::Locale;
use crate::domain::reading::quoted_html;
use crate::domain::template::format::long_date;

/// Bytes of the original's text that travel.
const TEXT: usize = 128 << 10;
/// Bytes of its HTML that travel.
const HTML: usize = 256 << 10;
/// Characters of its subject.
const SUBJECT: usize = 1_000;
/// What stands where something was left out.
const CUT: &str = "[…]";

/// The quote of a letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quote {
    /// Plain text, lines end in LF.
    pub text: String,
    /// Safe HTML.
    pub html: String,
}

/// Makes the quote of a letter. `has_pictures`: pictures of the original travel with it.
pub fn quote(kind: LetterKind, original: &Original, locale: Locale, has_pictures: bool) -> Quote {
    let words = words(locale.language);
    match kind {
        LetterKind::New => Quote::default(),
        LetterKind::Reply | LetterKind::ReplyAll => answered(original, locale, words, has_pictures),
        LetterKind::Forward => forwarded(original, locale, words, has_pictures),
    }
}

fn answered(original: &Original, locale: Locale, words: &Words, has_pictures: bool) -> Quote {
    let attribution = attribution(original, locale, words);
    let mut text = format!("{attribution}\n");
    for line in lines(original) {
        // A quotation within the quotation has its marks in one (RFC 3676 §4.5).
        let mark = match line {
            "" => ">",
            deeper if deeper.starts_with('>') => ">",
            _ => "> ",
        };
        text.extend([mark, line, "\n"]);
    }
    let html = format!(
        "<p style=\"margin:0 0 8px\">{}</p>\n<blockquote type=\"cite\" style=\"margin:0;padding:0 0 0 12px;border-left:2px solid #c8d0d8\">\n{}\n</blockquote>\n",
        escaped(&attribution),
        body_html(original, has_pictures)
    );
    Quote { text, html }
}

fn attribution(original: &Original, locale: Locale, words: &Words) -> String {
    let Some(author) = original.authors.first().and_then(|author| named(std::slice::from_ref(author))) else {
        return words.original.to_owned();
    };
    match &original.date {
        Some(date) => filled(words.wrote, date, locale).replace("{author}", &author),
        None => words.wrote_undated.replace("{author}", &author),
    }
}

/// Fills date and time in, in the zone of who wrote them.
fn filled(pattern: &str, date: &chrono::DateTime<chrono::FixedOffset>, locale: Locale) -> String {
    // Programs that look for an attribution know plain spaces.
    let day = long_date(date.date_naive(), locale).replace('\u{a0}', " ");
    pattern.replace("{date}", &day).replace("{time}", &date.format("%H:%M").to_string())
}

fn forwarded(original: &Original, locale: Locale, words: &Words, has_pictures: bool) -> Quote {
    let date = original.date.as_ref();
    let date = date.map(|date| filled(words.at, date, locale) + &date.format(" (UTC%:z)").to_string());
    let subject = one_line(&original.subject.chars().take(SUBJECT).collect::<String>());
    let fields = [
        (words.from, named(&original.authors)),
        (words.date, date),
        (words.subject, Some(subject).filter(|subject| !subject.is_empty())),
        (words.to, named(&original.to)),
        (words.cc, named(&original.cc)),
    ];
    let title = format!("---------- {} ----------", words.forwarded);
    let mut text = format!("{title}\n");
    let mut html = format!("<p style=\"margin:0 0 16px\">{title}");
    for (label, value) in fields {
        let Some(value) = value else { continue };
        text.push_str(&format!("{label} {value}\n"));
        html.push_str(&format!("<br>\n<b>{label}</b> {}", escaped(&value)));
    }
    text.push('\n');
    for line in lines(original) {
        text.extend([line, "\n"]);
    }
    html.push_str(&format!("</p>\n<div>\n{}\n</div>\n", body_html(original, has_pictures)));
    Quote { text, html }
}

/// Returns the lines of the original's text, with a mark where it was cut.
fn lines(original: &Original) -> impl Iterator<Item = &str> {
    let (head, tail) = original.text.split_at(original.text.floor_char_boundary(TEXT));
    let head = head.trim_end();
    let cut = (!tail.trim().is_empty()).then_some(CUT);
    head.lines().map(str::trim_end).chain(cut)
}

/// Makes the HTML of the original's body: its own, generated anew, else its text.
fn body_html(original: &Original, has_pictures: bool) -> String {
    let own = original.html.as_deref().filter(|html| !html.trim().is_empty());
    let (mut html, is_whole) = match own {
        Some(html) => quoted_html(html, HTML, has_pictures),
        None => {
            let mut html = String::from("<div style=\"white-space:pre-wrap;word-break:break-word\">");
            let (text, rest) = original.text.split_at(original.text.floor_char_boundary(TEXT));
            let is_whole = push_linked(&mut html, text.trim_end(), HTML, push_escaped);
            html.push_str("</div>");
            (html, is_whole && rest.trim().is_empty())
        }
    };
    if !is_whole {
        html.push_str(&format!("<p>{CUT}</p>"));
    }
    html
}
