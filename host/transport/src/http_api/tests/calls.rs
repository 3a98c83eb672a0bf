//! Calls that are answered.

use super::server::{Script, Server, send};
use super::{
    Header, LONG, Piece, Request, SHORT, TOKEN, TokenError, WebError, account, call, post, request, tokens,
};
use crate::attachments::{AttachmentSource, Chunk};
use crate::http_api::{Range, Stage, Timeouts};
use crate::smtp::Verdict;

#[tokio::test]
async fn a_call_carries_the_token_its_length_and_the_fields_asked_for() {
    let server = Server::start(vec![send("202 Accepted", "request-id: 7\r\n", "")]).await;
    let pdf = AttachmentSource::from_bytes(vec![7; 300_000]);
    let request = Request {
        headers: vec![Header { name: "content-type".into(), value: "text/plain".into() }],
        body: vec![
            Piece::Text("<".into()),
            Piece::MessageBase64(vec![Chunk::Text("Subject: a\r\n\r\n".into()), Chunk::Attachment(pdf)]),
        ],
        ..request("POST", "/v1.0/me/sendMail?x=1")
    };
    let answer = call(&account(server.port), request).await.expect("an answer");
    assert_eq!((answer.status, answer.header("request-id"), answer.truncated), (202, Some("7"), false));
    let came = &server.came()[0];
    assert!(came.head.starts_with("POST /v1.0/me/sendMail?x=1 HTTP/1.1\r\n"), "{}", came.head);
    assert!(came.has(&format!("authorization: Bearer {TOKEN}")), "{}", came.head);
    assert!(came.has("content-type: text/plain"), "{}", came.head);
    assert!(came.has(&format!("content-length: {}", came.body.len())), "{}", came.head);
    assert!(!came.head.to_ascii_lowercase().contains("transfer-encoding"), "{}", came.head);
    assert!(came.body.starts_with(b"<U3ViamVjdDogYQ0KDQ"), "the body");
}

#[tokio::test]
async fn a_stretch_of_the_body_goes_out_without_a_token_where_none_is_wanted() {
    let server = Server::start(vec![send("200 OK", "", "{}")]).await;
    let request =
        Request { range: Some(Range { offset: 2, length: 3 }), authorize: false, ..post("0123456789") };
    call(&account(server.port), request).await.expect("an answer");
    let came = &server.came()[0];
    assert_eq!(came.body, b"234");
    assert!(!came.head.to_ascii_lowercase().contains("authorization"), "{}", came.head);
}

#[tokio::test]
async fn a_post_without_a_body_says_that_it_has_none() {
    let server = Server::start(vec![send("202 Accepted", "", "")]).await;
    call(&account(server.port), request("POST", "/me/messages/1/send")).await.expect("an answer");
    assert!(server.came()[0].has("content-length: 0"), "{}", server.came()[0].head);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nobody_follows_it() {
    let server =
        Server::start(vec![send("307 Temporary", "location: http://127.0.0.1:1/else\r\n", "")]).await;
    let answer = call(&account(server.port), post("x")).await.expect("an answer");
    assert_eq!((answer.status, answer.header("location")), (307, Some("http://127.0.0.1:1/else")));
    assert_eq!(server.came().len(), 1);
}

#[tokio::test]
async fn no_more_of_an_answer_comes_back_than_was_wanted() {
    for (limit, body, truncated) in
        [(4, "0123", true), (10, "0123456789", false), (0, "", true), (11, "0123456789", false)]
    {
        let server = Server::start(vec![send("200 OK", "", "0123456789")]).await;
        let request = Request { limit, ..request("GET", "/") };
        let answer = call(&account(server.port), request).await.expect("an answer");
        assert_eq!(
            (String::from_utf8_lossy(&answer.body).as_ref(), answer.truncated),
            (body, truncated),
            "{limit}"
        );
    }
}

#[tokio::test]
async fn a_token_that_the_server_repeats_is_cut_out_also_where_the_answer_is_cut_off() {
    let body = format!("{{\"you said\":\"{TOKEN}\"}}");
    for limit in [65_536, 20] {
        let server = Server::start(vec![send("400 Bad Request", "", &body)]).await;
        let answer = call(&account(server.port), Request { limit, ..post("x") }).await.expect("an answer");
        assert!(answer.body.starts_with(b"{\"you said\":\"[...]"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_401_is_asked_again_once_with_a_fresh_token_and_the_whole_body() {
    let refused = || send("401 Unauthorized", "", "{\"error\":\"expired\"}");
    for (row, scripts, status, used) in [
        (&["stale", "fresh"][..], vec![refused(), send("202 Accepted", "", "")], 202, 2),
        (&["stale", "fresh", "third"], vec![refused(), refused()], 401, 2),
        (&["right"], vec![send("403 Forbidden", "", "")], 403, 1),
    ] {
        let server = Server::start(scripts).await;
        let mut account = account(server.port);
        account.tokens = tokens(row, TokenError::UnknownAccount);
        let answer = call(&account, post("the whole body")).await.expect("an answer");
        assert_eq!(answer.status, status);
        let came = server.came();
        assert_eq!(came.len(), used);
        for (came, token) in came.iter().zip(row) {
            assert!(came.has(&format!("authorization: Bearer {token}")), "{}", came.head);
            assert_eq!(came.body, b"the whole body");
        }
    }
    // An API key has no successor: its refusal is the answer.
    let server = Server::start(vec![refused()]).await;
    assert_eq!(call(&account(server.port), post("x")).await.expect("an answer").status, 401);
}

#[tokio::test]
async fn a_missing_token_is_told_apart_and_nothing_is_sent() {
    let later = TokenError::Transient { detail: "503 from the provider".into(), retry_after: Some(40) };
    for error in [
        TokenError::NeedsSignIn("invalid_grant".into()),
        TokenError::UnknownAccount,
        TokenError::Permanent("invalid_client".into()),
        later,
    ] {
        let server = Server::start(vec![send("200 OK", "", "")]).await;
        let mut account = account(server.port);
        account.tokens = tokens(&[], error.clone());
        match (call(&account, post("x")).await, error) {
            (Err(WebError::NeedsSignIn(words)), TokenError::NeedsSignIn(given)) => assert_eq!(words, given),
            (Err(WebError::UnknownAccount), TokenError::UnknownAccount) => {}
            (Err(WebError::Failed(failure)), TokenError::Permanent(_)) => {
                assert_eq!((failure.stage, failure.verdict), (Stage::Token, Verdict::Permanent), "{failure}");
            }
            (Err(WebError::Failed(failure)), TokenError::Transient { .. }) => {
                assert_eq!((failure.stage, failure.verdict), (Stage::Token, Verdict::Transient), "{failure}");
                assert_eq!(failure.retry_after, Some(40));
            }
            (other, error) => panic!("{error:?}: {other:?}"),
        }
        assert!(server.came().is_empty());
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_still_an_answer() {
    let cut = "HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\nhalf".to_owned();
    for (script, rest) in [(Script::Say(cut.clone()), LONG), (Script::SayAndHang(cut), SHORT)] {
        let server = Server::start(vec![script]).await;
        let mut account = account(server.port);
        account.timeouts = Timeouts { rest, ..account.timeouts };
        let answer = call(&account, post("x")).await.expect("an answer");
        assert_eq!((answer.status, answer.body.as_slice(), answer.truncated), (202, &b"half"[..], true));
    }
}
