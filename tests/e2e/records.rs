//! The company's records in an ERP that checks every request: its documents become mails, and it is told what becomes of them.

use crate::bulk::{invoice, plain_home};
use crate::home::Home;
use crate::killed::kill;
use crate::mailbox::{arrived, the_one};
use crate::program::Run;
use crate::samples::pdf;
use postroom_providers::{Erp, Fault, Reply, Server};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime};

const KEY: &str = "a7c1e0f35b9d4268a7c1e0f35b9d4268";
/// Rule C5.
const SOON: Duration = Duration::from_secs(10);

fn base(erp: &Server<Erp>) -> String {
    format!("{}/api/", erp.url())
}

/// A home whose company has its records in this ERP.
fn home_with(erp: &Server<Erp>) -> Home {
    let home = plain_home(None);
    home.put("records.key", format!("{KEY}\n").as_bytes());
    let url = base(erp);
    let set =
        ["company", "records", "--url", &url, "--key-file", "records.key", "--allow-private", "127.0.0.1"];
    home.ok(&[&set[..], &["--timeout", "2"]].concat());
    home
}

/// Puts an invoice with its PDF into the ERP.
fn add(erp: &Server<Erp>, number: &str, to: &str) {
    erp.add(number, "application/json", invoice(number, to).to_string().as_bytes());
    erp.attach(number, "pdf", &pdf(7, 8_000));
}

