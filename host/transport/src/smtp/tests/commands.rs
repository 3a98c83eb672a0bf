//! MAIL and RCPT as they go out, and what may not go out at all.

use proptest::prelude::*;

use super::super::command::{Unsayable, check, envelope, utf8_xtext, xtext};
use super::super::extensions::Extensions;
use super::super::{Recipient, Reply, Submission};
use super::{MESSAGE, submission};

fn offered(lines: &str) -> Extensions {
    Extensions::read(&Reply::new(250, None, format!("server.test\n{lines}")))
}

fn mail(submission: &Submission, eight_bit: bool, extensions: &str) -> Result<String, Unsayable> {
    envelope(submission, 1234, eight_bit, &offered(extensions)).map(|envelope| envelope.mail)
}

#[test]
fn parameters_follow_what_the_server_offers() {
    let mut sent = submission(&["o=tto+bill@west.test"], MESSAGE);
    sent.envelope_id = Some("INV=2026+7 a".into());
    sent.recipients[0].notify = vec!["failure".into(), "delay".into()];
    let bare = envelope(&sent, 1234, false, &offered("PIPELINING")).expect("commands");
    assert_eq!(bare.mail, "MAIL FROM:<nora@nord.test>\r\n");
    assert_eq!(bare.recipients, ["RCPT TO:<o=tto+bill@west.test>\r\n"]);

    let all = "SIZE 10000\n8BITMIME\nSMTPUTF8\nDSN";
    let full = envelope(&sent, 1234, true, &offered(all)).expect("commands");
    assert_eq!(
        full.mail,
        "MAIL FROM:<nora@nord.test> SIZE=1234 BODY=8BITMIME RET=HDRS ENVID=INV+3D2026+2B7+20a\r\n"
    );
    assert_eq!(
        full.recipients,
        ["RCPT TO:<o=tto+bill@west.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;o+3Dtto+2Bbill@west.test\r\n"]
    );

    let mut unicode = submission(&["søren@øst.test"], MESSAGE);
    unicode.smtputf8 = true;
    let full = envelope(&unicode, 1234, false, &offered(all)).expect("commands");
    assert!(full.mail.ends_with(" SIZE=1234 BODY=8BITMIME SMTPUTF8 RET=HDRS\r\n"), "{}", full.mail);
    assert_eq!(full.recipients, ["RCPT TO:<søren@øst.test> ORCPT=utf-8;s\\x{F8}ren@\\x{F8}st.test\r\n"]);

    sent.mail_from.clear();
    sent.recipients[0].notify = vec!["never".into()];
    let null = envelope(&sent, 1234, false, &offered("DSN")).expect("commands");
    assert!(null.mail.starts_with("MAIL FROM:<> "), "{}", null.mail);
    assert!(null.recipients[0].contains(" NOTIFY=NEVER "), "{}", null.recipients[0]);
}

#[test]
fn what_the_server_cannot_take_is_refused_before_it_is_sent() {
    let plain = submission(&["otto@west.test"], MESSAGE);
    let mut unicode = plain.clone();
    unicode.smtputf8 = true;
    assert_eq!(mail(&plain, false, "SIZE 1233"), Err(Unsayable::TooLarge { size: 1234, largest: 1233 }));
    for unlimited in ["SIZE", "SIZE 0", "SIZE 1234", "SIZE many", ""] {
        assert!(mail(&plain, false, unlimited).is_ok(), "{unlimited}");
    }
    assert_eq!(mail(&unicode, false, "8BITMIME"), Err(Unsayable::NoSmtpUtf8));
    assert_eq!(mail(&plain, true, "PIPELINING"), Err(Unsayable::No8BitMime));
}

#[test]
fn xtext_is_right_where_a_tab_or_another_script_appears() {
    for (raw, encoded) in
        [("abc", "abc"), ("a b+c=d", "a+20b+2Bc+3Dd"), ("a\tb", "a+09b"), ("é", "+C3+A9"), ("~!", "~!")]
    {
        assert_eq!(xtext(raw), encoded, "{raw:?}");
    }
    for (raw, encoded) in
        [("a", "a"), ("ø+=\\ x", "\\x{F8}\\x{2B}\\x{3D}\\x{5C}\\x{20}x"), ("邮", "\\x{90AE}")]
    {
        assert_eq!(utf8_xtext(raw), encoded, "{raw:?}");
    }
}

