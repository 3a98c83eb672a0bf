//! Every command of the program with another user's ids, names and texts: refused or empty, as if they had never been,
//! with the store the same to the byte and nothing sent. A command that is added must join the list below.

mod world;

use postroom::access::COMMANDS;
use postroom::store::MailId;
use std::collections::BTreeSet;
use world::{Run, World};

/// What a command may be given of another's.
enum Takes {
    /// These words, with ACCOUNT, LOGIN, MAIL, NUMBER, FILE in place of another's; OWN is the asker's account.
    Words(&'static [&'static str]),
    /// Nothing that could be another's; why.
    Nothing(&'static str),
}
use Takes::{Nothing, Words};

const NO_STORE: &str = "it works with files, not with the store";
const WHOLE_STORE: &str = "it is the operator's, and about the whole store";
const OWN_COMPANY: &str = "it is about the company that is named, as a whole";
const ADDRESSES: &str =
    "it takes addresses, which may be known to many companies, and changes its own company";

/// Who may give it, and what it takes. `as_user`: with `--user`; otherwise without.
/// Why a command is not called here.
const OF_THE_INDEX: &str =
    "a number of the index: the store's matrix and the end-to-end tests ask for another's";

const LIST: &[(&str, bool, Takes)] = &[
    ("render", false, Nothing(NO_STORE)),
    (
        "send",
        true,
        Words(&[
            "send FILE --account ACCOUNT --without-document",
            "send SAME --account OWN --without-document",
            "send SAME --account OWN --without-document --queue",
            "send SAME --account OWN --without-document --wait 1s",
        ]),
    ),
    (
        "send-bulk",
        true,
        Words(&[
            "send-bulk FILE --account ACCOUNT --yes --without-document",
            "send-bulk SAME --account OWN --yes --without-document --queue",
            "send-bulk SAME --account OWN --check --without-document",
        ]),
    ),
    ("worker", false, Nothing(WHOLE_STORE)),
    ("sync", false, Nothing(WHOLE_STORE)),
    (
        "mailbox partner",
        true,
        Words(&["mailbox partner NUMBER --json", "mailbox partner NUMBER --account ACCOUNT --json"]),
    ),
    ("mailbox contact", true, Words(&["mailbox contact never@was.example --account ACCOUNT --json"])),
    (
        "mailbox all",
        true,
        Words(&["mailbox all --account ACCOUNT --json", "mailbox all --assignee LOGIN --account OWN --json"]),
    ),
    ("mailbox search", true, Words(&["mailbox search NUMBER --local --account ACCOUNT --json"])),
    ("mailbox folders", true, Words(&["mailbox folders --account ACCOUNT --json"])),
    ("mailbox map", true, Words(&["mailbox map INBOX Mine --account ACCOUNT"])),
    ("mailbox index-bodies", true, Words(&["mailbox index-bodies ACCOUNT"])),
    ("mailbox contacts", true, Words(&["mailbox contacts NUMBER --json"])),
    ("mailbox show", true, Nothing(OF_THE_INDEX)),
    ("mailbox reply", true, Nothing(OF_THE_INDEX)),
    ("mailbox forward", true, Nothing(OF_THE_INDEX)),
    ("mailbox bookmark", true, Nothing(OF_THE_INDEX)),
    ("mailbox done", true, Nothing(OF_THE_INDEX)),
    ("mailbox assign", true, Nothing(OF_THE_INDEX)),
    ("mailbox note", true, Nothing(OF_THE_INDEX)),
    ("mailbox private", true, Nothing(OF_THE_INDEX)),
    ("mailbox split", true, Nothing(OF_THE_INDEX)),
    ("mailbox join", true, Nothing(OF_THE_INDEX)),
    ("outbox", true, Words(&["outbox --all --json"])),
    ("outbox batches", true, Nothing(OWN_COMPANY)),
    ("outbox hold", true, Words(&["outbox hold MAIL", "outbox hold NUMBER"])),
    ("outbox release", true, Words(&["outbox release MAIL", "outbox release NUMBER"])),
    ("outbox cancel", true, Words(&["outbox cancel MAIL", "outbox cancel NUMBER"])),
    ("timeline", true, Words(&["timeline MAIL", "timeline NUMBER --json"])),
    ("status", true, Words(&["status MAIL --json", "status NUMBER"])),
    ("update-status", true, Words(&["update-status MAIL", "update-status NUMBER"])),
    ("audit", false, Words(&["audit --user-login LOGIN --json", "audit --verify --json"])),
    ("backup", false, Nothing(WHOLE_STORE)),
    ("restore", false, Nothing(WHOLE_STORE)),
    ("erase", false, Nothing(ADDRESSES)),
    ("retention apply", false, Nothing(WHOLE_STORE)),
    ("resume", true, Words(&["resume MAIL", "resume MAIL --send-again", "resume MAIL --fallback yes"])),
    ("track", false, Nothing(WHOLE_STORE)),
    ("read", false, Nothing(NO_STORE)),
    ("suppressions", false, Nothing(OWN_COMPANY)),
    ("suppressions list", false, Nothing(OWN_COMPANY)),
    ("suppressions release", false, Nothing(ADDRESSES)),
    ("suppressions add", false, Nothing(ADDRESSES)),
    ("company add", false, Nothing(WHOLE_STORE)),
    ("company list", false, Nothing(WHOLE_STORE)),
    ("company show", false, Nothing(OWN_COMPANY)),
    ("company set", false, Words(&["company set --fallback ask --fallback-account ACCOUNT"])),
    ("company import", false, Nothing(WHOLE_STORE)),
    ("company export", false, Nothing(OWN_COMPANY)),
    ("company records", false, Nothing(OWN_COMPANY)),
    ("company remove", false, Nothing(WHOLE_STORE)),
    ("records test", false, Nothing(OWN_COMPANY)),
    ("records documents", false, Nothing(OWN_COMPANY)),
    ("records partners", false, Nothing(OWN_COMPANY)),
    ("records notices", false, Words(&["records notices --document NUMBER --json"])),
    ("records deliver", false, Nothing(OWN_COMPANY)),
    ("user add", false, Nothing("a login of another company is free in this one")),
    ("user list", false, Nothing(OWN_COMPANY)),
    ("user show", false, Words(&["user show LOGIN"])),
    ("user set", false, Words(&["user set LOGIN --name Mine"])),
    ("user remove", false, Words(&["user remove LOGIN"])),
    (
        "account add",
        false,
        Words(&["account add new --address new@alpha.example --transport mail-client --user LOGIN"]),
    ),
    ("account list", true, Nothing(OWN_COMPANY)),
    ("account show", true, Words(&["account show ACCOUNT"])),
    ("account set", false, Words(&["account set ACCOUNT --display-name Mine"])),
    ("account settings", true, Words(&["account settings ACCOUNT --display-name Mine"])),
    ("account grant", false, Words(&["account grant ACCOUNT alice", "account grant OWN LOGIN"])),
    ("account revoke", false, Words(&["account revoke ACCOUNT alice", "account revoke OWN LOGIN"])),
    ("account permit", false, Words(&["account permit ACCOUNT --allow-private all"])),
    ("account test", true, Words(&["account test ACCOUNT"])),
    ("account send-test", true, Words(&["account send-test ACCOUNT --to x@customer.example --subject Test"])),
    (
        "account authorize",
        true,
        Words(&["account authorize ACCOUNT --no-browser --wait 1s", "account authorize ACCOUNT --invite"]),
    ),
    ("account deauthorize", false, Words(&["account deauthorize ACCOUNT"])),
    ("account mark-compromised", false, Words(&["account mark-compromised ACCOUNT"])),
    ("account test-fallback", true, Words(&["account test-fallback ACCOUNT --to x@customer.example"])),
    (
        "account sent",
        true,
        Words(&[
            "account sent ACCOUNT",
            "account sent ACCOUNT --mail MAIL",
            "account sent OWN --mail MAIL",
            "account sent OWN --mail MAIL --save saved",
        ]),
    ),
    ("account folders", true, Words(&["account folders ACCOUNT"])),
    ("account pace", true, Words(&["account pace ACCOUNT"])),
    ("account administrator-page", false, Words(&["account administrator-page ACCOUNT"])),
    ("account webhook", false, Words(&["account webhook ACCOUNT"])),
    ("account remove", false, Words(&["account remove ACCOUNT --yes"])),
    ("key rotate", false, Nothing(WHOLE_STORE)),
    ("key retire", false, Nothing(WHOLE_STORE)),
    ("key list", false, Nothing(WHOLE_STORE)),
    ("key forget", false, Nothing(WHOLE_STORE)),
    ("key rotate-links", false, Nothing(WHOLE_STORE)),
    ("key links", false, Nothing(WHOLE_STORE)),
    ("key withdraw-links", false, Nothing(WHOLE_STORE)),
    ("test-connection", false, Nothing(NO_STORE)),
    ("templates list", false, Nothing(NO_STORE)),
    ("templates show", false, Nothing(NO_STORE)),
    ("templates check", false, Nothing(NO_STORE)),
    ("document", false, Nothing(NO_STORE)),
    ("addresses", false, Nothing(NO_STORE)),
    ("schema", false, Nothing(NO_STORE)),
    ("serve", false, Nothing(WHOLE_STORE)),
    ("demo", false, Nothing(NO_STORE)),
];

