//! Reports of providers, from the request to the store.

use super::*;
use postroom_plugin::domain::status::{EventKind, EventSource, Status, fold};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_report_becomes_facts_of_the_mail_it_is_about() {
    let world = World::new().await;
    let mail = world.sent(&world.account).await;
    let name = mail.to_string();
    let mut by_id = event(&name, "processed", 7_000);
    by_id["message-id"] = json!(null);
    by_id["sg_message_id"] = json!(format!("sg-{name}.filter0001.16648.5515E0B88.0"));
    let body = json!([
        by_id,
        event(&name, "delivered", 6_000),
        event(&name, "open", 60),
        event("unknown", "open", 60)
    ]);
    assert_eq!(world.post(&body.to_string()).await, 200, "{}", world.log());
    let events = world.events(mail).await;
    let kinds: Vec<_> = events.iter().map(|it| (it.kind.as_str(), it.source.as_str())).collect();
    assert_eq!(kinds, [("accepted", "webhook"), ("delivered", "webhook"), ("opened", "webhook")]);
    assert_eq!(events[1].recipient.as_deref(), Some(JO));
    let text = world.metrics().await;
    for line in [
        "postroom_webhooks_total{provider=\"sendgrid\",result=\"taken\"} 1",
        "postroom_webhook_notices_total{provider=\"sendgrid\",result=\"kept\"} 3",
        "postroom_webhook_notices_total{provider=\"sendgrid\",result=\"unmatched\"} 1",
        "postroom_events_kept_total{source=\"webhook\",kind=\"opened\"} 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_stale_or_of_another_account_changes_nothing() {
    let world = World::new().await;
    let mail = world.sent(&world.account).await;
    let body = json!([event(&mail.to_string(), "bounce", 60)]).to_string();
    let (hook, good) = (world.hook(), world.signed(body.as_bytes(), 0));
    let other = world.store.company_store(world.company.id).add_account(&relay("other")).await.unwrap();
    let foreign = format!("/hooks/sendgrid/{}", world.tokens.webhook(world.company.id, other.id));
    let stranger = World::new().await;
    let cases = [
        ("unsigned", hook.clone(), String::new(), 401),
        ("another key", hook.clone(), stranger.signed(body.as_bytes(), 0), 401),
        ("another body", hook.clone(), world.signed(b"[]", 0), 401),
        ("too old", hook.clone(), world.signed(body.as_bytes(), -301), 403),
        ("of the future", hook.clone(), world.signed(body.as_bytes(), 305), 403),
        ("another installation's address", stranger.hook(), good.clone(), 404),
        ("an account without a webhook", foreign.clone(), good.clone(), 404),
        ("another provider", hook.replace("sendgrid", "mailgun"), good.clone(), 404),
        ("no provider", hook.replace("sendgrid", "nobody"), good.clone(), 404),
        (
            "a pixel's token",
            format!("/hooks/sendgrid/{}", world.tokens.pixel(world.company.id, mail)),
            good.clone(),
            404,
        ),
        ("no token", "/hooks/sendgrid/x".to_owned(), good.clone(), 404),
    ];
    for (what, path, headers, status) in cases {
        let answer = world.ask("POST", &path, &headers, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{what}: {}", world.log());
    }
    // Whoever holds the key of one account's webhook says nothing about another's mail.
    let webhook =
        Webhook::new(WebhookProvider::Postmark, Some("post:4711-4711-4711-4711"), Vec::new()).unwrap();
    webhook.store(&world.connections(), &other).await.unwrap();
    let report = json!({
        "RecordType": "Bounce", "Type": "HardBounce", "Email": JO, "BouncedAt": "2026-11-27T10:00:00Z",
        "Metadata": {"message-id": format!("<{mail}@nord.example>")}, "MessageID": format!("sg-{mail}"),
    });
    let basic = format!("Authorization: Basic {}\r\n", STANDARD.encode("post:4711-4711-4711-4711"));
    let path = foreign.replace("sendgrid", "postmark");
    let answer = world.ask("POST", &path, &basic, report.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "verified, and about no mail of its own");
    assert_eq!(world.events(mail).await, []);
    Webhook::forget(&world.connections(), &world.account).await.unwrap();
    let headers = world.signed(body.as_bytes(), 0);
    let removed = world.ask("POST", &world.hook(), &headers, body.as_bytes()).await;
    assert_eq!(removed.status, 404, "a webhook that was removed takes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_in_any_order_and_a_hundred_times_over_give_one_status() {
    let world = World::with(Limits::default(), |site| {
        site.with_rate(10_000.try_into().unwrap(), 10_000.try_into().unwrap())
    })
    .await;
    let kinds = ["processed", "deferred", "delivered", "open", "click", "spamreport"];
    let mut outcomes = Vec::new();
    for (turn, order) in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2]].into_iter().enumerate()
    {
        let mail = world.sent(&world.account).await;
        let report =
            |at: usize| json!([event(&mail.to_string(), kinds[at], 6_000 - at as i64 * 100)]).to_string();
        let bodies: Vec<String> = order.into_iter().map(report).collect();
        let replays = if turn == 0 { 100 } else { 5 };
        let again = std::iter::repeat_n(&bodies[0], replays);
        for body in bodies.iter().chain(again).chain(bodies.iter().rev()) {
            assert_eq!(world.post(body).await, 200, "{}", world.log());
        }
        let events = world.events(mail).await;
        assert_eq!(events.len(), kinds.len(), "{events:?}");
        let facts: Vec<_> = events
            .iter()
            .map(|it| postroom_plugin::domain::status::Event {
                recipient: it.recipient.clone(),
                kind: EventKind::named(&it.kind).unwrap(),
                at: it.at,
                source: EventSource::named(&it.source).unwrap(),
                code: None,
                words: None,
            })
            .collect();
        let timeline = fold(&[JO.to_owned()], &facts, ago(0));
        outcomes.push((timeline.status, timeline.recipients[0].complained, timeline.reason.clone()));
    }
    assert_eq!(outcomes[0].0, Status::Read);
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]), "{outcomes:?}");
}

