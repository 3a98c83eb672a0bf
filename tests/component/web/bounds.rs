//! Bounds of what strangers may call: sizes, times, numbers; and no answer tells what it should not.

use super::*;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn it_says_that_it_runs_and_that_its_store_answers() {
    let world = World::new().await;
    for (path, status, body) in [
        ("/health", 200, "ok\n"),
        ("/ready", 200, "ready\n"),
        ("/", 404, ""),
        ("/hooks", 404, ""),
        ("/o/", 404, ""),
    ] {
        let answer = world.ask("GET", path, "", b"").await;
        assert_eq!((answer.status, answer.body.as_slice()), (status, body.as_bytes()), "{path}");
    }
    assert_eq!(world.ask("GET", &world.hook(), "", b"").await.status, 405);
    world.store.close().await;
    assert_eq!(world.ask("GET", "/ready", "", b"").await.status, 503);
    assert_eq!(world.ask("GET", "/health", "", b"").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_at_an_address_of_their_own_and_nowhere_else() {
    let world = World::new().await;
    for headers in ["", "X-Forwarded-For: 127.0.0.1\r\n"] {
        assert_eq!(world.ask("GET", "/metrics", headers, b"").await.status, 404, "{headers}");
    }
    assert!(
        world.metrics().await.contains("postroom_http_requests_total{route=\"(no route)\",status=\"404\"} 2")
    );
    for path in ["/health", "/", "/oauth/start/x", "/hooks/sendgrid/x"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = answer(connect("127.0.0.1", world.metrics).await, request.as_bytes()).await;
        assert_eq!(answer.expect("an answer").status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_silent_connections_of_one_client_hold_nobody_up_not_even_itself() {
    let world = World::new().await;
    for byte in ["", "G", "GET /health HTT"] {
        let mut silent = Vec::new();
        for _ in 0..512 {
            let mut stream = connect("127.0.0.2", world.address).await;
            stream.write_all(byte.as_bytes()).await.unwrap();
            silent.push(stream);
        }
        for client in ["127.0.0.3", "127.0.0.2", "127.0.0.1"] {
            let begun = Instant::now();
            assert_eq!(
                world.ask_from(client, "GET", "/health", "", b"").await.status,
                200,
                "{client} {byte:?}"
            );
            assert!(begun.elapsed() < Duration::from_secs(8), "{client} {byte:?}: {:?}", begun.elapsed());
        }
        // Of itself too: nothing is left of them after the time for headers.
        for mut stream in silent {
            let mut rest = Vec::new();
            let end = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await;
            assert!(end.is_ok(), "{byte:?}: it is hung up on");
        }
    }
    let metrics = world.metrics().await;
    assert!(metrics.contains("postroom_http_connections_closed_total{reason=\"made-room\"}"), "{metrics}");
    assert!(metrics.contains("postroom_http_connections_closed_total{reason=\"silent\"}"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_of_many_clients_hold_nobody_up_either() {
    let world = World::new().await;
    let mut silent = Vec::new();
    for client in 10..30 {
        for _ in 0..32 {
            silent.push(connect(&format!("127.0.0.{client}"), world.address).await);
        }
    }
    let begun = Instant::now();
    assert_eq!(world.ask_from("127.0.0.3", "GET", "/health", "", b"").await.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_not_trusted_is_said_loudly_with_what_to_write() {
    let world = World::new().await;
    assert_eq!(world.ask("GET", "/ready", "", b"").await.text(), "ready\n");
    for _ in 0..20 {
        world.ask("GET", "/health", "X-Forwarded-For: 198.51.100.7\r\n", b"").await;
    }
    let log = world.log();
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains("WARNING")).collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(warnings[0].contains("trusted_proxies = [\"127.0.0.1\"]"), "{log}");
    assert!(!log.contains("198.51.100.7"), "what a client wrote is not believed, and not logged: {log}");
    let ready = world.ask("GET", "/ready", "", b"").await;
    assert_eq!(ready.status, 200);
    assert!(
        ready.text().starts_with("ready\n") && ready.text().contains("trusted_proxies"),
        "{}",
        ready.text()
    );
    assert!(world.metrics().await.contains("postroom_untrusted_proxy_requests_total 20"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_too_large_is_not_read() {
    let world = World::new().await;
    let large = vec![b' '; 3 << 20];
    assert_eq!(world.ask("POST", &world.hook(), "", &large).await.status, 413);
    let mut chunked = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
        world.hook()
    )
    .into_bytes();
    for _ in 0..40 {
        chunked.extend(b"10000\r\n");
        chunked.extend(vec![b' '; 0x10000]);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    assert_eq!(world.raw(&chunked).await.unwrap().status, 413);
    let many = "X-A: b\r\n".repeat(200);
    assert_eq!(world.ask("GET", "/health", &many, b"").await.status, 431);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_address_of_ours_is_answered_before_a_body_comes() {
    let world = World::new().await;
    for path in ["/hooks/sendgrid/nobodys", &format!("{}x", world.hook())] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n"
        );
        assert_eq!(world.raw(head.as_bytes()).await.unwrap().status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_that_are_on_their_way_have_a_bound_together() {
    let world = World::new().await;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n",
        world.hook()
    );
    // The server says itself when a body is waited for, and when it is refused: no time is guessed.
    let announce = async || {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        (stream, String::from_utf8_lossy(&status).into_owned())
    };
    let mut announced = Vec::new();
    for _ in 0..16 {
        let (stream, status) = announce().await;
        assert_eq!(status, "HTTP/1.1 100");
        announced.push(stream);
    }
    assert_eq!(announce().await.1, "HTTP/1.1 503", "more is read than may be");
    drop(announced);
    let end = Instant::now() + Duration::from_secs(20);
    while announce().await.1 != "HTTP/1.1 100" {
        assert!(Instant::now() < end, "nothing is read any more");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_is_hung_up_on_and_holds_nobody_up() {
    let limits = Limits { header_time: Duration::from_millis(400), connections: 8, ..Limits::default() };
    let world = World::with(limits, |site| site).await;
    let begun = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        stream.write_all(b"GET /health HTT").await.unwrap();
        silent.push(stream);
    }
    assert_eq!(world.ask("GET", "/health", "", b"").await.status, 200, "the ninth waits, and is served");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    for mut stream in silent {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "it is hung up on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_waits_and_still_gets_the_picture() {
    let world =
        World::with(Limits::default(), |site| site.with_rate(1.try_into().unwrap(), 5.try_into().unwrap()))
            .await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(world.ask("GET", "/health", "", b"").await.status);
    }
    assert!(statuses.starts_with(&[200; 5]) && statuses.contains(&429), "{statuses:?}");
    let picture = world.ask("GET", "/o/x.gif", "", b"").await;
    assert_eq!((picture.status, picture.body.len()), (200, 43));
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_gets_an_answer_or_an_end_and_the_server_goes_on() {
    let world =
        World::with(Limits { header_time: Duration::from_millis(300), ..Limits::default() }, |site| {
            site.with_rate(10_000.try_into().unwrap(), 10_000.try_into().unwrap())
        })
        .await;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for turn in 0..150 {
        let mut bytes: Vec<u8> = match turn % 3 {
            0 => Vec::new(),
            1 => b"POST /hooks/sendgrid/x HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n".to_vec(),
            _ => b"GET /o/".to_vec(),
        };
        bytes.extend((0..random() % 300).map(|_| random() as u8));
        bytes.extend(b"\r\n\r\n");
        if let Some(answer) = world.raw(&bytes).await {
            assert!((200..500).contains(&answer.status), "{turn}: {}", answer.head);
        }
    }
    assert_eq!(world.ask("GET", "/ready", "", b"").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_no_key_and_no_body_is_in_the_log_or_the_metrics() {
    let world = World::new().await;
    let mail = world.sent(&world.account).await;
    let body = serde_json::json!([event(&mail.to_string(), "delivered", 60)]).to_string();
    world.post(&body).await;
    world.ask("POST", &world.hook(), "", body.as_bytes()).await;
    let pixel = world.tokens.pixel(world.company.id, mail);
    world.ask("GET", &format!("/o/{pixel}.gif"), "", b"").await;
    world.ask("GET", &format!("/oauth/start/{pixel}"), "", b"").await;
    world.ask("GET", &format!("/{pixel}"), "", b"").await;
    world.with_events(mail, 1).await;
    let metrics = world.metrics().await;
    let log_and_metrics = format!("{}\n{metrics}", world.log());
    for secret in [&pixel[..], world.hook().rsplit('/').next().unwrap(), JO, &mail.to_string()] {
        assert!(!log_and_metrics.contains(secret), "{secret} is in\n{log_and_metrics}");
    }
}
