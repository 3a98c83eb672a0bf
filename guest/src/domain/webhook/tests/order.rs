//! Reports come late, twice and in any order: the status is that of the facts.

use super::*;
use crate::domain::status::{Event, fold};
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::json;

/// A mail's events as SendGrid reports them: two recipients, one of whom reads it.
fn life() -> Vec<Value> {
    let event = |to: &str, kind: &str, seconds: i64| {
        json!({"email": to, "event": kind, "timestamp": 1_790_000_000 + seconds, "sg_event_id": format!("{to}{kind}"),
            "useragent": "Thunderbird", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 unknown",
            "message-id": MESSAGE_ID})
    };
    vec![
        event("jo@example.com", "processed", 1),
        event("jo@example.com", "deferred", 5),
        event("jo@example.com", "delivered", 60),
        event("jo@example.com", "open", 3_600),
        event("jo@example.com", "spamreport", 7_200),
        event("mo@example.com", "processed", 1),
        event("mo@example.com", "bounce", 61),
        event("mo@example.com", "delivered", 30),
    ]
}

fn facts(bodies: &[Value]) -> Vec<Event> {
    bodies
        .iter()
        .flat_map(|body| reading(Provider::SendGrid, &json!([body])).notices)
        .map(|it| it.event)
        .collect()
}

fn statuses(facts: &[Event]) -> String {
    let to = ["jo@example.com".to_owned(), "Mo@example.com".to_owned()];
    let now = DateTime::from_timestamp(1_790_100_000, 0).unwrap().fixed_offset();
    format!("{:#?}", fold(&to, facts, now))
}

proptest! {
    #[test]
    fn the_order_of_reports_changes_nothing(order in Just(life()).prop_shuffle()) {
        prop_assert_eq!(statuses(&facts(&order)), statuses(&facts(&life())));
    }

    #[test]
    fn reports_that_come_again_change_nothing(picks in proptest::collection::vec(0..8_usize, 0..200)) {
        let mut bodies = life();
        bodies.extend(picks.into_iter().map(|at| life()[at].clone()));
        bodies.reverse();
        prop_assert_eq!(statuses(&facts(&bodies)), statuses(&facts(&life())));
    }
}

#[test]
fn a_hundred_replays_of_a_whole_life_change_nothing() {
    let bodies: Vec<Value> = (0..100).flat_map(|_| life()).collect();
    let once = statuses(&facts(&life()));
    assert_eq!(statuses(&facts(&bodies)), once);
    assert!(
        once.contains("status: Read") && once.contains("complained: true") && once.contains("status: Failed"),
        "{once}"
    );
}
