//! Names, encodings and structures, from tables.

use proptest::prelude::*;

use super::super::header;
use super::super::part::Decoder;
use super::super::response::{Response, Value};
use super::super::structure::{Leaf, leaves};
use super::super::utf7;

#[test]
fn folder_names_are_modified_utf7_on_the_wire() {
    let cases = [
        ("INBOX", "INBOX"),
        ("Entwürfe", "Entw&APw-rfe"),
        ("A&B", "A&-B"),
        ("台北", "&U,BTFw-"),
        ("Отправленные", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"),
        ("a😀b", "a&2D3eAA-b"),
    ];
    for (name, wire) in cases {
        assert_eq!(utf7::encode(name), wire);
        assert_eq!(utf7::decode(wire).as_deref(), Some(name));
    }
    for wire in ["&", "&APw", "&AP-", "&!!-", "&AEE-", "Entwürfe", "&2D0-"] {
        assert_eq!(utf7::decode(wire), None, "{wire}");
    }
}

proptest! {
    #[test]
    fn any_name_comes_back(name in "\\PC{0,40}") {
        prop_assert_eq!(utf7::decode(&utf7::encode(&name)), Some(name));
    }

    #[test]
    fn any_wire_name_is_survived(wire in "[&a-zA-Z0-9+,/-]{0,40}") {
        let _ = utf7::decode(&wire);
    }

    #[test]
    fn pieces_of_any_length_decode_to_the_same(
        bytes in proptest::collection::vec(any::<u8>(), 0..400), piece in 1usize..50,
    ) {
        use base64::Engine;
        let encoded = base64::engine::general_purpose::STANDARD.encode(&bytes);
        let lines = encoded.as_bytes().chunks(76).collect::<Vec<_>>().join(&b"\r\n"[..]);
        prop_assert_eq!(decoded("base64", &lines, piece), bytes);
    }
}

fn decoded(encoding: &str, text: &[u8], piece: usize) -> Vec<u8> {
    let mut decoder = Decoder::of(encoding);
    let mut out = Vec::new();
    text.chunks(piece).for_each(|piece| decoder.push(piece, &mut out));
    decoder.finish(&mut out);
    out
}

#[test]
fn transfer_encodings_are_undone_also_where_they_are_broken() {
    let cases: [(&str, &str, &[u8]); 9] = [
        ("base64", "SGVs\r\nbG8=\r\n", b"Hello"),
        ("base64", "SGVsbG8", b"Hello"),
        ("base64", "SG Vs*bG8=!", b"Hello"),
        ("base64", "SGVsbG8=SGVsbG8=", b"Hello\x12\x19[\x1b\x1b"),
        ("quoted-printable", "Gr=C3=BC=\r\n=DF\r\nEnde  \r\n", b"Gr\xc3\xbc\xdf\r\nEnde\r\n"),
        ("quoted-printable", "a=\nb=4x=e4=", b"ab=4x\xe4"),
        ("quoted-printable", "=", b""),
        ("8bit", "as =C3 is", b"as =C3 is"),
        ("x-unknown", "as it is\r\n", b"as it is\r\n"),
    ];
    for (encoding, text, expected) in cases {
        for piece in [1, 3, 1000] {
            let found = decoded(encoding, text.as_bytes(), piece);
            if text.contains("8=S") {
                assert!(found.starts_with(b"Hello"), "{text}");
            } else {
                assert_eq!(found, expected, "{encoding}: {text} in pieces of {piece}");
            }
        }
    }
}

fn structure(text: &str) -> Vec<Leaf> {
    let line = format!("* 1 FETCH {text}\r\n");
    match super::read(&line) {
        Response::Data(values) => leaves(values.last().unwrap_or(&Value::Nil)),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn parts_have_the_numbers_that_the_server_knows_them_by() {
    let text = "(\"TEXT\" \"HTML\" NIL NIL NIL \"8bit\" 5 1)";
    let image = "(\"IMAGE\" \"PNG\" (\"NAME\" \"=?UTF-8?Q?Gr=C3=B6=C3=9Fe.png?=\") \"<logo>\" NIL \"base64\" -1 NIL (\"inline\" NIL))";
    let mail = "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7bit\" 99 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) \
                (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7bit\" 5 1) 9 NIL (\"attachment\" (\"filename\" \"mail.eml\")))";
    let whole = format!("((({text}{text} \"ALTERNATIVE\"){image} \"RELATED\"){mail}{text} \"MIXED\")");
    let found = structure(&whole);
    let sections: Vec<&str> = found.iter().map(|leaf| leaf.part.section.as_str()).collect();
    assert_eq!(sections, ["1.1.1", "1.1.2", "1.2", "2", "3"]);
    assert_eq!(found[2].part.file_name.as_deref(), Some("Größe.png"));
    assert_eq!(found[2].part.content_id.as_deref(), Some("logo"));
    assert_eq!((found[2].part.size, found[2].encoding.as_str()), (0, "base64"));
    assert_eq!(found[3].part.media_type, "message/rfc822");
    assert_eq!(found[3].part.file_name.as_deref(), Some("mail.eml"));
    assert_eq!(structure(text)[0].part.section, "1");
    for text in ["NIL", "()", "(())", "(\"TEXT\")", "((NIL) \"MIXED\")", "atom"] {
        assert_eq!(structure(text), [], "{text}");
    }
}

#[test]
fn a_message_without_a_usable_header_has_an_empty_envelope() {
    for text in ["", "\r\n", "nonsense", "Date: yesterday\r\nFrom: \r\nTo: ,,\r\nReferences: x\r\n\r\n"] {
        let found = header::envelope(1, chrono::DateTime::default(), text.as_bytes());
        assert_eq!((found.subject.as_str(), found.from.len(), found.date), ("", 0, None), "{text:?}");
    }
    let long = format!("Subject: {}\r\n\r\n", "é".repeat(5_000));
    let found = header::envelope(1, chrono::DateTime::default(), long.as_bytes());
    assert_eq!(found.subject.chars().count(), 1_000);
}

#[test]
fn a_field_that_was_cut_off_is_left_out() {
    let fields =
        |text: &str| header::fields(text.as_bytes()).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(fields("A: 1\r\nB: 2\r\n\r\n"), ["A", "B"]);
    assert_eq!(fields("A: 1\r\nB: 2"), ["A"]);
    assert_eq!(fields("A: 1\r\nB: 2\r\n cut"), ["A"]);
    assert_eq!(fields(" odd\r\nA: 1\r\nno colon\r\n"), ["A"]);
}