#[test]
fn the_list_has_every_command() {
    let table: BTreeSet<&str> = COMMANDS.iter().map(|command| command.path).collect();
    let list: BTreeSet<&str> = LIST.iter().map(|(path, ..)| *path).collect();
    assert_eq!(list, table, "left: in this list; right: commands that there are");
    for (path, _, takes) in LIST {
        assert!(!matches!(takes, Nothing(why) if why.is_empty()), "{path}: why does it take nothing?");
    }
}

/// A user who asks, and whose things they ask for.
struct Asker<'a> {
    who: &'static str,
    /// None: an administrator of Alpha.
    user: Option<&'static str>,
    /// An account that they may use.
    own: &'static str,
    account: &'static str,
    login: &'static str,
    /// Of the documents that the other's mails are about.
    series: &'static str,
    mails: &'a [MailId],
}

impl Asker<'_> {
    /// The words of a command about this mail of the other's, or about what never was.
    fn words(&self, world: &World, pattern: &str, mail: (usize, MailId), is_there: bool) -> Vec<String> {
        let number = if is_there { format!("{}-{}", self.series, mail.0) } else { format!("Z-{}", mail.0) };
        let mut words: Vec<String> = pattern
            .split(' ')
            .map(|word| match word {
                "OWN" => self.own.to_owned(),
                "MAIL" => mail.1.to_string(),
                "ACCOUNT" => if is_there { self.account } else { "never-was" }.to_owned(),
                "LOGIN" => if is_there { self.login } else { "nemo-0" }.to_owned(),
                "NUMBER" => number.clone(),
                "FILE" => world.document("N-1", "Delacroix"),
                "SAME" => world.document(&number, "Delacroix"),
                word => word.to_owned(),
            })
            .collect();
        words.extend(["--company".to_owned(), "Alpha".to_owned()]);
        words.extend(self.user.iter().flat_map(|user| ["--user".to_owned(), (*user).to_owned()]));
        words
    }

    /// What was said, without the names by which it was asked for.
    fn plain(&self, run: &Run, mail: MailId, is_there: bool) -> String {
        let (account, login) = if is_there { (self.account, self.login) } else { ("never-was", "nemo-0") };
        let printed = run.printed.replace(&mail.to_string(), "?").replace(account, "?").replace(login, "?");
        let series = if is_there { format!("{}-", self.series) } else { "Z-".to_owned() };
        format!("{:?} {}", run.code, printed.replace(&series, "?-"))
    }
}

