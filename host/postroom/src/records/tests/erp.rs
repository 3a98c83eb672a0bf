//! An ERP that checks every request as the interface says, and one that misbehaves in every way there is.

use crate::records::{Blame, Entry, Erp, FileRole, LARGEST_FILE, Records, RecordsError, RecordsKey};
use postroom_model::RecordsPlace;
use postroom_providers::{Fault, Reply, Server, whole_answer};
use postroom_store::{DocumentRef, Notice, NoticeKind};
use postroom_transport::http_api::WebClient;
use serde_json::json;

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn place(url: &str, allow: &str) -> RecordsPlace {
    RecordsPlace::Erp {
        url: url.parse().unwrap(),
        allow_private: allow.parse().unwrap(),
        trusted_ca: None,
        timeout: std::num::NonZeroU32::new(1),
    }
}

fn at(url: &str, key: &str) -> Erp {
    let place = place(url, "127.0.0.1");
    Erp::new(WebClient::new(), &place, RecordsKey::new(key).unwrap()).unwrap().unwrap()
}

fn start() -> (Server<postroom_providers::Erp>, Erp) {
    let server = postroom_providers::Erp::start(KEY);
    let erp = at(&format!("{}/api/", server.url()), KEY);
    (server, erp)
}

fn entry(number: &str) -> Entry {
    Entry { number: number.to_owned(), kind: None, files: None }
}

fn notice(id: &str) -> Notice {
    Notice {
        id: id.to_owned(),
        mail: None,
        document: Some(DocumentRef {
            kind: "invoice".into(),
            number: "F 1".into(),
            partner: "Müller".into(),
        }),
        partner: None,
        recipient: Some("jo@müller.example".into()),
        kind: NoticeKind::Status { status: "failed".into(), label: "Failed".into() },
        reason: Some("550 5.1.1 \"no such user\"".into()),
        at: "2026-11-23T10:00:02+01:00".parse().unwrap(),
    }
}

#[tokio::test]
async fn an_erp_gives_lists_page_by_page_documents_and_files() {
    let (server, erp) = start();
    assert!(erp.probe().await.unwrap().contains("no document yet"));
    let odd = ["F-1", "F-2", "F 3/ä?#%.xml", "..", "F-5"];
    for number in odd {
        server.add(number, "application/json; charset=utf-8", number.as_bytes());
    }
    server.attach("F-1", "pdf", b"PDF");
    server.add("X", "application/xml", b"<Invoice/>");
    let mut numbers: Vec<String> = erp.documents("").await.unwrap().into_iter().map(|it| it.number).collect();
    numbers.sort();
    assert_eq!(numbers.len(), 6, "{numbers:?}");
    assert_eq!(erp.documents("3/ä?").await.unwrap(), [entry("F 3/ä?#%.xml")]);
    for number in odd.into_iter().filter(|it| *it != "..") {
        assert_eq!(erp.document(&entry(number)).await.unwrap().content, number.as_bytes(), "{number}");
    }
    assert_eq!(erp.document(&entry("X")).await.unwrap().media_type, "application/xml");
    for number in ["..", ".", ""] {
        assert!(
            erp.document(&entry(number)).await.unwrap_err().to_string().contains("no number"),
            "{number}"
        );
    }
    let missing = erp.document(&entry("F-9")).await.unwrap_err();
    assert_eq!(missing, RecordsError::Missing("document F-9".into()));
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("F-1.pdf");
    assert!(erp.file(&entry("F-1"), FileRole::Pdf, &to).await.unwrap());
    assert_eq!(std::fs::read(&to).unwrap(), b"PDF");
    let none = folder.path().join("none");
    assert!(!erp.file(&entry("F-2"), FileRole::Pdf, &none).await.unwrap());
    assert!(!none.exists());
    let asked = server.requests().len();
    let listed = Entry { files: Some(vec![FileRole::Ubl]), ..entry("F-1") };
    assert!(!erp.file(&listed, FileRole::Pdf, &none).await.unwrap());
    assert_eq!(server.requests().len(), asked, "what it said it has not is not asked for");
    server.add_partner(json!({
        "id": "K-1", "name": "Müller & Söhne", "own": 1, "contacts": [{ "email": "jo@mueller.example" }]
    }));
    let partners = erp.partners("Müller &").await.unwrap();
    assert_eq!((partners.len(), partners[0].contacts[0].email.as_str()), (1, "jo@mueller.example"));
}

