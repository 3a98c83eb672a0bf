//! Addresses by the RFCs, by a public corpus, and by garbage.

use super::*;
use proptest::prelude::*;
use std::path::Path;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap_or_else(|fault| panic!("{text:?}: {fault}"))
}

#[test]
fn addresses_are_read_in_their_shortest_form() {
    for (text, shown, wire) in [
        ("Jan.Peeters+erp@Example.BE", "Jan.Peeters+erp@example.be", "Jan.Peeters+erp@example.be"),
        ("o'brien@x.ie", "o'brien@x.ie", "o'brien@x.ie"),
        ("info@müller.de", "info@müller.de", "info@xn--mller-kva.de"),
        ("info@XN--MLLER-KVA.de", "info@müller.de", "info@xn--mller-kva.de"),
        ("info@mu\u{308}ller.de", "info@müller.de", "info@xn--mller-kva.de"),
        ("info@straße.de", "info@straße.de", "info@xn--strae-oqa.de"),
        ("info@例え。テスト", "info@例え.テスト", "info@xn--r8jz45g.xn--zckzah"),
        ("jose\u{301}@x.es", "josé@x.es", "josé@x.es"),
        ("\"jan\"@x.be", "jan@x.be", "jan@x.be"),
        ("\"j\\an\"@x.be", "jan@x.be", "jan@x.be"),
        ("\"a b\"@x.be", "\"a b\"@x.be", "\"a b\"@x.be"),
        ("\"a\\\"@b\"@x.be", "\"a\\\"@b\"@x.be", "\"a\\\"@b\"@x.be"),
        ("\"\"@x.be", "\"\"@x.be", "\"\"@x.be"),
        ("\"a.\"@x.be", "\"a.\"@x.be", "\"a.\"@x.be"),
        ("root@localhost", "root@localhost", "root@localhost"),
        ("a@[127.0.0.1]", "a@[127.0.0.1]", "a@[127.0.0.1]"),
        ("a@[ipv6:2001:DB8:0:0:0:0:0:1]", "a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"),
        ("a@[IPv6:::ffff:1.2.3.4]", "a@[IPv6:::ffff:1.2.3.4]", "a@[IPv6:::ffff:1.2.3.4]"),
    ] {
        let address = address(text);
        assert_eq!(address.to_string(), shown, "{text:?}");
        assert_eq!(address.wire(), wire, "{text:?}");
    }
}

#[test]
fn each_way_to_be_wrong_is_named() {
    for (text, message) in [
        ("", "the address is empty"),
        ("jan", "no @"),
        ("@x.be", "nothing before the @"),
        ("jan@", "nothing after the @"),
        ("jan@x@y.be", "more than one @"),
        ("jan..p@x.be", "two dots in a row in the local part"),
        (".jan@x.be", "a dot at the start of the local part"),
        ("jan.@x.be", "a dot at the end of the local part"),
        ("jan@x..be", "two dots in a row in the domain"),
        ("jan@.x.be", "a dot at the start of the domain"),
        ("jan@x.be.", "a dot at the end of the domain"),
        ("jan p@x.be", "a space in the local part"),
        ("jan@x .be", "a space in the domain"),
        ("jan\u{a0}p@x.be", "a space in the local part"),
        ("jan@x\u{3000}.be", "a space in the domain"),
        ("jan@x.be\r\nBcc: e@x.be", "control character U+000D"),
        ("jan@x.be\0", "control character U+0000"),
        ("\"a\nb\"@x.be", "control character U+000A"),
        ("\"\\\u{7f}\"@x.be", "control character U+007F"),
        ("a\u{85}b@x.be", "control character U+0085"),
        ("a\u{2028}@x.be", "control character U+2028"),
        ("a\u{202e}b@x.be", "invisible character U+202E"),
        ("jan@x\u{200b}.be", "invisible character U+200B"),
        ("j\u{200d}an@x.be", "invisible character U+200D"),
        ("jan\u{fffd}@x.be", "invisible character U+FFFD"),
        ("jan(x)@x.be", "the character '(' in the local part"),
        ("a,b@x.be", "the character ',' in the local part"),
        ("a\u{37e}b@x.be", "the character ';' in the local part"),
        ("<jan@x.be>", "the character '<' in the local part"),
        ("jan@x.be>", "the character '>' in the domain"),
        ("jan@x_y.be", "the character '_' in the domain"),
        ("jan@müller_x.de", "the character '_' in the domain"),
        ("\"jan@x.be", "a quote that is not closed in the local part"),
        ("\"jan\"", "no @"),
        ("\"jan\"p@x.be", "text beside the quotes in the local part: quote all of it or nothing"),
        ("jan\"p\"@x.be", "text beside the quotes in the local part: quote all of it or nothing"),
        ("\"a\\é\"@x.be", "a backslash before a character that it cannot quote"),
        ("jan@-x.be", "a hyphen at the start of a label of the domain"),
        ("jan@x-.be", "a hyphen at the end of a label of the domain"),
        ("jan@xn--a.be", "the internationalised domain is not valid"),
        ("jan@x\u{ff0f}y.be", "the internationalised domain is not valid"),
        ("jan@[1.2.3.4", "a bracket that is not closed in the domain"),
        ("jan@[1.2.3.4]x", "text after the bracket in the domain"),
        (
            "jan@[1.2.3]",
            "the brackets in the domain hold neither an IPv4 address nor IPv6: and an IPv6 address",
        ),
        (
            "jan@[x-tag:y]",
            "the brackets in the domain hold neither an IPv4 address nor IPv6: and an IPv6 address",
        ),
    ] {
        let fault = Address::parse(text).map(|a| a.to_string()).unwrap_err();
        assert_eq!(fault.to_string(), message, "{text:?}");
    }
}

