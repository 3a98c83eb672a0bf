//! Where a host name may lead.

use std::net::{IpAddr, SocketAddr};

use crate::capabilities::destination::{Territory, Unresolved, ascii_host, permitted, resolve, territory};
use super::super::{SmtpClient, Stage, Submitter, Verdict};
use super::{LONG, MESSAGE, Security, account, submission};

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
    assert_eq!(permitted(found.clone(), false), Ok(vec![at("1.1.1.1")]));
    assert_eq!(permitted(found, true), Ok(vec![at("10.0.0.1"), at("1.1.1.1"), at("::1")]));
    let refused = Unresolved::Forbidden(at("10.0.0.1").ip(), Territory::Private);
    assert_eq!(permitted(vec![at("10.0.0.1"), at("::1")], false), Err(refused));
    assert!(matches!(permitted(Vec::new(), false), Err(Unresolved::Unknown(_))));
    let many = (1..=20).map(|last| at(&format!("1.1.1.{last}"))).collect();
    assert_eq!(permitted(many, false).map(|kept| kept.len()), Ok(8));
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
        match resolve(host, 25, false, LONG).await {
            Err(Unresolved::Forbidden(..) | Unresolved::Unknown(_)) => {}
            other => panic!("{host}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn without_the_operators_permission_no_connection_to_this_machine_is_made() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut account = account(port, Security::None);
    account.allow_private = false;
    let failure = SmtpClient::default()
        .submit(&account, &submission(&["a@b.test"], MESSAGE))
        .await
        .expect_err("refused");
    assert_eq!((failure.stage, failure.verdict), (Stage::Resolve, Verdict::Permanent), "{failure}");
    assert!(failure.detail.contains("127.0.0.1, a loopback address"), "{failure}");
    let knocked = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
    assert!(knocked.is_err(), "a connection was made");
}

#[tokio::test]
async fn an_unknown_host_and_a_closed_port_fail_at_their_stages() {
    let mut unknown = account(25, Security::None);
    unknown.host = "no-such-host.invalid".into();
    let failure = SmtpClient::default()
        .submit(&unknown, &submission(&["a@b.test"], MESSAGE))
        .await
        .expect_err("unknown");
    assert_eq!((failure.stage, failure.verdict), (Stage::Resolve, Verdict::Transient), "{failure}");

    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let closed = account(port, Security::None);
    let failure =
        SmtpClient::default().submit(&closed, &submission(&["a@b.test"], MESSAGE)).await.expect_err("closed");
    assert_eq!((failure.stage, failure.verdict), (Stage::Connect, Verdict::Transient), "{failure}");
}
