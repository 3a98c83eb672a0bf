//! Responses as servers really send them.

use super::super::response::{Code, Kind, Response, Status, Value};
use super::read;

fn atom(text: &str) -> Value {
    Value::Atom(text.into())
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

#[test]
fn statuses_are_read_with_their_code_and_words() {
    let code = |name: &str, arguments: &str| Some(Code { name: name.into(), arguments: arguments.into() });
    let cases = [
        ("* OK hi\r\n", Kind::Ok, None, "hi"),
        ("* ok [uidnext 4] Predicted\r\n", Kind::Ok, code("UIDNEXT", "4"), "Predicted"),
        ("* OK [PERMANENTFLAGS (\\Deleted \\*)]\n", Kind::Ok, code("PERMANENTFLAGS", "(\\Deleted \\*)"), ""),
        ("* BYE\r\n", Kind::Bye, None, ""),
        ("* NO [unterminated\r\n", Kind::No, None, "[unterminated"),
        ("* NO [ALERT]ohne Leerzeichen\r\n", Kind::No, code("ALERT", ""), "ohne Leerzeichen"),
    ];
    for (line, kind, code, words) in cases {
        let expected = Status { kind, code, words: words.into() };
        assert_eq!(read(line), Response::Status(expected), "{line}");
    }
    let Response::Tagged(tag, status) = read(b"p12 NO [AUTHENTICATIONFAILED] f\xfcr dich\r\n") else {
        panic!("tagged")
    };
    assert_eq!(
        (tag.as_str(), status.to_string().as_str()),
        ("p12", "\"NO [AUTHENTICATIONFAILED] f\u{fffd}r dich\"")
    );
}

#[test]
fn data_is_read_as_a_tree() {
    let cases: Vec<(&str, Vec<Value>)> = vec![
        ("* 3 EXISTS\r\n", vec![atom("3"), atom("EXISTS")]),
        (
            "* LIST (\\Sent) \"/\" \"a\\\"b\\\\\"\r\n",
            vec![atom("LIST"), Value::List(vec![atom("\\Sent")]), text("/"), text("a\"b\\")],
        ),
        ("* LIST () NIL {3}\r\na b\r\n", vec![atom("LIST"), Value::List(vec![]), Value::Nil, text("a b")]),
        (
            "* 1 FETCH (BODY[HEADER.FIELDS (\"DATE\" TO)]<0> nil FLAGS ( a[b c ))\r\n",
            vec![
                atom("1"),
                atom("FETCH"),
                Value::List(vec![
                    atom("BODY[HEADER.FIELDS (\"DATE\" TO)]<0>"),
                    Value::Nil,
                    atom("FLAGS"),
                    Value::List(vec![atom("a[b"), atom("c")]),
                ]),
            ],
        ),
    ];
    for (line, values) in cases {
        assert_eq!(read(line), Response::Data(values), "{line}");
    }
    assert_eq!(read(b"* SEARCH 1 22 333\r\n"), Response::Data(vec![atom("SEARCH"), text("1 22 333")]));
    assert_eq!(read(b"* SEARCH\r\n"), Response::Data(vec![atom("SEARCH"), text("")]));
    let names = ["IMAP4REV1".to_owned(), "AUTH=PLAIN".to_owned()];
    assert_eq!(read(b"* capability  IMAP4rev1 AUTH=PLAIN\r\n"), Response::Capability(names.into()));
    for line in [
        "* 3 RECENT\r\n",
        "* FLAGS (\\Seen)\r\n",
        "* LSUB () \"/\" x\r\n",
        "* (\r\n",
        "* \"open\r\n",
        "* 7\r\n",
    ] {
        assert_eq!(read(line), Response::Unasked, "{line:?}");
    }
    assert_eq!(read(b"+\r\n"), Response::Continue(String::new()));
    for line in [
        "",
        "\r\n",
        "nonsense\r\n",
        "* LIST (\r\n",
        "* LIST )\r\n",
        "* LIST {9}\r\nabc\r\n",
        "* LIST \"open\r\n",
        "p1 what\r\n",
    ] {
        assert_eq!(read(line), Response::Unreadable, "{line:?}");
    }
}