#[test]
fn lengths_are_counted_in_octets_as_the_wire_has_them() {
    let label = "d".repeat(63);
    let long = format!("{label}.{label}.{label}");
    for (text, expected) in [
        (format!("{}@x.be", "a".repeat(64)), None),
        (format!("{}@x.be", "a".repeat(65)), Some(AddressFault::LongLocal(65))),
        (format!("{}@x.be", "é".repeat(32)), None),
        (format!("{}@x.be", "é".repeat(33)), Some(AddressFault::LongLocal(66))),
        (format!("\"{}\"@x.be", "a".repeat(63)), Some(AddressFault::LongLocal(65))),
        (format!("a@{label}.be"), None),
        (format!("a@{label}d.be"), Some(AddressFault::LongLabel(64))),
        (format!("a@{}.de", "ü".repeat(64)), Some(AddressFault::LongLabel(70))),
        (format!("a@{long}.{}", "d".repeat(60)), None),
        (format!("a@{long}.{}", "d".repeat(61)), Some(AddressFault::LongAddress(255))),
        (format!("a@{long}.{label}"), Some(AddressFault::LongAddress(257))),
        (format!("a@{long}.{label}.d"), Some(AddressFault::LongDomain(257))),
        ("a".repeat(10_000_000), Some(AddressFault::LongAddress(10_000_000))),
    ] {
        assert_eq!(Address::parse(&text).err(), expected, "{text:.80}");
    }
}

#[test]
fn case_quoting_and_spelling_of_the_domain_do_not_make_another_address() {
    for (left, right) in [
        ("A@MÜLLER.de", "a@xn--mller-kva.de"),
        ("Jan@X.be", "jan@x.BE"),
        ("\"jan\"@x.be", "jan@x.be"),
        ("É@x.be", "e\u{301}@x.be"),
        ("a@[IPv6:::1]", "A@[ipv6:0:0:0:0:0:0:0:1]"),
    ] {
        assert_eq!(address(left), address(right), "{left} {right}");
    }
    for (left, right) in [
        ("jan@x.be", "jan@x.de"),
        ("jan.p@x.be", "janp@x.be"),
        ("strasse@x.de", "straße@x.de"),
        ("a+b@x.be", "a@x.be"),
    ] {
        assert_ne!(address(left), address(right), "{left} {right}");
    }
}

#[test]
fn only_a_local_part_beyond_ascii_needs_smtputf8() {
    for (text, expected) in [
        ("jan@x.be", false),
        ("jan@müller.de", false),
        ("josé@x.es", true),
        ("\"jo sé\"@x.es", true),
        ("用户@例子.广告", true),
    ] {
        assert_eq!(address(text).needs_smtputf8(), expected, "{text}");
    }
}

