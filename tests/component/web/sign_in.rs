//! Invitations: for one use, one mailbox, from our own page in one browser; and whatever changed meanwhile counts.

use super::provider::Provider;
use super::*;
use postroom::transport::oauth::GrantState;
use std::collections::BTreeMap;

const OWN_PAGE: &str = "Origin: https://post.example\r\nSec-Fetch-Site: same-origin\r\n";
const MAILBOX: &str = "nord@gmail.example";

/// A server, a provider, and an account that no user has signed in to.
struct Inviting {
    world: World,
    provider: Provider,
    account: Account,
}

/// A browser: what it knows by cookies.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn header(&self) -> String {
        let all: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if all.is_empty() { String::new() } else { format!("Cookie: {}\r\n", all.join("; ")) }
    }

    fn take(&mut self, answer: &BoxFuture) {
        if let Some((name, rest)) = answer.field("set-cookie").and_then(|cookie| cookie.split_once('=')) {
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Inviting {
    async fn new() -> Self {
        let (world, provider) = (World::new().await, Provider::start().await);
        let url = |path: &str| provider.url(path).parse().unwrap();
        let grant = Grant {
            provider: postroom::model::Provider::Google,
            client_id: Some("a-client".parse().unwrap()),
            endpoints: Endpoints {
                authorization: url("authorize"),
                token: url("token"),
                device: None,
                revocation: None,
                api: url("api"),
            },
            authorized: None,
        };
        let admin = world.store.company_store(world.company.id);
        let new =
            NewAccount::new("gmail".parse().unwrap(), MAILBOX.parse().unwrap(), Transport::Gmail(grant));
        let account = admin.add_account(&new).await.unwrap();
        admin.grant(account.id, world.lotte.id).await.unwrap();
        let permissions =
            Permissions { allow_private: "127.0.0.1".parse().unwrap(), ..Permissions::default() };
        world.store.set_permissions(world.company.id, account.id, &permissions).await.unwrap();
        provider.sign_in_as(Some(MAILBOX));
        Self { world, provider, account }
    }

    /// The path of a new invitation's link.
    async fn invite(&self, mailbox: Option<&str>) -> String {
        let until = u64::try_from(Utc::now().timestamp()).unwrap() + 3_600;
        let new = NewInvitation {
            account: self.account.id,
            user: self.world.lotte.id,
            mailbox: mailbox.map(|it| it.parse().unwrap()),
            until,
        };
        let id = self.world.store.company_store(self.world.company.id).invite(&new).await.unwrap();
        let invitation = postroom_web::Invitation { company: self.world.company.id, id, until };
        format!("/oauth/start/{}", self.world.tokens.sign_in(&invitation))
    }

    /// Opens the page of a link, and gives the token of its form.
    async fn open(&self, link: &str, browser: &mut Browser) -> String {
        let page = self.world.ask("GET", link, "", b"").await;
        assert_eq!(page.status, 200, "{}", page.text());
        browser.take(&page);
        let text = page.text();
        let form = text.split("name=\"form\" value=\"").nth(1).and_then(|it| it.split('"').next());
        form.expect("a form").to_owned()
    }

    async fn press(&self, link: &str, headers: &str, form: &str, browser: &mut Browser) -> BoxFuture {
        let type_ = "Content-Type: application/x-www-form-urlencoded\r\n";
        let headers = format!("{headers}{type_}{}", browser.header());
        let answer = self.world.ask("POST", link, &headers, format!("form={form}").as_bytes()).await;
        browser.take(&answer);
        answer
    }

    /// Begins a sign-in as a person does; gives its `state`.
    async fn begin(&self, link: &str, browser: &mut Browser) -> String {
        let form = self.open(link, browser).await;
        let answer = self.press(link, OWN_PAGE, &form, browser).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let location = answer.field("location").expect("a location");
        let url = url::Url::parse(location).unwrap();
        let (_, state) = url.query_pairs().find(|(name, _)| name == "state").expect("a state");
        state.into_owned()
    }

    /// Comes back from the provider.
    async fn come_back(&self, state: &str, browser: &Browser) -> BoxFuture {
        let path = format!("/oauth/callback?code=a-code&state={state}");
        self.world.ask("GET", &path, &browser.header(), b"").await
    }

    async fn is_signed_in(&self) -> bool {
        let connections = self.world.connections();
        let grant_state = connections.grants().grant_state(&self.account.id.to_string()).await.unwrap();
        matches!(grant_state, GrantState::SignedIn { .. })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_connects_its_mailbox_once() {
    let inviting = Inviting::new().await;
    let (link, mut browser) = (inviting.invite(None).await, Browser::default());
    let state = inviting.begin(&link, &mut browser).await;
    assert!(browser.cookies.keys().all(|name| name.starts_with("__Host-")), "{:?}", browser.cookies.keys());
    let page = inviting.come_back(&state, &browser).await;
    assert!(page.text().contains("Signed in"), "{}\n{}", page.text(), inviting.world.log());
    assert!(inviting.is_signed_in().await);
    let account = inviting.world.store.account(inviting.world.company.id, inviting.account.id).await.unwrap();
    assert_eq!(account.grant().unwrap().authorized.as_ref().unwrap().as_str(), MAILBOX);
    assert!(matches!(account.state, AccountState::Ready));

    let form = "x".repeat(64);
    assert_eq!(inviting.world.ask("GET", &link, "", b"").await.status, 404, "it is used up");
    assert_ne!(inviting.press(&link, OWN_PAGE, &form, &mut browser).await.status, 303);
    assert_eq!(inviting.come_back(&state, &browser).await.status, 400, "a sign-in ends once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_press_of_the_button_begins_nothing_however_fast_it_comes() {
    let inviting = Inviting::new().await;
    let (link, mut browser) = (inviting.invite(None).await, Browser::default());
    let form = inviting.open(&link, &mut browser).await;
    let presses = (0..8).map(|_| {
        let mut same = Browser { cookies: browser.cookies.clone() };
        let (inviting, link, form) = (&inviting, &link, &form);
        async move { inviting.press(link, OWN_PAGE, form, &mut same).await.status }
    });
    let mut statuses = Vec::new();
    let mut running: Vec<_> = presses.map(Box::pin).collect();
    // All of them are under way before the first is waited for.
    std::future::poll_fn(|cx| {
        running.retain_mut(|press| match press.as_mut().poll(cx) {
            std::task::Poll::Ready(status) => {
                statuses.push(status);
                false
            }
            std::task::Poll::Pending => true,
        });
        if running.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404, 404, 404, 404, 404, 404, 404]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_counts_on_our_own_page_in_its_own_browser_alone() {
    let inviting = Inviting::new().await;
    let (link, other_link) = (inviting.invite(None).await, inviting.invite(None).await);
    let (mut own, mut other) = (Browser::default(), Browser::default());
    let form = inviting.open(&link, &mut own).await;
    let others_form = inviting.open(&link, &mut other).await;
    let form_of_other_link = inviting.open(&other_link, &mut Browser { cookies: own.cookies.clone() }).await;
    let cross = "Origin: https://attacker.example\r\nSec-Fetch-Site: cross-site\r\n";
    for (what, headers, form, cookies) in [
        ("another site", cross, &form, &own),
        ("another site that hides its origin", "Origin: null\r\nSec-Fetch-Site: cross-site\r\n", &form, &own),
        ("another host of the site", "Sec-Fetch-Site: same-site\r\n", &form, &own),
        ("another port", "Origin: https://post.example:8443\r\n", &form, &own),
        ("no word about where it comes from", "", &form, &own),
        ("no cookie", OWN_PAGE, &form, &Browser::default()),
        ("another browser's cookie", OWN_PAGE, &form, &other),
        ("another browser's form", OWN_PAGE, &others_form, &own),
        ("the form of another invitation", OWN_PAGE, &form_of_other_link, &own),
        ("no form", OWN_PAGE, &String::new(), &own),
        ("two forms", OWN_PAGE, &format!("{form}&form={form}"), &own),
    ] {
        let mut browser = Browser { cookies: cookies.cookies.clone() };
        let answer = inviting.press(&link, headers, form, &mut browser).await;
        assert_eq!(answer.status, 403, "{what}");
        assert_eq!(answer.field("set-cookie"), None, "{what}");
        assert_eq!(answer.field("location"), None, "{what}");
    }
    assert_eq!(
        inviting.press(&link, OWN_PAGE, &form, &mut own).await.status,
        303,
        "none of it used the link up"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_mailbox_is_refused_unless_an_administrator_named_it_beforehand() {
    for (invited, signed_in, stored) in [
        (None, Some("eve@gmail.example"), false),
        (None, None, false),
        (None, Some("nord@gmail.example.attacker.example"), false),
        (Some("lotte@gmail.example"), Some(MAILBOX), false),
        (Some("lotte@gmail.example"), Some("eve@gmail.example"), false),
        (Some("lotte@gmail.example"), Some("lotte@gmail.example"), true),
        (None, Some("Nord@GMAIL.example"), true),
    ] {
        let inviting = Inviting::new().await;
        let (link, mut browser) = (inviting.invite(invited).await, Browser::default());
        let state = inviting.begin(&link, &mut browser).await;
        inviting.provider.sign_in_as(signed_in);
        let page = inviting.come_back(&state, &browser).await.text();
        assert_eq!(page.contains("<h1>Signed in"), stored, "{invited:?} {signed_in:?}: {page}");
        assert_eq!(inviting.is_signed_in().await, stored, "{invited:?} {signed_in:?}");
        if !stored {
            // The link is open again, for the right mailbox.
            let state = inviting.begin(&link, &mut browser).await;
            inviting.provider.sign_in_as(Some(invited.unwrap_or(MAILBOX)));
            inviting.come_back(&state, &browser).await;
            assert!(inviting.is_signed_in().await, "{invited:?} {signed_in:?}");
        }
        let log = inviting.world.log();
        assert!(!log.contains("gmail.example"), "no address is in the log: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_while_somebody_signed_in_counts() {
    for change in ["access revoked", "compromised", "account removed", "user removed", "address changed"] {
        let inviting = Inviting::new().await;
        let (link, mut browser) = (inviting.invite(None).await, Browser::default());
        let state = inviting.begin(&link, &mut browser).await;
        let (account, lotte) = (inviting.account.id, inviting.world.lotte.id);
        let admin = inviting.world.store.company_store(inviting.world.company.id);
        match change {
            "access revoked" => admin.revoke(account, lotte).await.unwrap(),
            "compromised" => {
                let state = AccountState::Compromised { by: "marc".into(), since: Utc::now().fixed_offset() };
                admin.set_account_state(account, &state).await.unwrap();
            }
            "account removed" => {
                admin.remove_account(account).await.unwrap();
            }
            "user removed" => admin.remove_user(lotte).await.unwrap(),
            _ => {
                let mut changed = inviting.account.clone();
                changed.address = "other@gmail.example".parse().unwrap();
                admin.update_account(&changed).await.unwrap();
            }
        }
        let page = inviting.come_back(&state, &browser).await.text();
        assert!(page.contains("Not signed in"), "{change}: {page}");
        let owner = SecretOwner::Account(inviting.world.company.id, account);
        assert!(!inviting.world.vault.holds(owner, SecretKind::Grant).await.unwrap(), "{change}");
        if change != "address changed" {
            assert_eq!(inviting.world.ask("GET", &link, "", b"").await.status, 404, "{change}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_browser_that_pressed_the_button_comes_back() {
    let inviting = Inviting::new().await;
    let (link, other_link) = (inviting.invite(None).await, inviting.invite(None).await);
    let (mut browser, mut other) = (Browser::default(), Browser::default());
    let state = inviting.begin(&link, &mut browser).await;
    inviting.begin(&other_link, &mut other).await;
    assert_eq!(inviting.come_back(&state, &Browser::default()).await.status, 401);
    assert_eq!(inviting.come_back(&state, &other).await.status, 400, "of another invitation");
    assert!(inviting.come_back(&state, &browser).await.text().contains("Signed in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_invited_to_an_account_that_they_may_not_use() {
    let inviting = Inviting::new().await;
    let admin = inviting.world.store.company_store(inviting.world.company.id);
    admin.revoke(inviting.account.id, inviting.world.lotte.id).await.unwrap();
    let new = NewInvitation {
        account: inviting.account.id,
        user: inviting.world.lotte.id,
        mailbox: None,
        until: 4_000_000_000,
    };
    assert!(matches!(admin.invite(&new).await, Err(StoreError::NoSuchAccount(_))));
}
