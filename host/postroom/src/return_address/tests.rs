//! Addresses that we made are believed, and no others.

use super::{KeyId, Keys, Purpose, ReturnAddresses, UnusableKeys, base32};
use postroom_model::CompanyId;
use postroom_store::MailId;
use proptest::prelude::*;
use secrecy::SecretSlice;

fn key(fill: u8) -> SecretSlice<u8> {
    vec![fill; 32].into()
}

fn addresses(current: u8, known: &[u8]) -> ReturnAddresses {
    let keys = Keys::new(KeyId(current), known.iter().map(|id| (KeyId(*id), key(*id)))).expect("keys");
    ReturnAddresses::new("Post.Example.com", keys)
}

const PURPOSES: [Purpose; 2] = [Purpose::Reply, Purpose::Bounce];

#[test]
fn a14_an_answer_finds_its_mail_and_company() {
    let ours = addresses(1, &[1]);
    for purpose in PURPOSES {
        let (company, mail) = (CompanyId::new(), MailId::new());
        let address = ours.mint(purpose, company, mail);
        assert!(
            address.starts_with(&format!("{}+", purpose.tag())) && address.ends_with("@post.example.com"),
            "{address}"
        );
        let local = address.split('@').next().expect("a local part");
        assert!(local.len() <= 64, "{local}");
        assert!(local.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'+'), "{local}");
        for written in [address.clone(), address.to_uppercase()] {
            let origin = ours.verify(purpose, &written).expect("ours");
            assert_eq!(origin.mail, mail);
            assert!(origin.is_of(company) && !origin.is_of(CompanyId::new()));
        }
    }
}

#[test]
fn a14_an_address_serves_one_purpose_one_domain_and_the_host_that_made_it() {
    let ours = addresses(1, &[1]);
    let (company, mail) = (CompanyId::new(), MailId::new());
    let reply = ours.mint(Purpose::Reply, company, mail);
    let bounce = ours.mint(Purpose::Bounce, company, mail);
    assert_ne!(reply.split_once('+').map(|it| it.1), bounce.split_once('+').map(|it| it.1));
    for (purpose, address) in [
        (Purpose::Bounce, reply.clone()),
        (Purpose::Reply, bounce.clone()),
        (Purpose::Bounce, reply.replace("reply+", "bounce+")),
        (Purpose::Reply, bounce.replace("bounce+", "reply+")),
        (Purpose::Reply, reply.replace("post.example", "evil.example")),
        (
            Purpose::Reply,
            addresses(1, &[1, 2]).mint(Purpose::Reply, company, mail).replace("reply+", "reply+a"),
        ),
        (Purpose::Reply, addresses(2, &[2]).mint(Purpose::Reply, company, mail)),
    ] {
        assert_eq!(ours.verify(purpose, &address), None, "{purpose:?} {address}");
    }
}

#[test]
fn a_new_key_signs_while_the_old_one_still_verifies_and_then_no_more() {
    let (company, mail) = (CompanyId::new(), MailId::new());
    let old = addresses(1, &[1]).mint(Purpose::Bounce, company, mail);
    let during = addresses(2, &[1, 2]);
    let new = during.mint(Purpose::Bounce, company, mail);
    let after = addresses(2, &[2]);
    for (address, expected) in [(&old, [true, false]), (&new, [true, true])] {
        let believed = [&during, &after].map(|it| it.verify(Purpose::Bounce, address).is_some());
        assert_eq!(believed, expected, "{address}");
    }
}

#[test]
fn weak_or_missing_keys_are_refused_and_no_key_shows() {
    let short = [(KeyId(1), vec![7; 31].into())];
    assert_eq!(Keys::new(KeyId(1), short).err(), Some(UnusableKeys::Short(KeyId(1))));
    assert_eq!(Keys::new(KeyId(2), [(KeyId(1), key(1))]).err(), Some(UnusableKeys::Missing(KeyId(2))));
    let secret: SecretSlice<u8> = b"a very secret key of some length".to_vec().into();
    let shown = format!(
        "{:?}",
        ReturnAddresses::new("a.test", Keys::new(KeyId(1), [(KeyId(1), secret)]).expect("keys"))
    );
    assert!(!shown.contains("secret key") && !shown.contains("118, 101, 114"), "{shown}");
}

#[test]
fn base32_is_that_of_the_rfc() {
    for (bytes, text) in [
        (&b""[..], ""),
        (b"fooba", "mzxw6ytb"),
        (b"\0\0\0\0\0", "aaaaaaaa"),
        (b"\xff\xff\xff\xff\xff", "77777777"),
    ] {
        assert_eq!(base32::encode(bytes), text);
        assert_eq!(base32::decode(text).as_deref(), Some(bytes));
    }
    for text in ["mzxw6yt", "mzxw6yt1", "mzxw6yt=", "mzxw6yt\u{e9}", "mzxw6ytbm"] {
        assert_eq!(base32::decode(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn a_changed_address_is_never_believed(place in 0usize..56, character in "[a-z2-7]", company: [u8; 16], mail: [u8; 16]) {
        let ours = addresses(1, &[1, 2]);
        let (company, mail) = (CompanyId::from_bytes(company), MailId::from_bytes(mail));
        for purpose in PURPOSES {
            let address = ours.mint(purpose, company, mail);
            prop_assert_eq!(ours.verify(purpose, &address).map(|it| it.mail), Some(mail));
            let start = purpose.tag().len() + 1 + place;
            let mut changed = address.clone();
            changed.replace_range(start..=start, &character);
            prop_assert_eq!(ours.verify(purpose, &changed).is_some(), changed == address, "{}", changed);
        }
    }

    #[test]
    fn garbage_is_never_believed_and_never_panics(text in ".{0,90}", token in "[a-z2-7]{56}") {
        let ours = addresses(1, &[1]);
        for purpose in PURPOSES {
            prop_assert_eq!(ours.verify(purpose, &text), None);
            let guess = format!("{}+{token}@post.example.com", purpose.tag());
            prop_assert_eq!(ours.verify(purpose, &guess), None);
        }
    }
}
