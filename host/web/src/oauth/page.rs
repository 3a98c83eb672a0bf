//! The page that a browser shows when it comes back from the provider. Fixed text, in its language: nothing of the request is in it.

use crate::page_texts::PageTexts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The pages that a visitor may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
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

impl Page {
    /// Builds the response with the page, in the language of its reader.
    pub(super) fn shown(self, to: &HeaderMap) -> Response {
        let texts = PageTexts::asked_for(to);
        let (status, (title, text)) = match self {
            Self::Received => (StatusCode::OK, texts.received),
            Self::SignedIn => (StatusCode::OK, texts.signed_in),
            Self::Failed => (StatusCode::OK, texts.failed),
            Self::Foreign => (StatusCode::BAD_REQUEST, texts.foreign),
            Self::NotLoggedIn => (StatusCode::UNAUTHORIZED, texts.not_logged_in),
        };
        let page = format!(
            "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><h1>{title}</h1><p>{text}</p></html>\n",
            texts.language
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            // The address of this page holds the code: it is kept nowhere and sent nowhere.
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONNECTION, "close"),
        ];
        (status, headers, page).into_response()
    }
}
