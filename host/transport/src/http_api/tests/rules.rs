//! What is refused before the network.

use super::super::{GivenUrls, Header, MemoryWeb, Piece, Range, Request, Web, WebClient, WebError};
use super::{AllowList, ApiResponse, account, call, post, request};

async fn refused(request: Request) -> String {
    // No server listens there: what is not refused fails otherwise.
    match call(&account(1), request).await {
        Err(WebError::Refused(rule)) => rule,
        other => panic!("{other:?}"),
    }
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: value.into() }
}

#[tokio::test]
async fn a_target_leads_nowhere_but_to_the_providers_api() {
    for target in [
        "https://evil.test/",
        "https://127.0.0.1:1/send",
        "http://127.0.0.1:2/send",
        "http://169.254.169.254/latest/meta-data",
        "//evil.test/",
        "/..//evil.test\\",
        "/a b",
        "/a\r\nHost: evil.test",
        "/a#b",
        "send",
        "",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://user:word@127.0.0.1:1/",
        "@evil.test/",
        ":2/",
        ".evil.test/",
    ] {
        let given = GivenUrls::new();
        let answer = MemoryWeb::new().call(&account(1), request("GET", target), &given).await;
        match answer {
            Err(WebError::Refused(_)) => {}
            // Two slashes are an odd path of the same host.
            Ok(_) if target == "//evil.test/" => {}
            other => panic!("{target:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_path_stays_below_the_base_it_is_joined_to() {
    let mut account = account(1);
    account.base = "http://127.0.0.1:1/tenant/".parse().expect("a URL");
    let web = MemoryWeb::new();
    let given = GivenUrls::new();
    for target in ["/../other", "/%2e%2e/other", "/a/../../other"] {
        let answer = web.call(&account, request("GET", target), &given).await;
        assert!(matches!(answer, Err(WebError::Refused(_))), "{target}: {answer:?}");
    }
    web.call(&account, request("GET", "/v1?a=b"), &given).await.expect("an answer");
    assert_eq!(web.calls()[0].url, "http://127.0.0.1:1/tenant/v1?a=b");
}

#[tokio::test]
async fn methods_fields_limits_and_stretches_outside_the_rules_are_refused() {
    let with = |headers: &[Header]| Request { headers: headers.to_vec(), ..post("x") };
    let range = |offset, length| Request { range: Some(Range { offset, length }), ..post("four") };
    let get_with_body = Request { body: vec![Piece::Text("x".into())], ..request("GET", "/") };
    for (request, words) in [
        (request("TRACE", "/"), "TRACE"),
        (request("get", "/"), "none of GET"),
        (get_with_body, "a GET has no body"),
        (with(&[header("authorization", "Bearer x")]), "authorization"),
        (with(&[header("host", "evil.test")]), "host"),
        (with(&[header("content-length", "3")]), "content-length"),
        (with(&[header("Accept", "a")]), "Accept"),
        (with(&[header("accept", "a\r\nhost: b")]), "can't carry"),
        (with(&[header("accept", &"a".repeat(1025))]), "too long"),
        (with(&[header("accept", "a"), header("accept", "b")]), "twice"),
        (range(0, 5), "not within a body of 4"),
        (range(5, 0), "not within"),
        (range(u64::MAX, 2), "not within"),
        (Request { limit: 16 * 1024 * 1024 + 1, ..post("x") }, "are more than"),
    ] {
        let rule = refused(request).await;
        assert!(rule.contains(words), "{rule}");
    }
}

#[tokio::test]
async fn plain_http_needs_loopback_and_the_operators_permission() {
    let mut closed = account(1);
    closed.allow_private = AllowList::none();
    let mut public = account(1);
    public.base = "http://api.nord.test/".parse().expect("a URL");
    public.allow_private = AllowList::everything();
    for account in [closed, public] {
        let answer = call(&account, request("GET", "/")).await;
        assert!(matches!(&answer, Err(WebError::Refused(rule)) if rule.contains("only https")), "{answer:?}");
    }
}

#[tokio::test]
async fn an_upload_url_is_a_target_once_the_provider_gave_it_and_only_without_a_token() {
    let mut account = account(1);
    account.base = "https://graph.nord.test/".parse().expect("a URL");
    let url = "https://outlook.nord.test/upload?authtoken=eyJ";
    for (headers, body) in [
        (vec![], format!(r#"{{"uploadUrl":"{url}","nextExpectedRanges":["0-"]}}"#)),
        (vec![header("location", url)], String::new()),
    ] {
        let web = MemoryWeb::new();
        let given = GivenUrls::new();
        let put = || Request { authorize: false, ..request("PUT", url) };
        let early = web.call(&account, put(), &given).await;
        assert!(matches!(early, Err(WebError::Refused(_))), "{early:?}");
        web.answer_next(ApiResponse { status: 200, headers, body: body.into_bytes(), truncated: false });
        web.call(&account, request("POST", "/me/messages/1/attachments/createUploadSession"), &given)
            .await
            .expect("a session");
        web.call(&account, put(), &given).await.expect("uploaded");
        let signed = web.call(&account, request("PUT", url), &given).await;
        assert!(matches!(&signed, Err(WebError::Refused(rule)) if rule.contains("token")), "{signed:?}");
        // Another account, and another call, know nothing of it.
        let mut other = account.clone();
        other.name = "other".into();
        assert!(web.call(&other, put(), &given).await.is_err());
        assert!(web.call(&account, put(), &GivenUrls::new()).await.is_err());
    }
}

#[tokio::test]
async fn what_a_provider_gives_is_bounded_and_held_to_the_same_rules() {
    let mut account = account(1);
    account.base = "https://graph.nord.test/".parse().expect("a URL");
    let given = GivenUrls::new();
    for n in 0..40 {
        given.add(&account, &format!("https://upload-{n}.test/x"));
    }
    for url in ["http://plain.test/", "not a URL", "javascript:alert(1)", "https://a:b@c.test/"] {
        given.add(&account, url);
        let asked = Request { authorize: false, ..request("GET", url) };
        assert!(MemoryWeb::new().call(&account, asked, &given).await.is_err(), "{url}");
    }
    for (n, known) in [(0, false), (23, false), (24, true), (39, true)] {
        let asked = Request { authorize: false, ..request("GET", &format!("https://upload-{n}.test/y")) };
        assert_eq!(MemoryWeb::new().call(&account, asked, &given).await.is_ok(), known, "{n}");
    }
}

#[tokio::test]
async fn private_addresses_are_refused_by_name_and_by_number() {
    for (host, words) in [
        ("10.0.0.1", "10.0.0.1, an address of a private network"),
        ("[::1]", "a loopback address"),
        ("localhost", "a loopback address"),
        ("169.254.169.254", "a link-local address"),
    ] {
        let mut account = account(1);
        account.base = format!("https://{host}/").parse().expect("a URL");
        account.allow_private = AllowList::none();
        match WebClient::new().call(&account, post("x"), &GivenUrls::new()).await {
            Err(WebError::Failed(failure)) => {
                assert_eq!(failure.stage, super::super::Stage::Resolve, "{failure}");
                assert!(failure.detail.contains(words) && failure.detail.contains("operator"), "{failure}");
            }
            other => panic!("{host}: {other:?}"),
        }
    }
}
