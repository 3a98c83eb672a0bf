//! Composing with a pixel that reports the mail's opening (rule C4).
//!
//! The pixel goes into the message alone: what is shown as a preview has none, or looking at one's own mail would read it. A mail to
//! several people has none either: it could not show which of them opened it.

use super::compose::ComposeError;
use crate::domain::html::escaped;
use crate::domain::options::Mode;
use crate::domain::template::is_web;

/// The picture that the host counts the fetching of: its link, checked.
pub(super) struct Pixel {
    image: String,
}

impl Pixel {
    pub(super) fn of(link: &str) -> Result<Self, ComposeError> {
        if !is_web(link) {
            let shown: String = link.chars().take(100).collect();
            let detail = format!("a link is https://… or http://…, without white space: this is {shown:?}");
            return Err(ComposeError::job("options.pixel", detail));
        }
        let link = escaped(link);
        let image = format!(
            "<img src=\"{link}\" width=\"1\" height=\"1\" alt=\"\" style=\"display:block;border:0;width:1px;height:1px\">\n"
        );
        Ok(Self { image })
    }

    /// Inserts the pixel at the end of the HTML's body, or returns why there is none.
    pub(super) fn insert_into(&self, html: &str, people: usize, mode: Mode) -> Result<String, &'static str> {
        if mode == Mode::MailClient {
            return Err("the mail is sent by the user's own program: its opening is not checked");
        }
        if people > 1 {
            return Err(
                "several people get this mail, and nobody could say who opened it: its opening is not checked",
            );
        }
        // A company's own text may have no end of a body.
        let at = html.rfind("</body>").unwrap_or(html.len());
        let (before, after) = html.split_at(at);
        Ok(format!("{before}{}{after}", self.image))
    }
}

#[cfg(test)]
#[path = "pixel_tests.rs"]
mod tests;
