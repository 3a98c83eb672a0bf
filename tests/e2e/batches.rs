//! A batch as one thing, and again only what failed: as a person does it who sent an evening's invoices.

use crate::bulk::{invoice, invoices, message_ids, plain_home};
use crate::home::Home;
use crate::mailbox::{arrived, arrived_all};
use crate::samples::pdf;
use crate::servers::servers;
use postroom_tests::scripted::{At, How, server};
use serde_json::Value;

const NOVEMBER: &str = "November 2026";

/// The account sends through this server from now on.
pub(crate) fn send_through(home: &Home, port: u16) {
    home.ok(&["account", "set", "office", "--port", &port.to_string()]);
}

/// How many mails of a batch are in a state.
fn in_state(home: &Home, batch: &str, state: &str) -> u64 {
    let listed = home.ok(&["outbox", "batches", "--json"]).json();
    let batches = listed.as_array().expect("batches");
    let of = batches.iter().find(|of| of["batch"] == batch).expect("one of that name");
    of["states"][state].as_u64().expect("a count")
}

/// What a word about a batch did: number and state of each mail, and whether it was changed.
fn answers(rows: &Value) -> Vec<(String, String, bool)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let rows = rows.as_array().expect("rows").iter();
    let row = |row: &Value| {
        (text(&row["number"]), text(&row["state"]), row["changed"].as_bool().expect("yes or no"))
    };
    let mut answers: Vec<_> = rows.map(row).collect();
    answers.sort_unstable();
    answers
}

fn answer(number: &str, state: &str, changed: bool) -> (String, String, bool) {
    (number.to_owned(), state.to_owned(), changed)
}

#[test]
fn a_batch_is_listed_held_released_and_cancelled_as_one() {
    let home = plain_home(None);
    let folder = invoices(&home, "evening", 4, |number| format!("box-batch-{number}@west.test"));
    let folder = folder.display().to_string();
    let queued = home.ok(&["send-bulk", &folder, "--user", "lotte", "--queue", "--yes", "--batch", NOVEMBER]);
    assert!(queued.output().contains(&format!("batch \"{NOVEMBER}\"")), "{}", queued.output());
    let listed = home.ok(&["outbox", "batches", "--json"]).json();
    let row = &listed[0];
    assert_eq!(
        (&row["batch"], &row["by"], &row["account"]),
        (&NOVEMBER.into(), &"lotte".into(), &"office".into())
    );
    assert_eq!((&row["mails"], &row["states"]["to-be-sent"]), (&4.into(), &4.into()), "{listed}");
    // All of it stops by one word, whatever the case of its name.
    let held = home.ok(&["outbox", "hold", "--batch", "november 2026", "--json"]).json();
    let wanted: Vec<_> = (1..=4).map(|it| answer(&format!("F-000{it}"), "held", true)).collect();
    assert_eq!(answers(&held), wanted);
    assert_eq!(home.ok(&["worker", "--drain", "--json"]).json()["sent"], 0);
    home.ok(&["outbox", "hold", "--batch", NOVEMBER]);
    // Two may go, by the numbers of their documents: the batch is half sent.
    home.ok(&["outbox", "release", "F-0001", "f-0002"]);
    assert_eq!(home.ok(&["worker", "--drain", "--json"]).json()["sent"], 2);
    let refused = home.run(&["outbox", "cancel", "--batch", NOVEMBER, "--json"]);
    refused.assert(4, &[]);
    let wanted = [
        answer("F-0001", "sent", false),
        answer("F-0002", "sent", false),
        answer("F-0003", "cancelled", true),
        answer("F-0004", "cancelled", true),
    ];
    assert_eq!(answers(&refused.json()), wanted);
    let again = home.run(&["outbox", "cancel", "--batch", NOVEMBER]);
    again.assert(4, &["0 cancelled; could not be: 2 sent"]);
    assert_eq!(in_state(&home, NOVEMBER, "sent"), 2);
    assert_eq!(in_state(&home, NOVEMBER, "cancelled"), 2);
    let mails = home.ok(&["outbox", "--batch", NOVEMBER, "--json"]).json();
    assert_eq!(mails["mails"].as_array().map(Vec::len), Some(4), "{mails}");
    home.run(&["outbox", "hold"]).assert(2, &["--batch"]);
    home.run(&["outbox", "hold", "F-0001", "--batch", NOVEMBER]).assert(2, &["not both"]);
}

