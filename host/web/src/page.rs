//! The few pages that a browser is shown, by a template that escapes whatever is filled in.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use minijinja::{Environment, Error};
use serde::Serialize;
use std::sync::LazyLock;

/// Its ending has the template escape for HTML.
const NAME: &str = "page.html";

static PAGES: LazyLock<Result<Environment<'static>, Error>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    pages.add_template(NAME, include_str!("page.html"))?;
    Ok(pages)
});

/// A page with a title, paragraphs and perhaps a form.
#[derive(Debug, Serialize)]
pub(crate) struct Page<'a> {
    /// ISO 639-1.
    pub(crate) language: &'a str,
    pub(crate) title: &'a str,
    pub(crate) paragraphs: Vec<Vec<Run<'a>>>,
    pub(crate) form: Option<Form<'a>>,
}

/// A stretch of text.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Run<'a> {
    pub(crate) text: &'a str,
    pub(crate) is_strong: bool,
}

/// A form of one hidden field and a button, sent to the page's own address.
#[derive(Debug, Serialize)]
pub(crate) struct Form<'a> {
    pub(crate) field: &'a str,
    pub(crate) token: &'a str,
    pub(crate) button: &'a str,
}

impl<'a> Run<'a> {
    /// Creates a paragraph of plain text.
    pub(crate) fn plain(text: &'a str) -> Vec<Self> {
        vec![Self { text, is_strong: false }]
    }

    /// Fills values into the places `{name}` of a sentence, each strong where the third part says so. What is in a value is no place.
    pub(crate) fn filled(sentence: &'a str, values: &[(&str, &'a str, bool)]) -> Vec<Self> {
        let (mut runs, mut rest) = (Vec::new(), sentence);
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
        {
            runs.push(Self { text: before, is_strong: false });
            let value = values.iter().find(|(place, ..)| *place == name);
            runs.extend(value.map(|&(_, text, is_strong)| Self { text, is_strong }));
            rest = after;
        }
        runs.push(Self { text: rest, is_strong: false });
        runs
    }
}

impl Page<'_> {
    /// Builds the response with the page. No cache keeps it, and nothing on it is loaded from elsewhere.
    pub(crate) fn response(&self, status: StatusCode, referrer_policy: &'static str) -> Response {
        let page = match self.html() {
            Ok(page) => page,
            Err(error) => {
                tracing::error!("a page can't be made: {error}");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, referrer_policy),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (status, headers, page).into_response()
    }

    fn html(&self) -> Result<String, String> {
        let pages = PAGES.as_ref().map_err(ToString::to_string)?;
        let template = pages.get_template(NAME).map_err(|error| error.to_string())?;
        template
            .render(minijinja::Value::from(minijinja::value::Serde(self)))
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_text() {
        let hostile = "<b>\"'&{company}";
        let page = Page {
            language: "en",
            title: hostile,
            paragraphs: vec![Run::filled(
                "of {company}, {mailbox}{none}.",
                &[("company", hostile, true), ("mailbox", hostile, false)],
            )],
            form: Some(Form { field: "form", token: hostile, button: hostile }),
        };
        let html = page.html().unwrap();
        assert_eq!(html.matches("&lt;b&gt;").count(), 6, "{html}");
        assert!(html.contains("<p>of <b>&lt;b&gt;"), "{html}");
        assert!(!html.contains("\"'") && !html.contains("&{"), "{html}");
    }

    #[test]
    fn a_sentence_without_an_end_of_a_place_is_shown_as_it_is() {
        assert_eq!(Run::filled("a {b", &[("b", "c", true)]), Run::plain("a {b"));
    }
}
