//! The page that a browser shows when it comes back from the provider. Fixed text: nothing of the request is in it.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What the visitor is told.
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
    /// Nobody is logged in to our web app.
    NotLoggedIn,
}

impl Page {
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Received => (
                StatusCode::OK,
                "Thank you",
                "Postroom has the provider's answer. You can close this window and go back to where you started.",
            ),
            Self::SignedIn => (
                StatusCode::OK,
                "Signed in",
                "The account is connected. You can close this window and go back to Postroom.",
            ),
            Self::Failed => (
                StatusCode::OK,
                "Not signed in",
                "The account was not connected: it was declined, the provider did not answer, or another mailbox \
                 signed in than the one that was asked for. Go back to where you started, and try again with that mailbox.",
            ),
            Self::Foreign => (
                StatusCode::BAD_REQUEST,
                "Nothing to do here",
                "This page does not belong to a sign-in that is under way. Go back to Postroom and start again.",
            ),
            Self::NotLoggedIn => (
                StatusCode::UNAUTHORIZED,
                "Log in first",
                "Log in to Postroom in this browser, then start the sign-in again.",
            ),
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let (status, title, text) = self.parts();
        let page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><h1>{title}</h1><p>{text}</p></html>\n"
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
