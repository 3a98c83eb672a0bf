//! The pixel: one answer for every request, and what a request proves.

use super::*;

const THUNDERBIRD: &str =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0\r\n";

impl World {
    fn pixel(&self, mail: MailId) -> String {
        format!("/o/{}.gif", self.tokens.pixel(self.company.id, mail))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_the_same_picture_whatever_is_asked_for() {
    let world = World::new().await;
    let mail = world.sent(&world.account).await;
    let good = world.pixel(mail);
    let missing = world.pixel(MailId::new());
    let long = format!("/o/{}.gif", "A".repeat(5_000));
    let first = world.ask("GET", &good, THUNDERBIRD, b"").await;
    assert!(first.body.starts_with(b"GIF89a") && first.body.len() == 43, "{:?}", first.body);
    for header in ["content-type: image/gif", "cache-control: no-store, no-cache, private"] {
        assert!(first.head.contains(header), "{}", first.head);
    }
    let without_date =
        |head: &str| head.lines().filter(|it| !it.starts_with("date:")).collect::<Vec<_>>().join("\n");
    for path in
        [&good, &missing, &long, "/o/x.gif", "/o/x", "/o/%ff%00.gif", "/o/a/b/c.gif", "/o/..%2f..%2fetc.gif"]
    {
        let answer = world.ask("GET", path, THUNDERBIRD, b"").await;
        assert_eq!((answer.status, &answer.body), (200, &first.body), "{path:.60}");
        assert_eq!(without_date(&answer.head), without_date(&first.head), "{path:.60}");
        let head = world.ask("HEAD", path, THUNDERBIRD, b"").await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path:.60}");
    }
    let log = world.log();
    assert!(!log.contains(&good[3..20]) && log.contains("GET /o/{*token} 200"), "{log}");
    for field in ["client=127.0.0.1", "method=HEAD", "route=/o/{*token}", "status=200"] {
        assert!(log.contains(field), "{field} is not in\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c3_a_person_and_a_machine_are_told_apart() {
    let world = World::new().await;
    for (method, headers, kind) in [
        ("GET", THUNDERBIRD, "opened"),
        ("GET", "User-Agent: Mozilla/5.0 (via ggpht.com GoogleImageProxy)\r\n", "opened"),
        ("GET", "User-Agent: Mozilla/5.0\r\n", "machine-open"),
        ("GET", "User-Agent: Mozilla/5.0 Mimecast\r\n", "machine-open"),
        ("GET", "User-Agent: x\r\nSec-Purpose: prefetch\r\n", "machine-open"),
        ("GET", "", "machine-open"),
        ("HEAD", THUNDERBIRD, "machine-open"),
    ] {
        let mail = world.sent(&world.account).await;
        world.ask(method, &world.pixel(mail), headers, b"").await;
        let events = world.with_events(mail, 1).await;
        assert_eq!(
            (events[0].kind.as_str(), events[0].source.as_str()),
            (kind, "pixel"),
            "{method} {headers}"
        );
        assert_eq!(events[0].recipient.as_deref(), Some(JO));
        assert!(events[0].words.is_some(), "{headers}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pixel_that_is_fetched_for_ever_fills_no_store() {
    let world = World::new().await;
    let mail = world.sent(&world.account).await;
    for _ in 0..40 {
        world.ask("GET", &world.pixel(mail), THUNDERBIRD, b"").await;
    }
    world.with_events(mail, 20).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(world.events(mail).await.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn fetches_that_were_taken_are_judged_before_the_end() {
    let mut world = World::new().await;
    let mail = world.sent(&world.account).await;
    for _ in 0..5 {
        world.ask("GET", &world.pixel(mail), THUNDERBIRD, b"").await;
    }
    drop(world.stop.take());
    (&mut world.ended).await.unwrap();
    assert_eq!(world.events(mail).await.len(), 5);
}