#[test]
fn a_batch_of_somebody_else_is_none() {
    let home = plain_home(None);
    let folder = invoices(&home, "theirs", 2, |number| format!("box-theirs-{number}@west.test"));
    let folder = folder.display().to_string();
    let queued = home.ok(&[
        "send-bulk",
        &folder,
        "--user",
        "lotte",
        "--queue",
        "--yes",
        "--batch",
        NOVEMBER,
        "--json",
    ]);
    let queued = queued.json();
    let id = queued["batch_id"].as_str().expect("an id").to_owned();
    assert_eq!(queued["batch"], NOVEMBER);
    home.ok(&["company", "add", "Next Door"]);
    home.ok(&["user", "add", "eve", "--address", "eve@east.test", "--name", "Eve", "--company", "Next Door"]);
    // A colleague without the account, an administrator of another company, a user of another company.
    let others: [&[&str]; 3] = [
        &["outbox", "--company", "Atelier Nord", "--user", "marc"],
        &["outbox", "--company", "Next Door"],
        &["outbox", "--company", "Next Door", "--user", "eve"],
    ];
    for who in others {
        let listed = home.ok(&[who, &["batches", "--json"]].concat()).json();
        assert_eq!(listed.as_array().map(Vec::len), Some(0), "{who:?}: {listed}");
        for name in [NOVEMBER, &id, "never was"] {
            for word in ["hold", "release", "cancel"] {
                let refused = home.run(&[who, &[word, "--batch", name]].concat());
                refused.assert(3, &[&format!("there is no batch \"{name}\"")]);
            }
            let listed = home.run(&[who, &["--batch", name]].concat());
            listed.assert(3, &[&format!("there is no batch \"{name}\"")]);
        }
        home.run(&[who, &["hold", "F-0001"]].concat()).assert(3, &["no mail is about a document"]);
    }
    let as_marc = ["--company", "Atelier Nord", "--user", "marc"];
    let resumed = home.run(&[&["resume", "--failed", "--batch", NOVEMBER][..], &as_marc].concat());
    resumed.assert(3, &["there is no batch"]);
    home.run(&[&["resume", "F-0001"][..], &as_marc].concat()).assert(3, &["no mail is about a document"]);
    let own = home.ok(&["outbox", "--company", "Atelier Nord", "--batch", &id, "--json"]).json();
    let held = own["mails"].as_array().expect("mails").iter().filter(|it| it["state"] != "queued").count();
    assert_eq!(held, 0, "{own}");
}

#[test]
fn a_number_that_several_mails_have_names_none_of_them() {
    let home = plain_home(None);
    let folder = invoices(&home, "twice", 1, |_| "box-twice@west.test".to_owned()).display().to_string();
    let bulk = ["send-bulk", &folder, "--user", "lotte", "--queue", "--yes"];
    home.ok(&bulk);
    home.ok(&["outbox", "hold", "F-0001"]);
    home.ok(&[&bulk[..], &["--again"]].concat());
    let refused = home.run(&["outbox", "cancel", "F-0001"]);
    refused.assert(3, &["2 mails are about F-0001", "queued", "held: held by administrator"]);
    let listed = home.ok(&["outbox", "--json"]).json();
    let mails = listed["mails"].as_array().expect("mails");
    for mail in mails {
        assert!(refused.output().contains(mail["mail"].as_str().expect("an id")), "{}", refused.output());
    }
    home.run(&["resume", "F-0001", "--user", "lotte"]).assert(3, &["2 mails are about F-0001"]);
    home.ok(&["outbox", "cancel", mails[1]["mail"].as_str().expect("an id")]);
    home.run(&["outbox", "cancel", "no such number"]).assert(3, &["no mail is about a document"]);
}

