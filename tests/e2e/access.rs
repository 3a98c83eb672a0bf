//! Rule A1: who is not on an account's list can't send from it, read it, or learn that it exists.

use crate::home::Home;
use crate::mailbox::the_one;

/// Every command that names an account, as a user.
const COMMANDS: &[&[&str]] = &[
    &["account", "show", "ACCOUNT"],
    &["account", "set", "ACCOUNT", "--display-name", "Mine"],
    &["account", "settings", "ACCOUNT"],
    &["account", "test", "ACCOUNT"],
    &["account", "send-test", "ACCOUNT", "--to", "box-a1@west.test"],
    &["account", "test-fallback", "ACCOUNT", "--to", "box-a1@west.test"],
    &["account", "sent", "ACCOUNT"],
    &["account", "folders", "ACCOUNT"],
    &["account", "authorize", "ACCOUNT", "--no-browser", "--wait", "1s"],
    &["account", "deauthorize", "ACCOUNT"],
    &["account", "pace", "ACCOUNT"],
    &["account", "pace", "ACCOUNT", "--per-day", "1"],
    &["account", "folders", "ACCOUNT", "--assign", "sent=INBOX"],
];

#[test]
fn a1_a_user_who_is_not_on_the_list_is_refused_everywhere_as_if_the_account_were_not_there() {
    let home = Home::new().with_office("a1-sent@west.test");
    let sent = home.send("office", "box-a1-lotte@west.test", &[]);
    sent.assert(0, &[]);
    let mail = sent.json()["mail"].as_str().expect("an id").to_owned();
    the_one("box-a1-lotte@west.test");

    for words in COMMANDS {
        let run = |account: &str, user: &str| {
            let words = words.iter().map(|word| if *word == "ACCOUNT" { account } else { word });
            home.run(&words.chain(["--user", user]).collect::<Vec<_>>())
        };
        let (forbidden, missing) = (run("office", "marc"), run("nowhere", "marc"));
        assert_eq!(forbidden.code, 3, "{words:?}: {}", forbidden.output());
        let same = missing.output().replace("nowhere", "office");
        assert_eq!(forbidden.output(), same, "{words:?} tells that the account exists");
    }
    let invoice = crate::samples::invoice().display().to_string();
    let run = home.run(&["send", &invoice, "--user", "marc", "--account", "office", "--without-document"]);
    run.assert(3, &["there is no account \"office\""]);
    let run = home.run(&["send", &invoice, "--user", "marc", "--without-document"]);
    run.assert(3, &["marc may use no account"]);
    home.run(&["resume", &mail, "--user", "marc"]).assert(3, &["there is no mail"]);
    let run = home.run(&["account", "sent", "office", "--user", "marc", "--mail", &mail]);
    run.assert(3, &["there is no account"]);
    let listed = home.ok(&["account", "list", "--user", "marc", "--json"]).json();
    assert_eq!(listed, serde_json::json!([]));

    // On the list they are let in, and off it again they are not.
    home.ok(&["account", "grant", "office", "marc"]).assert(0, &["lotte, marc"]);
    home.ok(&["account", "test", "office", "--user", "marc"]).assert(0, &["SMTP test successful"]);
    home.ok(&["account", "revoke", "office", "marc"]);
    home.run(&["account", "test", "office", "--user", "marc"]).assert(3, &["there is no account \"office\""]);
}

#[test]
fn a1_a_user_does_not_change_who_may_use_an_account() {
    let home = Home::new().with_office("a1-grant@west.test");
    for words in [
        &["account", "grant", "office", "marc", "--user", "lotte"][..],
        &["account", "set", "office", "--host", "smtp.elsewhere.example", "--user", "lotte"],
        &["account", "mark-compromised", "office", "--user", "lotte"],
        &["account", "remove", "office", "--yes", "--user", "lotte"],
    ] {
        home.run(words).assert(3, &["it is for an administrator"]);
    }
    let permit = ["account", "permit", "office", "--allow-private", "all", "--user", "lotte"];
    home.run(&permit).assert(3, &["it is for the operator"]);
    assert_eq!(home.ok(&["account", "list", "--user", "marc", "--json"]).json(), serde_json::json!([]));
}

#[test]
fn companies_do_not_see_each_others_users_and_accounts() {
    let home = Home::new().with_office("a1-next@west.test");
    home.ok(&["company", "add", "Next Door"]);
    home.run(&["account", "list"])
        .assert(3, &["which company? Name it with --company: Atelier Nord, Next Door"]);
    let run = home.run(&["account", "show", "office", "--company", "Next Door"]);
    run.assert(3, &["there is no account \"office\""]);
    home.run(&["user", "show", "lotte", "--company", "Next Door"]).assert(3, &["there is no user \"lotte\""]);
    home.run(&["account", "list", "--company", "Nowhere"]).assert(3, &["there is no company \"Nowhere\""]);
}
