//! The loop against servers.

use super::{Erp, NOW, enqueue, on, outcomes, run, statuses};
use postroom_cli::catcher::Catcher;
use postroom_tests::scripted::{At, How, notifying_server, server};
use serde_json::{Value, json};

const ANN: &str = "ann@example.org";

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_taken_and_the_same_request_is_the_same_mail() {
    let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
    let steps = vec![enqueue("button", ANN), enqueue("button", ANN), run(NOW), run("2026-11-22T12:30:00Z")];
    let tables = erp.does(Some(catcher.address()), steps).await;
    assert_eq!(tables["gave"][0], tables["gave"][1], "{tables:#}");
    let mail = &tables["mails"][0];
    assert_eq!((&mail["state"], outcomes(mail)), (&json!("done"), vec![Some("accepted")]), "{tables:#}");
    assert_eq!(statuses(mail), ["in-transit"], "{tables:#}");
    assert_eq!(mail["next_at"], NOW);
    let caught = catcher.caught();
    assert_eq!(caught.len(), 1);
    let text = String::from_utf8_lossy(&caught[0].message);
    assert!(text.contains(mail["message_id"].as_str().unwrap()), "{text}");
}

/// The defect that costs money: the server had the mail, and its answer was lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_lost_after_the_dot_is_asked_about_and_sent_again_on_a_persons_word_alone() {
    let erp = Erp::new().await;
    let (port, reached) = notifying_server(At::Dot, How::Closes, &["DSN"]);
    let rounds = ["2026-11-22T08:40:00Z", "2026-11-22T13:00:00Z", "2026-11-26T08:30:00Z"];
    let mut steps = vec![enqueue("button", ANN), run(NOW)];
    steps.extend(rounds.map(run));
    let tables = erp.does(Some(on(port)), steps).await;
    assert_eq!(reached.try_iter().count(), 1, "one submission, however often the loop ran: {tables:#}");
    let mail = &tables["mails"][0];
    assert_eq!((&mail["state"], &mail["question"]), (&json!("person"), &json!("in-doubt")), "{tables:#}");
    assert_eq!(outcomes(mail), [Some("in-doubt")], "{tables:#}");
    assert_eq!(statuses(mail), ["unknown"], "{tables:#}");

    let catcher = Catcher::start().await.unwrap();
    let again = json!({"do": "answer_in_doubt", "mail": 0, "again": true, "now": rounds[2]});
    let tables = erp.does(Some(catcher.address()), vec![again, run(rounds[2]), run(rounds[2])]).await;
    let mail = &tables["mails"][0];
    // The retry waits as after any attempt; the doubt was days ago.
    assert_eq!(outcomes(mail), [Some("not-found"), Some("accepted")], "{tables:#}");
    assert_eq!((&mail["state"], statuses(mail)), (&json!("done"), vec!["in-transit"]), "{tables:#}");
    assert_eq!(catcher.caught().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_in_doubt_that_a_person_leaves_as_it_is_never_leaves_again() {
    let erp = Erp::new().await;
    let steps = vec![enqueue("button", ANN), run(NOW)];
    erp.does(Some(on(server(At::Dot, How::Closes, &[]))), steps).await;
    let catcher = Catcher::start().await.unwrap();
    let leave = json!({"do": "answer_in_doubt", "mail": 0, "again": false, "now": NOW});
    let tables = erp.does(Some(catcher.address()), vec![leave, run(NOW), run("2026-11-24T08:30:00Z")]).await;
    let mail = &tables["mails"][0];
    assert_eq!((&mail["state"], &mail["reason_code"]), (&json!("person"), &json!("held")), "{tables:#}");
    assert_eq!(catcher.caught().len(), 0);
}

/// What a lookup in the Sent folder finds is believed, and asked again where it could not be done.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_in_doubt_is_looked_for_before_anybody_is_asked() {
    for (looks, left, states) in [
        (
            json!([{"cannot-tell": "no connection"}, {"not-yet": 600}, {"found": null}]),
            0,
            ["in-doubt", "found"],
        ),
        (
            json!([{"cannot-tell": "no connection"}, {"not-yet": 600}, "not-found"]),
            1,
            ["in-doubt", "not-found"],
        ),
    ] {
        let erp = Erp::new().await;
        let can_look = json!({"do": "change_account", "name": "office", "can_look_in_sent": true});
        let look = |now: &str, at: usize| json!({"do": "run", "now": now, "looks": [looks[at]]});
        let steps = vec![can_look, enqueue("button", ANN), look(NOW, 0)];
        let tables = erp.does(Some(on(server(At::Dot, How::Closes, &[]))), steps).await;
        let mail = &tables["mails"][0];
        assert_eq!(outcomes(mail)[0], Some(states[0]), "{tables:#}");
        assert!(mail["reason_detail"].as_str().unwrap().contains("no connection"), "{tables:#}");
        assert_eq!(mail["next_at"], "2026-11-22T08:45:00Z", "{tables:#}");

        let catcher = Catcher::start().await.unwrap();
        let tables = erp.does(Some(catcher.address()), vec![look("2026-11-22T08:45:00Z", 1)]).await;
        assert_eq!(tables["mails"][0]["next_at"], "2026-11-22T08:55:00Z", "{tables:#}");
        let tables = erp.does(Some(catcher.address()), vec![look("2026-11-22T08:55:00Z", 2)]).await;
        let mail = &tables["mails"][0];
        assert_eq!((outcomes(mail)[0], &mail["state"]), (Some(states[1]), &json!("done")), "{tables:#}");
        assert_eq!(catcher.caught().len(), left, "{tables:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_who_was_told_to_come_later_gets_the_mail_at_the_next_round_alone() {
    let erp = Erp::new().await;
    let greylists = server(At::Recipient, How::RepliesOnce("450 4.2.0 greylisted, come later"), &["DSN"]);
    let tables = erp
        .does(Some(on(greylists)), vec![enqueue("button", "ann@example.org, bob@example.org"), run(NOW)])
        .await;
    let mail = &tables["mails"][0];
    assert_eq!(
        (&mail["state"], outcomes(mail)),
        (&json!("due"), vec![Some("partly-accepted")]),
        "{tables:#}"
    );
    let catcher = Catcher::start().await.unwrap();
    let tables = erp.does(Some(catcher.address()), vec![run(NOW), run("2026-11-22T08:32:00Z")]).await;
    let mail = &tables["mails"][0];
    assert_eq!(outcomes(mail), [Some("partly-accepted"), Some("accepted")], "{tables:#}");
    assert_eq!(mail["state"], "done", "{tables:#}");
    let caught = catcher.caught();
    assert_eq!(caught.len(), 1);
    assert_eq!(caught[0].recipients, ["ann@example.org"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_who_was_refused_is_suppressed_and_the_other_is_not_held_back() {
    let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
    let steps = vec![enqueue("button", "unknown.bob@example.org, ann@example.org"), run(NOW)];
    let tables = erp.does(Some(catcher.address()), steps).await;
    let mail = &tables["mails"][0];
    assert_eq!((&mail["state"], outcomes(mail)), (&json!("done"), vec![Some("accepted")]), "{tables:#}");
    assert_eq!(statuses(mail), ["failed", "in-transit"], "{tables:#}");
    assert_eq!(tables["suppressed"][0]["address"], "unknown.bob@example.org", "{tables:#}");

    // A second mail to them waits for a person. Once the address is released it leaves, and is refused again.
    let later = "2026-11-23T08:30:00Z";
    let tables = erp
        .does(Some(catcher.address()), vec![enqueue("second", "unknown.bob@Example.org"), run(later)])
        .await;
    let mail = &tables["mails"][1];
    assert_eq!(
        (&mail["state"], &mail["reason_code"]),
        (&json!("person"), &json!("suppressed")),
        "{tables:#}"
    );
    assert!(outcomes(mail).is_empty(), "{tables:#}");
    let release = json!({"do": "release_address", "address": "UNKNOWN.bob@example.org", "now": later});
    let go_on = json!({"do": "hold", "mail": 1, "held": false, "now": later});
    let evidence = "2026-11-23T08:31:00Z";
    let tables = erp.does(Some(catcher.address()), vec![release, go_on, run(evidence)]).await;
    assert_eq!(outcomes(&tables["mails"][1]), [Some("permanent")], "{tables:#}");
    assert_eq!(statuses(&tables["mails"][1]), ["failed"], "{tables:#}");
    assert_eq!(
        tables["suppressed"][0]["released"],
        Value::Null,
        "newer evidence suppresses again: {tables:#}"
    );
    assert_eq!(catcher.caught().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_to_come_later_is_come_back_to_at_its_time() {
    let erp = Erp::new().await;
    let busy = server(At::Greeting, How::Replies("421 4.3.2 come later"), &[]);
    let tables = erp.does(Some(on(busy)), vec![enqueue("button", ANN), run(NOW)]).await;
    let mail = &tables["mails"][0];
    assert_eq!((&mail["state"], outcomes(mail)), (&json!("due"), vec![Some("transient")]), "{tables:#}");
    let next = mail["next_at"].as_str().unwrap();
    assert!(("2026-11-22T08:30:54Z"..="2026-11-22T08:31:06Z").contains(&next), "{tables:#}");
    let dutch = "De laatste poging is mislukt; de volgende komt vanzelf.";
    assert_eq!(mail["explained"], dutch, "{tables:#}");
    let catcher = Catcher::start().await.unwrap();
    let tables = erp.does(Some(catcher.address()), vec![run("2026-11-22T08:30:50Z"), run(next)]).await;
    assert_eq!(outcomes(&tables["mails"][0]), [Some("transient"), Some("accepted")], "{tables:#}");
    assert_eq!(catcher.caught().len(), 1);
}

/// A mail that a person holds; one that no server took within the time; one for later.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_held_sent_at_its_time_and_given_up_in_the_end() {
    let erp = Erp::new().await;
    let hold = json!({"do": "hold", "mail": 0, "held": true, "now": NOW});
    let mut timed = enqueue("timed", ANN);
    timed["wanted"]["send_at"] = json!("2026-11-22T18:00:00Z");
    let catcher = Catcher::start().await.unwrap();
    let tables = erp.does(Some(catcher.address()), vec![enqueue("held", ANN), hold, timed, run(NOW)]).await;
    let (held, timed) = (&tables["mails"][0], &tables["mails"][1]);
    assert_eq!((&held["state"], &held["reason_code"]), (&json!("person"), &json!("held")), "{tables:#}");
    let dutch = held["explained"].as_str().unwrap();
    assert!(dutch.starts_with("De mail wordt vastgehouden: geef hem vrij"), "{tables:#}");
    assert_eq!(
        (&timed["state"], &timed["next_at"]),
        (&json!("due"), &json!("2026-11-22T18:00:00Z")),
        "{tables:#}"
    );
    let release = json!({"do": "hold", "mail": 0, "held": false, "now": NOW});
    erp.does(Some(catcher.address()), vec![release, run("2026-11-22T18:00:00Z")]).await;
    assert_eq!(catcher.caught().len(), 2);

    let closed = on(server(At::Greeting, How::Closes, &[]));
    let rounds = (0..40).map(|round| {
        let (day, hour) = (23 + round * 4 / 24, round * 4 % 24);
        run(&format!("2026-11-{day:02}T{hour:02}:59:59Z"))
    });
    let steps = std::iter::once(enqueue("zz", ANN)).chain(rounds).collect();
    let tables = erp.does(Some(closed), steps).await;
    let mail = &tables["mails"][2];
    assert_eq!((&mail["state"], &mail["reason_code"]), (&json!("done"), &json!("window-over")), "{tables:#}");
    assert_eq!(statuses(mail), ["failed"], "{tables:#}");
}

/// A mistake of the host is no mail's: it is in doubt, the instance is replaced, and the next mail leaves.
#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_broke_off_is_in_doubt_and_the_next_mail_leaves() {
    let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
    let breaks = json!({"do": "run", "now": NOW, "dies": "raises"});
    let steps = vec![enqueue("1", ANN), enqueue("2", ANN), breaks, run("2026-11-22T09:30:00Z")];
    let tables = erp.does(Some(catcher.address()), steps).await;
    let mut found: Vec<_> = tables["mails"].as_array().unwrap().iter().flat_map(outcomes).collect();
    found.sort_unstable();
    assert_eq!(found, [Some("accepted"), Some("in-doubt")], "{tables:#}");
    assert_eq!(catcher.caught().len(), 2, "{tables:#}");
}
