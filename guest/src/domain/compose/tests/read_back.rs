//! A message read back is the content it was made of, whatever its names and texts are.

use super::hostile::file_names;
use super::{ContentFixture, file, header_names, mailbox, parsed, plain, typical};
use crate::domain::address::{Address, Mailbox};
use crate::domain::attachment::{Format, Role, check};
use crate::domain::compose::{Addressees, Chunk, PartFile, PartPicture, read_back, readdress, without_files};
use proptest::prelude::*;

#[test]
fn a_typical_letter_comes_back_whole() {
    let fixture = typical();
    let parts = read_back(&fixture.composed().chunks).unwrap();
    assert_eq!(
        (&parts.from, &parts.reply_to, &parts.to, &parts.cc),
        (&fixture.from, &fixture.reply_to, &fixture.to, &fixture.cc)
    );
    assert_eq!(parts.subject, fixture.subject);
    assert_eq!(parts.text.replace("\r\n", "\n"), fixture.text);
    assert!(parts.html.contains("M&#252;ller"), "{}", parts.html);
    let fields: Vec<_> = parts.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        fields,
        [
            ("Message-ID", "<inv-2026-0001.r1@atelier-nord.example>"),
            ("In-Reply-To", "<quote-17@atelier-nord.example>"),
            ("References", "<CAF+first@mail.kunde.example> <quote-17@atelier-nord.example>"),
            ("X-Entity-Ref-ID", "2026_0001@atelier-nord.example"),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "OOF, AutoReply"),
            ("Feedback-ID", "invoice:c3fb7bfbec41e131:postroom"),
        ]
    );
    // Every field that a letter may have is one that an API makes of the parts, or travels as it is.
    let generated = ["Date", "From", "Reply-To", "To", "Cc", "Subject", "MIME-Version", "Content-Type"];
    let message = fixture.message();
    let message = parsed(&message);
    let names = header_names(&message);
    let mut rest: Vec<_> = names.iter().copied().filter(|name| !generated.contains(name)).collect();
    let mut names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    rest.sort_unstable();
    names.sort_unstable();
    assert_eq!(rest, names);
    let logo = PartFile {
        handle: 3,
        name: "logo.png".into(),
        media_type: "image/png".into(),
        content_id: Some("logo.inv-2026-0001.r1@atelier-nord.example".into()),
    };
    assert_eq!(parts.files[0], logo);
    let code = PartPicture {
        name: "payment-code.png".into(),
        content_id: "payment-code.inv-2026-0001.r1@atelier-nord.example".into(),
        png: fixture.payment_code.clone().unwrap(),
    };
    assert_eq!(parts.pictures, [code]);
    assert_eq!(parts.files[1].name, "Rechnung Müller 2026-0001.pdf");
    assert_eq!(parts.files[2].media_type, "application/xml");
}

#[test]
fn what_compose_did_not_make_is_not_read() {
    let text = |text: &str| vec![Chunk::Text(text.to_owned())];
    for chunks in [
        vec![],
        text(""),
        text("\r\n\r\n"),
        text("Subject: no sender\r\n\r\nx\r\n"),
        text("From: nobody\r\n\r\nx\r\n"),
        vec![Chunk::Attachment(1)],
        vec![Chunk::Text("From: a@b.example\r\n\r\n".into()), Chunk::Attachment(1)],
        text(
            "From: a@b.example\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\nx\r\n",
        ),
    ] {
        assert!(read_back(&chunks).is_err(), "{chunks:?}");
    }
}

#[test]
fn everybody_is_named_once_in_the_header_that_named_them_first() {
    let fixture = ContentFixture {
        to: vec![mailbox("A", "a@x.example"), mailbox("A again", "A@X.example")],
        cc: vec![mailbox("", "a@x.example"), mailbox("", "c@x.example")],
        ..plain()
    };
    let parts = read_back(&fixture.composed().chunks).unwrap();
    let recipients =
        ["c@x.example", "a@x.example", "b@x.example", "B@x.example"].map(|it| Address::parse(it).unwrap());
    let all = Addressees::of(&parts, &recipients);
    let shown = |list: &[Mailbox]| list.iter().map(|it| it.address.wire()).collect::<Vec<_>>();
    assert_eq!((shown(&all.to), shown(&all.cc)), (vec!["a@x.example".into()], vec!["c@x.example".into()]));
    assert_eq!(shown(&all.bcc), ["b@x.example"]);
    assert!(!all.narrowed);
}

proptest! {
    #[test]
    fn files_of_any_name_and_size_come_back_and_can_be_left_out(
        names in prop::collection::vec((file_names(), prop_oneof![Just(0u64), 0u64..2_000]), 0..6),
        logo in prop::option::of(0u64..9_000),
        blind in any::<bool>(),
    ) {
        let mut files: Vec<_> =
            names.iter().enumerate().map(|(i, (n, s))| file(i as u32 + 10, n, *s, Role::Added)).collect();
        files.extend(logo.map(|size| file(u32::MAX, "logo.png", size, Role::Logo)));
        let fixture = ContentFixture { files: check(&files, Format::Pdf).unwrap(), ..typical() };
        let chunks = fixture.composed().chunks;
        let parts = read_back(&chunks).unwrap();
        let mut found: Vec<_> = parts.files.iter().map(|it| (it.handle, it.name.clone())).collect();
        found.sort();
        let given: Vec<_> = files.iter().map(|it| (it.handle, it.file_name.clone())).collect();
        prop_assert_eq!(found, given);

        let attached: Vec<u32> = (0..names.len() as u32).map(|i| i + 10).collect();
        let rest = read_back(&without_files(&chunks, &attached).unwrap()).unwrap();
        prop_assert_eq!(rest.files.len(), usize::from(logo.is_some()));
        prop_assert_eq!((&rest.text, &rest.html, &rest.fields), (&parts.text, &parts.html, &parts.fields));

        let recipients = if blind { &fixture.bcc } else { &fixture.to };
        let recipients: Vec<_> = recipients.iter().map(|it| it.address.clone()).collect();
        let again = readdress(chunks, &Addressees::of(&parts, &recipients));
        let again = read_back(&again).unwrap();
        prop_assert_eq!(&again.to, if blind { &again.cc } else { &fixture.to });
        prop_assert!(again.cc.is_empty());
        prop_assert_eq!((&again.text, &again.subject, &again.files), (&parts.text, &parts.subject, &parts.files));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,400}", handle in any::<u32>()) {
        let _ = read_back(&[Chunk::Text(text.clone()), Chunk::Attachment(handle), Chunk::Text(text)]);
    }
}
