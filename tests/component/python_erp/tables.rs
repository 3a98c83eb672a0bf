//! The tables of the ERP under workers that are killed, and under two workers at the same time.

use super::{Erp, NOW, enqueue, on, outcomes, run, statuses};
use postroom_cli::catcher::Catcher;
use postroom_tests::scripted::{At, How, server};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn making_the_tables_again_changes_nothing() {
    let erp = Erp::new().await;
    let again = json!({"do": "install"});
    let before = erp.does(None, vec![enqueue("button", "ann@example.org")]).await;
    let after = erp.does(None, vec![again.clone(), again]).await;
    assert_eq!(before["mails"].as_array().unwrap().len(), 1, "{before:#}");
    assert_eq!((&before["mails"], &before["accounts"]), (&after["mails"], &after["accounts"]));
}

/// Killed right after the attempt was recorded: nothing left, but that can't be known. Killed after the server took the mail,
/// before that was recorded: the same tables, and the mail is out.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_was_killed_never_sends_a_second_mail_by_itself() {
    for (dies, taken) in [("before", 0), ("after", 1)] {
        let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
        let killed = json!({"do": "run", "now": NOW, "dies": dies});
        erp.dies(catcher.address(), vec![enqueue("button", "ann@example.org"), killed]).await;
        assert_eq!(catcher.caught().len(), taken);

        // Soon after, the dead worker still has the lease; then the mail is in doubt, and stays so until a person decides.
        let rounds = ["2026-11-22T08:40:00Z", "2026-11-22T09:00:00Z", "2026-11-23T09:00:00Z"];
        let tables = erp.does(Some(catcher.address()), vec![run(rounds[0])]).await;
        assert_eq!(outcomes(&tables["mails"][0]), [None], "{tables:#}");
        let answer =
            |again: bool| json!({"do": "answer_in_doubt", "mail": 0, "again": again, "now": rounds[0]});
        let tables =
            erp.does(Some(catcher.address()), vec![answer(true), run(rounds[1]), run(rounds[2])]).await;
        assert_eq!(tables["gave"][0], false, "no person decides while a worker may be at it: {tables:#}");
        let mail = &tables["mails"][0];
        assert_eq!(
            (outcomes(mail), &mail["question"]),
            (vec![Some("in-doubt")], &json!("in-doubt")),
            "{tables:#}"
        );
        assert_eq!(statuses(mail), ["unknown"], "{tables:#}");
        assert_eq!(catcher.caught().len(), taken, "{dies}");

        let again = json!({"do": "answer_in_doubt", "mail": 0, "again": true, "now": rounds[2]});
        let tables = erp.does(Some(catcher.address()), vec![again, run("2026-11-23T09:30:00Z")]).await;
        assert_eq!(outcomes(&tables["mails"][0]), [Some("not-found"), Some("accepted")], "{tables:#}");
        assert_eq!(catcher.caught().len(), taken + 1, "{dies}: once more, on a person's word");
    }
}

/// A run commits four times: the claim, the attempt, what came of it, what is next. Killed in place of each or right after it.
#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_program_is_killed_a_mail_leaves_once_or_is_asked_about() {
    let asked = ("person", "in-doubt");
    let left = ("done", "accepted");
    for (commit, when, taken, (state, result)) in [
        (1, "before", 1, left),
        (1, "after", 1, left),
        (2, "before", 1, left),
        (2, "after", 0, asked),
        (3, "before", 1, asked),
        (3, "after", 1, left),
        (4, "before", 1, left),
        (4, "after", 1, left),
    ] {
        let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
        let killed = json!({"do": "run", "now": NOW, "dies_at": [commit, when]});
        erp.dies(catcher.address(), vec![enqueue("button", "ann@example.org"), killed]).await;
        let rounds = vec![
            enqueue("button", "ann@example.org"),
            run("2026-11-22T09:01:00Z"),
            run("2026-11-22T14:00:00Z"),
        ];
        let tables = erp.does(Some(catcher.address()), rounds).await;
        let mail = &tables["mails"][0];
        assert_eq!(
            (&mail["state"], outcomes(mail)),
            (&json!(state), vec![Some(result)]),
            "{commit} {when}: {tables:#}"
        );
        assert_eq!(catcher.caught().len(), taken, "{commit} {when}: {tables:#}");
    }
}