/// Waits until the ERP has so many notices.
fn notices(erp: &Server<Erp>, count: usize, limit: Duration) -> Vec<Value> {
    let end = Instant::now() + limit;
    loop {
        let notices = erp.notices();
        if notices.len() >= count {
            return notices;
        }
        assert!(Instant::now() < end, "{count} notices do not come within {limit:?}: {notices:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn words(notices: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    notices.iter().map(|it| (text(&it["document"]["number"]), text(&it["status"]["word"]))).collect()
}

/// `send-bulk` of what the ERP has.
fn send(home: &Home, query: &str, more: &[&str]) -> Run {
    home.run(&[&["send-bulk", "--from-records", query, "--user", "lotte", "--json"], more].concat())
}

/// A report that a mail was not delivered, as a file of the home.
fn bounce(home: &Home, number: &str, to: &str) -> String {
    let listed = home.ok(&["outbox", "--all", "--json"]).json();
    let mail = listed["mails"].as_array().expect("mails").iter().find(|it| it["number"] == number);
    let id = mail.expect("the mail")["message_id"].as_str().expect("an id").to_owned();
    let report = format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.west.test\r\nTo: office@east.test\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nDate: {}\r\nMessage-ID: <report-{number}@mx.west.test>\r\n\
         MIME-Version: 1.0\r\nAuto-Submitted: auto-replied\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nIt was not delivered.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.west.test\r\n\r\n\
         Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user here\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {id}\r\nTo: {to}\r\nSubject: Invoice\r\n\r\nText\r\n--b--\r\n",
        chrono::Local::now().to_rfc2822()
    );
    home.put(&format!("{number}.eml"), report.as_bytes()).display().to_string()
}

#[test]
fn documents_of_the_erp_become_mails_and_their_statuses_reach_it_within_ten_seconds() {
    let erp = Erp::start(KEY);
    let home = home_with(&erp);
    for number in 1..=3 {
        add(&erp, &format!("F-{number}"), &format!("box-erp-{number}@west.test"));
    }
    erp.add("F-4", "application/json", b"{\"kind\": \"invoice\"");
    add(&erp, "F-5", "box-erp-5@west.test");
    erp.attach("F-5", "pdf", &vec![0; 25_000_001]);
    add(&erp, "Q-1", "box-erp-6@west.test");
    home.ok(&["records", "test"]).assert(0, &["records test successful", "document F-1"]);
    let listed = home.ok(&["records", "documents", "Q", "--json"]).json();
    assert_eq!(listed, json!([{ "number": "Q-1", "kind": null, "files": null }]));

    let check = send(&home, "F-", &["--check"]);
    check.assert(3, &[]);
    let rows = check.json()["rows"].as_array().expect("rows").clone();
    let found: Vec<_> = rows.iter().map(|row| (row["file"].clone(), row["verdict"].clone())).collect();
    let wanted = ["sendable", "sendable", "sendable", "fixable", "fixable"];
    let wanted: Vec<_> = (1..).zip(wanted).map(|(at, it)| (json!(format!("F-{at}")), json!(it))).collect();
    assert_eq!(found, wanted, "one bad document stops no other: {rows:#?}");
    assert!(
        rows[4]["problems"][0]["detail"].as_str().is_some_and(|it| it.contains("25000000")),
        "{}",
        rows[4]
    );
    assert!(!check.output().contains("/tmp"), "{}", check.output());

    let worker = home.start(&["worker"]);
    let queued = send(&home, "F-", &["--yes", "--queue"]);
    queued.assert(3, &[]);
    assert_eq!(queued.json()["queued"], 3, "{}", queued.output());
    let received = notices(&erp, 3, Duration::from_secs(60));
    let mut pairs = words(&received);
    pairs.sort();
    let in_transit = |number: &str| (number.to_owned(), "in-transit".to_owned());
    assert_eq!(pairs, ["F-1", "F-2", "F-3"].map(in_transit));
    for (request_time, notice) in erp.received() {
        let at: chrono::DateTime<chrono::FixedOffset> =
            notice["at"].as_str().expect("a time").parse().expect("one");
        let late = request_time.duration_since(SystemTime::from(at)).unwrap_or_default();
        assert!(late < SOON + Duration::from_secs(1), "{late:?} after its news: {notice}");
        assert_eq!(notice["status"]["label"], "In transit");
        assert!(notice["recipient"].as_str().is_some_and(|it| it.starts_with("box-erp-")), "{notice}");
        assert_eq!(notice["document"]["kind"], "invoice");
    }
    let message = String::from_utf8_lossy(&the_one("box-erp-1@west.test")).into_owned();
    assert!(message.contains("F-1.pdf"), "{message}");

    // What comes back is told too, after what was told before.
    let begun = Instant::now();
    home.ok(&["track", &bounce(&home, "F-2", "box-erp-2@west.test")]);
    let received = notices(&erp, 4, SOON);
    eprintln!("a status reached the ERP {:?} after its news", begun.elapsed());
    let last = &received[3];
    assert_eq!((&last["document"]["number"], &last["status"]["word"]), (&json!("F-2"), &json!("failed")));
    assert!(last["reason"].as_str().is_some_and(|it| it.contains("no such user here")), "{last}");
    kill(worker);
    // The same report once more changes no status, nor does the same batch.
    home.ok(&["track", &bounce(&home, "F-2", "box-erp-2@west.test")]);
    send(&home, "F-1", &["--yes"]).assert(0, &[]);
    home.ok(&["records", "deliver"]).assert(0, &["0 told"]);
    assert_eq!(erp.notices().len(), 4);
    assert_eq!(arrived("box-erp-1@west.test").len(), 1);
    let rows = home.ok(&["records", "notices", "--document", "F-2", "--json"]).json();
    let states: Vec<_> =
        rows.as_array().expect("rows").iter().map(|it| (it["status"].clone(), it["state"].clone())).collect();
    assert_eq!(states, [(json!("failed"), json!("told")), (json!("in-transit"), json!("told"))]);
}

#[test]
fn an_erp_that_fails_is_slow_redirects_or_loses_answers_gets_every_notice_once_and_in_order() {
    let erp = Erp::start(KEY);
    let home = home_with(&erp);
    add(&erp, "F-1", "box-faulty@west.test");
    for fault in [
        Fault::Say(Reply::empty(500)),
        Fault::Say(Reply::empty(500)),
        Fault::Say(Reply::empty(307).with("location", "http://127.0.0.1:9/")),
        Fault::LoseAnswer,
    ] {
        erp.fail_next("POST /api/notices", fault);
    }
    // The ERP is up and down while documents are asked for, too.
    erp.fail_next("GET /api/documents/F-1", Fault::Say(Reply::empty(503)));
    send(&home, "F-1", &["--yes"]).assert(0, &[]);
    home.ok(&["track", &bounce(&home, "F-1", "box-faulty@west.test")]);
    let open = home.ok(&["records", "notices", "--open", "--json"]).json();
    assert_eq!(open[0]["words"], "the records failed at it: HTTP 500 \"\"", "{open:#}");
    let mut runs = 0;
    loop {
        let run = home.run(&["records", "deliver", "--again", "--json"]);
        runs += 1;
        if run.code == 0 {
            break;
        }
        run.assert(5, &[]);
        assert!(runs < 10, "{}", run.output());
    }
    let wanted = ["in-transit", "failed"].map(|word| ("F-1".to_owned(), word.to_owned()));
    assert_eq!(words(&erp.notices()), wanted);
    assert_eq!(erp.received().len(), 3, "the one whose answer was lost came twice, under one id");
    let ids: Vec<_> = erp.received().iter().map(|(_, it)| it["id"].clone()).collect();
    assert_eq!(ids[0], ids[1]);
    // What it will never take holds up nothing, and is there to be seen.
    erp.fail_next(
        "POST /api/notices",
        Fault::Say(Reply { body: b"no such invoice".to_vec(), ..Reply::empty(422) }),
    );
    add(&erp, "F-2", "box-faulty-2@west.test");
    send(&home, "F-2", &["--yes"]).assert(0, &[]);
    home.ok(&["track", &bounce(&home, "F-2", "box-faulty-2@west.test")]);
    home.ok(&["records", "deliver"]);
    let received = erp.notices();
    assert_eq!(words(&received[2..]), [("F-2".to_owned(), "failed".to_owned())]);
    let refused = home.ok(&["records", "notices", "--open"]);
    refused.assert(0, &["refused", "no such invoice"]);
    home.ok(&["records", "deliver", "--again"]).assert(0, &["1 told"]);
}

#[test]
fn a_worker_that_is_killed_while_it_tells_leaves_the_rest_to_the_next() {
    let erp = Erp::start(KEY);
    let home = home_with(&erp);
    add(&erp, "F-1", "box-told-killed@west.test");
    erp.fail_next("POST /api/notices", Fault::Hang);
    send(&home, "F-1", &["--yes", "--queue"]).assert(0, &[]);
    let worker = home.start(&["worker"]);
    let end = Instant::now() + Duration::from_secs(60);
    while !erp.requests().iter().any(|it| it.method == "POST") {
        assert!(Instant::now() < end, "nothing is told");
        std::thread::sleep(Duration::from_millis(20));
    }
    kill(worker);
    home.ok(&["records", "deliver"]).assert(0, &["1 told"]);
    assert_eq!(words(&erp.notices()), [("F-1".to_owned(), "in-transit".to_owned())]);
}

#[test]
fn a_server_that_listens_tells_what_became_of_mails_too() {
    let erp = Erp::start(KEY);
    let home = home_with(&erp);
    let served = home.start(&["serve", "--listen", "127.0.0.1:0"]);
    let begun = Instant::now();
    home.send("office", "box-served@west.test", &[]).assert(0, &[]);
    let received = notices(&erp, 1, Duration::from_secs(60));
    kill(served);
    assert_eq!(received[0]["recipient"], "box-served@west.test", "after {:?}: {received:?}", begun.elapsed());
}

#[test]
fn records_that_can_not_be_used_say_why_and_what_to_do() {
    let erp = Erp::start(KEY);
    let home = plain_home(None);
    home.ok(&["company", "records"]).assert(0, &["has no records"]);
    home.run(&["records", "test"]).assert(3, &["postroom company records --url"]);
    home.run(&["send-bulk", "--from-records", "x", "--user", "lotte", "--yes"])
        .assert(3, &["has no records"]);
    let url = base(&erp);
    home.run(&["company", "records", "--url", &url]).assert(3, &["--key-file"]);
    home.put("short.key", b"secret");
    home.run(&["company", "records", "--url", &url, "--key-file", "short.key"])
        .assert(3, &["openssl rand -hex 32"]);
    home.put("records.key", KEY.as_bytes());
    home.run(&["company", "records", "--url", "http://erp.example/", "--key-file", "records.key"])
        .assert(2, &["expected an https URL"]);
    home.ok(&["company", "records", "--url", &url, "--key-file", "records.key"]);
    home.run(&["records", "test"]).assert(3, &["operator's permission"]);
    let elsewhere =
        ["company", "records", "--url", "https://169.254.169.254/", "--allow-private", "127.0.0.1"];
    home.run(&elsewhere).assert(3, &["the key that is kept is for another URL", "--key-file"]);
    let with_key = ["--key-file", "records.key"];
    home.ok(&[&elsewhere[..], &with_key].concat());
    home.run(&["records", "test"]).assert(3, &["link-local"]);
    let set =
        ["company", "records", "--url", &url, "--allow-private", "127.0.0.1", "--timeout", "1", "--json"];
    let shown = home.ok(&[&set[..], &with_key].concat());
    assert_eq!(shown.json()["records"]["url"], url, "{}", shown.output());
    assert!(!shown.output().contains(KEY), "{}", shown.output());
    home.ok(&["records", "test"]);
    erp.set_clock_ahead(1_000);
    home.run(&["records", "test"]).assert(4, &["it was signed at another time", "URL and key"]);
    erp.set_clock_ahead(0);
    home.put("other.key", KEY.replace('a', "b").as_bytes());
    home.ok(&["company", "records", "--key-file", "other.key"]);
    home.run(&["records", "test"]).assert(4, &["the signature is not Postroom's"]);
    home.ok(&["company", "records", "--key-file", "records.key"]);
    for (fault, code, words) in [
        (Fault::Hang, 5, "no answer within 1000 ms"),
        (Fault::Huge, 3, "a page of documents has more than"),
        (Fault::Say(Reply::empty(302).with("location", "https://elsewhere.example/")), 4, "a redirect"),
        (Fault::Garbage, 5, "can't be reached now"),
    ] {
        erp.fail_next("GET /api/documents", fault);
        home.run(&["records", "test"]).assert(code, &[words]);
    }
    assert!(erp.requests().iter().all(|it| it.header("authorization").is_none()));
    home.ok(&["company", "records", "--off"]);
    home.run(&["records", "deliver"]).assert(3, &["has no records"]);
    home.run(&["company", "records", "--url", &url]).assert(3, &["--key-file"]);
}

#[test]
fn a_folder_is_records_too_and_its_notices_stay_to_be_read() {
    let home = plain_home(None);
    let folder =
        crate::bulk::invoices(&home, "documents", 2, |number| format!("box-folder-{number}@west.test"));
    let named = folder.display().to_string();
    // Whose machine it is says which folders may be records: others have theirs there, too.
    home.run(&["company", "records", "--folder", &named])
        .assert(3, &["operator has not allowed", "[records]"]);
    home.put("operator.toml", b"[records]\nfolders = [\"documents\"]\n");
    let home = home.with_operator("operator.toml");
    home.run(&["company", "records", "--folder", "."]).assert(3, &["operator has not allowed"]);
    home.ok(&["company", "records", "--folder", &named]);
    home.ok(&["records", "test"]).assert(0, &["2 documents"]);
    // Neither by a link in the folder, nor by one that takes its place.
    let secret = home.put("secret.json", b"{\"number\": \"X-1\"}");
    std::os::unix::fs::symlink(&secret, folder.join("link.json")).expect("a link");
    home.ok(&["records", "test"]).assert(0, &["2 documents"]);
    let aside = folder.with_extension("aside");
    std::fs::rename(&folder, &aside).expect("a folder moved");
    std::os::unix::fs::symlink(home.folder(), &folder).expect("a link");
    home.run(&["records", "test"]).assert(3, &["operator has not allowed"]);
    std::fs::remove_file(&folder).expect("a link removed");
    std::fs::rename(&aside, &folder).expect("a folder moved back");
    let partners = home.ok(&["records", "partners", "--json"]).json();
    assert_eq!(partners[0]["id"], "K-1042", "{partners:#}");
    let sent = send(&home, "F-000*", &["--yes"]);
    sent.assert(0, &[]);
    assert_eq!(sent.json()["states"]["sent"], 2, "{}", sent.output());
    home.ok(&["records", "deliver"]);
    let received = home.ok(&["records", "notices", "--json"]).json();
    let received = received.as_array().expect("notices");
    assert_eq!(received.len(), 2, "{received:#?}");
    assert!(received.iter().all(|it| it["status"] == "in-transit" && it["state"] == "told"), "{received:#?}");
}
