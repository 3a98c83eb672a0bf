//! Signing in at a provider from a browser, by an invitation: a link that an administrator gives to a user.
//!
//! There is no login here. The link names an invitation and is authenticated by the installation's key; what it is for, and
//! whether it still holds, is in the store. Opening the link changes nothing: a page says which mailbox is to be connected
//! to which company, and its button begins the one sign-in of the invitation. The button counts only on our own page, in
//! the browser that the page was shown in: otherwise a stranger's page could begin a sign-in that connects its visitor's
//! mailbox to the stranger's account. Only the browser that pressed it can come back; and when it does, everything is asked
//! again in the transaction that stores the grant.

use super::cookie::{Cookie, SameSite};
use super::oauth::{Owner, Session, WebCallback};
use super::router::{App, read_body};
use super::same_origin::is_same_origin;
use super::site::{Site, log_failure};
use crate::page::{Form, Page, Run};
use crate::page_texts::{PageTexts, Titled};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use postroom::app::SignInEnd;
use postroom::config::PublicUrl;
use postroom::link_token::{is_nonce, new_nonce};
use postroom_transport::BoxFuture;
use postroom_transport::oauth::{Client, Error, Granted, Wanted};
use std::sync::Arc;

/// Where the provider sends the browser back to, on the public address. Registered at the provider like this.
const CALLBACK: &str = "oauth/callback";
/// The cookie of a browser that began a sign-in, for as long as one may take. The provider's page leads back to us.
const VISITOR: Cookie = Cookie { name: "postroom_sign_in", same_site: SameSite::Lax, age: 600 };
/// The cookie of a browser that was shown the page with the button.
const FORM: Cookie = Cookie { name: "postroom_form", same_site: SameSite::Strict, age: 3_600 };
/// The field of the form that is bound to that cookie.
const FORM_FIELD: &str = "form";
/// With `no-referrer` browsers would not tell which page a form came from.
const SAME_ORIGIN: &str = "same-origin";
/// Largest form, in bytes.
const LARGEST_FORM: usize = 1 << 10;

/// The sign-ins that are under way.
pub(super) struct SignIns {
    callback: Arc<WebCallback>,
    session: Arc<Visitors>,
    public: PublicUrl,
}

impl SignIns {
    /// Prepares the sign-ins of a site; none where browsers can't reach it.
    pub(super) fn of(site: &Arc<Site>) -> Option<Arc<Self>> {
        let public = site.settings().public_url.clone()?;
        let redirect = public.page(CALLBACK).parse().ok()?;
        Some(Arc::new(Self {
            callback: Arc::new(WebCallback::new(redirect)),
            session: Arc::new(Visitors { site: Arc::clone(site), secure: public.is_secure() }),
            public,
        }))
    }

    /// Builds the route of the page that browsers come back to.
    pub(super) fn router(self: &Arc<Self>) -> Router {
        Arc::clone(&self.callback).router(Arc::clone(&self.session))
    }
}

/// Browsers that began the sign-in of an invitation.
struct Visitors {
    site: Arc<Site>,
    secure: bool,
}

impl Session for Visitors {
    /// Gives the company, and the invitation in place of a user: a sign-in belongs to the browser that began it.
    fn visitor(&self, headers: &HeaderMap) -> Option<(String, String)> {
        let token = VISITOR.read(headers, self.secure)?;
        let accepted = self.site.installation.visitor(token, Utc::now())?;
        Some((accepted.company.to_string(), accepted.id.to_string()))
    }

    /// Ends the sign-in of an invitation.
    fn ended(&self, owner: Owner, result: Result<Granted, Error>) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            let ids = (owner.company.as_str(), owner.user.as_str(), owner.account.as_str());
            match self.site.installation.end_sign_in(ids, Utc::now(), result).await {
                Ok(SignInEnd::Stored) => true,
                Ok(SignInEnd::NotGranted | SignInEnd::Refused(_)) => false,
                Err(error) => {
                    log_failure("sign-in", &error);
                    false
                }
            }
        })
    }
}

