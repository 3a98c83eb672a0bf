//! Replies of every form, whole, in pieces and as garbage.

use proptest::prelude::*;

use super::super::reply::{LONGEST, Malformed, Reply, parse, parse_at_close};

fn read(input: &[u8]) -> Option<(u16, Option<String>, String)> {
    let (reply, taken) = parse(input).unwrap_or_else(|error| panic!("{error} in {input:?}"))?;
    assert_eq!(taken, input.len(), "{:?}", String::from_utf8_lossy(input));
    Some((reply.code, reply.enhanced, reply.text))
}

#[test]
fn every_form_of_reply_is_read() {
    let cases: &[(&[u8], u16, Option<&str>, &str)] = &[
        (b"250 Ok\r\n", 250, None, "Ok"),
        (b"250\r\n", 250, None, ""),
        (b"250 \r\n", 250, None, ""),
        (b"250\n", 250, None, ""),
        (b"250 line feed only\n", 250, None, "line feed only"),
        (b"250 two returns\r\r\n", 250, None, "two returns"),
        (b"250\ttab\r\n", 250, None, "tab"),
        (b"250 2.1.5 Recipient ok\r\n", 250, Some("2.1.5"), "Recipient ok"),
        (b"250 2.0.0\r\n", 250, Some("2.0.0"), ""),
        (b"550 5.7.509 long detail\r\n", 550, Some("5.7.509"), "long detail"),
        (b"550 2.1.5 class of another code\r\n", 550, None, "2.1.5 class of another code"),
        (b"220 4.3 is our version\r\n", 220, None, "4.3 is our version"),
        (b"550 5.1.1.1 four numbers\r\n", 550, None, "5.1.1.1 four numbers"),
        (b"550 5.1111.1 no code\r\n", 550, None, "5.1111.1 no code"),
        (b"571 Delivery not authorized\r\n", 571, None, "Delivery not authorized"),
        (b"590 anything\r\n", 590, None, "anything"),
        (b"599 the last\r\n", 599, None, "the last"),
        (b"250-one\r\n250-two\r\n250 three\r\n", 250, None, "one\ntwo\nthree"),
        (b"250-one\n250 two\n", 250, None, "one\ntwo"),
        (b"250-one\r\n250\r\n", 250, None, "one\n"),
        (b"550-5.1.1 no such\r\n550 5.1.1 user\r\n", 550, Some("5.1.1"), "no such\nuser"),
        (b"550-5.1.1 no such\r\n550 5.7.1 user\r\n", 550, Some("5.1.1"), "no such\n5.7.1 user"),
        (b"250-fine\r\n550 not fine\r\n", 550, None, "fine\nnot fine"),
        (b"250-fine\r\na line without a code\r\n250 end\r\n", 250, None, "fine\na line without a code\nend"),
        (b"535 5.7.8 Anmeldung f\xfcr Nora\r\n", 535, Some("5.7.8"), "Anmeldung f\u{fffd}r Nora"),
        ("550 Boîte inconnue\r\n".as_bytes(), 550, None, "Boîte inconnue"),
        (b"250Ok\r\n", 250, None, "Ok"),
        (b"354 End data with <CR><LF>.<CR><LF>\r\n", 354, None, "End data with <CR><LF>.<CR><LF>"),
    ];
    for (input, code, enhanced, text) in cases {
        let shown = String::from_utf8_lossy(input);
        assert_eq!(read(input), Some((*code, enhanced.map(str::to_owned), (*text).to_owned())), "{shown:?}");
        for length in 0..input.len() {
            assert_eq!(parse(&input[..length]), Ok(None), "{length} bytes of {shown:?}");
        }
    }
}

#[test]
fn only_the_first_of_several_replies_is_taken() {
    let (reply, taken) = parse(b"250 first\r\n550 second\r\n").expect("a reply").expect("whole");
    assert_eq!((reply.text.as_str(), taken), ("first", 11));
}

#[test]
fn what_is_no_reply_is_named_at_once_and_never_waited_for() {
    for input in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "SSH-",
        "199 too low\r\n",
        "600 too high\r\n",
        "\r\n",
        "2x0 ok\r\n",
        "+OK\n",
    ] {
        let error = parse(input.as_bytes()).expect_err(input);
        assert!(matches!(error, Malformed::NoCode(_)), "{input:?}: {error}");
    }
    let error = parse(b"* OK IMAP4rev1 ready\r\n").expect_err("IMAP");
    assert!(error.to_string().contains("\"* OK IMAP4rev1 ready\""), "{error}");
}

#[test]
fn a_reply_without_end_is_refused() {
    let one_line = [b"250 ".as_slice(), &vec![b'x'; LONGEST + 1]].concat();
    let many_lines = b"250-more\r\n".repeat(LONGEST / 10 + 2);
    for input in [one_line, many_lines] {
        assert_eq!(parse(&input), Err(Malformed::TooLong), "{:?}", &input[..20]);
    }
}

#[test]
fn a_reply_cut_off_by_a_close_counts_if_its_code_is_whole() {
    let read = |input: &str| parse_at_close(input.as_bytes()).map(|reply| (reply.code, reply.text));
    assert_eq!(read("250 Ok: queued as 4F"), Some((250, "Ok: queued as 4F".into())));
    assert_eq!(read("550-no\r\n550 go away"), Some((550, "no\ngo away".into())));
    for input in ["", "25", "250", "250-more", "250-more\r\n", "hello you"] {
        assert_eq!(read(input), None, "{input:?}");
    }
}

#[test]
fn the_time_to_wait_is_read_from_the_words() {
    let cases = [
        (450, "Greylisted, see http://postgrey.schweikert.ch/help/nord.test.html", None),
        (450, "Recipient address rejected: Greylisted for 5 minutes", Some(300)),
        (451, "Try again in 300 seconds.", Some(300)),
        (451, "please retry in 1 hour", Some(3600)),
        (421, "Too many connections, try again later (120s)", Some(120)),
        (451, "try again in 999999 hours", Some(86_400)),
        (451, "try again in 99999999999999 seconds", None),
        (450, "4 seconds of fame", None),
        (452, "mailbox holds 20 minutes of video", None),
        (550, "try again in 300 seconds", Some(300)),
        (250, "try again in 300 seconds", None),
        (550, "You sent 1000 mails in 24 hours, try again later", None),
        (451, "Greylisting in action, please come back in 00:04:59", Some(299)),
        (451, "wait 15:00 and retry", Some(900)),
        (451, "try again at 10:30", None),
    ];
    for (code, text, expected) in cases {
        assert_eq!(Reply::new(code, None, text).retry_after(), expected, "{code} {text}");
    }
}

#[test]
fn a_reply_is_shown_on_one_line_with_its_words_in_quotes() {
    let reply = Reply::new(550, Some("5.1.1"), "no such\nuser");
    assert_eq!(reply.to_string(), "550 5.1.1 \"no such user\"");
}

proptest! {
    #[test]
    fn garbage_never_panics_and_never_takes_more_than_there_is(input in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(Some((reply, taken))) = parse(&input) {
            prop_assert!(taken <= input.len());
            prop_assert!((200..600).contains(&reply.code));
        }
        let _ = parse_at_close(&input);
    }

    #[test]
    fn almost_replies_never_panic(input in "(([2-5][0-9]{2}[- ]?[ -~é]{0,20})(\r\n|\n|\r)?){0,6}") {
        if let Ok(Some((_, taken))) = parse(input.as_bytes()) {
            prop_assert!(taken <= input.len());
        }
        let _ = parse_at_close(input.as_bytes());
    }
}
