//! Where a host name may lead, and what an operator can allow.

use postroom_model::{AllowList, NotAllowable, ascii_host};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::{Territory, Unresolved, permitted, resolve, territory};

#[test]
fn addresses_that_are_not_the_public_internet_are_known() {
    use Territory::{LinkLocal, Loopback, Metadata, Private, Reserved, Shared};
    let cases = [
        ("127.0.0.1", Some(Loopback)),
        ("127.255.255.254", Some(Loopback)),
        ("10.1.2.3", Some(Private)),
        ("172.16.0.1", Some(Private)),
        ("172.31.255.255", Some(Private)),
        ("172.32.0.1", None),
        ("192.168.1.1", Some(Private)),
        ("169.254.169.254", Some(LinkLocal)),
        ("100.64.0.1", Some(Shared)),
        ("100.100.100.200", Some(Shared)),
        ("100.128.0.1", None),
        ("168.63.129.16", Some(Metadata)),
        ("0.0.0.0", Some(Reserved)),
        ("192.0.0.192", Some(Reserved)),
        ("198.18.0.1", Some(Reserved)),
        ("203.0.113.9", Some(Reserved)),
        ("224.0.0.1", Some(Reserved)),
        ("255.255.255.255", Some(Reserved)),
        ("1.1.1.1", None),
        ("193.191.1.1", None),
        ("::1", Some(Loopback)),
        ("::", Some(Reserved)),
        ("::ffff:127.0.0.1", Some(Loopback)),
        ("::ffff:10.0.0.1", Some(Private)),
        ("::ffff:1.1.1.1", None),
        ("::127.0.0.1", Some(Loopback)),
        ("64:ff9b::a9fe:a9fe", Some(LinkLocal)),
        ("64:ff9b:1::1", Some(Reserved)),
        ("2002:7f00:1::", Some(Loopback)),
        ("fe80::1", Some(LinkLocal)),
        ("fc00::1", Some(Private)),
        ("fd00:ec2::254", Some(Private)),
        ("fec0::1", Some(Private)),
        ("ff02::1", Some(Reserved)),
        ("2001:db8::1", Some(Reserved)),
        ("2001::1", Some(Reserved)),
        ("2606:4700:4700::1111", None),
    ];
    for (address, expected) in cases {
        assert_eq!(territory(address.parse::<IpAddr>().expect(address)), expected, "{address}");
    }
}

#[test]
fn public_addresses_stay_when_others_stand_beside_them() {
    let at = |address: &str| SocketAddr::new(address.parse().expect(address), 25);
    let found = vec![at("10.0.0.1"), at("1.1.1.1"), at("::1"), at("1.1.1.1")];
    let (none, everything) = (AllowList::none(), AllowList::everything());
    assert_eq!(permitted("h", found.clone(), &none), Ok(vec![at("1.1.1.1")]));
    assert_eq!(permitted("h", found, &everything), Ok(vec![at("10.0.0.1"), at("1.1.1.1"), at("::1")]));
    let refused = permitted("mail.nord.test", vec![at("10.0.0.1"), at("::1")], &none).expect_err("refused");
    assert_eq!(
        refused.to_string(),
        "the host mail.nord.test is at 10.0.0.1, an address of a private network, and the operator has not \
         allowed it; they may put \"10.0.0.1\", its network or \"mail.nord.test\" on the list of allowed \
         destinations (allow_private)"
    );
    assert!(!refused.is_transient());
    assert!(matches!(permitted("h", Vec::new(), &none), Err(Unresolved::Unknown(_))));
    let many = (1..=20).map(|last| at(&format!("1.1.1.{last}"))).collect();
    assert_eq!(permitted("h", many, &none).map(|permitted_addresses| permitted_addresses.len()), Ok(8));
}

#[test]
fn hosts_are_read_as_people_type_them() {
    let cases = [
        ("smtp.nord.test", Ok("smtp.nord.test")),
        (" smtp.nord.test. ", Ok("smtp.nord.test")),
        ("SMTP.Nord.Test", Ok("smtp.nord.test")),
        ("post.müller.test", Ok("post.xn--mller-kva.test")),
        ("[::1]", Ok("::1")),
        ("[127.0.0.1]", Ok("127.0.0.1")),
        ("", Err(())),
        ("a b", Err(())),
        ("smtp.nord.test:587", Err(())),
        ("http://nord.test/", Err(())),
        ("nord.test\r\nQUIT", Err(())),
        ("a..b", Err(())),
    ];
    for (typed, expected) in cases {
        assert_eq!(ascii_host(typed).as_deref().map_err(|_| ()), expected, "{typed:?}");
    }
}