/// Shows what the invitation is for.
pub(super) async fn invite(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let texts = PageTexts::asked_for(&headers);
    let invited = app.site.installation.invitation(&token, Utc::now()).await;
    let (Some(sign_ins), Some(invited)) = (&app.sign_ins, invited) else { return over(&texts) };
    let nonce = new_nonce();
    let token = app.site.tokens().form(&nonce, &token);
    let values = [
        ("mailbox", invited.mailbox.as_str(), true),
        ("company", invited.company.as_str(), true),
        ("account", invited.account.name.as_str(), true),
        ("address", invited.account.address.as_str(), false),
    ];
    let page = Page {
        language: texts.language,
        title: &texts.invitation.0,
        paragraphs: vec![Run::filled(&texts.invitation.1, &values), Run::plain(&texts.not_asked)],
        form: Some(Form { field: FORM_FIELD, token: &token, button: &texts.sign_in }),
    };
    let cookie = FORM.set(&nonce, sign_ins.public.is_secure());
    let page = page.response(StatusCode::OK, SAME_ORIGIN);
    ([(header::SET_COOKIE, cookie)], page).into_response()
}

/// Sends the browser to the provider.
pub(super) async fn begin(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let texts = PageTexts::asked_for(&headers);
    let (site, Some(sign_ins)) = (&app.site, &app.sign_ins) else { return over(&texts) };
    if !is_own_form(site, &sign_ins.public, &token, &headers, body).await {
        return titled(StatusCode::FORBIDDEN, &texts, &texts.not_from_here);
    }
    let Some(invitation) = site.installation.invitation(&token, Utc::now()).await else {
        return over(&texts);
    };
    let owner = Owner {
        company: invitation.link.company.to_string(),
        user: invitation.link.id.to_string(),
        account: invitation.account.id.to_string(),
    };
    let begin = |client: &Client, wanted: &Wanted| sign_ins.callback.begin(client, wanted, owner);
    match site.installation.begin_sign_in(&invitation, begin).await {
        Ok(Some(url)) => {
            let visitor = site.tokens().visitor(&invitation.link);
            let headers = [
                (header::LOCATION, url.to_string()),
                (header::SET_COOKIE, VISITOR.set(&visitor, sign_ins.public.is_secure())),
                (header::CACHE_CONTROL, "no-store".to_owned()),
                (header::REFERRER_POLICY, "no-referrer".to_owned()),
            ];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Ok(None) => over(&texts),
        Err(error) => {
            log_failure("sign-in", &error);
            titled(StatusCode::SERVICE_UNAVAILABLE, &texts, &texts.not_now)
        }
    }
}

/// Tells whether this is the form of the link's page, sent by the browser that the page was shown in.
async fn is_own_form(site: &Site, public: &PublicUrl, link: &str, headers: &HeaderMap, body: Body) -> bool {
    if !is_same_origin(headers, public) {
        return false;
    }
    let Some(nonce) = FORM.read(headers, public.is_secure()).filter(|it| is_nonce(it)) else { return false };
    let Ok(body) = read_body(headers, body, LARGEST_FORM).await else { return false };
    let mut fields = url::form_urlencoded::parse(&body).filter(|(name, _)| name == FORM_FIELD);
    let token = fields.next().map(|(_, value)| value);
    token.is_some_and(|token| site.tokens().is_form(&token, nonce, link)) && fields.next().is_none()
}

fn over(texts: &PageTexts) -> Response {
    titled(StatusCode::NOT_FOUND, texts, &texts.over)
}

fn titled(status: StatusCode, texts: &PageTexts, (title, text): &Titled) -> Response {
    let paragraphs = vec![Run::plain(text)];
    Page { language: texts.language, title, paragraphs, form: None }.response(status, SAME_ORIGIN)
}
