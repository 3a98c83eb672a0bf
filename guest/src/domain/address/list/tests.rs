//! Lists as people paste them, and how each is read.

use super::*;
use proptest::prelude::*;

/// Mailboxes and faults as lines.
fn lines(text: &str) -> Vec<String> {
    let list = read_list(text);
    let mailboxes = list.mailboxes.iter().map(ToString::to_string);
    mailboxes.chain(list.invalid.iter().map(|i| format!("! {}: {}", i.text, i.fault))).collect()
}

#[test]
fn lists_are_read_as_people_paste_them() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        (" ,;\n\t ", &[]),
        ("a@b.be; C <c@d.be>, \"Müller, E.\" <e@f.de>", &["a@b.be", "C <c@d.be>", "\"Müller, E.\" <e@f.de>"]),
        ("a@b.be;", &["a@b.be"]),
        ("a@b.be,,;\r\nc@d.be,\n", &["a@b.be", "c@d.be"]),
        ("a@b.be c@d.be", &["a@b.be", "c@d.be"]),
        ("a@b.be (Jan) c@d.be (Piet)", &["Jan <a@b.be>", "Piet <c@d.be>"]),
        ("<a@b.be>", &["a@b.be"]),
        ("< a@b.be >", &["a@b.be"]),
        ("Müller, E. <e@f.de>", &["\"Müller, E.\" <e@f.de>"]),
        ("Müller, E., Dr. <e@f.de>; a@b.be", &["\"Müller, E., Dr.\" <e@f.de>", "a@b.be"]),
        ("a@b.be, Müller, E. <e@f.de>", &["a@b.be", "\"Müller, E.\" <e@f.de>"]),
        ("Jan <a@b.be> Piet <c@d.be>", &["Jan <a@b.be>", "Piet <c@d.be>"]),
        ("Jan<a@b.be>,Piet<c@d.be>", &["Jan <a@b.be>", "Piet <c@d.be>"]),
        ("a@b.be <c@d.be>", &["a@b.be", "c@d.be"]),
        ("a@b.be <mailto:a@b.be>", &["a@b.be"]),
        ("mailto:a@b.be?subject=Hi&body=x", &["a@b.be"]),
        ("MAILTO:a%2Bx@b.be", &["a+x@b.be"]),
        ("Jan <mailto:a@b.be?subject=Hi>", &["Jan <a@b.be>"]),
        ("Jan Peeters [mailto:a@b.be]", &["Jan Peeters <a@b.be>"]),
        ("Jan [a@b.be]; c@[1.2.3.4]", &["Jan <a@b.be>", "c@[1.2.3.4]"]),
        ("a@b.be (Jan, CEO)", &["\"Jan, CEO\" <a@b.be>"]),
        ("(chef) a@b.be", &["chef <a@b.be>"]),
        ("Jan (a@b.be)", &["Jan <a@b.be>"]),
        ("Jan (Sales) <a@b.be>", &["\"Jan (Sales)\" <a@b.be>"]),
        ("“Müller, E.” <e@f.de>", &["\"Müller, E.\" <e@f.de>"]),
        ("„Müller, E.“ <e@f.de>", &["\"Müller, E.\" <e@f.de>"]),
        ("« Dupont, É. » <e@f.fr>", &["\"Dupont, É.\" <e@f.fr>"]),
        ("'a@b.be'; 'Jan' <c@d.be>; \"x@y.be\"", &["a@b.be", "Jan <c@d.be>", "x@y.be"]),
        ("a@b.be\u{a0};\u{200b}c@d.be\u{feff}", &["a@b.be", "c@d.be"]),
        ("\u{202a}a@b.be\u{202c}", &["a@b.be"]),
        ("Team: a@x.be, b@x.be; c@x.be", &["a@x.be", "b@x.be", "c@x.be"]),
        ("To: Jan <a@b.be>,\n Piet <c@d.be>", &["Jan <a@b.be>", "Piet <c@d.be>"]),
        ("undisclosed-recipients:;", &["! undisclosed-recipients:: a group without addresses"]),
        ("Jan Peeters\ta@b.be\nPiet\tc@d.be", &["\"Jan Peeters\" <a@b.be>", "Piet <c@d.be>"]),
        ("a@b.be\tc@d.be", &["a@b.be", "c@d.be"]),
        ("=?utf-8?Q?M=C3=BCller=2C_E=2E?= <e@f.de>", &["\"Müller, E.\" <e@f.de>"]),
        ("=?UTF-8?B?TcO8?= =?utf-8?b?bGxlcg==?= <e@f.de>", &["Müller <e@f.de>"]),
        ("=?iso-8859-1?q?Andr=E9?= <e@f.de>", &["André <e@f.de>"]),
        ("\"=?utf-8?q?Andr=C3=A9?=\" <e@f.de>", &["André <e@f.de>"]),
        ("=?koi8-r?q?=C1?= <e@f.de>", &["\"= ?koi8-r?q?=C1?=\" <e@f.de>"]),
        ("\"Jan \\\"de Man\\\" P\" <a@b.be>", &["\"Jan \\\"de Man\\\" P\" <a@b.be>"]),
        ("\"a, b\"@x.be, \"c;d\"@x.be", &["\"a, b\"@x.be", "\"c;d\"@x.be"]),
        ("<\"a,b\"@x.be>", &["\"a,b\"@x.be"]),
        ("Jan\r\nBcc: e@x.be", &["e@x.be", "! Jan: no @"]),
    ];
    for (text, expected) in cases {
        let expected: Vec<String> =
            expected.iter().map(|e| e.replace("\"Jan Peeters\"", "Jan Peeters")).collect();
        assert_eq!(lines(text), expected, "{text:?}");
    }
}