#[tokio::test]
async fn an_erp_is_told_what_happened_and_knows_it_again() {
    let (server, erp) = start();
    for _ in 0..2 {
        erp.notify(&notice("n1")).await.unwrap();
    }
    assert_eq!(server.received().len(), 2);
    let expected = json!({
        "id": "n1", "kind": "status", "at": "2026-11-23T10:00:02+01:00",
        "document": { "kind": "invoice", "number": "F 1" }, "partner": "Müller",
        "recipient": "jo@müller.example", "status": { "word": "failed", "label": "Failed" },
        "reason": "550 5.1.1 \"no such user\"",
    });
    assert_eq!(server.notices(), [expected]);
    let address = Notice {
        document: None,
        partner: Some("Müller".into()),
        reason: None,
        kind: NoticeKind::Address { name: Some("Jo".into()) },
        ..notice("n2")
    };
    let payment = NoticeKind::Payment { amount: "121.00".into(), currency: "EUR".into() };
    let payment = Notice { kind: payment, recipient: None, ..notice("n3") };
    for one in [address, payment] {
        erp.notify(&one).await.unwrap();
    }
    let [_, address, payment] = &server.notices()[..] else { panic!("three") };
    assert_eq!(
        (&address["name"], &address["partner"], &address["document"]),
        (&json!("Jo"), &json!("Müller"), &json!(null))
    );
    assert_eq!((&payment["amount"], &payment["currency"]), (&json!("121.00"), &json!("EUR")));
}

#[tokio::test]
async fn an_erp_believes_nobody_with_another_key_clock_or_a_request_that_came_before() {
    let (server, erp) = start();
    let stranger = at(&format!("{}/api/", server.url()), &KEY.replace('0', "1"));
    let error = stranger.notify(&notice("n1")).await.unwrap_err();
    assert!(error.to_string().contains("the signature is not Postroom's"), "{error}");
    assert_eq!(error.blame(), Blame::All);
    for ahead in [301_i64, -302] {
        server.set_clock_ahead(ahead);
        let error = erp.notify(&notice("n1")).await.unwrap_err();
        assert!(error.to_string().contains("another time"), "{ahead}: {error}");
    }
    server.set_clock_ahead(0);
    erp.notify(&notice("n1")).await.unwrap();
    // The very same bytes once more, as a stranger on the way could send them: a notice is known by its id, a question by its nonce.
    let answer = replay_last(&server).await;
    assert!(answer.starts_with("HTTP/1.1 409"), "{answer}");
    assert_eq!(server.notices().len(), 1);
    erp.probe().await.unwrap();
    let answer = replay_last(&server).await;
    assert!(answer.contains("401") && answer.contains("it came before"), "{answer}");
}

/// Sends the last request once more, byte for byte, and gives the answer.
async fn replay_last(server: &Server<postroom_providers::Erp>) -> String {
    let (seen, url) = (server.requests().pop().unwrap(), server.url());
    let mut again = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", seen.method, seen.target);
    for (name, value) in &seen.headers {
        again.push_str(&format!("{name}: {value}\r\n"));
    }
    let answer = tokio::task::spawn_blocking(move || {
        let request = [again.as_bytes(), b"\r\n", &seen.body].concat();
        whole_answer(url.trim_start_matches("http://"), &request)
    });
    String::from_utf8_lossy(&answer.await.unwrap()).into_owned()
}

