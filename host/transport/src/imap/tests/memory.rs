//! The mailboxes in memory answer as a server would.

use chrono::DateTime;

use super::super::{
    Account, Chunk, Criterion, Filed, Filing, MailboxError, Mailboxes, MemoryMailboxes, Place, Security,
};
use super::{failed, login};
use crate::attachments::AttachmentSource;

const HEAD: &str = "From: Nora <nora@nord.test>\r\nTo: a@west.test\r\nSubject: =?UTF-8?Q?Rechnung_f=C3=BCr?=\r\n\
    Message-ID: <1@nord.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n\
    --b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\
    Content-Transfer-Encoding: base64\r\n\r\n";

#[tokio::test]
async fn what_is_filed_is_found_and_read_again() {
    let account = Account::new("office", "mail.test", Security::Tls, login());
    let mailboxes = MemoryMailboxes::new();
    let pdf: Vec<u8> = (0..100_000u32).map(|number| (number % 251) as u8).collect();
    let chunks = vec![
        Chunk::Text(HEAD.into()),
        Chunk::Attachment(AttachmentSource::from_bytes(pdf.clone())),
        Chunk::Text("\r\n--b--\r\n".into()),
    ];
    let received = DateTime::parse_from_rfc3339("2026-11-23T10:11:12+01:00").expect("a time");
    let filing = Filing { chunks, flags: vec!["\\Seen".into()], received };
    let filed = mailboxes.append(&account, "Sent", std::slice::from_ref(&filing)).await.expect("filed");
    let Filed::Stored(Some(at)) = &filed[0] else { panic!("{filed:?}") };

    for criterion in [
        Criterion::MessageId(vec!["<1@nord.test>".into()]),
        Criterion::Subject("für".into()),
        Criterion::Body("grüße".into()),
        Criterion::Address(vec!["a@west.test".into()]),
        Criterion::Flagged("\\Seen".into()),
        Criterion::Since(received.date_naive()),
    ] {
        let found = mailboxes.search(&account, "Sent", std::slice::from_ref(&criterion), None, 9).await;
        assert_eq!(found.map(|found| found.uids), Ok(vec![at.uid]), "{criterion:?}");
    }
    let nothing = [Criterion::Unflagged("\\Seen".into())];
    let found = mailboxes.search(&account, "Sent", &nothing, None, 9).await.expect("a search");
    assert!(found.uids.is_empty() && !found.more);

    let envelopes = mailboxes.fetch_envelopes(&account, "Sent", at.uid_validity, &[at.uid, 77]).await;
    let envelopes = envelopes.expect("envelopes");
    assert_eq!(envelopes.len(), 1);
    assert_eq!(envelopes[0].subject, "Rechnung für");
    assert_eq!(envelopes[0].size, filing.size());
    let sections: Vec<_> = envelopes[0].parts.iter().map(|part| part.section.as_str()).collect();
    assert_eq!(sections, ["1", "2"]);
    let file = mailboxes.fetch_part(&account, at, "2").await.expect("a part");
    assert!(file.read(0, 200_000).await.expect("read") == pdf);

    let slice = mailboxes.fetch_message(&account, at, 6, 4).await;
    assert_eq!(slice, Ok(b"Nora".to_vec()));
    mailboxes
        .set_flags(&account, "Sent", at.uid_validity, &[at.uid], &["$Paid".into()], &["\\Seen".into()])
        .await
        .expect("set");
    assert_eq!(mailboxes.messages("office", "Sent")[0].1, ["$Paid"]);
}

#[tokio::test]
async fn what_a_server_refuses_is_refused_here_too() {
    let account = Account::new("office", "mail.test", Security::Tls, login());
    let mailboxes = MemoryMailboxes::new();
    assert_eq!(mailboxes.state(&account, "Gone").await, Err(MailboxError::NoSuchFolder));
    mailboxes.make_folder("office", "Gone", None);
    assert_eq!(mailboxes.state(&account, "Gone").await.map(|state| state.messages), Ok(0));
    mailboxes.remove_folder("office", "Gone");
    let at = Place { folder: "INBOX".into(), uid_validity: 1, uid: 4 };
    assert_eq!(mailboxes.fetch_message(&account, &at, 0, 9).await, Err(MailboxError::NoSuchMessage));
    let old = Place { uid_validity: 3, ..at };
    assert_eq!(mailboxes.fetch_message(&account, &old, 0, 9).await, Err(MailboxError::UidValidityChanged(1)));
    let uid = mailboxes.deliver("office", "INBOX", "Subject: x\r\n\r\n", DateTime::default());
    let deleted = ["\\Deleted".to_owned()];
    failed(mailboxes.set_flags(&account, "INBOX", 1, &[uid], &deleted, &[]).await);
    mailboxes.fail_next(MailboxError::NeedsSignIn("expired".into()));
    assert_eq!(mailboxes.folders(&account).await, Err(MailboxError::NeedsSignIn("expired".into())));
    assert_eq!(mailboxes.folders(&account).await.map(|folders| folders.len()), Ok(2));
}
