//! Calls that are not answered: at which stage, and what it means.

use super::server::{Script, Server};
use super::{LONG, Piece, Request, SHORT, WebError, account, call, post, request};
use crate::attachments::AttachmentSource;
use crate::http_api::{Account, Failure, Stage, Timeouts};
use crate::smtp::Verdict;

async fn failed(account: &Account, request: Request) -> Failure {
    match call(account, request).await {
        Err(WebError::Failed(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn silence_after_the_whole_request_leaves_doubt_unless_it_was_a_question() {
    for script in [
        Script::Close,
        Script::Hang,
        Script::Say("garbage\r\n\r\n".into()),
        Script::SayAndHang("HTTP/1.1 2".into()),
    ] {
        for (request, verdict) in [
            (post("x"), Verdict::InDoubt),
            (request("POST", "/me/messages/1/send"), Verdict::InDoubt),
            (Request { method: "PUT".into(), ..post("x") }, Verdict::InDoubt),
            (request("GET", "/"), Verdict::Transient),
        ] {
            let server = Server::start(vec![script.clone()]).await;
            let mut account = account(server.port);
            account.timeouts = Timeouts { answer: SHORT, resolve: SHORT, connect: LONG, ..account.timeouts };
            if matches!(script, Script::Hang | Script::SayAndHang(_)) {
                account.timeouts.connect = SHORT;
            }
            let method = request.method.clone();
            let failure = failed(&account, request).await;
            assert_eq!(
                (failure.stage, failure.verdict),
                (Stage::Response, verdict),
                "{script:?} {method}: {failure}"
            );
            assert!(failure.detail.starts_with("127.0.0.1:"), "{failure}");
        }
    }
}

#[tokio::test]
async fn a_request_that_was_cut_off_has_not_been_obeyed() {
    // More than the buffers on the way hold.
    let big =
        || Request { body: vec![Piece::File(AttachmentSource::from_bytes(vec![7; 32 << 20]))], ..post("") };
    for script in [Script::CloseAfterHead, Script::Ignore] {
        let server = Server::start(vec![script.clone()]).await;
        let mut account = account(server.port);
        account.timeouts.block = SHORT;
        let failure = failed(&account, big()).await;
        assert_eq!(
            (failure.stage, failure.verdict),
            (Stage::Request, Verdict::Transient),
            "{script:?}: {failure}"
        );
        assert!(server.came().is_empty());
    }
}

#[tokio::test]
async fn a_file_that_changes_on_the_way_stops_the_request_before_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.pdf");
    std::fs::write(&path, vec![7; 200_000]).expect("written");
    let source = AttachmentSource::from_file(&path).expect("a file");
    std::fs::write(&path, vec![7; 100]).expect("written");
    let server = Server::start(vec![Script::Hang]).await;
    let failure =
        failed(&account(server.port), Request { body: vec![Piece::File(source)], ..post("") }).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Request, Verdict::Permanent), "{failure}");
    assert!(failure.detail.contains("attach it again"), "{failure}");
}

#[tokio::test]
async fn an_unknown_host_a_closed_port_and_a_plain_server_fail_at_their_stages() {
    let closed = postroom_providers::ClosedPort::new();
    let failure = failed(&account(closed.number()), post("x")).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Connect, Verdict::Transient), "{failure}");

    let mut unknown = account(1);
    unknown.base = "https://no-such-host.invalid/".parse().expect("a URL");
    let failure = failed(&unknown, post("x")).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Resolve, Verdict::Transient), "{failure}");

    let server = Server::start(vec![Script::Greet("220 smtp.nord.test ESMTP\r\n".into())]).await;
    let mut plain = account(server.port);
    plain.base = format!("https://127.0.0.1:{}/", server.port).parse().expect("a URL");
    let failure = failed(&plain, post("x")).await;
    assert_eq!((failure.stage, failure.verdict), (Stage::Tls, Verdict::Permanent), "{failure}");
    assert!(failure.detail.contains("does not speak TLS"), "{failure}");
}
