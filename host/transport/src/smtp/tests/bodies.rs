//! Bodies: nothing that a sender writes can end the message early, wherever it was cut.

use proptest::prelude::*;

use super::super::body::Stuffer;

fn wire(pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut stuffer = Stuffer::new();
    for piece in pieces {
        stuffer.text(piece, &mut out);
    }
    stuffer.finish(&mut out);
    out
}

/// What a server makes of it: the lines before the first that is a dot alone, unstuffed. Every line must end
/// in CRLF, without another CR or LF inside, and nothing may follow the dot.
fn received(wire: &[u8]) -> Vec<Vec<u8>> {
    let text = wire.strip_suffix(b"\r\n").expect("CRLF at the end");
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n");
        let line = &rest[..end.unwrap_or(rest.len())];
        assert!(
            !line.contains(&b'\r') && !line.contains(&b'\n'),
            "a bare line end in {:?}",
            String::from_utf8_lossy(wire)
        );
        if line == b"." {
            assert_eq!(end, None, "text after the dot in {:?}", String::from_utf8_lossy(wire));
            return lines;
        }
        lines.push(line.strip_prefix(b".").unwrap_or(line).to_vec());
        rest = &rest[end.expect("a dot at the end") + 2..];
    }
}

/// The lines of a text, whichever line ends it uses.
fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = vec![Vec::new()];
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' => {
                rest.next_if_eq(&b'\n');
                lines.push(Vec::new());
            }
            b'\n' => lines.push(Vec::new()),
            byte => lines.last_mut().expect("a line").push(byte),
        }
    }
    if lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
}

#[test]
fn lines_and_dots_go_out_as_they_should() {
    let cases: &[(&[&str], &str)] = &[
        (&[""], ".\r\n"),
        (&["a"], "a\r\n.\r\n"),
        (&["a\r\n"], "a\r\n.\r\n"),
        (&["a\n"], "a\r\n.\r\n"),
        (&["a\r"], "a\r\n.\r\n"),
        (&["."], "..\r\n.\r\n"),
        (&["a\r\n.\r\nb"], "a\r\n..\r\nb\r\n.\r\n"),
        (&["a\n.\r\nMAIL FROM:<x@y>\r\n"], "a\r\n..\r\nMAIL FROM:<x@y>\r\n.\r\n"),
        (&["a\n.\nb"], "a\r\n..\r\nb\r\n.\r\n"),
        (&["a\r.\r\nb"], "a\r\n..\r\nb\r\n.\r\n"),
        (&["a\r.\rb"], "a\r\n..\r\nb\r\n.\r\n"),
        (&["a\r\r\n.b"], "a\r\n\r\n..b\r\n.\r\n"),
        (&["a\r", "\n.", "\r", "\nb"], "a\r\n..\r\nb\r\n.\r\n"),
        (&["a\r\n", ".", "\r\n"], "a\r\n..\r\n.\r\n"),
        (&["a\n", ".", "\r\n"], "a\r\n..\r\n.\r\n"),
        (&["a", ".b"], "a.b\r\n.\r\n"),
        (&["\r", ""], "\r\n.\r\n"),
        (&["a\r\n\r\n"], "a\r\n\r\n.\r\n"),
    ];
    for (pieces, expected) in cases {
        let pieces_of_bytes: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
        assert_eq!(String::from_utf8_lossy(&wire(&pieces_of_bytes)), *expected, "{pieces:?}");
    }
}

#[test]
fn base64_after_a_line_that_is_half_way_begins_a_line_of_its_own() {
    let mut out = Vec::new();
    let mut stuffer = Stuffer::new();
    stuffer.text(b"a\r", &mut out);
    stuffer.before_base64(&mut out);
    out.extend_from_slice(b"QUJD");
    stuffer.text(b".b\n.c", &mut out);
    stuffer.finish(&mut out);
    assert_eq!(String::from_utf8_lossy(&out), "a\r\nQUJD.b\r\n..c\r\n.\r\n");
}

proptest! {
    #[test]
    fn a_server_gets_back_exactly_the_lines_that_were_written(
        text in proptest::collection::vec(prop_oneof![Just(b'.'), Just(b'\r'), Just(b'\n'), Just(b'a'), any::<u8>()], 0..200),
        cuts in proptest::collection::vec(0usize..200, 0..6),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([text.len()]) {
            pieces.push(&text[from..cut]);
            from = cut;
        }
        let wire = wire(&pieces);
        prop_assert_eq!(received(&wire), lines(&text));
    }
}