#[tokio::test]
async fn what_an_erp_does_wrong_is_said_and_whose_matter_it_is() {
    let (server, erp) = start();
    let failing = |status: u16, words: &str| {
        Fault::Say(Reply { body: words.as_bytes().to_vec(), ..Reply::empty(status) })
    };
    let redirect = Fault::Say(Reply::empty(307).with("location", "http://127.0.0.1:1/"));
    let busy = Fault::Say(Reply::empty(503).with("retry-after", "7"));
    for (fault, blame, words) in [
        (failing(500, "stack\u{7}trace"), Blame::This, "HTTP 500 \"stack trace\""),
        (failing(503, "later"), Blame::All, "HTTP 503 \"later\""),
        (busy, Blame::All, "503"),
        (failing(422, "no such customer"), Blame::ThisForever, "refuse it: HTTP 422 \"no such customer\""),
        (failing(410, ""), Blame::ThisForever, "410"),
        (failing(401, "who?"), Blame::All, "check URL and key"),
        (failing(404, ""), Blame::All, "check URL and key"),
        (redirect, Blame::All, "a redirect, which is not followed"),
        (Fault::Hang, Blame::All, "no answer within 1000 ms"),
        (Fault::Close, Blame::All, "can't be reached now"),
        (Fault::Garbage, Blame::All, "can't be reached now"),
    ] {
        server.fail_next("POST /api/notices", fault.clone());
        let error = erp.notify(&notice("n1")).await.unwrap_err();
        assert!(error.to_string().contains(words), "{fault:?}: {error}");
        assert_eq!(error.blame(), blame, "{fault:?}: {error}");
        assert!(!error.to_string().contains(KEY), "{error}");
        if words == "503" {
            assert_eq!(error.retry_after(), Some(7), "{error}");
        }
    }
    assert_eq!(server.notices().len(), 0);
    // Its answer is lost, it has it all the same: told once more, it says so.
    server.fail_next("POST /api/notices", Fault::LoseAnswer);
    assert!(erp.notify(&notice("n1")).await.is_err());
    erp.notify(&notice("n1")).await.unwrap();
    assert_eq!((server.received().len(), server.notices().len()), (2, 1));

    for (fault, words) in [
        (Fault::Huge, "more than"),
        (failing(200, "{\"documents\": 5}"), "a page of documents"),
        (failing(200, "{\"documents\": [{\"number\": \" \"}]}"), "number is empty"),
        (failing(200, "<html>"), "a page of documents"),
        (Fault::Hang, "no answer"),
    ] {
        server.fail_next("GET /api/documents", fault.clone());
        let error = erp.documents("").await.unwrap_err();
        assert!(error.to_string().contains(words), "{fault:?}: {error}");
    }
    // A list that turns in a circle ends.
    let circle = json!({ "documents": [{ "number": "1" }], "next": "a" });
    for _ in 0..2 {
        server.fail_next("GET /api/documents", Fault::Say(Reply::json(200, &circle)));
    }
    let error = erp.documents("").await.unwrap_err();
    assert!(error.to_string().contains("the same page"), "{error}");

    // Pages, each within its bounds, that are too much together.
    let roles = vec![""; 150_000];
    for number in 0..20 {
        let partner = json!({ "id": "K", "name": "N", "contacts": [{ "email": "a@b", "roles": roles }] });
        let page = json!({ "partners": [partner], "next": number.to_string() });
        server.fail_next("GET /api/partners", Fault::Say(Reply::json(200, &page)));
    }
    let error = erp.partners("").await.unwrap_err();
    assert!(error.to_string().contains("takes more than 64 MiB: ask for fewer"), "{error}");

    server.add("F-1", "text/html", b"<html>");
    let error = erp.document(&entry("F-1")).await.unwrap_err();
    assert!(error.to_string().contains("expected application/json"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("file");
    server.add("F-2", "application/json", b"{}");
    server.attach("F-2", "pdf", &vec![0; usize::try_from(LARGEST_FILE).unwrap() + 1]);
    let error = erp.file(&entry("F-2"), FileRole::Pdf, &to).await.unwrap_err();
    assert_eq!(error, RecordsError::TooLarge("the pdf of F-2".into()));
    for fault in [failing(500, "oh"), Fault::Close, Fault::Hang] {
        server.fail_next("/files/pdf", fault.clone());
        assert!(erp.file(&entry("F-2"), FileRole::Pdf, &to).await.is_err(), "{fault:?}");
        assert!(!to.exists(), "{fault:?}: nothing half is left");
    }
}

#[tokio::test]
async fn an_erp_is_reached_where_the_operator_allows_it_and_nowhere_else() {
    let server = postroom_providers::Erp::start(KEY);
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    for (url, allow, words) in [
        (format!("http://127.0.0.1:{port}/api/"), "none", "operator's permission"),
        (format!("http://localhost:{port}/api/"), "10.0.0.0/8", "operator's permission"),
        ("https://169.254.169.254/latest/".to_owned(), "127.0.0.1", "link-local"),
        ("https://nowhere.invalid/".to_owned(), "127.0.0.1", "nowhere.invalid"),
    ] {
        let key = RecordsKey::new(KEY).unwrap();
        let erp = Erp::new(WebClient::new(), &place(&url, allow), key).unwrap().unwrap();
        let error = erp.probe().await.unwrap_err();
        assert!(error.to_string().contains(words), "{url}: {error}");
        assert_eq!(error.blame(), Blame::All, "{url}");
    }
    assert_eq!(server.requests().len(), 0);
    let error = place_error("http://erp.example/");
    assert!(error.contains("expected an https URL"), "{error}");
}

fn place_error(url: &str) -> String {
    url.parse::<postroom_model::ServiceUrl>().unwrap_err().to_string()
}