/// Gives one command with what is another's, and with what never was.
async fn refused(world: &World, asker: &Asker<'_>, pattern: &str, mail: (usize, MailId)) {
    let what = |words: &[String]| format!("{}: postroom {}", asker.who, words.join(" "));
    let run = |is_there: bool, mail: (usize, MailId)| {
        let words = asker.words(world, pattern, mail, is_there);
        let run = world.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        (words, run)
    };
    let (before, sent) = (world.bytes().await, world.catcher.caught().len());
    let (words, found) = run(true, mail);
    assert!(world.bytes().await == before, "{} changed the store: {}", what(&words), found.printed);
    assert_eq!(world.catcher.caught().len(), sent, "{} sent something", what(&words));
    // The same document of one's own account is refused with a sentence of its own, which names no mail.
    if pattern.contains("SAME") {
        let refusal = found.printed.contains("from an account that you may not use");
        let named = asker.mails.iter().any(|mail| found.printed.contains(&mail.to_string()));
        assert!(refusal && !named, "{}: {:?} {}", what(&words), found.code, found.printed);
        return;
    }
    let never = MailId::new();
    let (_, missing) = run(false, (mail.0, never));
    assert!(world.bytes().await == before, "{}, of what never was, changed the store", what(&words));
    assert_eq!(
        asker.plain(&found, mail.1, true),
        asker.plain(&missing, never, false),
        "{} tells more than of what never was",
        what(&words)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_reaches_anything_of_another_account_or_company() {
    let world = World::new().await;
    let askers = [
        Asker {
            who: "a user, next door's",
            user: Some("alice"),
            own: "office",
            account: "counter",
            login: "bob",
            series: "B",
            mails: &world.bobs,
        },
        Asker {
            who: "a colleague without access",
            user: Some("marc"),
            own: "spare",
            account: "office",
            login: "alice",
            series: "A",
            mails: &world.alices,
        },
        Asker {
            who: "an administrator, next door's",
            user: None,
            own: "office",
            account: "counter",
            login: "bob",
            series: "B",
            mails: &world.bobs,
        },
    ];
    // Mails of their own whose number or customer is the id of another's.
    for (asker, user, own) in [(&askers[0], "alice", "office"), (&askers[1], "marc", "spare")] {
        for mail in asker.mails {
            for (number, customer) in
                [(mail.to_string(), "Delacroix"), (format!("D-{mail}"), &mail.to_string())]
            {
                let document = world.document(&number, customer);
                let later = (chrono::Local::now() + chrono::Duration::days(300)).to_rfc3339();
                let send = ["send", &document, "--without-document", "--at", &later];
                let by = ["--company", "Alpha", "--user", user, "--account", own];
                world.ok(&[&send[..], &by].concat());
            }
        }
    }
    // Marc's account is the company's fallback, too: no way around by it.
    world.ok(&["company", "set", "--company", "Alpha", "--fallback", "ask", "--fallback-account", "spare"]);
    for asker in &askers {
        for (path, as_user, takes) in LIST {
            let Words(patterns) = takes else { continue };
            if asker.user.is_some() && !as_user {
                continue;
            }
            let is_users_alone = [
                "send",
                "send-bulk",
                "resume",
                "account settings",
                "account send-test",
                "account test-fallback",
                "account sent",
            ]
            .contains(path);
            if asker.user.is_none() && is_users_alone {
                continue;
            }
            for pattern in *patterns {
                // Of two companies the same document is two.
                if pattern.contains("SAME") && asker.user != Some("marc") {
                    continue;
                }
                // What lists mails shows the decoys, and nothing else of those below.
                let lists = ["outbox --all", "timeline MAIL", "status MAIL"];
                if lists.iter().any(|list| pattern.contains(list)) {
                    continue;
                }
                let each = match pattern {
                    pattern if pattern.starts_with("outbox ") || pattern.contains("SAME") => {
                        asker.mails.len()
                    }
                    pattern if pattern.contains("MAIL") => 2,
                    _ => 1,
                };
                for mail in asker.mails.iter().copied().enumerate().take(each) {
                    refused(&world, asker, pattern, mail).await;
                }
            }
        }
        // What a decoy is found for is the decoy.
        for (number, mail) in asker.mails.iter().enumerate() {
            for pattern in [
                "outbox --all --json",
                "timeline MAIL --json",
                "status MAIL --json",
                "update-status MAIL --json",
            ] {
                let before = world.bytes().await;
                let words = asker.words(&world, pattern, (number, *mail), true);
                let run = world.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
                assert!(world.bytes().await == before, "{words:?} changed the store");
                let all = if run.code == Some(0) { run.json() } else { serde_json::json!([]) };
                for found in all["mails"].as_array().or(all.as_array()).expect("a list") {
                    let id = found["mail"].as_str().expect("an id");
                    assert_ne!(id, mail.to_string(), "{}: {words:?}", asker.who);
                }
            }
        }
    }
}

#[test]
fn a18_a_user_is_refused_what_is_an_administrators_before_anything_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    for (path, ..) in LIST {
        let command = postroom::access::command(path).unwrap();
        if command.role == postroom::access::Role::User
            || !path.starts_with("account ")
            || *path == "account add"
            || *path == "account administrator-page"
        {
            continue;
        }
        let mut words: Vec<&str> = path.split(' ').chain(["office", "--user", "gina"]).collect();
        if matches!(*path, "account grant" | "account revoke") {
            words.push("gina");
        }
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_postroom-under-test"))
            .args(&words)
            .env("POSTROOM_STORE", folder.path().join("store.db"))
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{words:?}: {printed}");
        assert!(printed.contains("gina can't do this: it is for "), "{words:?}: {printed}");
        assert!(!folder.path().join("store.db").exists(), "{words:?} opened the store");
    }
}
