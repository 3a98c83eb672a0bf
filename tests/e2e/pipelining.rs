//! Many mails of one account at once, closely behind each other on few connections, against a real Postfix: each is
//! told what the server said of it, and what was taken arrives once, byte for byte, in the right mailbox.

use crate::mailbox::arrived;
use crate::samples::pdf;
use crate::servers::{SENDER, servers};
use postroom::model::AllowList;
use postroom::transport::attachments::{AttachmentSource, Chunk, MessageReader};
use postroom::transport::smtp::{
    Acceptance, Account, ConnectionLimits, Failure, Login, Mechanism, PoolLimits, Recipient, Secret,
    Security, SmtpClient, Stage, Submission, Submitter, Verdict,
};

/// Mails to one server. On few connections, so that they follow each other.
const COUNT: usize = 48;
const CONNECTIONS: usize = 2;

/// Kinds of mails, and what becomes of them.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Small,
    Large,
    SomeUnknown,
    AllUnknown,
    NobodysToRelay,
    BareLineEnds,
}

const KINDS: [Kind; 9] = [
    Kind::Small,
    Kind::AllUnknown,
    Kind::SomeUnknown,
    Kind::Small,
    Kind::Large,
    Kind::AllUnknown,
    Kind::NobodysToRelay,
    Kind::BareLineEnds,
    Kind::SomeUnknown,
];

fn account(port: u16, security: Security) -> Account {
    let secret = Secret::password(servers().password.clone());
    let login = Login { user: SENDER.to_owned(), secret, mechanism: Mechanism::Auto };
    Account {
        port,
        login: (security != Security::None).then_some(login),
        allow_private: AllowList::loopback(),
        trusted_ca: Some(std::fs::read_to_string(servers().authority()).expect("a certificate")),
        ..Account::new("office", "localhost", security)
    }
}

/// A mail of this kind to a mailbox of its own.
fn mail(kind: Kind, mailbox: &str, seed: usize) -> Submission {
    let unknown = |n: usize| format!("unknown-{n}-{mailbox}@west.test");
    let own = format!("{mailbox}@west.test");
    let recipients = match kind {
        Kind::AllUnknown => vec![unknown(1), unknown(2)],
        Kind::SomeUnknown => vec![unknown(1), own, unknown(2)],
        Kind::NobodysToRelay => vec![format!("somebody@elsewhere-{seed}.test")],
        _ => vec![own],
    };
    // Nothing is missing that the server would add.
    let head = format!(
        "Date: Sun, 22 Nov 2026 09:30:00 +0100\r\nMessage-ID: <{mailbox}@east.test>\r\nFrom: <{SENDER}>\r\n\
         To: <{mailbox}@west.test>\r\nSubject: {mailbox}\r\n"
    );
    let text = match kind {
        Kind::BareLineEnds => format!("{head}\r\nOne\n.\nTwo\n.\r\nThree\r.\rMAIL FROM:<x@y.test>\r\n"),
        Kind::Large => format!("{head}Content-Transfer-Encoding: base64\r\n\r\n"),
        _ => format!("{head}\r\n.Hello {mailbox}.\r\n..\r\n.\r\n"),
    };
    let mut chunks = vec![Chunk::Text(text)];
    if kind == Kind::Large {
        let size = 200_000 + 1_000 * seed;
        chunks.push(Chunk::Attachment(AttachmentSource::from_bytes(pdf(seed as u64, size))));
        chunks.push(Chunk::Text("\r\n".to_owned()));
    }
    Submission {
        mail_from: SENDER.to_owned(),
        recipients: recipients
            .into_iter()
            .map(|address| Recipient { address, notify: vec!["never".to_owned()] })
            .collect(),
        envelope_id: None,
        smtputf8: false,
        size: chunks.iter().map(Chunk::length).sum(),
        chunks,
        gate: None,
    }
}

/// What must arrive, with line ends as SMTP has them.
async fn bytes(mail: &Submission) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut reader = MessageReader::new(&mail.chunks);
    while reader.next(&mut bytes).await.expect("readable") {}
    let text = String::from_utf8(bytes).expect("text");
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n").into_bytes()
}

fn check(kind: Kind, authenticated: bool, what: &str, submitted: &Result<Acceptance, Failure>) {
    let codes = |of: &[postroom::transport::smtp::RecipientReply]| -> Vec<u16> {
        of.iter().map(|answer| answer.reply.code).collect()
    };
    match (kind, submitted) {
        (Kind::Small | Kind::Large | Kind::BareLineEnds, Ok(accepted)) => {
            assert_eq!(codes(&accepted.recipients), [250], "{what}");
        }
        (Kind::SomeUnknown, Ok(accepted)) => {
            assert_eq!(codes(&accepted.recipients), [550, 250, 550], "{what}")
        }
        (Kind::AllUnknown, Err(failure)) => {
            assert_eq!((failure.stage, failure.verdict), (Stage::Recipient, Verdict::Permanent), "{what}");
            assert_eq!(codes(&failure.recipients), [550, 550], "{what}");
        }
        // Who is logged in may send elsewhere.
        (Kind::NobodysToRelay, Ok(_)) if authenticated => {}
        (Kind::NobodysToRelay, Err(failure)) if !authenticated => {
            assert_eq!((failure.stage, failure.verdict), (Stage::Recipient, Verdict::Permanent), "{what}");
            assert!(failure.detail.contains("Relay access denied"), "{what}");
        }
        _ => panic!("{what}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_that_follow_each_other_closely_arrive_each_as_if_alone() {
    for (name, port, security) in [
        ("plain", servers().plain, Security::None),
        ("strict", servers().strict, Security::None),
        ("starttls", servers().starttls, Security::StartTls),
        ("implicit", servers().implicit, Security::Tls),
        ("old", servers().old, Security::StartTls),
    ] {
        let limits = ConnectionLimits { connections: CONNECTIONS, ..ConnectionLimits::default() };
        let client = SmtpClient::with_limits(PoolLimits::default(), limits);
        let account = account(port, security);
        let mut all = Vec::new();
        for number in 0..COUNT {
            let kind = KINDS[number % KINDS.len()];
            let mailbox = format!("box-queue-{name}-{number}");
            let mail = mail(kind, &mailbox, number);
            let (client, account, sent) = (client.clone(), account.clone(), mail.clone());
            let submitted = tokio::spawn(async move { client.submit(&account, &sent).await });
            all.push((kind, mailbox, mail, submitted));
        }
        let mut taken = Vec::new();
        for (kind, mailbox, mail, submitted) in all {
            let submitted = submitted.await.expect("no panic");
            check(
                kind,
                security != Security::None,
                &format!("{mailbox}, {kind:?}: {submitted:?}"),
                &submitted,
            );
            if submitted.is_ok() && kind != Kind::NobodysToRelay {
                taken.push((mailbox, mail));
            }
        }
        client.close().await;
        for (mailbox, mail) in taken {
            let address = format!("{mailbox}@west.test");
            let expected = bytes(&mail).await;
            let messages = tokio::task::spawn_blocking(move || arrived(&address)).await.expect("a look");
            assert_eq!(messages.len(), 1, "{mailbox}");
            assert!(messages[0].ends_with(&expected), "{mailbox}: {}", String::from_utf8_lossy(&messages[0]));
        }
    }
}
