//! Signing in at a provider from a browser, by an invitation: a link that an administrator gives to a user.
//!
//! There is no login here. The link names company, user and account and is authenticated by the installation's key; the
//! browser that accepts it gets a cookie, and only that browser can end the sign-in. Opening the link changes nothing: a
//! page says which account is to be connected to which company, and its button begins.

use super::link_token::{Invitation, LinkTokens};
use super::router::App;
use super::site::Site;
use crate::accounts::{Account, AccountId, AccountState, CompanyId, MailAddress};
use crate::capabilities::Answer;
use crate::config::PublicUrl;
use crate::connections::purpose;
use crate::oauth::{Error, Granted, Owner, Session, Wanted, WebCallback};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Where the provider sends the browser back to, on the public address. Registered at the provider like this.
const CALLBACK: &str = "oauth/callback";
/// The cookie of a browser that accepted an invitation.
const COOKIE: &str = "postroom_sign_in";
/// How long it is kept, in seconds: as long as a sign-in may take.
const COOKIE_AGE: u32 = 600;

/// The link of an invitation.
pub fn url(public: &PublicUrl, tokens: &LinkTokens, invitation: &Invitation) -> String {
    public.page(&format!("oauth/start/{}", tokens.sign_in(invitation)))
}

/// The sign-ins that are under way.
pub(super) struct SignIns {
    callback: Arc<WebCallback>,
    session: Arc<Visitors>,
    secure: bool,
}

impl SignIns {
    /// Those of a site; none where browsers can't reach it.
    pub(super) fn of(site: &Arc<Site>) -> Option<Arc<Self>> {
        let public = site.settings.public_url.as_ref()?;
        let redirect = public.page(CALLBACK).parse().ok()?;
        Some(Arc::new(Self {
            callback: Arc::new(WebCallback::new(redirect)),
            session: Arc::new(Visitors { site: Arc::clone(site) }),
            secure: public.is_secure(),
        }))
    }

    /// The page that browsers come back to.
    pub(super) fn router(self: &Arc<Self>) -> Router {
        Arc::clone(&self.callback).router(Arc::clone(&self.session))
    }
}

/// Browsers that accepted an invitation.
struct Visitors {
    site: Arc<Site>,
}

impl Session for Visitors {
    fn visitor(&self, headers: &HeaderMap) -> Option<(String, String)> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut cookies = lines.flat_map(|line| line.split(';')).filter_map(|it| it.trim().split_once('='));
        let (_, token) = cookies.find(|(name, _)| *name == COOKIE)?;
        let accepted = self.site.tokens.read_visitor(token)?;
        is_open(&self.site, &accepted).then(|| (accepted.company.to_string(), accepted.user.to_string()))
    }

    fn ended(&self, owner: Owner, outcome: Result<Granted, Error>) -> Answer<'_, bool> {
        Box::pin(async move {
            let Ok(granted) = outcome else { return false };
            match keep(&self.site, &owner, granted).await {
                Ok(()) => true,
                Err(error) => {
                    self.site.say(&format!("sign-in: {error}"));
                    false
                }
            }
        })
    }
}

/// Keeps the grant, and remembers who signed in.
async fn keep(site: &Site, owner: &Owner, granted: Granted) -> anyhow::Result<()> {
    let (company, id): (CompanyId, AccountId) = (owner.company.parse()?, owner.account.parse()?);
    let address = granted.address.as_deref().and_then(|address| address.parse::<MailAddress>().ok());
    let store = site.connections.store();
    let mut account = store.account(company, id).await?;
    site.connections.grants().install(&id.to_string(), granted).await?;
    account.grants_mut().for_each(|grant| grant.authorized.clone_from(&address));
    Ok(store.administer(company).update_account(&account).await?)
}

fn is_open(site: &Site, invitation: &Invitation) -> bool {
    u64::try_from(site.clock.now().timestamp()).is_ok_and(|now| now <= invitation.until)
}

/// What an invitation is for, as long as it holds and its account and user are there.
async fn invited(site: &Site, token: &str) -> Option<(Invitation, Account, String)> {
    let invitation = site.tokens.read_sign_in(token).filter(|it| is_open(site, it))?;
    let store = site.connections.store();
    let account = store.account(invitation.company, invitation.account).await.ok()?;
    let user = store.user(invitation.user).await.ok()?;
    let usable = account.grant().is_some()
        && user.company == invitation.company
        && !matches!(account.state, AccountState::Compromised { .. });
    let company = store.company(invitation.company).await.ok()?;
    usable.then(|| (invitation, account, company.name.to_string()))
}

/// Says what the invitation is for.
pub(super) async fn invite(State(app): State<App>, Path(token): Path<String>) -> Response {
    let Some((_, account, company)) = invited(&app.site, &token).await else { return over() };
    let text = format!(
        "<p>The mailbox that you sign in to next will send the mail of <b>{}</b>, as the account <b>{}</b> ({}).</p>\
         <p>If nobody of that company asked you to, close this window.</p>\
         <form method=\"post\"><button>Sign in</button></form>",
        escaped(&company),
        escaped(account.name.as_str()),
        escaped(account.address.as_str()),
    );
    page(StatusCode::OK, "Connect a mailbox", &text)
}

/// Sends the browser to the provider.
pub(super) async fn begin(State(app): State<App>, Path(token): Path<String>) -> Response {
    let (Some(sign_ins), Some((invitation, account, _))) = (&app.sign_ins, invited(&app.site, &token).await)
    else {
        return over();
    };
    let begun = match app.site.connections.client(&account).await {
        Ok(client) => {
            let wanted = Wanted::new(purpose(&account)).hint(account.address.as_str());
            let owner = Owner {
                company: invitation.company.to_string(),
                user: invitation.user.to_string(),
                account: invitation.account.to_string(),
            };
            sign_ins.callback.begin(&client, &wanted, owner)
        }
        Err(error) => Err(error),
    };
    match begun {
        Ok(url) => {
            let secure = if sign_ins.secure { "; Secure" } else { "" };
            let visitor = app.site.tokens.visitor(&invitation);
            let cookie = format!(
                "{COOKIE}={visitor}; Path=/oauth; Max-Age={COOKIE_AGE}; HttpOnly; SameSite=Lax{secure}"
            );
            let headers = [
                (header::LOCATION, url.to_string()),
                (header::SET_COOKIE, cookie),
                (header::CACHE_CONTROL, "no-store".to_owned()),
                (header::REFERRER_POLICY, "no-referrer".to_owned()),
            ];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(error) => {
            app.site.say(&format!("sign-in: {error}"));
            let text = "<p>The sign-in could not begin. Try again later, or ask whoever sent you here.</p>";
            page(StatusCode::SERVICE_UNAVAILABLE, "Not now", text)
        }
    }
}

fn over() -> Response {
    let text = "<p>This invitation is over, or never was one. Ask whoever sent you here for a new one.</p>";
    page(StatusCode::NOT_FOUND, "Nothing to do here", text)
}

fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><h1>{title}</h1>{text}</html>\n"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
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
