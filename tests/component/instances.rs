//! A plugin that goes wrong is stopped, says why, is thrown away, and the next call is served by another.

use crate::artefacts;
use crate::test_host::{LIMITS, TestHost, cases, load, misbehaving, streamed};
use postroom::contract::documents::Source;
use postroom::engine::{EngineError, Files, Limits};
use std::time::{Duration, Instant};

/// Returns the calls that the plugin's instance has counted before this one.
async fn counted(host: &TestHost) -> u32 {
    host.ask("count").await.unwrap().parse().unwrap()
}

#[tokio::test]
async fn every_way_to_die_is_told_apart_and_the_next_call_is_fine() {
    let host = TestHost::new(misbehaving());
    let case = cases().remove(2);
    let expected = case.whole(&case.compose().unwrap().composed.chunks).unwrap();
    for what in ["loop", "memory", "stack", "panic", "trap", "enter"] {
        assert_eq!(counted(&host).await, 0, "before {what} the instance is fresh");
        assert_eq!(counted(&host).await, 1, "and kept");
        let begun = Instant::now();
        let error = host.ask(what).await.unwrap_err();
        let lasted = begun.elapsed();
        assert!(error.lost(), "{what}: {error}");
        match (what, &error) {
            ("loop", EngineError::ComputeTime(limit)) => assert_eq!(*limit, LIMITS.compute),
            ("memory", EngineError::Memory) => {}
            ("panic", EngineError::Panic(message)) => {
                assert!(message.contains("misbehaving on request"), "{message}");
                assert!(message.contains("misbehaviour.rs:"), "{message}: no place");
                let line = format!("atelier-nord: Level::Error: panic: {message}");
                assert!(host.log().contains(&line), "{line}\n{:?}", host.log());
            }
            ("enter", EngineError::Panic(message)) => {
                let why = "a call began before another of this instance had ended";
                assert!(message.contains(why), "{message}");
            }
            ("trap" | "stack", EngineError::Trap(_)) => {}
            _ => panic!("{what}: {error:?}"),
        }
        assert!(lasted < LIMITS.compute + Duration::from_secs(10), "{what} took {lasted:?}");
        let message = streamed(&host.compose(&case).await).await;
        assert!(message == expected, "after {what}");
        // The instance that composed is reused; a fresh host makes the next turn begin anew.
        assert_eq!(counted(&host).await, 0, "after {what} nothing is left of the old instance");
        host.ask("trap").await.unwrap_err();
    }
    assert_eq!(host.log().len(), 2, "each panic is one line: {:?}", host.log());
}

#[tokio::test]
async fn a_loop_does_not_hold_up_other_work() {
    let host = TestHost::new(misbehaving());
    let other = TestHost::new(misbehaving());
    let case = cases().remove(2);
    other.compose(&case).await;
    let work = async {
        for _ in 0..3 {
            other.compose(&case).await;
        }
        Instant::now()
    };
    let looping = async { (host.ask("loop").await, Instant::now()) };
    // Both on one thread: only the loop's yielding at every tick lets the other have a turn.
    let ((looped, stopped), composed) = tokio::join!(looping, work);
    assert!(matches!(looped, Err(EngineError::ComputeTime(_))), "{looped:?}");
    assert!(composed < stopped, "three mails beside a loop");
}

#[tokio::test]
async fn an_instance_is_replaced_after_its_number_of_calls() {
    let engine = load(&artefacts::misbehaving(), Limits { calls: 3, ..LIMITS });
    let host = TestHost::new(&engine);
    let mut found = Vec::new();
    for _ in 0..7 {
        found.push(counted(&host).await);
    }
    assert_eq!(found, [0, 1, 2, 0, 1, 2, 0]);
}

#[tokio::test]
async fn hostile_input_costs_the_instance_and_an_honest_mistake_does_not() {
    let host = TestHost::new(misbehaving());
    let document = |media_type: &str, name: &str| Source {
        media_type: media_type.to_owned(),
        content: postroom_tests::fixtures::bytes(&format!("documents/hostile/{name}")).into(),
    };
    let rows = [
        (document("application/xml", "billion-laughs.xml"), true),
        (document("application/xml", "external-entity.xml"), true),
        (document("application/xml", "unclosed.xml"), true),
        (Source { media_type: "application/json".to_owned(), content: b"{".to_vec().into() }, true),
        (document("application/json", "bad-date.json"), false),
        (document("application/json", "unknown-field.json"), false),
        (document("application/xml", "missing-id.xml"), false),
        (Source { media_type: "text/plain".to_owned(), content: b"x".to_vec().into() }, false),
    ];
    for (document, hostile) in rows {
        counted(&host).await;
        let before = counted(&host).await;
        let content = document.content.in_hand();
        let shown = String::from_utf8_lossy(&content[..content.len().min(60)]).into_owned();
        let error = host.company_plugin.read(&Files::default(), &document).await.unwrap().unwrap_err();
        let after = counted(&host).await;
        assert_eq!(after == 0, hostile, "{shown}: {error:?}");
        assert!(hostile || after == before + 1, "{shown}: {error:?}");
    }
}

#[tokio::test]
async fn one_company_never_gets_the_instance_of_another() {
    let (one, two) = (TestHost::new(misbehaving()), TestHost::new(misbehaving()));
    assert_eq!(counted(&one).await, 0);
    assert_eq!(counted(&one).await, 1);
    assert_eq!(counted(&two).await, 0);
}

#[tokio::test]
async fn a_call_that_is_given_up_loses_its_instance_and_nothing_else() {
    let host = TestHost::new(misbehaving());
    assert_eq!(counted(&host).await, 0);
    let given_up = tokio::time::timeout(Duration::from_millis(200), host.ask("loop")).await;
    assert!(given_up.is_err(), "{given_up:?}");
    assert_eq!(counted(&host).await, 0);
}
