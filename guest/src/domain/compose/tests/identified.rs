//! What distinguishes a mail, its pictures and what it is about from others.

use super::{ContentFixture, plain, typical};
use crate::domain::compose::{Chunk, MessageContent, compose};

#[test]
fn a_picture_is_known_by_an_id_of_its_own_mail() {
    let html = "<img src=\"cid:logo\"><img src='cid:logo'><img src=cid:logo><img src=\"cid:logo2\"> cid:logo";
    let fixture = ContentFixture { html: html.into(), ..typical() };
    let id = "logo.inv-2026-0001.r1@atelier-nord.example";
    let expected = format!(
        "<img src=\"cid:{id}\"><img src='cid:{id}'><img src=cid:logo><img src=\"cid:logo2\"> cid:logo"
    );
    let message = fixture.message();
    let text = String::from_utf8_lossy(&message);
    assert!(text.contains(&expected), "{text}");
    assert!(text.contains(&format!("\r\nContent-ID: <{id}>\r\n")), "{text}");
    let literal = MessageContent { message_id_domain: "[IPv6:2001:db8::1]", ..fixture.content() };
    let Chunk::Text(first) = &compose(&literal).unwrap().chunks[0] else { panic!() };
    assert!(first.contains("\"cid:logo.inv-2026-0001.r1@IPv6.2001.db8.1\""), "{first}");
}

#[test]
fn mails_about_one_thing_say_so_in_one_word() {
    for (reference, expected) in [
        ("2026/0001@nord.example", "2026_0001@nord.example"),
        ("a\r\nBcc: eve@example.org", "a__Bcc__eve@example.org"),
        ("é", "_"),
    ] {
        let fixture = ContentFixture { reference: Some(reference.into()), ..plain() };
        let text = String::from_utf8(fixture.message()).unwrap();
        assert!(text.contains(&format!("\r\nX-Entity-Ref-ID: {expected}\r\n")), "{text}");
    }
    let fixture = ContentFixture { reference: Some(" ".into()), ..plain() };
    assert!(!String::from_utf8(fixture.message()).unwrap().contains("X-Entity-Ref-ID"));
}
