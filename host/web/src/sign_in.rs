//! Signing in at a provider from a browser, by an invitation: a link that an administrator gives to a user.
//!
//! There is no login here. The link names an invitation and is authenticated by the installation's key; what it is for, and
//! whether it still holds, the store says. Opening the link changes nothing: a page says which mailbox is to be connected
//! to which company, and its button begins the one sign-in of the invitation. The button counts only on our own page, in
//! the browser that the page was shown in: otherwise a stranger's page could begin a sign-in that connects its visitor's
//! mailbox to the stranger's account. Only the browser that pressed it can come back; and when it does, everything is asked
//! again in the transaction that keeps the grant.

use super::cookie::{Cookie, SameSite};
use super::oauth::{Owner, Session, WebCallback};
use super::router::{App, read_body};
use super::same_origin::is_same_origin;
use super::site::Site;
use crate::page_texts::{PageTexts, Titled};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use postroom::config::PublicUrl;
use postroom::connections::purpose;
use postroom::link_token::{Invitation, is_nonce, new_nonce};
use postroom_model::{Destination, Destinations, MailAddress, SecretOwner};
use postroom_store::{InvitationKey, Invited};
use postroom_transport::BoxFuture;
use postroom_transport::oauth::{Error, Granted, Wanted};
use std::sync::Arc;

/// Where the provider sends the browser back to, on the public address. Registered at the provider like this.
const CALLBACK: &str = "oauth/callback";
/// Known by a browser that began a sign-in, for as long as one may take. The provider's page leads back to us.
const VISITOR: Cookie = Cookie { name: "postroom_sign_in", same_site: SameSite::Lax, age: 600 };
/// Known by a browser that was shown the page with the button.
const FORM: Cookie = Cookie { name: "postroom_form", same_site: SameSite::Strict, age: 3_600 };
/// The field of the form that is bound to that cookie.
const FORM_FIELD: &str = "form";
/// Largest form, in bytes.
const LARGEST_FORM: usize = 1 << 10;

/// The sign-ins that are under way.
pub(super) struct SignIns {
    callback: Arc<WebCallback>,
    session: Arc<Visitors>,
    public: PublicUrl,
}

impl SignIns {
    /// Those of a site; none where browsers can't reach it.
    pub(super) fn of(site: &Arc<Site>) -> Option<Arc<Self>> {
        let public = site.settings.public_url.clone()?;
        let redirect = public.page(CALLBACK).parse().ok()?;
        Some(Arc::new(Self {
            callback: Arc::new(WebCallback::new(redirect)),
            session: Arc::new(Visitors { site: Arc::clone(site), secure: public.is_secure() }),
            public,
        }))
    }

    /// The page that browsers come back to.
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
    /// The company, and the invitation in place of a user: a sign-in belongs to the browser that began it.
    fn visitor(&self, headers: &HeaderMap) -> Option<(String, String)> {
        let accepted = self.site.tokens.read_visitor(VISITOR.read(headers, self.secure)?)?;
        key(&self.site, &accepted).map(|key| (key.company.to_string(), key.id.to_string()))
    }

    fn ended(&self, owner: Owner, outcome: Result<Granted, Error>) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            match end(&self.site, &owner, outcome).await {
                Ok(kept) => kept,
                Err(error) => {
                    self.site.say(&format!("sign-in: {error}"));
                    false
                }
            }
        })
    }
}

/// Ends a sign-in: keeps the grant and uses the invitation up, or opens the invitation again.
async fn end(site: &Site, owner: &Owner, outcome: Result<Granted, Error>) -> anyhow::Result<bool> {
    let company = owner.company.parse()?;
    let key = InvitationKey { company, id: owner.user.parse()?, now: site.clock.now() };
    let kept = match outcome {
        Ok(granted) => keep(site, key, owner, granted).await?,
        Err(_) => false,
    };
    if !kept {
        // A grant that is not kept is forgotten, not revoked: at Google that would end every other grant of that mailbox to
        // this client, too.
        site.connections.store().reopen_invitation(key).await?;
    }
    Ok(kept)
}

async fn keep(site: &Site, key: InvitationKey, owner: &Owner, granted: Granted) -> anyhow::Result<bool> {
    let refused = |why: &str| {
        site.say(&format!("sign-in: refused: {why}"));
        Ok(false)
    };
    let Some(mailbox) = granted.address.as_deref().and_then(|it| it.parse::<MailAddress>().ok()) else {
        return refused("the provider does not say which mailbox signed in");
    };
    match site.connections.store().invitation(key).await? {
        None => return refused("the invitation does not hold any more"),
        Some(invited) if !mailbox.as_str().eq_ignore_ascii_case(invited.mailbox.as_str()) => {
            return refused("another mailbox signed in than the one that was invited");
        }
        Some(_) => {}
    }
    let grant = granted.grant.seal()?;
    let account = SecretOwner::Account(key.company, owner.account.parse()?);
    let places: Destinations = granted.grant.destinations.iter().map(|it| Destination::named(it)).collect();
    let grant = (&grant, &places);
    match site.connections.vault().redeem_invitation(key, account, &mailbox, grant).await? {
        true => Ok(true),
        false => refused("the invitation does not hold any more"),
    }
}

