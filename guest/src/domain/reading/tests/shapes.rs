//! Messages of every shape: which text is theirs, which files, and what is said of the rest.

use super::*;

/// Text, names of files, codes of notes.
fn shape(raw: &str) -> (String, Vec<String>, Vec<&'static str>) {
    let found = read_text(&raw.replace('\n', "\r\n"));
    let names =
        found.files.iter().map(|file| format!("{} {}", file.part, file.name.as_deref().unwrap_or("-")));
    (found.text.clone(), names.collect(), found.notes.iter().map(|note| note.code).collect())
}

#[test]
fn the_body_is_found_in_every_shape() {
    let none: [&str; 0] = [];
    for (name, raw, text, files, notes) in [
        ("plain", "Subject: a\n\nbody\n", "body", &[][..], &none[..]),
        ("no header", "Just a text.\nAnd more.\n", "Just a text.\nAnd more.", &[], &[]),
        ("mbox", "From a@b Mon Nov 30 2026\nSubject: a\n\nbody\n", "body", &[], &[]),
        ("html alone", "Content-Type: text/html\n\n<p>a<p>b", "a\n\nb", &[], &[]),
        (
            "alternative",
            "Content-Type: multipart/alternative; boundary=x\n\n--x\n\nplain\n--x\nContent-Type: text/html\n\n<p>html\n--x--\n",
            "plain",
            &[],
            &[],
        ),
        (
            "alternative with an empty text",
            "Content-Type: multipart/alternative; boundary=x\n\n--x\n\n \n--x\nContent-Type: text/html\n\n<p>html\n--x--\n",
            "html",
            &[],
            &[],
        ),
        (
            "alternative with mixed inside",
            "Content-Type: multipart/alternative; boundary=x\n\n--x\n\nplain\n--x\nContent-Type: multipart/mixed; boundary=y\n\n--y\nContent-Type: text/html\n\n<p>html\n--y\nContent-Type: application/pdf; name=a.pdf\n\nx\n--y--\n--x--\n",
            "plain",
            &["2.2 a.pdf"],
            &[],
        ),
        (
            "text, file, text",
            "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\nContent-Type: image/png; name=a.png\n\nx\n--x\n\ntwo\n--x--\n",
            "one\ntwo",
            &["2 a.png"],
            &[],
        ),
        (
            "related",
            "Content-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n\n<img src=cid:a>html\n--x\nContent-Type: image/png\nContent-ID: <a>\n\nx\n--x--\n",
            "html",
            &["2 -"],
            &[],
        ),
        (
            "calendar and card",
            "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\nContent-Type: text/calendar; name=a.ics\n\nx\n--x\nContent-Type: text/vcard; name=a.vcf\n\nx\n--x--\n",
            "one",
            &["2 a.ics", "3 a.vcf"],
            &[],
        ),
        (
            "signed in the clear",
            "Content-Type: multipart/signed; boundary=x\n\n--x\n\none\n--x\nContent-Type: application/pkcs7-signature; name=smime.p7s\n\nx\n--x--\n",
            "one",
            &["2 smime.p7s"],
            &[],
        ),
        (
            "a message in it",
            "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\nContent-Type: message/rfc822\n\nSubject: Inner/one\n\ntwo\n--x--\n",
            "one",
            &["2 Inner-one.eml"],
            &[],
        ),
        ("no boundary", "Content-Type: multipart/mixed\n\nbody\n", "body", &[], &["parts-not-found"]),
        (
            "boundary not named",
            "Content-Type: multipart/mixed\n\n--abcd\nContent-Type: text/plain\n\nbody\n--abcd--\n",
            "body",
            &[],
            &[],
        ),
        (
            "cut",
            "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\nContent-Type: application/pdf; name=a.pdf\n\nabc",
            "one",
            &["2 a.pdf"],
            &["message-cut"],
        ),
        (
            "text as a file",
            "Content-Disposition: attachment; filename=a.txt\n\nbody\n",
            "",
            &["1 a.txt"],
            &[],
        ),
        (
            "broken base64",
            "Content-Transfer-Encoding: base64\n\nThis is plain text.\n",
            "This is plain text.",
            &[],
            &["part-damaged"],
        ),
        (
            "unknown charset",
            "Content-Type: text/plain; charset=klingon\n\nbody\n",
            "body",
            &[],
            &["unknown-charset"],
        ),
        (
            "encrypted",
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nx\n",
            "",
            &["1 smime.p7m"],
            &["encrypted"],
        ),
        (
            "flowed",
            "Content-Type: text/plain; format=flowed\n\none \ntwo\n\nthree\n",
            "one two\n\nthree",
            &[],
            &[],
        ),
        ("enriched", "Content-Type: text/enriched\n\n<bold>one</bold> << two\n", "one < two", &[], &[]),
        ("empty", "", "", &[], &[]),
    ] {
        let found = shape(raw);
        let wanted = (text.to_owned(), files.iter().map(|name| (*name).to_owned()).collect(), notes.to_vec());
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn a_deep_message_keeps_its_text() {
    let mut raw = "text/plain\n\nthe text\n".to_owned();
    for depth in 0..60 {
        raw = format!(
            "multipart/mixed; boundary=b{depth}x\n\n--b{depth}x\nContent-Type: {raw}\n--b{depth}x--\n"
        );
    }
    assert_eq!(read_text(&format!("Content-Type: {raw}")).text, "the text");
    for depth in 60..400 {
        raw = format!(
            "multipart/mixed; boundary=b{depth}x\n\n--b{depth}x\nContent-Type: {raw}\n--b{depth}x--\n"
        );
    }
    let found = read_text(&format!("Content-Type: {raw}"));
    assert!(found.notes.iter().any(|note| note.code == "parts-left-out"), "{:?}", found.notes);
}

#[test]
fn charsets_are_read_as_the_bytes_are() {
    for (head, body, wanted) in [
        ("text/plain; charset=utf-8", &b"f\xc3\xbcr"[..], "für"),
        ("text/plain; charset=iso-8859-1", b"f\xfcr", "für"),
        ("text/plain; charset=iso-8859-1", b"f\xc3\xbcr", "für"),
        ("text/plain; charset=us-ascii", b"f\xc3\xbcr", "für"),
        ("text/plain", b"f\xfcr", "für"),
        ("text/plain; charset=utf-8", b"f\xfcr", "für"),
        ("text/html", b"<meta charset=koi8-r>\xd0\xd2\xc9\xd7\xc5\xd4", "привет"),
        ("text/plain; charset=\"Shift_JIS\"", b"\x82\xa0", "あ"),
        ("text/plain; charset=iso-2022-jp", b"\x1b$B$\"\x1b(B", "あ"),
    ] {
        let raw = [b"Content-Type: ", head.as_bytes(), b"\r\n\r\n", body].concat();
        assert_eq!(read(&raw, &[], now()).unwrap().text, wanted, "{head} {body:?}");
    }
}

#[test]
fn a_message_signed_as_a_whole_shows_what_was_signed() {
    let inner = b"Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nsigned text\r\n--y\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n--y--\r\n";
    let element = |tag: u8, content: &[u8]| {
        [&[tag, 0x82][..], &u16::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
    };
    let data = element(
        0x30,
        &[
            &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01][..],
            &element(0xA0, &element(0x04, inner)),
        ]
        .concat(),
    );
    let signed = element(0x30, &[&[0x02, 1, 1, 0x31, 0][..], &data].concat());
    let der = element(
        0x30,
        &[&[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02][..], &element(0xA0, &signed)]
            .concat(),
    );
    let hex: String = der.iter().map(|byte| format!("={byte:02X}")).collect();
    let raw = format!(
        "Subject: a\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{hex}\r\n"
    );
    let found = read_text(&raw);
    assert_eq!(
        (found.text.as_str(), found.files[0].part.as_str(), found.files[0].name.as_deref()),
        ("signed text", "1:2", Some("a.pdf"))
    );
    let damaged = read_text(&raw.replace("=06=09", "=06=FF"));
    assert_eq!(damaged.notes[0].code, "signed-unreadable");
}

#[test]
fn a_file_of_outlooks_own_format_is_listed_with_what_is_in_it() {
    let attribute = |level: u8, id: u32, content: &[u8]| {
        [
            &[level][..],
            &id.to_le_bytes(),
            &u32::try_from(content.len()).unwrap().to_le_bytes(),
            content,
            &[0, 0],
        ]
        .concat()
    };
    let winmail = [
        vec![0x78, 0x9F, 0x3E, 0x22, 1, 0],
        attribute(1, 0x0002_800C, b"The text.\0"),
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0001_8010, b"offer.pdf\0"),
        attribute(2, 0x0006_800F, b"abc"),
    ];
    let raw = [
        b"Subject: a\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\n".to_vec(),
        winmail.concat(),
    ]
    .concat();
    let found = read(&raw, &[], now()).unwrap();
    let files: Vec<_> =
        found.files.iter().map(|file| (file.part.as_str(), file.name.as_deref().unwrap())).collect();
    assert_eq!(files, [("1", "winmail.dat"), ("1:1", "offer.pdf")]);
    assert_eq!(
        (found.files[1].size, found.text.as_str(), found.notes[0].code),
        (3, "The text.", "outlook-format")
    );
}

#[test]
fn a_file_has_the_digest_and_size_of_its_bytes() {
    let found = read_text(
        "Content-Type: application/octet-stream; name=\"a.bin\"\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <x@y>\r\n\r\nYWJj\r\n",
    );
    let file = &found.files[0];
    assert_eq!((file.size, file.content_id.as_deref(), file.is_inline), (3, Some("x@y"), true));
    assert_eq!(file.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn header_fields_are_decoded_in_all_their_forms() {
    let found = read(
        "From: =?utf-8?Q?J=C3=B6hn?= <a@b.example>, C <c@d.example>\r\nSender: e@f.example\r\nTo: Team: g@h.example, \"I, J\" <i@j.example>;\r\nCc: @x.example:k@l.example\r\nReply-To: m@n.example o@p.example\r\nSubject: =?iso-8859-1?Q?f=FCr?=\r\n =?iso-8859-1?Q?_Sie?=\r\nIn-Reply-To: <1@a>\r\nReferences: <0@a> <1@a>\r\nMessage-ID: <2@a>\r\nDate: Mon, 30 Nov 2026 10:00:00 +0100\r\n\r\nx"
            .as_bytes(),
        &[],
        now(),
    )
    .unwrap();
    let shown = |list: &[inbound::Sender]| {
        let one = |person: &inbound::Sender| {
            format!("{}<{}>", person.name.as_deref().unwrap_or_default(), person.address)
        };
        list.iter().map(one).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shown(&found.from), "Jöhn<a@b.example> C<c@d.example>");
    assert_eq!(shown(&found.to), "<g@h.example> I, J<i@j.example>");
    assert_eq!(shown(&found.cc), "<k@l.example>");
    assert_eq!(shown(&found.reply_to), "<m@n.example> <o@p.example>");
    assert_eq!(found.sender.unwrap().address, "e@f.example");
    assert_eq!(found.subject, "für Sie");
    assert_eq!(
        (found.message_id.as_deref(), found.date.as_deref()),
        (Some("<2@a>"), Some("2026-11-30T10:00:00+01:00"))
    );
    assert_eq!(
        (found.in_reply_to, found.references),
        (vec!["<1@a>".to_owned()], vec!["<0@a>".to_owned(), "<1@a>".to_owned()])
    );
}

#[test]
fn what_programs_mark_in_their_html_is_folded_in_any_language() {
    for (name, html) in [
        (
            "Gmail",
            "<div dir=ltr>New words</div><br><div class=gmail_quote><div class=gmail_attr>Xyz 5 abc a@b.example qrst:<br></div><blockquote class=gmail_quote>old</blockquote></div>",
        ),
        (
            "Thunderbird",
            "<p>New words</p><div class=moz-cite-prefix>Xyz abc:<br></div><blockquote type=cite cite=mid:x>old</blockquote>",
        ),
        (
            "Apple Mail",
            "New words<br><div><br><blockquote type=cite><div>Xyz abc:</div><br><div>old</div></blockquote></div>",
        ),
        (
            "Outlook on the web",
            "<div>New words</div><div id=appendonsend></div><hr><div id=divRplyFwdMsg><b>Xyz:</b> a<br><b>Abc:</b> b</div><div>old</div>",
        ),
        (
            "Outlook",
            "<p class=MsoNormal>New words</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>Xyz:</b> a</p></div><p>old</p>",
        ),
        ("Yahoo", "<div>New words</div><div class=yahoo_quoted><div>Xyz abc</div><div>old</div></div>"),
        (
            "Proton",
            "<div>New words</div><div class=protonmail_quote>Xyz abc<blockquote type=cite>old</blockquote></div>",
        ),
        (
            "Exchange that quotes Gmail",
            "<div>New words</div><div class=x_gmail_quote><div class=x_gmail_attr>Xyz abc:</div><blockquote class=x_gmail_quote>old</blockquote></div>",
        ),
    ] {
        let found = read_text(&format!("Subject: Re: a\r\nContent-Type: text/html\r\n\r\n{html}"));
        assert_eq!(found.folded.reply, "New words", "{name}: {:?}", found.folded);
        assert!(found.folded.quoted.is_some_and(|quoted| quoted.contains("old")), "{name}");
        assert!(found.text.contains("old"), "{name}");
    }
}

#[test]
fn a_forward_is_not_folded_away() {
    let header =
        "From: A <a@b.example>\r\nSent: 1 May 2026 10:00\r\nTo: C <c@d.example>\r\nSubject: x\r\n\r\nold\r\n";
    for (subject, title) in [
        ("Fwd: x", ""),
        ("WG: x", ""),
        ("Doorst: x", ""),
        ("x", "---------- Forwarded message ---------\r\n"),
        ("x", "Begin forwarded message:\r\n\r\n"),
    ] {
        let found = read_text(&format!("Subject: {subject}\r\n\r\nSee below.\r\n\r\n{title}{header}"));
        assert_eq!(found.folded.quoted, None, "{subject} {title}");
        assert!(found.folded.reply.contains("old"), "{subject} {title}");
    }
    let answer = read_text(&format!("Subject: Re: x\r\n\r\nSee below.\r\n\r\n{header}"));
    assert_eq!(answer.folded.reply, "See below.");
}