/// A worker stood still for longer than its claim holds, and then got its answer.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_late_clears_the_doubt_that_another_worker_had() {
    let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
    let late = json!({"do": "run", "now": NOW, "meanwhile": "2026-11-22T10:00:00Z"});
    let answer = json!({"do": "answer_in_doubt", "mail": 0, "again": true, "now": "2026-11-22T10:01:00Z"});
    let steps = vec![enqueue("button", "ann@example.org"), late, answer, run("2026-11-22T10:01:00Z")];
    let tables = erp.does(Some(catcher.address()), steps).await;
    assert_eq!(tables["gave"][2], false, "nothing is in doubt any more: {tables:#}");
    let mail = &tables["mails"][0];
    assert!(mail["events"].to_string().contains("in-doubt"), "the other worker was there: {tables:#}");
    assert_eq!((&mail["state"], outcomes(mail)), (&json!("done"), vec![Some("accepted")]), "{tables:#}");
    assert_eq!(statuses(mail), ["in-transit"], "{tables:#}");
    assert_eq!(catcher.caught().len(), 1, "{tables:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_workers_each_mail_has_one() {
    let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
    let mails = (0..12).map(|at| enqueue(&format!("{at:02}"), "ann@example.org")).collect();
    erp.does(None, mails).await;
    let rounds = || vec![run(NOW); 4];
    let (one, other) = tokio::join!(
        erp.does(Some(catcher.address()), rounds()),
        erp.does(Some(catcher.address()), rounds())
    );
    let tables = erp.does(Some(catcher.address()), vec![run(NOW)]).await;
    for mail in tables["mails"].as_array().unwrap() {
        assert_eq!(
            (outcomes(mail), &mail["state"]),
            (vec![Some("accepted")], &json!("done")),
            "{one:#} {other:#}"
        );
    }
    let ids: BTreeSet<&str> =
        tables["mails"].as_array().unwrap().iter().map(|it| it["message_id"].as_str().unwrap()).collect();
    let caught = catcher.caught();
    assert_eq!((ids.len(), caught.len()), (12, 12));
    for id in ids {
        let count = caught.iter().filter(|it| String::from_utf8_lossy(&it.message).contains(id)).count();
        assert_eq!(count, 1, "{id}");
    }
}

/// The files are those of the day it was made, whatever comes between.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_waited_leaves_with_the_files_that_it_was_made_of() {
    let erp = Erp::new().await;
    let busy = on(server(At::Greeting, How::Replies("421 4.3.2 come later"), &[]));
    let mut first = enqueue("first", "ann@example.org");
    first["wanted"]["files"][0]["content"] = json!("JVBERi0xLjcKZmlyc3QKJSVFT0YK");
    let mut second = enqueue("second", "ann@example.org");
    second["wanted"]["files"][0]["content"] = json!("JVBERi0xLjcKc2Vjb25kCiUlRU9GCg==");
    erp.does(Some(busy), vec![first, second, run(NOW)]).await;
    let catcher = Catcher::start().await.unwrap();
    let tables: Value = erp.does(Some(catcher.address()), vec![run("2026-11-22T08:35:00Z")]).await;
    let caught = catcher.caught();
    assert_eq!(caught.len(), 2, "{tables:#}");
    for (mail, file) in tables["mails"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["JVBERi0xLjcKZmlyc3QKJSVFT0YK", "JVBERi0xLjcKc2Vjb25kCiUlRU9GCg=="])
    {
        let id = mail["message_id"].as_str().unwrap();
        let text =
            caught.iter().map(|it| String::from_utf8_lossy(&it.message)).find(|it| it.contains(id)).unwrap();
        assert!(text.contains(file), "{text}");
    }
}