/// An invitation of a link that has not run out.
fn key(site: &Site, of: &Invitation) -> Option<InvitationKey> {
    let now = site.clock.now();
    let is_open = u64::try_from(now.timestamp()).is_ok_and(|now| now <= of.until);
    is_open.then_some(InvitationKey { company: of.company, id: of.id, now })
}

/// What a link invites to, as long as it holds and no sign-in has begun by it.
async fn invited(site: &Site, token: &str) -> Option<(InvitationKey, Invitation, Invited)> {
    let invitation = site.tokens.read_sign_in(token)?;
    let key = key(site, &invitation)?;
    let invited = site.connections.store().invitation(key).await.ok()??;
    let usable = invited.is_open && invited.account.grant().is_some();
    usable.then_some((key, invitation, invited))
}

/// Says what the invitation is for.
pub(super) async fn invite(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let texts = PageTexts::asked_for(&headers);
    let (Some(sign_ins), Some((_, _, invited))) = (&app.sign_ins, invited(&app.site, &token).await) else {
        return over(&texts);
    };
    let nonce = new_nonce();
    let mut says = texts.invitation.1.clone();
    for (place, value) in [
        ("{mailbox}", format!("<b>{}</b>", escaped(invited.mailbox.as_str()))),
        ("{company}", format!("<b>{}</b>", escaped(&invited.company))),
        ("{account}", format!("<b>{}</b>", escaped(invited.account.name.as_str()))),
        ("{address}", escaped(invited.account.address.as_str())),
    ] {
        says = says.replacen(place, &value.replace('{', "&#123;"), 1);
    }
    let text = format!(
        "<p>{says}</p>\
         <p>{}</p>\
         <form method=\"post\"><input type=\"hidden\" name=\"{FORM_FIELD}\" value=\"{}\">\
         <button>{}</button></form>",
        texts.not_asked,
        app.site.tokens.form(&nonce, &token),
        texts.sign_in,
    );
    let cookie = FORM.set(&nonce, sign_ins.public.is_secure());
    let page = page(StatusCode::OK, &texts, &texts.invitation.0, &text);
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
    let Some((key, invitation, invited)) = invited(site, &token).await else { return over(&texts) };
    match begin_sign_in(site, sign_ins, key, &invited).await {
        Ok(Some(url)) => {
            let visitor = site.tokens.visitor(&invitation);
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
            site.say(&format!("sign-in: {error}"));
            titled(StatusCode::SERVICE_UNAVAILABLE, &texts, &texts.not_now)
        }
    }
}

/// Begins the one sign-in of an invitation; none where another browser was faster.
async fn begin_sign_in(
    site: &Site,
    sign_ins: &SignIns,
    key: InvitationKey,
    invited: &Invited,
) -> anyhow::Result<Option<url::Url>> {
    let client = site.connections.client(&invited.account).await?;
    let store = site.connections.store();
    if !store.begin_invitation(key).await? {
        return Ok(None);
    }
    let wanted = Wanted::new(purpose(&invited.account)).hint(invited.mailbox.as_str());
    let owner = Owner {
        company: key.company.to_string(),
        user: key.id.to_string(),
        account: invited.account.id.to_string(),
    };
    match sign_ins.callback.begin(&client, &wanted, owner) {
        Ok(url) => Ok(Some(url)),
        Err(error) => {
            store.reopen_invitation(key).await?;
            Err(error.into())
        }
    }
}

/// Whether this is the form of the link's page, sent by the browser that the page was shown in.
async fn is_own_form(site: &Site, public: &PublicUrl, link: &str, headers: &HeaderMap, body: Body) -> bool {
    if !is_same_origin(headers, public) {
        return false;
    }
    let Some(nonce) = FORM.read(headers, public.is_secure()).filter(|it| is_nonce(it)) else { return false };
    let Ok(body) = read_body(headers, body, LARGEST_FORM).await else { return false };
    let mut fields = url::form_urlencoded::parse(&body).filter(|(name, _)| name == FORM_FIELD);
    let token = fields.next().map(|(_, value)| value);
    token.is_some_and(|token| site.tokens.is_form(&token, nonce, link)) && fields.next().is_none()
}

fn over(texts: &PageTexts) -> Response {
    titled(StatusCode::NOT_FOUND, texts, &texts.over)
}

fn titled(status: StatusCode, texts: &PageTexts, (title, text): &Titled) -> Response {
    page(status, texts, title, &format!("<p>{text}</p>"))
}

fn page(status: StatusCode, texts: &PageTexts, title: &str, text: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><h1>{title}</h1>{text}</html>\n",
        texts.language
    );
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        // With `no-referrer` browsers would not say which page a form came from.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, page).into_response()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
