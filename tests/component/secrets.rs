//! Invariant 2: no secret enters the sandbox, and none shows in what the host says.

use crate::test_host::{TestHost, cases, misbehaving};
use postroom::outbox::Attempt;
use postroom::transport::smtp::{
    Account, Failure, Login, Mechanism, Reply, Secret, Security, Stage, Verdict,
};
use postroom_tests::fixtures;
use std::collections::BTreeSet;

const PASSWORD: &str = "correct-horse-Zq7#battery";
const PASSWORD_IN_BASE64: &str = "Y29ycmVjdC1ob3JzZS1acTcjYmF0dGVyeQ==";
const ACCOUNT: &str = "office-of-atelier-nord";

fn account() -> Account {
    let secret = Secret::password(PASSWORD);
    let login =
        Login { user: "lotte@ateliernord.example.com".to_owned(), secret, mechanism: Mechanism::Auto };
    Account { login: Some(login), ..Account::new(ACCOUNT, "mail.example.com", Security::Tls) }
}

/// Looks for a text in the memory of the plugin's instance.
async fn in_memory(host: &TestHost, text: &str) -> bool {
    let complement = text.bytes().map(|byte| format!("{:02x}", !byte)).collect::<String>();
    host.ask(&format!("find:{complement}")).await.unwrap() == "true"
}

#[tokio::test]
async fn after_composing_and_sending_no_password_is_in_the_instances_memory() {
    let host = TestHost::with_account(misbehaving(), account());
    let case = cases().remove(2);
    let ready = host.compose(&case).await;
    let attempt = Attempt { notify_delivered: true, ..Attempt::by(ACCOUNT, &case.now) };
    let sent = ready.send(&host.company_plugin, &attempt).await.unwrap();
    assert_eq!(sent.submitted.error, None);
    // The same instance did all this: what passed through it is still there, what it never got is not.
    assert!(in_memory(&host, "Maison Delacroix").await, "the search finds what was there");
    assert!(in_memory(&host, "kept as 1").await, "and the server's words");
    assert!(!in_memory(&host, PASSWORD).await, "the password is in the sandbox");
    assert!(
        !in_memory(&host, PASSWORD_IN_BASE64).await,
        "the password is in the sandbox, as AUTH LOGIN has it"
    );

    let shown = format!("{:?} {sent:?} {ready:?} {:?}", host.log(), host.mails.taken());
    assert!(!shown.contains(PASSWORD), "{shown}");
}

#[tokio::test]
async fn nothing_that_is_printed_for_debugging_shows_a_password() {
    let host = TestHost::with_account(misbehaving(), account());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("company.toml");
    std::fs::write(folder.path().join("password"), PASSWORD).unwrap();
    let toml = "[accounts.office]\naddress = \"office@ateliernord.example.com\"\nhost = \"mail.example.com\"\n\
        security = \"ssl\"\nlogin = \"office\"\npassword_file = \"password\"\n";
    std::fs::write(&file, toml).unwrap();
    let config = postroom::config::Config::read(&file).unwrap();
    let opened = config.account("office").unwrap().open("office", &file).unwrap();
    assert_eq!(opened.login.as_ref().map(|login| &login.secret), account().login.as_ref().map(|l| &l.secret));
    let shown = format!(
        "{:?}\n{:#?}\n{:?}\n{config:?}\n{opened:?}\n{:?}\n{:?}",
        account(),
        account(),
        host.company_plugin,
        Secret::password(PASSWORD),
        Secret::token(PASSWORD),
    );
    assert!(!shown.contains(PASSWORD), "{shown}");
    assert!(!shown.contains("Zq7"), "{shown}");
}

#[test]
fn the_contract_has_no_place_for_a_secret() {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(fixtures::folder().join("../wit")).unwrap() {
        let source = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in source.lines().filter(|line| !line.trim_start().starts_with("//")) {
            // What stands before a colon is the name of a field, a parameter or a function.
            let named =
                line.split(':').map(|before| before.rsplit(['(', ',', ' ']).next().unwrap_or_default());
            names.extend(named.map(|name| name.trim_start_matches('%').to_owned()));
        }
    }
    assert!(names.iter().any(|name| name == "account") && names.len() > 200, "{names:?}");
    for word in
        ["password", "secret", "credential", "bearer", "access", "refresh", "login", "key", "dkim", "hmac"]
    {
        // The cases of enums are not among the names: `login` is a stage of a conversation too.
        let found = names.iter().filter(|name| name.split('-').any(|part| part == word)).collect::<Vec<_>>();
        assert!(found.is_empty(), "{word}: {found:?}");
    }
}

#[tokio::test]
async fn a_failure_to_log_in_is_told_without_the_password() {
    let host = TestHost::with_account(misbehaving(), account());
    let failure = Failure {
        stage: Stage::Login,
        verdict: Verdict::Permanent,
        reply: Some(Reply::new(535, Some("5.7.8"), "wrong")),
        detail: "mail.example.com, login: \"wrong\"".to_owned(),
        retry_after: None,
        recipients: Vec::new(),
    };
    host.mails.fail_next(failure);
    let case = cases().remove(2);
    let ready = host.compose(&case).await;
    let attempt = Attempt::by(ACCOUNT, &case.now);
    let sent = ready.send(&host.company_plugin, &attempt).await.unwrap();
    assert_eq!(sent.submitted.settlement.stage.as_deref(), Some("login"));
    assert!(sent.submitted.error.is_some());
    assert!(!format!("{sent:?}").contains(PASSWORD));
    assert!(!in_memory(&host, PASSWORD).await);
}