#[test]
fn names_are_cleaned() {
    for (name, expected) in [
        ("  Jan \t Peeters ", "Jan Peeters"),
        ("Jan\r\nBcc: e@x.be", "Jan Bcc: e@x.be"),
        ("\"Müller, E.\"", "Müller, E."),
        ("'Jan'", "Jan"),
        ("“Jan”", "Jan"),
        ("O’Brien", "O’Brien"),
        ("\u{202e}gnp.exe\u{202c}", "gnp.exe"),
        ("Jan\u{200b}\u{a0}\u{feff}Peeters", "Jan Peeters"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ("a\u{200d}b", "ab"),
        ("=?utf-8?q?x?=", "= ?utf-8?q?x?="),
        ("\0\u{7}", ""),
        ("\"", "\""),
    ] {
        assert_eq!(clean_name(name), expected, "{name:?}");
    }
    assert_eq!(clean_name(&"x".repeat(10_000)).len(), 200);
}

#[test]
fn a_name_that_is_the_address_is_left_out() {
    assert_eq!(Mailbox::new(Some("Jan@x.be"), address("jan@X.be")).name, None);
    assert_eq!(Mailbox::new(Some(" "), address("jan@X.be")).name, None);
    assert_eq!(Mailbox::new(Some("p@x.be"), address("jan@X.be")).name.as_deref(), Some("p@x.be"));
}

/// What can stand in an envelope: valid, valid but without DNS records, and the unusual forms of RFC 5321
/// (quoted, literal, one label, numeric top level). What RFC 5322 alone allows (comments, folding, obsolete
/// forms) can't.
#[test]
fn the_corpus_of_addresses_is_judged_as_rfc_5321_judges_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora/addresses/tests.xml");
    let Ok(xml) = std::fs::read_to_string(&path) else {
        println!("skipped: no corpus of addresses at {}", path.display());
        return;
    };
    let (mut accepted, mut refused) = (0, 0);
    for (text, category, diagnosis) in corpus(&xml) {
        let in_envelope =
            matches!(category.as_str(), "ISEMAIL_VALID_CATEGORY" | "ISEMAIL_DNSWARN" | "ISEMAIL_RFC5321");
        let verdict = Address::parse(&text);
        assert_eq!(verdict.is_ok(), in_envelope, "{text:?}: {diagnosis}, {verdict:?}");
        let list = read_list(&text);
        if in_envelope {
            assert_eq!((list.mailboxes.len(), list.invalid.len()), (1, 0), "{text:?} as a list");
        } else if category == "ISEMAIL_ERR" && !text.chars().any(char::is_control) {
            assert_eq!(list.mailboxes, vec![], "{text:?} as a list: {diagnosis}");
        }
        if in_envelope { accepted += 1 } else { refused += 1 }
    }
    assert!(accepted > 30 && refused > 90, "{accepted} accepted, {refused} refused");
}

/// Address, category, diagnosis; a control character is written as its picture.
fn corpus(xml: &str) -> Vec<(String, String, String)> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut cases, mut element, mut fields) = (Vec::new(), String::new(), [const { String::new() }; 3]);
    let slot = |name: &str| ["address", "category", "diagnosis"].iter().position(|n| *n == name);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => element = start.name().as_ref().to_owned(),
            Event::Text(text) => {
                if let Some(slot) = slot(&element) {
                    fields[slot].push_str(text.as_ref());
                }
            }
            Event::GeneralRef(reference) => {
                if let Some(slot) = slot(&element) {
                    let c = reference.resolve_char_ref().unwrap();
                    let named = || match reference.as_ref() {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        other => panic!("entity {other}"),
                    };
                    fields[slot].push(c.unwrap_or_else(named));
                }
            }
            Event::End(end) if end.name().as_ref() == "test" => {
                let [address, category, diagnosis] = std::mem::take(&mut fields);
                let pictured = |c: char| match u32::from(c) {
                    code @ 0x2400..=0x241F => char::from_u32(code - 0x2400).unwrap(),
                    _ => c,
                };
                cases.push((address.chars().map(pictured).collect(), category, diagnosis));
            }
            Event::End(_) => element.clear(),
            Event::Eof => return cases,
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_read_reads_back_as_itself(text in r#"["a-zÀ-ſ .@\\\[\]:1-3é\u{202e}\u{0}-\u{20}]{1,12}@[a-zü1-3.\-\[\]:]{1,12}"#) {
        if let Ok(address) = Address::parse(&text) {
            prop_assert_eq!(Address::parse(&address.to_string()), Ok(address.clone()));
            prop_assert_eq!(Address::parse(&address.wire()), Ok(address.clone()));
            prop_assert!(!address.to_string().chars().chain(address.wire().chars()).any(char::is_control));
            prop_assert!(address.ascii_domain().is_ascii());
        }
    }

    #[test]
    fn garbage_is_refused_without_a_panic_and_told_without_control_characters(text in any::<String>()) {
        if let Err(fault) = Address::parse(&text) {
            prop_assert!(!fault.to_string().chars().any(char::is_control));
        }
    }

    #[test]
    fn a_name_is_cleaned_once(name in any::<String>()) {
        let clean = clean_name(&name);
        prop_assert_eq!(clean_name(&clean), clean.clone());
        prop_assert!(!clean.chars().any(char::is_control));
        prop_assert!(!clean.contains("=?"));
    }
}