#[test]
fn what_failed_for_everybody_is_sent_again_and_nothing_else() {
    let home = plain_home(None);
    let all = invoices(&home, "failed", 6, |number| format!("box-failed-{number}@west.test"));
    let folder = all.display().to_string();
    let bulk = |code: i32, more: &[&str]| {
        let run = home.run(&[&["send-bulk", &folder, "--user", "lotte", "--yes", "--json"], more].concat());
        run.assert(code, &[]);
        run.json()
    };
    let named = ["--batch", NOVEMBER];
    // Two leave; the server refuses what comes after, for good.
    for number in ["F-0001", "F-0002"] {
        bulk(0, &["--number", number, "--batch", NOVEMBER]);
    }
    send_through(&home, server(At::Dot, How::Replies("554 5.6.0 no such content here"), &[]));
    bulk(4, &named);
    assert_eq!((in_state(&home, NOVEMBER, "sent"), in_state(&home, NOVEMBER, "failed")), (2, 4));
    send_through(&home, servers().plain);
    // One leaves by itself, another has another PDF since.
    home.ok(&[
        "send",
        &all.join("F-0003.json").display().to_string(),
        "--user",
        "lotte",
        "--pdf",
        &all.join("F-0003.pdf").display().to_string(),
        "--json",
    ]);
    std::fs::write(all.join("F-0004.pdf"), pdf(99, 9_000)).expect("a PDF");
    let resume = ["resume", "--failed", "--user", "lotte", "--batch", "NOVEMBER 2026"];
    let asked = home.run(&resume);
    asked.assert(2, &["2 of 4 failed mails would be sent again: add --yes", "a later mail of it is sent"]);
    asked.assert(2, &["\"F-0004.pdf\" was changed after the mail was composed"]);
    let resumed = home.run(&[&resume[..], &["--yes", "--json"]].concat());
    resumed.assert(4, &[]);
    let mut verdicts: Vec<(String, String)> = resumed.json()["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (row["number"].to_string(), row["verdict"].to_string()))
        .collect();
    verdicts.sort_unstable();
    let wanted = [("F-0003", "left-out"), ("F-0004", "fixable"), ("F-0005", "again"), ("F-0006", "again")];
    assert_eq!(verdicts, wanted.map(|(number, verdict)| (format!("\"{number}\""), format!("\"{verdict}\""))));
    for number in [1, 2, 3, 5, 6] {
        let mailbox = format!("box-failed-{number}@west.test");
        arrived_all(&mailbox, 1);
    }
    // The document is as it was, and its mail has a name of its own.
    let timeline = home.ok(&["timeline", "F-0005", "--user", "lotte", "--json"]).json();
    let ids: Vec<&Value> = timeline.as_array().expect("mails").iter().map(|it| &it["message_id"]).collect();
    assert_eq!(ids.len(), 2, "{timeline}");
    assert_ne!(ids[0], ids[1]);
    assert_eq!(message_ids("box-failed-5@west.test"), [ids[1].as_str().expect("an id")]);
    // The batch has each document once: what was sent again is sent.
    assert_eq!((in_state(&home, NOVEMBER, "sent"), in_state(&home, NOVEMBER, "failed")), (4, 2));
    let again = home.run(&[&resume[..], &["--yes", "--json"]].concat());
    again.assert(4, &[]);
    let left =
        again.json()["rows"].as_array().expect("rows").iter().filter(|it| it["verdict"] == "again").count();
    assert_eq!(left, 0, "{}", again.output());
    for number in [1, 2, 3, 5, 6] {
        assert_eq!(arrived(&format!("box-failed-{number}@west.test")).len(), 1, "{number}");
    }
    // By its number, and once the cause is mended.
    std::fs::write(all.join("F-0004.pdf"), pdf(4, 8_000)).expect("the PDF as it was");
    let mended = home.ok(&["resume", "--failed", "F-0004", "--user", "lotte", "--yes", "--json"]).json();
    assert_eq!(mended["states"]["sent"], 1, "{mended}");
    arrived_all("box-failed-4@west.test", 1);
    home.ok(&["resume", "--failed", "F-0002", "--user", "lotte"]);
}

#[test]
fn twins_of_a_batch_are_rows_that_say_so() {
    let home = plain_home(None);
    let folder = invoices(&home, "twins", 3, |number| format!("box-twins-{number}@west.test"));
    for copy in ["F-0001b", "F-0001c d"] {
        for ending in ["json", "pdf"] {
            let from = folder.join("F-0001").with_extension(ending);
            std::fs::copy(from, folder.join(format!("{copy}.{ending}"))).expect("a copy");
        }
    }
    // The second invoice, corrected and exported once more.
    let mut corrected = invoice("F-0002", "box-twins-2@west.test");
    corrected["due_date"] = "2027-01-31".into();
    std::fs::write(folder.join("G-0002.json"), corrected.to_string()).expect("an invoice");
    std::fs::write(folder.join("G-0002.pdf"), pdf(22, 8_000)).expect("a PDF");
    let folder = folder.display().to_string();
    let run = |code: i32, more: &[&str]| {
        let run = home.run(&[&["send-bulk", &folder, "--user", "lotte", "--json"], more].concat());
        run.assert(code, &[]);
        run.json()
    };
    let check = run(3, &["--check"]);
    assert_eq!(check["quota"]["mails"], 2, "{check}");
    let row = |file: &str| {
        let rows = check["rows"].as_array().expect("rows");
        let named = |row: &&Value| row["file"].as_str().is_some_and(|it| it.ends_with(file));
        rows.iter().find(named).expect("a row").clone()
    };
    for copy in ["F-0001b.json", "F-0001c d.json"] {
        let row = row(copy);
        assert_eq!(row["verdict"], "left-out");
        let note = row["notes"][0].as_str().expect("a note");
        assert!(note.starts_with("the same document as ") && note.ends_with("/F-0001.json"), "{note}");
    }
    for one in ["F-0002.json", "G-0002.json"] {
        let row = row(one);
        assert_eq!(row["verdict"], "fixable", "{row}");
        let detail = row["problems"][0]["detail"].as_str().expect("what to do");
        let both = detail.contains("F-0002.json") && detail.contains("G-0002.json");
        assert!(both && detail.starts_with("two different documents with the number F-0002"), "{detail}");
    }
    assert_eq!(
        (&row("F-0001.json")["verdict"], &row("F-0003.json")["verdict"]),
        (&"sendable".into(), &"sendable".into())
    );
    let sent = run(3, &["--yes"]);
    assert_eq!(sent["states"]["sent"], 2, "{sent}");
    arrived_all("box-twins-1@west.test", 1);
    // A user overrides the refusal.
    let sent = run(0, &["--yes", "--same-number"]);
    assert_eq!(sent["states"]["sent"], 2, "{sent}");
    arrived_all("box-twins-2@west.test", 2);
    assert_eq!(arrived("box-twins-1@west.test").len(), 1);
}

#[test]
fn a_batch_with_nothing_left_to_send_says_what_stands_in_doubt() {
    let home = plain_home(None);
    let folder = invoices(&home, "doubt", 2, |number| format!("box-doubt-{number}@west.test"));
    let folder = folder.display().to_string();
    let bulk = ["send-bulk", &folder, "--user", "lotte"];
    send_through(&home, server(At::Dot, How::Closes, &[]));
    home.run(&[&bulk[..], &["--yes", "--json"]].concat()).assert(6, &[]);
    send_through(&home, servers().plain);
    for more in [&["--yes"][..], &["--queue", "--yes"], &[]] {
        let words = ["2 are in doubt since an earlier start", "postroom resume NUMBER --send-again"];
        home.run(&[&bulk[..], more].concat()).assert(6, &words);
    }
    home.run(&["outbox", "hold", "F-0001"]).assert(4, &["nothing changed, it is in doubt"]);
    assert_eq!(home.run(&[&bulk[..], &["--check"]].concat()).code, 0);
    home.ok(&["outbox", "cancel", "F-0001"]);
    home.run(&[&bulk[..], &["--yes"]].concat()).assert(6, &["1 are in doubt"]);
    home.ok(&["outbox", "cancel", "F-0002"]);
    home.run(&[&bulk[..], &["--yes"]].concat()).assert(0, &[]);
}

#[test]
fn a_held_mail_that_send_refuses_stays_held() {
    let home = plain_home(None);
    let folder = invoices(&home, "kept", 1, |_| "box-kept@west.test".to_owned());
    let (document, file) = (folder.join("F-0001.json"), folder.join("F-0001.pdf"));
    let (document, file) = (document.display().to_string(), file.display().to_string());
    let send = ["send", &document, "--pdf", &file, "--user", "lotte"];
    home.ok(&[&send[..], &["--queue"]].concat());
    home.ok(&["outbox", "hold", "F-0001"]);
    std::fs::write(&file, pdf(55, 9_000)).expect("another PDF");
    let refusals: [&[&str]; 2] = [&send, &["resume", "F-0001", "--user", "lotte"]];
    for words in refusals {
        home.run(words).assert(3, &["was changed after the mail was composed"]);
        let listed = home.ok(&["outbox", "--json"]).json();
        let mail = &listed["mails"][0];
        assert_eq!(
            (&mail["state"], &mail["why"]),
            (&"held".into(), &"held by administrator".into()),
            "{words:?}"
        );
    }
    std::fs::write(&file, pdf(1, 8_000)).expect("the PDF as it was");
    home.ok(&["resume", "F-0001", "--user", "lotte"]);
    arrived_all("box-kept@west.test", 1);
}

#[test]
fn a_failure_is_told_once() {
    let home = plain_home(None);
    const WORDS: &str = "554 5.6.0 no such content here";
    send_through(&home, server(At::Dot, How::Replies(WORDS), &[]));
    let folder = invoices(&home, "once", 2, |number| format!("box-once-{number}@west.test"));
    let document = folder.join("F-0001.json").display().to_string();
    let file = folder.join("F-0001.pdf").display().to_string();
    let sent = home.run(&["send", &document, "--pdf", &file, "--user", "lotte"]);
    sent.assert(4, &[]);
    assert_eq!(sent.output().matches("no such content here").count(), 1, "{}", sent.output());
    send_through(&home, server(At::Greeting, How::Replies("554 5.3.2 closed for today"), &[]));
    let document = folder.join("F-0002.json").display().to_string();
    let file = folder.join("F-0002.pdf").display().to_string();
    let sent = home.run(&["send", &document, "--pdf", &file, "--user", "lotte"]);
    assert_eq!(sent.output().matches("closed for today").count(), 1, "{}", sent.output());
}