#[test]
fn what_cannot_be_read_is_given_back_with_the_reason() {
    let cases: &[(&str, &[&str])] = &[
        ("jan", &["! jan: no @"]),
        ("a@b.be, jan, c@d.be", &["a@b.be", "c@d.be", "! jan: no @"]),
        ("jan..p@x.be; a@b.be", &["a@b.be", "! jan..p@x.be: two dots in a row in the local part"]),
        ("Jan <jan>", &["! Jan <jan>: no @"]),
        (
            "Jan <a@b.be, Piet <c@d.be>",
            &["Piet <c@d.be>", "! Jan <a@b.be: an angle bracket without its other half"],
        ),
        ("jan @x.be", &["! jan @x.be: a space in the local part"]),
        ("jan p@x.be", &["! jan p@x.be: a space in the local part"]),
        ("jan . p@x.be", &["! jan . p@x.be: a space in the local part"]),
        ("a@b.be c@", &["a@b.be", "! c@: nothing after the @"]),
        ("Jan <a@b.be> x", &["Jan <a@b.be>", "! x: no @"]),
        ("a@b\u{7}.be", &["! a@b\u{2407}.be: control character U+0007"]),
        ("a\0@b.be", &["! a\u{2400}@b.be: control character U+0000"]),
        ("a(x)b@c.be", &["! a(x)b@c.be: the character '(' in the local part"]),
        ("\"Jan <a@b.be>, \"Piet\" <c@d.be>", &["\"\\\"Jan\" <a@b.be>", "Piet <c@d.be>"]),
        ("5\" buis <a@b.be>, 6\" buis <c@d.be>", &["\"5\\\" buis\" <a@b.be>", "\"6\\\" buis\" <c@d.be>"]),
        ("mailto:a%0d%0aBcc:x@b.be", &["! mailto:a%0d%0aBcc:x@b.be: control character U+000D"]),
        ("mailto:a@b.be?subject=x c@d.be", &["a@b.be", "c@d.be"]),
    ];
    for (text, expected) in cases {
        assert_eq!(lines(text), *expected, "{text:?}");
    }
}

#[test]
fn a_list_is_bounded_in_length_and_count() {
    let many = "a@b.be,".repeat(5_000);
    let list = read_list(&many);
    assert_eq!((list.mailboxes.len(), list.invalid.len()), (1_000, 1));
    assert_eq!(list.invalid[0].fault, ListFault::ManyEntries);

    let long = format!("a@b.be\n{}@b.be", "x".repeat(70_000));
    let list = read_list(&long);
    assert_eq!((list.mailboxes.len(), list.invalid.len()), (1, 1));
    assert_eq!(list.invalid[0].fault, ListFault::LongList);
    assert!(list.invalid[0].text.chars().count() <= 121);

    for bracket in ["(", "<", "\"", " \"", "[", " [", "=?", "a@b <", "(\""] {
        read_list(&bracket.repeat(TEXT_LIMIT / bracket.len()));
    }
}

#[test]
fn punctuation_around_an_address_is_none_of_it() {
    let cases: &[(&str, &[&str])] = &[
        ("“a@b.be”", &["a@b.be"]),
        ("„a@b.be“; ‚c@d.be‘", &["a@b.be", "c@d.be"]),
        ("«\u{a0}a@b.be\u{a0}» ‹c@d.be›", &["a@b.be", "c@d.be"]),
        ("「a@b.be」、『c@d.be』", &["a@b.be", "c@d.be"]),
        ("a@b.be’, c@d.be…", &["a@b.be", "c@d.be"]),
        ("• a@b.be\n‣ c@d.be\n▪ e@f.be", &["a@b.be", "c@d.be", "e@f.be"]),
        ("– a@b.be\n—c@d.be", &["a@b.be", "c@d.be"]),
        ("a@b.be، c@d.be؛ e@f.be，g@h.be；i@j.be", &["a@b.be", "c@d.be", "e@f.be", "g@h.be", "i@j.be"]),
        ("Jan <“a@b.be”>", &["Jan <a@b.be>"]),
        ("✉ a@b.be", &["a@b.be"]),
        ("→ a@b.be", &["a@b.be"]),
        ("mailto:a@b.be”", &["a@b.be"]),
        ("“Jan” <a@b.be>", &["Jan <a@b.be>"]),
        ("o'brien@b.be", &["o'brien@b.be"]),
        ("col·lecta@b.be", &["col·lecta@b.be"]),
        ("info@col·lectiu.cat", &["info@col·lectiu.cat"]),
        ("a@b.be→c@d.be", &["! a@b.be→c@d.be: more than one @"]),
        ("a@b→d.be", &["! a@b→d.be: the character '→' in the domain"]),
        ("a@b“c.be", &["! a@b“c.be: the character '“' in the domain"]),
        ("a@b·c.be", &["! a@b·c.be: the character '·' in the domain"]),
        ("a“b@c.be", &["! a“b@c.be: the character '“' in the local part"]),
        ("a@xn--qei.be", &["! a@xn--qei.be: the character '❤' in the domain"]),
    ];
    for (text, expected) in cases {
        assert_eq!(lines(text), *expected, "{text:?}");
    }
}

