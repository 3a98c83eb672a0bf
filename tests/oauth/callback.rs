//! Signing in from a web app: who may end what was begun, and how often.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::http::HeaderMap;
use chrono::TimeDelta;
use postroom::transport::BoxFuture;
use postroom::transport::oauth::{Error, Granted, Purpose, Wanted};
use postroom::transport::tokens::{Resource, Tokens as _};
use postroom_web::oauth::{Owner, Session, WebCallback};
use url::Url;

use crate::server::{Browser, Manner, WEB_REDIRECT};
use crate::{ACCOUNT, Office};

fn owner(user: &str) -> Owner {
    Owner { company: "nord".into(), user: user.into(), account: ACCOUNT.into() }
}

fn web() -> WebCallback {
    WebCallback::new(WEB_REDIRECT.parse().unwrap())
}

/// Begins a sign-in, lets the provider answer, and gives the query that comes back.
async fn begun(office: &Office, web: &WebCallback, user: &str) -> String {
    let url = web.begin(&office.server.client(), &Wanted::new(Purpose::Send), owner(user)).unwrap();
    let back = Browser.redirect_of(&url).await;
    assert!(back.as_str().starts_with(WEB_REDIRECT), "{back}");
    back.query().unwrap().to_owned()
}

#[tokio::test]
async fn a9_a_user_of_the_web_app_signs_in_for_the_account_that_he_chose() {
    let office = Office::new(Manner::Google).await;
    let web = web();
    let query = begun(&office, &web, "ann").await;
    let (of, granted) = web.finish(&query, ("nord", "ann")).await.unwrap();
    assert_eq!(of, owner("ann"));
    office.grants.install(&of.account, granted.unwrap()).await.unwrap();
    assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_ok());
}

#[tokio::test]
async fn an_answer_is_taken_once() {
    let office = Office::new(Manner::Strict).await;
    let web = web();
    let query = begun(&office, &web, "ann").await;
    assert!(web.finish(&query, ("nord", "ann")).await.unwrap().1.is_ok());
    let again = web.finish(&query, ("nord", "ann")).await.unwrap_err();
    assert_eq!(again, Error::Foreign("it is over, or never began".into()));
    assert_eq!(office.server.asked().len(), 1, "its code was redeemed once");
}

#[tokio::test]
async fn nobody_else_can_end_what_a_user_began_and_trying_does_not_spoil_it() {
    let office = Office::new(Manner::Strict).await;
    let web = web();
    let query = begun(&office, &web, "ann").await;
    for visitor in [("nord", "bob"), ("sud", "ann"), ("", "")] {
        let refused = web.finish(&query, visitor).await.unwrap_err();
        assert_eq!(refused, Error::Foreign("another user began it".into()), "{visitor:?}");
    }
    assert!(office.server.asked().is_empty());
    assert!(web.finish(&query, ("nord", "ann")).await.unwrap().1.is_ok());
}

#[tokio::test]
async fn an_answer_that_belongs_to_nothing_ends_nothing() {
    let office = Office::new(Manner::Strict).await;
    let web = web();
    let query = begun(&office, &web, "ann").await;
    let long = format!("{query}&x={}", "x".repeat(20_000));
    let twice = format!("{query}&{query}");
    for bad in ["", "code=x", "state=x&code=x", "state=&code=x", "state", "%", &long, &twice] {
        let refused = web.finish(bad, ("nord", "ann")).await;
        assert!(matches!(refused, Err(Error::Foreign(_))), "{bad:.40}");
    }
    assert!(web.finish(&query, ("nord", "ann")).await.unwrap().1.is_ok());
}

#[tokio::test]
async fn a_sign_in_that_takes_more_than_ten_minutes_is_over() {
    let office = Office::new(Manner::Google).await;
    let web = web();
    let url = web.begin(&office.server.client(), &Wanted::new(Purpose::Send), owner("ann")).unwrap();
    office.clock.advance(TimeDelta::minutes(10));
    let back = Browser.redirect_of(&url).await;
    let refused = web.finish(back.query().unwrap(), ("nord", "ann")).await.unwrap_err();
    assert_eq!(refused, Error::Foreign("it is over, or never began".into()));
}

#[tokio::test]
async fn one_user_can_not_begin_without_end() {
    let office = Office::new(Manner::Google).await;
    let web = web();
    let begin = |user: &str| web.begin(&office.server.client(), &Wanted::new(Purpose::Send), owner(user));
    for _ in 0..8 {
        begin("ann").unwrap();
    }
    assert!(begin("ann").unwrap_err().is_transient());
    assert!(begin("bob").is_ok(), "others can");
    office.clock.advance(TimeDelta::minutes(10));
    assert!(begin("ann").is_ok());
}

