//! Invariant 4: the same call gives the same bytes, in the sandbox and out of it, on a fresh instance and on one
//! that has served a thousand calls.

use crate::test_host::{TestHost, cases, shipped, streamed};

#[tokio::test]
async fn native_fresh_and_much_used_instances_give_equal_bytes() {
    let cases = cases();
    let used = TestHost::new(shipped());
    for round in 0..1_000 {
        used.compose(&cases[round % cases.len()]).await;
    }
    for case in &cases {
        let native = case.compose().unwrap();
        let expected = case.whole(&native.composed.chunks).unwrap();
        let fresh = TestHost::new(shipped());
        for (host, which) in [(&fresh, "fresh"), (&used, "used a thousand times")] {
            let ready = host.compose(case).await;
            let name = &case.name;
            assert!(streamed(&ready).await == expected, "{name}, {which}: another message than native");
            let message = &ready.message;
            assert_eq!(message.mail.message_id, native.composed.message_id, "{name}, {which}");
            assert_eq!(message.subject, native.rendered.subject, "{name}, {which}");
            assert_eq!(message.text, native.rendered.text, "{name}, {which}");
            assert_eq!(without_picture(&message.html), native.rendered.html, "{name}, {which}");
            assert_eq!(message.language, native.language.locale.to_string(), "{name}, {which}");
            assert_eq!(message.mail.needs_smtputf8, native.composed.needs_smtputf8, "{name}, {which}");
            let warnings = |codes: Vec<&str>| codes.join(" ");
            assert_eq!(
                warnings(message.warnings.iter().map(|w| w.code.as_str()).collect()),
                warnings(native.warnings.iter().map(|w| w.code).collect()),
                "{name}, {which}"
            );
        }
    }
}

/// The HTML as it travels: a preview has the code to pay by in it, which the message has beside it.
fn without_picture(html: &str) -> String {
    match html.split_once("data:image/png;base64,") {
        Some((before, rest)) => {
            let after = rest.split_once('"').map_or("", |(_, after)| after);
            format!("{before}cid:payment-code\"{after}")
        }
        None => html.to_owned(),
    }
}

#[tokio::test]
async fn calls_at_the_same_time_do_not_disturb_each_other() {
    let host = TestHost::new(shipped());
    let cases = cases();
    let expected =
        cases.iter().map(|c| c.whole(&c.compose().unwrap().composed.chunks).unwrap()).collect::<Vec<_>>();
    let (first, rest) = (&cases[0], &cases[1..]);
    for other in rest {
        let (one, two) = tokio::join!(host.compose(first), host.compose(other));
        let index = cases.iter().position(|c| c.name == other.name).unwrap();
        assert!(streamed(&one).await == expected[0], "{} beside {}", first.name, other.name);
        assert!(streamed(&two).await == expected[index], "{}", other.name);
    }
}

#[tokio::test]
async fn another_identity_gives_another_message_and_another_time_another_date() {
    let host = TestHost::new(shipped());
    let case = cases().remove(2);
    let message = streamed(&host.compose(&case).await).await;
    let renamed = postroom_tests::case::Case { name: "another".to_owned(), ..case.clone() };
    let later = postroom_tests::case::Case { now: "2026-11-22T09:30:01+01:00".to_owned(), ..case.clone() };
    assert!(streamed(&host.compose(&renamed).await).await != message);
    let later = streamed(&host.compose(&later).await).await;
    let text =
        String::from_utf8(message).unwrap().replace("Sun, 22 Nov 2026 09:30:00", "Sun, 22 Nov 2026 09:30:01");
    assert_eq!(text, String::from_utf8(later).unwrap(), "a second later, only the date differs");
}
