//! Criteria become keys of SEARCH.

use chrono::NaiveDate;

use super::super::Criterion;
use super::super::criteria::{Search, search};
use super::super::request::Request;
use io_imap::types::command::CommandBody;

fn asked(criteria: &[Criterion], before: Option<u32>) -> Result<Option<String>, String> {
    Ok(match search(criteria, before)? {
        Search::Nothing => None,
        Search::Keys { keys, .. } => {
            let body = CommandBody::Search { charset: None, criteria: keys, uid: true };
            let request = Request::typed("t".into(), body);
            let line = String::from_utf8(request.pieces.concat()).expect("UTF-8");
            Some(line.trim_start_matches("t UID SEARCH ").trim_end().to_owned())
        }
    })
}

fn list(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn each_criterion_is_asked_as_servers_know_it() {
    let day = NaiveDate::from_ymd_opt(2026, 11, 2).expect("a day");
    let cases = [
        (vec![], None, Some("ALL")),
        (vec![], Some(1), None),
        (vec![], Some(9), Some("UID 1:8")),
        (vec![Criterion::Sender(list(&["a@x.test"]))], None, Some("FROM \"a@x.test\"")),
        (
            vec![Criterion::Address(list(&["a@x"]))],
            None,
            Some("OR (OR FROM a@x TO a@x) (OR CC a@x (OR BCC a@x HEADER Reply-To a@x))"),
        ),
        (vec![Criterion::Receiver(list(&["a"]))], None, Some("OR TO a (OR CC a BCC a)")),
        (vec![Criterion::Address(Vec::new())], None, None),
        (vec![Criterion::MessageId(list(&["<a@x>"]))], None, Some("HEADER Message-ID <a@x>")),
        (
            vec![Criterion::RefersTo(list(&["<a@x>"]))],
            None,
            Some("OR HEADER In-Reply-To <a@x> HEADER References <a@x>"),
        ),
        (
            vec![Criterion::Subject("a b".into()), Criterion::Body("(".into())],
            None,
            Some("SUBJECT \"a b\" BODY \"(\""),
        ),
        (vec![Criterion::Text("x".into())], None, Some("TEXT x")),
        (vec![Criterion::Header("X-Id".into(), String::new())], None, Some("HEADER X-Id \"\"")),
        (
            vec![Criterion::Since(day), Criterion::Before(day)],
            None,
            Some("SINCE \"2-Nov-2026\" BEFORE \"2-Nov-2026\""),
        ),
        (vec![Criterion::Uids(3, 9)], None, Some("UID 3:9")),
        (vec![Criterion::Uids(0, 0)], None, None),
        (vec![Criterion::Uids(9, 3)], None, None),
        (
            vec![Criterion::Flagged("\\Seen".into()), Criterion::Unflagged("$Paid".into())],
            None,
            Some("SEEN NOT KEYWORD $Paid"),
        ),
        (vec![Criterion::Larger(5)], None, Some("LARGER 5")),
        (vec![Criterion::Larger(1 << 40)], None, None),
    ];
    for (criteria, before, expected) in cases {
        let found = asked(&criteria, before).expect("keys").map(|line| plain(&line));
        let expected = expected.map(plain);
        assert_eq!(found, expected, "{criteria:?}");
    }
}

/// Without the freedom that an encoder has: parentheses around one key, quotes around a word or a date, the
/// zero before a day.
fn plain(line: &str) -> String {
    line.replace(['"', '(', ')'], "").replace(" 02-", " 2-")
}

#[test]
fn what_can_not_be_asked_is_said() {
    let many: Vec<String> = (0..201).map(|number| format!("{number}@x.test")).collect();
    let cases = [
        (Criterion::Address(many), "more than 1000 conditions"),
        (Criterion::Text("x".repeat(70_000)), "more than 65536 bytes"),
        (Criterion::Subject("a\0".into()), "NUL"),
        (Criterion::Header("a b".into(), "x".into()), "no name of a header field"),
        (Criterion::Header(String::new(), "x".into()), "no name of a header field"),
        (Criterion::Flagged("a b".into()), "no flag"),
        (Criterion::Flagged("\\Recent".into()), "can't be searched for"),
    ];
    for (criterion, words) in cases {
        let error = asked(std::slice::from_ref(&criterion), None).expect_err("refused");
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_long_list_is_not_deep() {
    let many: Vec<String> = (0..1_000).map(|number| format!("<{number}@x.test>")).collect();
    let line = asked(&[Criterion::MessageId(many)], None).expect("keys").expect("a search");
    let (mut depth, mut deepest) = (0, 0);
    for byte in line.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    assert!(deepest <= 12, "{deepest}");
}
