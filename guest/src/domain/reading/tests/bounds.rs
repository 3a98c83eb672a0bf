//! Messages made to be more than can be held: what is shown of them is bounded, says that it is cut, and is never nothing.

use super::*;

fn codes(found: &Reading) -> Vec<&'static str> {
    found.notes.iter().map(|note| note.code).collect()
}

/// Makes a multipart of parts, each with its header.
fn mixed(parts: &[String]) -> String {
    let parts: String = parts.iter().map(|part| format!("--x\r\n{part}\r\n")).collect();
    format!("Content-Type: multipart/mixed; boundary=x\r\n\r\n{parts}--x--\r\n")
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x84][..], &u32::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
}

/// Makes a message that is signed as a whole.
fn signed(inner: &[u8]) -> Vec<u8> {
    let kind = |last: u8| [0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, last];
    let content = [&kind(1)[..], &element(0xA0, &element(0x04, inner))].concat();
    let data = element(0x30, &[&[2, 1, 1, 0x31, 0][..], &element(0x30, &content)].concat());
    let der = element(0x30, &[&kind(2)[..], &element(0xA0, &data)].concat());
    let head = "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: binary\r\n\r\n";
    [head.as_bytes(), &der].concat()
}

#[test]
fn messages_signed_within_each_other_are_read_to_the_third() {
    let mut raw = b"Content-Type: text/plain\r\n\r\nthe text".to_vec();
    for _ in 0..3 {
        raw = signed(&raw);
    }
    let found = read(&raw, &[], now()).unwrap();
    assert_eq!((found.text.as_str(), codes(&found)), ("the text", vec![]));
    let found = read(&signed(&raw), &[], now()).unwrap();
    assert_eq!((found.text.as_str(), codes(&found)), ("", vec!["parts-left-out"]));
}

#[test]
fn signed_messages_of_one_message_share_their_bytes() {
    let part = |size: usize| signed(&[b"\r\n", vec![b'a'; size].as_slice()].concat());
    let mut raw = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n".to_vec();
    for _ in 0..5 {
        raw.extend([b"--x\r\n".as_slice(), &part(1_000), b"\r\n"].concat());
    }
    raw.extend(b"--x--\r\n");
    let mut walk = Walk::new(raw.len());
    let _ = walk.message(&Entity::read(&raw, None));
    assert_eq!(walk.notes.into_list(), []);
    let mut walk = Walk::new(raw.len());
    walk.leave_signed(2_500);
    let found = walk.message(&Entity::read(&raw, None));
    assert!(found.len() <= 3, "{} pieces", found.len());
    assert_eq!(walk.notes.into_list()[0].code, "parts-left-out");
}

#[test]
fn text_in_the_format_of_outlook_counts_as_text() {
    let text = "a line of text\n".repeat(20_000);
    let attribute = |content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        [&[1][..], &0x0002_800C_u32.to_le_bytes(), &length, content, &[0, 0]].concat()
    };
    let winmail = [&[0x78, 0x9F, 0x3E, 0x22, 1, 0][..], &attribute(text.as_bytes())].concat();
    let mut raw = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n".to_vec();
    for _ in 0..5 {
        raw.extend(b"--x\r\nContent-Type: application/ms-tnef\r\nContent-Transfer-Encoding: binary\r\n\r\n");
        raw.extend(&winmail);
        raw.extend(b"\r\n");
    }
    raw.extend(b"--x--\r\n");
    let mut walk = Walk::new(raw.len());
    let found = walk.message(&Entity::read(&raw, None));
    let bytes: usize = found.iter().filter_map(|segment| segment.plain.as_deref()).map(str::len).sum();
    assert_eq!(bytes, limits::TEXT);
    assert!(walk.notes.into_list().iter().any(|note| note.code == "text-cut"));
}

#[test]
fn html_that_grows_is_cut_and_not_left_out() {
    let html = |body: &str| format!("Content-Type: text/html\r\n\r\n{body}");
    let plain = |body: &str| format!("Content-Type: text/plain\r\n\r\n{body}");
    let quotes = "'".repeat(3 << 20);
    let links = "www.a.be ".repeat((1 << 20) / 9);
    for (name, raw) in [
        ("one text", html(&quotes)),
        ("one attribute", html(&format!("<p>begin<p title=\"{quotes}\">x"))),
        ("links in HTML", html(&links.repeat(3))),
        ("links in text beside HTML", mixed(&[html("<p>begin"), plain(&links), html(&quotes)])),
    ] {
        let found = read_text(&raw);
        let bytes = found.html.as_deref().unwrap_or_default().len();
        assert!((1..=limits::SAFE_HTML + (64 << 10)).contains(&bytes), "{name}: {bytes} bytes");
        assert!(codes(&found).contains(&"html-cut") || name.starts_with("links in HTML"), "{name}");
    }
}

#[test]
fn no_text_stands_behind_a_gap() {
    let long = "a".repeat(limits::TEXT - 10);
    let html = |body: &str| format!("Content-Type: text/html\r\n\r\n<p>{body}</p>");
    let raw = mixed(&[html(&long), html(&"b".repeat(100)), html("last")]);
    let found = read_text(&raw);
    assert!(codes(&found).contains(&"text-cut"), "{:?}", codes(&found));
    assert!(!found.folded.reply.contains("last") && !found.text.contains("last"));
    assert!(found.html.is_some_and(|html| html.contains("<p>last</p>")), "the HTML goes on");
}

#[test]
fn a_short_document_is_parsed_within_its_share() {
    let (short, long) = (limits::html(1_000, limits::NODES), limits::html(limits::HTML, limits::NODES));
    assert!(short.nodes < 2_000 && short.markup < 10_000, "{short:?}");
    assert!(long.nodes == limits::NODES && long.markup == 12 << 20, "{long:?}");
    // Formatting that each paragraph opens again makes many elements of few bytes.
    let formats: String = (0..60).map(|n| format!("<b title={n}>")).collect();
    let part = format!("Content-Type: text/html\r\n\r\n<p>{formats}{}", "<p>x".repeat(400));
    let found = read_text(&mixed(&vec![part; 300]));
    assert!(codes(&found).contains(&"html-cut"), "{:?}", codes(&found));
}
