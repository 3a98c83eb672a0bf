//! Signing in with a browser on this machine, and everything that may come to the listener instead.

use std::time::Duration;

use postroom::transport::oauth::{Client, Error, Granted, Issuer, Provider, Purpose, Wanted};
use postroom::transport::tokens::{Resource, Tokens as _};
use postroom_web::oauth::authorize_loopback;
use url::Url;

use crate::server::{Browser, Manner};
use crate::{ACCOUNT, Office, PATIENCE, sign_in};

#[tokio::test]
async fn a9_a_user_signs_in_at_google_and_the_account_has_a_token_for_its_api() {
    let office = Office::new(Manner::Google).await;
    let (granted, page) = sign_in(&office.server.client(), Purpose::Send).await;
    let granted = granted.unwrap();
    assert_eq!(granted.address.as_deref(), Some("office@ateliernord.example.com"));
    assert_eq!(page.status, 200);
    assert!(page.body.contains("You can close this window"), "{page:?}");
    office.grants.install(ACCOUNT, granted).await.unwrap();
    let bearer = office.grants.token(ACCOUNT, Resource::Api).await.unwrap();
    let mailbox_owner = office.server.mailbox_owner(bearer.expose(), Resource::Api).unwrap();
    assert_eq!(mailbox_owner.address, "office@ateliernord.example.com");
    assert_eq!(mailbox_owner.scopes, ["openid", "email", "https://www.googleapis.com/auth/gmail.send"]);
    assert_eq!(office.server.refreshes(), 0, "the first token came with the sign-in");
}

#[tokio::test]
async fn a10_a_user_signs_in_at_microsoft_and_each_resource_has_its_own_token() {
    let office = Office::signed_in(Manner::Microsoft).await;
    let api = office.grants.token(ACCOUNT, Resource::Api).await.unwrap();
    let mail = office.grants.token(ACCOUNT, Resource::Mail).await.unwrap();
    assert!(office.server.mailbox_owner(api.expose(), Resource::Api).is_some());
    assert!(office.server.mailbox_owner(api.expose(), Resource::Mail).is_none());
    let mailbox_owner = office.server.mailbox_owner(mail.expose(), Resource::Mail).unwrap();
    assert!(
        mailbox_owner.scopes.contains(&"https://outlook.office.com/SMTP.Send".to_owned()),
        "{mailbox_owner:?}"
    );
    assert_eq!(office.server.refreshes(), 1, "one grant, redeemed again for the other resource");
    assert_eq!(office.grants.token(ACCOUNT, Resource::Mail).await.unwrap(), mail);
    assert_eq!(office.server.refreshes(), 1, "both tokens are kept");
}

#[tokio::test]
async fn a10_the_mailbox_address_counts_and_not_a_principal_name_that_looks_like_one() {
    let office = Office::new(Manner::Microsoft).await;
    let (granted, _) = sign_in(&office.server.client(), Purpose::Send).await;
    assert_eq!(granted.unwrap().address.as_deref(), Some("office@ateliernord.example.com"));
}

#[tokio::test]
async fn a_sign_in_that_tells_nobody_who_it_was_is_a_sign_in_all_the_same() {
    let office = Office::new(Manner::Google).await;
    office.server.behave(|behaviour| behaviour.anonymous = true);
    let (granted, _) = sign_in(&office.server.client(), Purpose::Send).await;
    assert_eq!(granted.unwrap().address, None);
}

#[tokio::test]
async fn the_id_token_names_the_address_where_no_profile_can_be_asked_for() {
    let office = Office::new(Manner::Google).await;
    let mut provider = office.server.provider();
    provider.endpoints.identity = None;
    let (granted, _) = sign_in(&office.server.client_of(provider), Purpose::Send).await;
    assert_eq!(granted.unwrap().address.as_deref(), Some("office@ateliernord.example.com"));
}

