//! Properties over hostile input: the bytes of a streaming host against those of mail-builder with the files
//! in hand, and text that would like to be more than text in every field.

use super::super::{body, header};
use super::{ContentFixture, content, dereferenced, file, header_names, mailbox, outline, parsed, typical};
use crate::domain::address::Mailbox;
use crate::domain::attachment::{Format, Role, check};
use mail_parser::MimeHeaders as _;
use proptest::prelude::*;

/// File names as they come: any script, quotes, long ones.
pub(super) fn file_names() -> impl Strategy<Value = String> {
    let usable = |name: &String| check(&[file(0, name, 0, Role::Added)], Format::Pdf).is_ok();
    prop_oneof![
        "[a-zA-Z0-9 _.,;'\"()%&@*=-]{1,120}".boxed(),
        "[äöüßéèçñ€日本語עבריתрусский👍🏽 .a-z\"%'-]{1,60}".boxed(),
        "\\PC{1,40}".boxed(),
    ]
    .prop_filter("must pass the rules", usable)
}

/// Text that would like to be more than text.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\nBcc: evil@x.example\r\n".to_owned()),
        Just("\n\n<script>".to_owned()),
        Just("\r".to_owned()),
        Just("\0".to_owned()),
        Just("=?utf-8?Q?=0D=0ABcc:_x@y?=".to_owned()),
        Just("\", <evil@x.example>, \"".to_owned()),
        Just("--=_m_inv-2026-0001.r1--".to_owned()),
        Just("\u{2028}\u{85}\u{7f}".to_owned()),
        Just("x".repeat(1200)),
        Just("Straße €  日本語 👍🏽 ".to_owned()),
        "[ -~]{0,30}",
        "\\PC{0,30}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn assert_lines_hold(message: &[u8], limit: usize) {
    for line in message.split(|b| *b == b'\n') {
        assert!(line.is_empty() || line.ends_with(b"\r"), "a line ends in a bare LF: {line:?}");
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        assert!(line.len() <= limit, "{} bytes in a line", line.len());
        assert!(line.iter().all(|b| b.is_ascii() && (!b.is_ascii_control() || *b == b'\t')), "{line:?}");
    }
}

proptest! {
    #[test]
    fn a_streaming_host_sends_what_would_be_built_with_the_files_in_hand(
        names in prop::collection::vec((file_names(), prop_oneof![0u64..60, 100u64..130, 0u64..20_000]), 0..6),
        pdf in prop::option::of(prop_oneof![Just(0u64), Just(57), 0u64..100_000]),
        logo in prop::option::of(prop_oneof![Just(0u64), 0u64..9_000]),
    ) {
        let mut files: Vec<_> =
            names.iter().enumerate().map(|(i, (n, s))| file(i as u32 + 10, n, *s, Role::Added)).collect();
        files.extend(pdf.map(|size| file(1, "Rechnung März.pdf", size, Role::Pdf)));
        files.extend(logo.map(|size| file(u32::MAX, "logo.png", size, Role::Logo)));
        let fixture = ContentFixture { files: check(&files, Format::Pdf).unwrap(), ..typical() };
        let message = fixture.message();
        prop_assert_eq!(message.len() as u64, fixture.composed().size);
        prop_assert!(message == fixture.in_hand());
        assert_lines_hold(&message, 78);
        let mail = parsed(&message);
        // The code, too.
        prop_assert_eq!(mail.attachment_count(), files.len() + 1);
        for file in &files {
            let bytes = content(file);
            let found = mail.attachments().any(|p| {
                p.attachment_name() == Some(&file.file_name) && p.contents() == bytes
            });
            prop_assert!(found, "{:?} in {:?}", file, mail.attachments().map(|p| p.attachment_name()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn hostile_text_adds_no_header_and_no_part(
        subject in nasty(), text in nasty(), html in nasty(),
        names in prop::collection::vec(nasty(), 6),
    ) {
        let named = |i: usize, address: &str| Mailbox { name: Some(names[i].clone()), ..mailbox("", address) };
        let fixture = ContentFixture {
            from: named(0, "from@x.example"),
            reply_to: vec![named(1, "reply@x.example")],
            to: vec![named(2, "to1@x.example"), named(3, "to2@x.example")],
            cc: vec![named(4, "cc@x.example")],
            bcc: vec![named(5, "bcc@x.example")],
            subject, text, html,
            ..typical()
        };
        let message = fixture.message();
        assert_lines_hold(&message, 998);
        let typical = typical().message();
        let (mail, expected) = (parsed(&message), parsed(&typical));
        prop_assert_eq!(header_names(&mail), header_names(&expected));
        prop_assert_eq!(outline(&mail, 0), outline(&expected, 0));
        let addresses = |list: Option<&mail_parser::Address<'_>>| -> Vec<String> {
            list.into_iter().flat_map(|l| l.iter()).map(|a| a.address().unwrap_or_default().to_owned()).collect()
        };
        prop_assert_eq!(addresses(mail.from()), ["from@x.example"]);
        prop_assert_eq!(addresses(mail.to()), ["to1@x.example", "to2@x.example"]);
        prop_assert_eq!(addresses(mail.cc()), ["cc@x.example"]);
        let shown = header::one_line(&fixture.subject);
        prop_assert_eq!(words(mail.subject().unwrap_or_default()), words(&shown));
        let name = header::one_line(&names[2]).replace("=?", "= ?");
        let read = mail.to().and_then(|l| l.first()).and_then(|a| a.name()).unwrap_or_default();
        prop_assert_eq!(words(read), words(&name));
        let lines = |t: &str| body::canonical(t).text;
        prop_assert_eq!(mail.body_text(0).unwrap_or_default(), lines(&fixture.text));
        let html = mail.body_html(0).unwrap_or_default();
        prop_assert_eq!(dereferenced(&html), dereferenced(&lines(&fixture.html)));
        prop_assert_eq!(fixture.message(), message);
    }
}

/// Without regard to white space, which folding may alter.
fn words(text: &str) -> Vec<&str> {
    text.split_ascii_whitespace().collect()
}