#[test]
fn a_submission_that_makes_no_sense_is_ruled_out_with_the_reason() {
    let good = || submission(&["otto@west.test"], MESSAGE);
    assert_eq!(check(&good()), Ok(()));
    type Change = fn(&mut Submission);
    let cases: &[(&str, Change, &str)] = &[
        ("nobody", |s| s.recipients.clear(), "no recipient"),
        ("twice", |s| s.recipients.push(s.recipients[0].clone()), "appears twice"),
        ("long id", |s| s.envelope_id = Some("x".repeat(101)), "envelope id"),
        ("empty id", |s| s.envelope_id = Some(String::new()), "envelope id"),
        ("id with a line end", |s| s.envelope_id = Some("a\r\nRSET".into()), "envelope id"),
        ("unknown condition", |s| s.recipients[0].notify = vec!["always".into()], "\"always\""),
        ("never and more", |s| s.recipients[0].notify = vec!["never".into(), "delay".into()], "\"never\""),
        ("the same twice", |s| s.recipients[0].notify = vec!["delay".into(), "delay".into()], "\"delay\""),
        ("not ASCII", |s| s.recipients[0].address = "søren@west.test".into(), "SMTPUTF8"),
        ("sender not ASCII", |s| s.mail_from = "søren@west.test".into(), "SMTPUTF8"),
        ("no domain", |s| s.recipients[0].address = "postmaster".into(), "no domain"),
    ];
    for (name, change, reason) in cases {
        let mut changed = good();
        change(&mut changed);
        let error = check(&changed).expect_err(name).to_string();
        assert!(error.contains(reason), "{name}: {error}");
    }
}

#[test]
fn no_address_can_end_its_path_or_its_line() {
    let reads = |address: &str| {
        let mut sent = submission(&[address], MESSAGE);
        sent.smtputf8 = true;
        check(&sent)
    };
    for address in [
        "a..b@docomo.test",
        ".a@b.test",
        "a@[127.0.0.1]",
        "\"a b\"@c.test",
        "\"a\\\"b<>\"@c.test",
        "søren@øst.test",
    ] {
        assert_eq!(reads(address), Ok(()), "{address}");
    }
    for address in [
        "a@b.test> SIZE=1",
        "a@b.test\r\nDATA",
        "a@b.test\n",
        "<a@b.test>",
        "a b@c.test",
        "a@b c.test",
        "\"a@b.test",
        "\"a\"b\"@c.test",
        "\"a\\\"@c.test",
        "a@b@c.test",
        "a\u{0}@b.test",
        "a@",
        "@b",
        "a@b.test\u{85}",
        "a,b@c.test",
    ] {
        assert!(reads(address).is_err(), "{address:?}");
    }
    assert!(reads(&format!("{}@b.test", "a".repeat(260))).is_err());
}

#[test]
fn announced_extensions_are_read_in_any_spelling() {
    let found = offered(
        "size 35882577\nStartTLS\nAUTH LOGIN plain\nAUTH=PLAIN XOAUTH2\n8bitmime\nPIPELINING \n\nX-OTHER a b",
    );
    assert_eq!(found.largest, Some(35_882_577));
    assert!(found.starttls && found.eight_bit_mime && found.pipelining && !found.dsn && !found.smtputf8);
    assert_eq!(found.auth, ["LOGIN", "PLAIN", "XOAUTH2"]);
    assert_eq!(found.lines.last().map(String::as_str), Some("X-OTHER a b"));
}

proptest! {
    #[test]
    fn whatever_passes_the_check_becomes_commands_of_one_line(
        from in "\\PC{0,12}(@\\PC{0,8})?",
        to in "[ -~\u{0}-\u{1f}é]{1,12}@[ -~\r\n]{1,8}",
        id in proptest::option::of("[ -~\r\n]{0,12}"),
    ) {
        let mut sent = submission(&["x@y.test"], MESSAGE);
        sent.mail_from = from;
        sent.recipients = vec![Recipient { address: to, notify: Vec::new() }];
        sent.envelope_id = id;
        sent.smtputf8 = true;
        if check(&sent).is_ok() {
            let commands = envelope(&sent, 1, true, &offered("SIZE\n8BITMIME\nSMTPUTF8\nDSN")).expect("commands");
            for line in commands.recipients.iter().chain([&commands.mail]) {
                prop_assert!(line.ends_with("\r\n"));
                prop_assert!(!line.trim_end_matches("\r\n").contains(|c: char| c.is_control()), "{:?}", line);
            }
        }
    }
}