async fn suppressed(world: &World) -> Vec<String> {
    let all = world.store.suppressions(world.company.id).await.unwrap();
    all.into_iter().map(|it| it.address).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_about_another_address_is_shown_with_it_and_says_nothing_of_the_recipient() {
    let world = World::new().await;
    let mail = world.sent(&world.account).await;
    let stranger = "ceo@other-customer.example";
    for kind in ["open", "bounce", "spamreport", "delivered"] {
        let mut about = event(&mail.to_string(), kind, 60);
        about["email"] = json!(stranger);
        assert_eq!(world.post(&json!([about]).to_string()).await, 200, "{kind}: {}", world.log());
    }
    let events = world.events(mail).await;
    assert_eq!(events.len(), 4, "{events:?}");
    assert!(events.iter().all(|it| it.recipient.as_deref() == Some(stranger)), "{events:?}");
    assert_eq!(suppressed(&world).await, Vec::<String>::new());
    let about = json!([event(&mail.to_string(), "spamreport", 50)]).to_string();
    assert_eq!(world.post(&about).await, 200, "{}", world.log());
    assert_eq!(suppressed(&world).await, [JO], "a recipient of the mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_after_an_erasure_is_about_the_pseudonym() {
    let world = World::new().await;
    let mail = world.sent(&world.account).await;
    let admin = world.store.company_store(world.company.id);
    let erased = admin.erase(&JO.parse().unwrap(), ago(0)).await.unwrap();
    for (kind, spelled) in
        [("open", JO.to_owned()), ("spamreport", JO.to_uppercase()), ("bounce", JO.to_owned())]
    {
        let mut about = event(&mail.to_string(), kind, 60);
        about["email"] = json!(spelled);
        about["reason"] = json!(format!("550 5.1.1 <{JO}>: no such user"));
        assert_eq!(world.post(&json!([about]).to_string()).await, 200, "{kind}: {}", world.log());
    }
    let (events, suppressed) = (world.events(mail).await, suppressed(&world).await);
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(events.iter().all(|it| it.recipient.as_ref() == Some(&erased.pseudonym)), "{events:?}");
    assert!(!suppressed.is_empty() && suppressed.iter().all(|it| *it == erased.pseudonym), "{suppressed:?}");
    assert!(!format!("{events:?}").to_lowercase().contains(JO), "{events:?}");
    let asked = world.store.suppressed(world.company.id, &[JO.to_owned()]).await.unwrap();
    assert!(!asked.is_empty(), "it is still not written to");
}

#[tokio::test(flavor = "multi_thread")]
async fn mailguns_token_is_taken_once_and_its_reports_are_stored() {
    let world = World::new().await;
    let mail = world.sent(&world.account).await;
    let key = "0123456789abcdef0123456789abcdef";
    Webhook::new(WebhookProvider::Mailgun, Some(key), Vec::new())
        .unwrap()
        .store(&world.connections(), &world.account)
        .await
        .unwrap();
    let time = Utc::now().timestamp().to_string();
    let mac = ring::hmac::sign(
        &ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes()),
        format!("{time}token-1").as_bytes(),
    );
    let hex: String = mac.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let body = json!({
        "signature": {"timestamp": time, "token": "token-1", "signature": hex},
        "event-data": {"event": "failed", "severity": "permanent", "id": "e-1", "timestamp": 1_790_000_000.5,
            "recipient": JO, "delivery-status": {"code": 550, "message": "5.1.1 unknown"},
            "message": {"headers": {"message-id": format!("{mail}@nord.example")}}},
    })
    .to_string();
    let path = world.hook().replace("sendgrid", "mailgun");
    for status in [200, 403, 403] {
        assert_eq!(world.ask("POST", &path, "", body.as_bytes()).await.status, status, "{}", world.log());
    }
    let events = world.events(mail).await;
    assert_eq!(
        (events.len(), events[0].kind.as_str(), events[0].words.as_deref()),
        (1, "bounced", Some("5.1.1 unknown"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_that_is_signed_is_refused_by_the_plugin_changes_nothing_and_does_not_come_again() {
    let world = World::new().await;
    let mail = world.sent(&world.account).await;
    let deep = "[".repeat(200_000);
    let many = format!("[{}0]", "0,".repeat(10_000));
    for (body, is_read) in [
        ("", false),
        ("{}", false),
        ("null", false),
        ("[1,null,\"x\",[],{}]", true),
        (deep.as_str(), false),
        (many.as_str(), false),
        ("[{\"event\":\"open\",\"timestamp\":1e999}]", false),
        (
            "[{\"event\":\"open\",\"timestamp\":1790000000,\"message-id\":\"<'; drop table mails; --@x>\"}]",
            true,
        ),
    ] {
        let before = world.log().matches("can't be read").count();
        assert_eq!(world.post(body).await, 200, "{body:.60}: SendGrid ends at 2xx alone");
        let logged = world.log().matches("can't be read").count() - before;
        assert_eq!(logged, usize::from(!is_read), "{body:.60}");
    }
    let bytes = [0xff, 0xfe, 0x00, 0x80];
    let headers = world.signed(&bytes, 0);
    assert_eq!(world.ask("POST", &world.hook(), &headers, &bytes).await.status, 200);
    assert_eq!(world.events(mail).await, []);
    let text = world.metrics().await;
    assert!(text.contains("postroom_webhooks_total{provider=\"sendgrid\",result=\"malformed\"} 7"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_to_the_wrong_address_is_answered_so_that_it_does_not_come_again() {
    let world = World::new().await;
    let mail = world.sent(&world.account).await;
    let secret = "s3cr3t-content-of-a-mail";
    let form = format!("event=delivered&recipient=jo%40nord.example&body-plain={secret}&signature=0");
    let parts =
        format!("--xYzZY\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{secret}\r\n--xYzZY--");
    let inbound = json!({"FromName": "Jo", "MessageStream": "inbound", "TextBody": secret}).to_string();
    let basic = format!("Authorization: Basic {}\r\n", STANDARD.encode("post:4711-4711-4711-4711"));
    for (provider, key, headers, body, status) in [
        (WebhookProvider::Mailgun, "0123456789abcdef0123456789abcdef", "", &form, 406),
        (WebhookProvider::Mailgun, "0123456789abcdef0123456789abcdef", "", &inbound, 401),
        (WebhookProvider::Postmark, "post:4711-4711-4711-4711", basic.as_str(), &inbound, 403),
        (WebhookProvider::Postmark, "post:4711-4711-4711-4711", "", &inbound, 401),
        (WebhookProvider::Postmark, "post:4711-4711-4711-4711", basic.as_str(), &parts, 403),
    ] {
        Webhook::new(provider, Some(key), Vec::new())
            .unwrap()
            .store(&world.connections(), &world.account)
            .await
            .unwrap();
        let path = world.hook().replace("sendgrid", provider.as_str());
        let answer = world.ask("POST", &path, headers, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{provider}: {body:.40}: {}", world.log());
    }
    assert!(world.log().contains("can't be read: body.RecordType"), "{}", world.log());
    assert!(!world.log().contains(secret), "{}", world.log());
    assert_eq!(world.events(mail).await, []);
}
