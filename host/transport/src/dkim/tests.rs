//! Signatures, verified by another implementation of the other half, and broken by any change.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt};

use super::{Signer, SigningError, SigningKeyPair, SigningSubmitter, UnusableKey};
use crate::attachments::{AttachmentSource, Chunk, MessageReader};
use crate::smtp::{Account, MemorySubmitter, Recipient, Security, Submission, Submitter, Verdict};

const RSA: &str = include_str!("tests/rsa-2048.pem");
const ED25519: &str = include_str!("tests/ed25519.pem");

/// The records of these signers instead of DNS.
struct Records(BTreeMap<String, Txt>);

impl Records {
    fn of(signer: &Signer) -> Self {
        let (name, record) = signer.record();
        let key = DomainKey::parse(record.as_bytes()).expect("a record");
        Self(BTreeMap::from([(format!("{name}."), Txt::DomainKey(Arc::new(key)))]))
    }
}

impl ResolverCache<Box<str>, Txt> for Records {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0
            .iter()
            .find(|(known, _)| {
                let known: Box<str> = known.as_str().into();
                let known: &Q = known.borrow();
                known == name
            })
            .map(|(_, record)| record.clone())
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

async fn is_valid(message: &[u8], records: &Records) -> bool {
    let authenticator =
        MessageAuthenticator::new(ResolverConfig::default(), ResolverOpts::default()).expect("a verifier");
    let parsed = AuthenticatedMessage::parse(message).expect("a message");
    let parameters = Parameters::new(&parsed).with_txt_cache(records);
    let results = authenticator.verify_dkim(parameters).await;
    results.len() == 1 && results.iter().all(|output| *output.result() == DkimResult::Pass)
}

fn signer(pem: &str) -> Signer {
    Signer::new("post.example.com", "s1", SigningKeyPair::from_pem(pem).expect("a key"))
}

fn message(more: &str) -> Vec<Chunk> {
    let head = format!(
        "Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nFrom: Atelier Nord <via@post.example.com>\r\n\
         To: Jo =?utf-8?q?M=C3=BCller?=\r\n <jo@example.net>\r\nMessage-ID: <1@post.example.com>\r\n\
         Subject: Invoice  7\r\n{more}MIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\r\nHello  there. \r\n\r\n--b\r\n\r\n"
    );
    let pdf =
        AttachmentSource::from_bytes((0..200_000_u32).map(|n| (n * 31 % 251) as u8).collect::<Vec<_>>());
    vec![Chunk::Text(head), Chunk::Attachment(pdf), Chunk::Text("\r\n--b--\r\n\r\n".into())]
}

async fn bytes(chunks: &[Chunk]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut reader = MessageReader::new(chunks);
    while reader.next(&mut bytes).await.expect("readable") {}
    bytes
}

fn changed(message: &[u8], from: &str, to: &str) -> Vec<u8> {
    let place = message.windows(from.len()).position(|window| window == from.as_bytes()).expect(from);
    [&message[..place], to.as_bytes(), &message[place + from.len()..]].concat()
}

#[tokio::test]
async fn a14_a_message_with_its_attachment_is_signed_so_that_others_can_verify_it() {
    for pem in [RSA, ED25519] {
        let signer = signer(pem);
        let records = Records::of(&signer);
        for more in [
            "",
            "Reply-To: reply+abc@post.example.com\r\n",
            "List-Unsubscribe: <https://a.test/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        ] {
            let chunks = message(more);
            let signature = signer.sign(&chunks).await.expect("signed");
            assert!(signature.starts_with("DKIM-Signature: ") && signature.ends_with("\r\n"), "{signature}");
            assert!(
                signature.contains("d=post.example.com") && signature.contains("c=relaxed/relaxed"),
                "{signature}"
            );
            assert_eq!(
                signature.contains("List-Unsubscribe-Post"),
                more.contains("Unsubscribe"),
                "{signature}"
            );
            let signed = [signature.into_bytes(), bytes(&chunks).await].concat();
            assert!(is_valid(&signed, &records).await, "{signer:?} {more:?}");

            // Servers on the way may change white space, and nothing else.
            assert!(
                is_valid(&changed(&signed, "Subject: Invoice  7", "subject:  Invoice 7 "), &records).await
            );
            for (from, to) in [
                ("Invoice  7", "Invoice  8"),
                ("via@post", "vip@post"),
                ("jo@example.net", "jo@example.org"),
                ("Hello", "Hallo"),
                ("\r\n--b--", "A\r\n--b--"),
                ("10:00:00", "11:00:00"),
                ("MIME-Version", "From: somebody@else.test\r\nMIME-Version"),
                ("MIME-Version", "Cc: somebody@else.test\r\nMIME-Version"),
                // Above the first, where programs that show the first one look.
                ("Date: Mon", "From: somebody@else.test\r\nDate: Mon"),
                ("Date: Mon", "To: somebody@else.test\r\nDate: Mon"),
                ("Date: Mon", "Subject: Invoice 9\r\nDate: Mon"),
                ("Date: Mon", "Reply-To: somebody@else.test\r\nDate: Mon"),
            ] {
                assert!(!is_valid(&changed(&signed, from, to), &records).await, "{from} became {to}");
            }
        }
    }
}

#[tokio::test]
async fn a14_mail_of_the_platforms_account_is_signed_and_that_of_others_is_not() {
    let signer = Arc::new(signer(ED25519));
    let memory = Arc::new(MemorySubmitter::new());
    let submitter = SigningSubmitter::new(memory.clone(), [("platform".to_owned(), signer.clone())]);
    let chunks = message("");
    let submission = Submission {
        mail_from: "bounce+x@post.example.com".into(),
        recipients: vec![Recipient { address: "jo@example.net".into(), notify: Vec::new() }],
        envelope_id: None,
        smtputf8: false,
        size: chunks.iter().map(Chunk::length).sum(),
        chunks,
        gate: None,
    };
    for (name, signed) in [("platform", true), ("office", false)] {
        let account = Account::new(name, "mail.example.com", Security::Tls);
        Submitter::submit(&submitter, &account, &submission).await.expect("taken");
        let taken = memory.taken().pop().expect("a mail");
        assert_eq!(taken.message.starts_with(b"DKIM-Signature: "), signed, "{name}");
        assert!(taken.message.ends_with(&bytes(&submission.chunks).await), "{name}: the message itself");
        if signed {
            assert!(is_valid(&taken.message, &Records::of(&signer)).await);
        }
    }
}

#[tokio::test]
async fn what_is_no_message_is_not_signed_and_not_sent() {
    let signer = signer(ED25519);
    for text in ["", "From: a@b.test\r\n", "Subject: a\r\n\r\nFrom: a@b.test\r\n", "Fromage: a\r\n\r\n"] {
        let signed = signer.sign(&[Chunk::Text(text.into())]).await;
        assert!(matches!(signed, Err(SigningError::Malformed(_))), "{text:?}: {signed:?}");
    }
    let memory = Arc::new(MemorySubmitter::new());
    let submitter = SigningSubmitter::new(memory.clone(), [("p".to_owned(), Arc::new(signer))]);
    let submission = Submission {
        mail_from: String::new(),
        recipients: Vec::new(),
        envelope_id: None,
        smtputf8: false,
        size: 0,
        chunks: Vec::new(),
        gate: None,
    };
    let account = Account::new("p", "mail.example.com", Security::Tls);
    let failure = Submitter::submit(&submitter, &account, &submission).await.expect_err("refused");
    assert_eq!(failure.verdict, Verdict::Permanent, "{failure}");
    assert!(memory.taken().is_empty());
}

#[test]
fn only_a_strong_private_key_signs_and_none_shows() {
    let weak = include_str!("tests/rsa-1024.pem");
    assert!(matches!(SigningKeyPair::from_pem(weak), Err(UnusableKey::Unsuitable(_))));
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n";
    for text in ["", "secret", public] {
        assert_eq!(SigningKeyPair::from_pem(text).err(), Some(UnusableKey::NotAKey), "{text:?}");
    }
    for pem in [RSA, ED25519] {
        let signer = signer(pem);
        let secret = pem.lines().nth(1).expect("a line");
        assert!(!format!("{signer:?} {:?}", signer.record()).contains(secret), "{signer:?}");
    }
}