#[tokio::test]
async fn a_code_with_the_verifier_of_another_sign_in_is_refused_by_the_provider() {
    let office = Office::new(Manner::Strict).await;
    let web = web();
    let (one, other) = (begun(&office, &web, "ann").await, begun(&office, &web, "ann").await);
    let of = |query: &str, name: &str| {
        url::form_urlencoded::parse(query.as_bytes()).find(|(field, _)| field == name).unwrap().1.into_owned()
    };
    // The code of one with the state of the other: what an attacker who injects a code would send.
    let mixed = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &of(&one, "code"))
        .append_pair("state", &of(&other, "state"))
        .append_pair("iss", &of(&other, "iss"))
        .finish();
    let (_, granted) = web.finish(&mixed, ("nord", "ann")).await.unwrap();
    let words = "invalid_grant: The code_verifier does not match the code_challenge.";
    assert_eq!(granted.unwrap_err(), Error::SignIn(words.into()));
}

#[tokio::test]
async fn a_code_that_was_redeemed_elsewhere_is_worth_nothing_and_neither_is_what_it_brought() {
    let office = Office::new(Manner::Strict).await;
    let (one, other) = (web(), web());
    let client = office.server.client();
    let url = one.begin(&client, &Wanted::new(Purpose::Send), owner("ann")).unwrap();
    let query = Browser.redirect_of(&url).await.query().unwrap().to_owned();
    let granted = one.finish(&query, ("nord", "ann")).await.unwrap().1.unwrap();
    office.grants.install(ACCOUNT, granted).await.unwrap();
    // The same code once more, in a sign-in of its own.
    let later = begun(&office, &other, "ann").await;
    let of = |query: &str, name: &str| {
        url::form_urlencoded::parse(query.as_bytes()).find(|(field, _)| field == name).unwrap().1.into_owned()
    };
    let replayed = later.replace(
        &url::form_urlencoded::byte_serialize(of(&later, "code").as_bytes()).collect::<String>(),
        &url::form_urlencoded::byte_serialize(of(&query, "code").as_bytes()).collect::<String>(),
    );
    let (_, refused) = other.finish(&replayed, ("nord", "ann")).await.unwrap();
    assert!(matches!(refused, Err(Error::SignIn(_))), "{refused:?}");
    assert_eq!(office.server.good_tokens(), 0, "the server revoked what the first one brought");
    office.clock.advance(TimeDelta::hours(1));
    assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_err());
}

/// A web app whose cookie is the user.
#[derive(Default)]
struct App {
    ended: Mutex<Vec<(Owner, bool)>>,
    full: bool,
}

impl Session for App {
    fn visitor(&self, headers: &HeaderMap) -> Option<(String, String)> {
        let cookie = headers.get("cookie")?.to_str().ok()?;
        (cookie == "session=1").then(|| ("nord".into(), "ann".into()))
    }

    fn ended(&self, owner: Owner, outcome: Result<Granted, Error>) -> BoxFuture<'_, bool> {
        self.ended.lock().unwrap().push((owner, outcome.is_ok()));
        Box::pin(async { !self.full })
    }
}

/// Serves the page; where it is reached.
async fn serve(web: &Arc<WebCallback>, app: &Arc<App>) -> Url {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Arc::clone(web).router(Arc::clone(app));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/oauth/callback").parse().unwrap()
}

#[tokio::test]
async fn the_page_of_the_web_app_says_how_it_went_and_repeats_nothing() {
    for (declines, full, title) in [
        (false, false, "<h1>Signed in"),
        (true, false, "<h1>Not signed in"),
        (false, true, "<h1>Not signed in"),
    ] {
        let office = Office::new(Manner::Strict).await;
        office.server.behave(|behaviour| behaviour.declines = declines);
        let (web, app) = (Arc::new(web()), Arc::new(App { full, ..App::default() }));
        let mut page = serve(&web, &app).await;
        page.set_query(Some(&begun(&office, &web, "ann").await));
        assert_eq!(Browser.fetch("HEAD", &page, None).await.status, 400, "HEAD ends nothing");
        let seen = Browser.fetch("GET", &page, None).await;
        assert!(seen.status == 200 && seen.body.contains(title), "{seen:?}");
        for (_, value) in page.query_pairs() {
            assert!(!seen.body.contains(value.as_ref()), "{value} in {seen:?}");
        }
        let again = Browser.fetch("GET", &page, None).await;
        assert_eq!(again.status, 400, "reloading ends nothing a second time");
        let ended = app.ended.lock().unwrap();
        assert_eq!(*ended, [(owner("ann"), !declines)]);
    }
}

#[tokio::test]
async fn a_visitor_who_is_not_logged_in_ends_nothing() {
    struct Nobody;
    impl Session for Nobody {
        fn visitor(&self, _: &HeaderMap) -> Option<(String, String)> {
            None
        }
        fn ended(&self, owner: Owner, _: Result<Granted, Error>) -> BoxFuture<'_, bool> {
            panic!("{owner:?}")
        }
    }
    let office = Office::new(Manner::Strict).await;
    let web = Arc::new(web());
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut page: Url = format!("http://{}/oauth/callback", listener.local_addr().unwrap()).parse().unwrap();
    let router = Arc::clone(&web).router(Arc::new(Nobody));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let query = begun(&office, &web, "ann").await;
    page.set_query(Some(&query));
    assert_eq!(Browser.fetch("GET", &page, None).await.status, 401);
    assert!(web.finish(&query, ("nord", "ann")).await.unwrap().1.is_ok(), "it can still be ended");
}