#[tokio::test]
async fn the_request_names_the_purpose_and_nothing_can_be_guessed_of_it() {
    let office = Office::new(Manner::Google).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let wanted = Wanted::new(Purpose::Mailbox).hint("a@example.com");
        let _ = authorize_loopback(&office.server.client(), &wanted, Duration::ZERO, |url| {
            seen.push(url.clone());
        })
        .await;
    }
    let of = |url: &Url, name: &str| {
        let found = url.query_pairs().find(|(field, _)| field == name).map(|(_, value)| value.into_owned());
        found.unwrap_or_else(|| panic!("no {name} in {url}"))
    };
    assert_eq!(of(&seen[0], "scope"), "openid email https://mail.google.com/");
    assert_eq!(of(&seen[0], "login_hint"), "a@example.com");
    assert_eq!(of(&seen[0], "access_type"), "offline");
    assert_eq!(of(&seen[0], "prompt"), "consent");
    assert_eq!(of(&seen[0], "code_challenge_method"), "S256");
    assert!(of(&seen[0], "redirect_uri").starts_with("http://127.0.0.1:"));
    for name in ["state", "code_challenge"] {
        assert_eq!(of(&seen[0], name).len(), 43, "{name}");
        assert_ne!(of(&seen[0], name), of(&seen[1], name), "{name}");
    }
    assert!(!seen[0].as_str().contains("the-secret-of-the-client"));
}

/// Signs in with a browser that does what it is told, in place of going to the provider.
async fn instead<F>(client: &Client, visit: impl FnOnce(Url, Url) -> F) -> Result<Granted, Error>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut browsing = None;
    let wanted = Wanted::new(Purpose::Send);
    let granted = authorize_loopback(client, &wanted, Duration::from_millis(1_500), |url| {
        let redirect = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.parse().unwrap();
        browsing = Some(tokio::spawn(visit(url.clone(), redirect)));
    })
    .await;
    browsing.unwrap().await.unwrap();
    granted
}

#[tokio::test]
async fn an_answer_with_a_state_of_somebody_else_is_not_taken() {
    let office = Office::new(Manner::Google).await;
    office.server.behave(|behaviour| behaviour.state = Some("somebody-elses-state-4711".into()));
    let granted = instead(&office.server.client(), |url, _| async move {
        let page = Browser.open(&url).await;
        assert_eq!(page.status, 400);
        assert!(!page.body.contains("4711"), "nothing of the request is in the page: {page:?}");
    })
    .await;
    assert!(matches!(granted, Err(Error::Foreign(_))), "{granted:?}");
    assert!(office.server.asked().is_empty(), "its code was not redeemed");
}

#[tokio::test]
async fn somebody_who_guesses_neither_ends_nor_spoils_a_sign_in() {
    let office = Office::new(Manner::Google).await;
    let granted = instead(&office.server.client(), |url, redirect| async move {
        for query in
            ["", "code=x", "state=&code=x", "state=guess&code=x", "state=a&state=b&code=x", "%ff=%00"]
        {
            let mut guess = redirect.clone();
            guess.set_query(Some(query));
            assert_eq!(Browser.fetch("GET", &guess, None).await.status, 400, "{query}");
        }
        assert_eq!(Browser.open(&url).await.status, 200);
    })
    .await;
    assert!(granted.is_ok(), "{granted:?}");
}

#[tokio::test]
async fn somebody_who_goes_on_guessing_ends_it_before_he_can_be_right() {
    let office = Office::new(Manner::Google).await;
    let granted = instead(&office.server.client(), |_, redirect| async move {
        for guess in 0..16 {
            let mut url = redirect.clone();
            url.set_query(Some(&format!("state={guess}&code=x")));
            Browser.fetch("GET", &url, None).await;
        }
    })
    .await;
    let Err(Error::Foreign(words)) = granted else { panic!("{granted:?}") };
    assert_eq!(words, "16 answers came, none with its `state`");
}

