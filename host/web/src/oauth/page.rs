//! The page that a browser shows when it comes back from the provider. Fixed text, in its language: nothing of the request is in it.

use crate::page::{Page, Run};
use crate::page_texts::PageTexts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

/// The pages that a visitor may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignInPage {
    /// To a loopback listener: the rest happens in the program.
    Received,
    /// To our web app: all went well.
    SignedIn,
    /// To our web app: it did not.
    Failed,
    /// Not an answer to anything that is under way.
    Foreign,
    /// The visitor is not logged in to our web app.
    NotLoggedIn,
}

impl SignInPage {
    /// Builds the response with the page, in the language of its reader.
    pub(super) fn shown(self, to: &HeaderMap) -> Response {
        let texts = PageTexts::asked_for(to);
        let (status, (title, text)) = match self {
            Self::Received => (StatusCode::OK, &texts.received),
            Self::SignedIn => (StatusCode::OK, &texts.signed_in),
            Self::Failed => (StatusCode::OK, &texts.failed),
            Self::Foreign => (StatusCode::BAD_REQUEST, &texts.foreign),
            Self::NotLoggedIn => (StatusCode::UNAUTHORIZED, &texts.not_logged_in),
        };
        let page = Page { language: texts.language, title, paragraphs: vec![Run::plain(text)], form: None };
        // The address of this page holds the code, and is sent nowhere.
        let mut response = page.response(status, "no-referrer");
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        response
    }
}