#[test]
fn a_typographic_apostrophe_is_read_as_the_straight_one_and_said() {
    let asked = "written with a typographic apostrophe; o'brien@b.ie is used instead, did you mean that?";
    for text in ["o’brien@b.ie", "o‘brien@b.ie", "o´brien@b.ie", "“o’brien@b.ie”"] {
        assert_eq!(lines(text), ["o'brien@b.ie".to_owned(), format!("! {text}: {asked}")], "{text}");
    }
    assert_eq!(
        lines("Pat <o’brien@b.ie>"),
        ["Pat <o'brien@b.ie>".to_owned(), format!("! o’brien@b.ie: {asked}")]
    );
    let fault = crate::domain::address::Address::parse("o’brien@b.ie").unwrap_err();
    assert_eq!(fault.to_string(), "a typographic apostrophe in the local part: did you mean o'brien@b.ie?");
}

fn an_address() -> impl Strategy<Value = String> {
    let local = r"[a-zA-Z0-9é!#$%&*+/^_{|}~-]{1,8}(\.[a-zü0-9]{1,4})?|\x22[a-z ,;<>@()]{0,8}\x22";
    let domain = r"[a-z0-9]{1,6}\.(be|de|müller|xn--mller-kva)|\[10\.0\.0\.[0-9]\]|\[IPv6:::[1-9]\]";
    (local, domain).prop_map(|(local, domain)| format!("{local}@{domain}"))
}

#[test]
fn thousands_of_comments_are_refused_at_once() {
    for text in [format!("a@b.be{}", "(x)".repeat(20_000)), format!("x{}", " (y)".repeat(15_000))] {
        let list = read_list(&text);
        assert_eq!((list.mailboxes.len(), list.invalid.len()), (0, 1), "{:.40}: {:?}", text, list.invalid);
    }
}

proptest! {
    #[test]
    fn as_many_addresses_come_out_as_were_joined(
        addresses in prop::collection::vec(an_address(), 0..12),
        separators in prop::collection::vec(r"[ \t]{0,2}[,;\n\t ][,;\n\t ]{0,2}|\r\n", 12),
    ) {
        let mut text = String::new();
        for (address, separator) in addresses.iter().zip(&separators) {
            text.push_str(address);
            text.push_str(separator);
        }
        let list = read_list(&text);
        prop_assert_eq!(&list.invalid, &vec![], "{:?}", text);
        let read: Vec<_> = list.mailboxes.into_iter().map(|m| m.address).collect();
        let given: Vec<_> = addresses.iter().map(|a| crate::domain::address::Address::parse(a).unwrap()).collect();
        prop_assert_eq!(read, given, "{:?}", text);
    }

    #[test]
    fn a_mailbox_reads_back_as_itself(name in prop_oneof![any::<String>(), r#"[a-z"'\\<>@,;:()\[\] “”]{0,10}"#], address in an_address()) {
        let mailbox = Mailbox::new(Some(&name), crate::domain::address::Address::parse(&address).unwrap());
        let list = read_list(&mailbox.to_string());
        prop_assert_eq!(list.mailboxes, vec![mailbox.clone()], "{}", mailbox);
        prop_assert_eq!(list.invalid, vec![]);
    }

    #[test]
    fn garbage_gives_neither_a_panic_nor_a_control_character(
        text in prop_oneof![any::<String>(), r#"[a-z@.,;:<>()\[\]"'\\=?_ \n\t\u{0}\u{200b}\u{37e}“”]{0,60}"#],
    ) {
        let list = read_list(&text);
        for mailbox in &list.mailboxes {
            prop_assert!(!mailbox.to_string().chars().any(char::is_control));
        }
        for invalid in &list.invalid {
            prop_assert!(!invalid.text.chars().chain(invalid.fault.to_string().chars()).any(char::is_control));
        }
    }
}
