//! The two bodies of a letter: the user's words, the signature, the quote.

use super::quote::Quote;
use crate::domain::html::{escaped, push_escaped, push_linked};
use crate::domain::language::Locale;
use crate::domain::template::{Signature, paragraphs, plain, tidy};

/// Bytes of HTML that the user's words may take: more than the longest of them need.
const HTML: usize = 4 << 20;
const FONT: &str =
    "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:24px";

/// The bodies of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Plain body, lines end in LF.
    pub text: String,
    /// HTML body, a whole page.
    pub html: String,
}

/// Makes the bodies of a letter. A reader's program hides what stands below `-- `, so that no such line is between signature and quote.
pub fn body(
    words: &str,
    signature: &Signature,
    quote: Option<&Quote>,
    subject: &str,
    locale: Locale,
) -> Body {
    let paragraphs = paragraphs(words);
    let mut text = tidy(&format!("{}\n\n{}\n", plain(&paragraphs), signature.text));
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{locale}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <title>{}</title>\n</head>\n<body>\n<div style=\"{FONT}\">\n",
        escaped(subject)
    );
    for paragraph in &paragraphs {
        html.push_str("<p style=\"margin:0 0 16px;word-break:break-word\">");
        for (number, line) in paragraph.iter().enumerate() {
            if number > 0 {
                html.push_str("<br>\n");
            }
            push_linked(&mut html, line, HTML, push_escaped);
        }
        html.push_str("</p>\n");
    }
    html.push_str(&format!("<div style=\"margin:8px 0 0\">{}</div>\n</div>\n", signature.html));
    if let Some(quote) = quote {
        text.push('\n');
        text.push_str(&quote.text);
        html.push_str(&format!("<div style=\"margin:24px 0 0\">\n{}</div>\n", quote.html));
    }
    html.push_str("</body>\n</html>\n");
    Body { text, html }
}