#[tokio::test]
async fn disguised_loopback_addresses_are_refused_after_resolution() {
    for host in
        ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "::1", "::ffff:127.0.0.1", "0"]
    {
        match resolve(host, 25, &AllowList::none(), Duration::from_secs(10)).await {
            Err(Unresolved::Forbidden { .. } | Unresolved::Unknown(_)) => {}
            other => panic!("{host}: {other:?}"),
        }
    }
}

#[test]
fn the_operator_allows_networks_addresses_and_names_and_nothing_else_with_them() {
    let cases = [
        ("none", "localhost", "127.0.0.1", false),
        ("", "localhost", "127.0.0.1", false),
        ("everything", "metadata", "169.254.169.254", true),
        ("everything", "h", "fd00::1", true),
        ("127.0.0.0/8", "h", "127.4.5.6", true),
        ("127.0.0.0/8", "h", "128.0.0.1", false),
        ("127.0.0.0/8", "h", "::ffff:127.0.0.1", true),
        ("127.0.0.0/8", "h", "::1", false),
        ("127.0.0.1", "h", "127.0.0.1", true),
        ("127.0.0.1", "h", "127.0.0.2", false),
        ("10.0.0.0/8, 192.168.7.0/24", "h", "192.168.7.255", true),
        ("10.0.0.0/8, 192.168.7.0/24", "h", "192.168.8.0", false),
        ("0.0.0.0/0", "h", "::1", false),
        ("fd00::/8", "h", "fdff::9", true),
        ("fd00::/8", "h", "fe80::9", false),
        ("[::1]", "h", "::1", true),
        ("::ffff:10.0.0.1", "h", "10.0.0.1", true),
        ("mail.intern.example", "mail.intern.example", "10.9.9.9", true),
        ("Mail.Intern.Example.", "mail.intern.example", "10.9.9.9", true),
        ("mail.intern.example", "xmail.intern.example", "10.9.9.9", false),
        ("*.intern.example", "a.b.intern.example", "10.9.9.9", true),
        ("*.intern.example", "intern.example", "10.9.9.9", false),
        ("*.intern.example", "evilintern.example", "10.9.9.9", false),
    ];
    for (list, host, address, expected) in cases {
        let allowed: AllowList = list.parse().expect(list);
        assert_eq!(
            allowed.allows(host, address.parse().expect(address)),
            expected,
            "{list}: {host} at {address}"
        );
    }
}

#[test]
fn an_entry_that_makes_no_sense_is_refused_and_not_guessed_at() {
    for entry in [
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "/8",
        "*.127.0.0.1",
        "*",
        "*.",
        "a b",
        "127.1",
        "0x7f.1",
        "2130706433",
        "10.0.0.1,,",
    ] {
        assert!(matches!(entry.parse::<AllowList>(), Err(NotAllowable::Unreadable(_))), "{entry}");
    }
    let error = "10.1.2.3/8".parse::<AllowList>().expect_err("bits beyond the prefix");
    assert_eq!(error.to_string(), "\"10.1.2.3/8\" is no network: write \"10.0.0.0/8\", or the address alone");
}

#[test]
fn a_list_is_written_as_it_is_read() {
    for (json, text) in [
        ("true", "everything"),
        ("false", "none"),
        (
            r#"["10.0.0.0/8","::1","mail.intern.example","*.lan.example"]"#,
            "10.0.0.0/8, ::1, mail.intern.example, *.lan.example",
        ),
    ] {
        let list: AllowList = serde_json::from_str(json).expect(json);
        assert_eq!(serde_json::to_string(&list).expect("JSON"), json);
        assert_eq!(list.to_string(), text);
        assert_eq!(text.parse::<AllowList>().expect(text), list);
    }
    assert!(serde_json::from_str::<AllowList>(r#"["10.0.0.0/99"]"#).is_err());
}

proptest::proptest! {
    #[test]
    fn garbage_allows_nothing_and_never_panics(text in ".{0,60}") {
        if let Ok(list) = text.parse::<AllowList>() {
            proptest::prop_assert_eq!(list.to_string().parse::<AllowList>(), Ok(list));
        }
    }

    #[test]
    fn a_network_holds_what_shares_its_first_bits(bits: u32, length in 0u8..=32, other: u32) {
        let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
        let list: AllowList = format!("{}/{length}", std::net::Ipv4Addr::from(bits & mask)).parse().expect("a network");
        let address = IpAddr::V4(other.into());
        proptest::prop_assert_eq!(list.allows("h", address), bits & mask == other & mask);
    }
}