#[tokio::test]
async fn the_listener_takes_one_get_of_its_own_page_under_its_own_name() {
    let office = Office::new(Manner::Google).await;
    let granted = instead(&office.server.client(), |url, redirect| async move {
        let answer = Browser.redirect_of(&url).await;
        let rows = [
            ("HEAD", answer.path(), None, 405),
            ("POST", answer.path(), None, 405),
            ("GET", "/", None, 404),
            ("GET", "/callback/", None, 404),
            ("GET", answer.path(), Some("postroom.evil.example.com"), 421),
            ("GET", answer.path(), Some("127.0.0.1"), 421),
            ("GET", answer.path(), Some("localhost"), 421),
        ];
        for (method, path, host, status) in rows {
            let mut url = answer.clone();
            url.set_path(path);
            let seen = Browser.fetch(method, &url, host).await;
            assert_eq!(seen.status, status, "{method} {path} {host:?}");
        }
        let page = Browser.fetch("GET", &answer, None).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        let query = answer.query().unwrap();
        assert!(
            query.split('&').all(|part| !page.body.contains(part.split('=').nth(1).unwrap())),
            "{page:?}"
        );
        assert_eq!(redirect.host_str(), Some("127.0.0.1"));
    })
    .await;
    assert!(granted.is_ok(), "{granted:?}");
}

#[tokio::test]
async fn when_nobody_signs_in_the_wait_ends_and_says_so() {
    let office = Office::new(Manner::Google).await;
    let limit = Duration::from_millis(20);
    let wanted = Wanted::new(Purpose::Send);
    let granted = authorize_loopback(&office.server.client(), &wanted, limit, |_| {}).await;
    assert_eq!(granted.unwrap_err(), Error::TooLate(limit));
    assert_eq!(Error::TooLate(PATIENCE).to_string(), "nobody signed in within 30 s; start again");
}

#[tokio::test]
async fn an_answer_of_another_provider_is_not_redeemed() {
    let right = |office: &Office| office.server.issuer();
    // What the client expects, what the server says, and whether that is right.
    type Expected = fn(String) -> Issuer;
    let rows: [(Expected, Option<&str>, bool); 6] = [
        (|_| Issuer::Unknown, Some("https://evil.example.com"), true),
        (Issuer::IfGiven, None, true),
        (Issuer::IfGiven, Some("right"), true),
        (Issuer::IfGiven, Some("https://evil.example.com"), false),
        (Issuer::Always, None, false),
        (Issuer::Always, Some("right"), true),
    ];
    for (expected, said, is_right) in rows {
        let office = Office::new(Manner::Google).await;
        let said_iss = said.map(|said| if said == "right" { right(&office) } else { said.to_owned() });
        office.server.behave(|behaviour| behaviour.iss = said_iss);
        let issuer = expected(right(&office));
        let client = office.server.client_of(Provider { issuer: issuer.clone(), ..office.server.provider() });
        let (granted, _) = sign_in(&client, Purpose::Send).await;
        match granted {
            Ok(_) => assert!(is_right, "{issuer:?}, {said:?}"),
            Err(Error::Foreign(_)) => {
                assert!(!is_right, "{issuer:?}, {said:?}");
                assert!(office.server.asked().is_empty());
            }
            Err(error) => panic!("{issuer:?}, {said:?}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_sends_the_browser_elsewhere_gets_no_token_asked_of_it() {
    let office = Office::new(Manner::Strict).await;
    let elsewhere = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let there = format!("http://{}/steal", elsewhere.local_addr().unwrap());
    office.server.behave(|behaviour| behaviour.elsewhere = Some(there));
    let granted = instead(&office.server.client(), |url, redirect| async move {
        assert_ne!(Browser.redirect_of(&url).await.port(), redirect.port());
    })
    .await;
    assert!(matches!(granted, Err(Error::TooLate(_))), "{granted:?}");
    assert!(office.server.asked().is_empty());
}
