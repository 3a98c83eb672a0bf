//! Folders, searches and messages, as servers tell of them.

use super::super::{
    Address, Criterion, Folder, ImapClient, MailboxError, Mailboxes, Place, Security, Verdict,
};
use super::{account, answer, command, failed, logged_in, opened};
use crate::tests::server::{Peer, Server};

fn folder(name: &str, special_use: &[&str], selectable: bool) -> Folder {
    Folder {
        name: name.into(),
        delimiter: Some("/".into()),
        special_use: special_use.iter().map(|what| (*what).to_owned()).collect(),
        selectable,
    }
}

#[tokio::test]
async fn folders_are_listed_with_their_uses_by_whatever_the_server_has() {
    let cases = [
        ("SPECIAL-USE LIST-EXTENDED", "LIST \"\" \"*\" RETURN (SPECIAL-USE)", "LIST", "\\Sent"),
        ("SPECIAL-USE", "LIST \"\" \"*\"", "LIST", "\\Sent"),
        ("XLIST", "XLIST \"\" \"*\"", "XLIST", "\\Sent"),
        ("", "LIST \"\" \"*\"", "LIST", "\\Marked"),
    ];
    for (capabilities, asked, name, attribute) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, capabilities).await;
            let lines = [
                format!("{name} (\\HasChildren) \"/\" inbox"),
                format!("{name} ({attribute}) \"/\" \"Gesendete Objekte &- &AOQA9g-\""),
                format!("{name} (\\Noselect) \"/\" {{7}}\r\nArchive"),
                format!("{name} () NIL \"&broken\""),
                format!("{name} nonsense"),
            ];
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let line = answer(&mut peer, "", &lines, "OK").await;
            assert_eq!(line, asked);
            peer.drain().await;
        })
        .await;
        let client = ImapClient::default();
        let folders = client.folders(&account(server.port, Security::None)).await.expect("folders");
        let sent: &[&str] = if attribute == "\\Sent" { &["sent"] } else { &[] };
        let broken = Folder { delimiter: None, ..folder("&broken", &[], true) };
        assert_eq!(
            folders,
            [
                folder("INBOX", &["inbox"], true),
                folder("Gesendete Objekte & äö", sent, true),
                folder("Archive", &[], false),
                broken
            ],
            "{capabilities}"
        );
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_search_gives_the_highest_uids_within_its_limit() {
    let cases = [
        ("", "SEARCH 4 9 2 7", &[9, 7][..], true),
        ("", "SEARCH", &[], false),
        ("", "SEARCH 4 9 (MODSEQ 12)", &[9, 4], false),
        ("", "SEARCH 0 4 4 4", &[4], false),
        ("ESEARCH", "ESEARCH (TAG \"p4\") UID ALL 2,4:5", &[5, 4], true),
        ("ESEARCH", "ESEARCH (TAG \"p4\") UID", &[], false),
        ("ESEARCH", "ESEARCH (TAG \"p4\") UID ALL 1:4294967295", &[11, 10], true),
        ("ESEARCH", "ESEARCH (TAG \"p4\") UID ALL 9:3,8:2", &[9, 8], true),
        ("ESEARCH", "SEARCH 4 9", &[9, 4], false),
    ];
    for (capabilities, found, uids, more) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, capabilities).await;
            opened(&mut peer, "EXAMINE INBOX").await;
            let line = answer(&mut peer, "UID SEARCH ", &[found], "OK").await;
            assert_eq!(line.contains("RETURN (ALL) "), !capabilities.is_empty(), "{line}");
            assert!(line.ends_with("SUBJECT Rechnung UID 1:11"), "{line}");
            peer.drain().await;
        })
        .await;
        let client = ImapClient::default();
        let criteria = [Criterion::Subject("Rechnung".into())];
        let account = account(server.port, Security::None);
        let matches = client.search(&account, "INBOX", &criteria, Some(12), 2).await.expect("found");
        assert_eq!((matches.uids.as_slice(), matches.more), (uids, more), "{found}");
        assert_eq!(matches.uid_validity, 7);
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn what_is_looked_for_never_becomes_a_command() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened(&mut peer, "EXAMINE INBOX").await;
        let (tag, line) = command(&mut peer, "UID SEARCH CHARSET UTF-8 SUBJECT {").await;
        assert!(line.ends_with("{26}"), "{line}");
        peer.send("+ go on\r\n").await;
        assert_eq!(peer.bytes(26).await, "ä\" ALL\r\np9 DELETE INBOX\r\n".as_bytes());
        assert_eq!(peer.bytes(2).await, b"\r\n");
        peer.send(format!("{tag} NO [BADCHARSET] no\r\n")).await;
        peer.drain().await;
    })
    .await;
    let client = ImapClient::default();
    let criteria = [Criterion::Subject("ä\" ALL\r\np9 DELETE INBOX\r\n".into())];
    let account = account(server.port, Security::None);
    let failure = failed(client.search(&account, "INBOX", &criteria, None, 9).await);
    assert_eq!(failure.code.as_deref(), Some("BADCHARSET"), "{failure}");
    client.close().await;
    server.finish().await;
}

const HEADER: &str = "Date: Mon, 23 Nov 2026 09:00:00 +0100\r\n\
    Subject: =?UTF-8?Q?Re:_Rechnung_f=C3=BCr?=\r\n =?UTF-8?Q?_Zo=C3=AB?=\r\n\
    From: =?ISO-8859-1?Q?Andr=E9?= <andre@west.test>\r\n\
    To: Nora <nora@nord.test>, undisclosed\r\n\
    Message-ID: <b@west.test>\r\n\
    In-Reply-To: <a@nord.test>\r\n\
    References: <0@nord.test>\r\n <a@nord.test>\r\n\r\n";

const STRUCTURE: &str = "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"QUOTED-PRINTABLE\" 40 2 NIL NIL NIL)\
    (\"APPLICATION\" \"PDF\" (\"NAME\" \"x\") \"<pdf@west.test>\" NIL \"BASE64\" 812 NIL \
    (\"ATTACHMENT\" (\"FILENAME*\" \"utf-8''Angebot%20%E2%82%AC.pdf\")) NIL) \"MIXED\" (\"BOUNDARY\" \"b\") NIL NIL)";

#[tokio::test]
async fn envelopes_come_decoded_in_the_order_asked_and_nothing_becomes_read() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened(&mut peer, "EXAMINE INBOX").await;
        let fetched = |uid: u32| {
            format!(
                "1 FETCH (UID {uid} FLAGS (\\Seen $Label) INTERNALDATE \" 3-Nov-2026 10:11:12 +0100\" \
                 RFC822.SIZE 1234 BODYSTRUCTURE {STRUCTURE} \
                 BODY[HEADER.FIELDS (DATE SUBJECT)]<0> {{{}}}\r\n{HEADER})",
                HEADER.len()
            )
        };
        let lines = [fetched(3), "2 FETCH (FLAGS (\\Seen))".into(), fetched(9), fetched(500)];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let line = answer(&mut peer, "UID FETCH ", &lines, "OK").await;
        assert!(
            line.starts_with("UID FETCH 3:4,9 (UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE"),
            "{line}"
        );
        assert!(line.contains("BODY.PEEK[HEADER.FIELDS (Date Subject From "), "{line}");
        assert!(line.ends_with("<0.65536>)") && !line.contains("BODY["), "{line}");
        peer.drain().await;
    })
    .await;
    let client = ImapClient::default();
    let account = account(server.port, Security::None);
    let found = client.fetch_envelopes(&account, "INBOX", 7, &[9, 4, 3, 9]).await.expect("envelopes");
    assert_eq!(found.iter().map(|one| one.uid).collect::<Vec<_>>(), [9, 3]);
    let one = &found[0];
    assert_eq!(one.subject, "Re: Rechnung für Zoë");
    assert_eq!(one.received.to_rfc3339(), "2026-11-03T10:11:12+01:00");
    assert_eq!(one.date.map(|date| date.to_rfc3339()).as_deref(), Some("2026-11-23T09:00:00+01:00"));
    let andre = Address { name: Some("André".into()), address: "andre@west.test".into() };
    assert_eq!((one.from.as_slice(), one.reply_to.len()), (&[andre][..], 0));
    assert_eq!(
        one.to.iter().map(|to| to.address.as_str()).collect::<Vec<_>>(),
        ["nora@nord.test", "undisclosed"]
    );
    assert_eq!(one.message_id.as_deref(), Some("<b@west.test>"));
    assert_eq!(one.in_reply_to, ["<a@nord.test>"]);
    assert_eq!(one.references, ["<0@nord.test>", "<a@nord.test>"]);
    assert_eq!((one.size, one.flags.as_slice()), (1234, &["\\Seen".to_owned(), "$Label".to_owned()][..]));
    let parts: Vec<_> =
        one.parts.iter().map(|part| (part.section.as_str(), part.media_type.as_str())).collect();
    assert_eq!(parts, [("1", "text/plain"), ("2", "application/pdf")]);
    assert_eq!(one.parts[1].file_name.as_deref(), Some("Angebot €.pdf"));
    assert_eq!(one.parts[1].disposition.as_deref(), Some("attachment"));
    assert_eq!(one.parts[1].content_id.as_deref(), Some("pdf@west.test"));
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn header_fields_stand_as_they_are_in_the_message() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened(&mut peer, "EXAMINE INBOX").await;
        let text = "Received: from a\r\n\tby b\r\nreceived: x: y\r\nSubject: =?UTF-8?Q?=C3=BC?=\r\n\r\n";
        let line = format!("1 FETCH (BODY[HEADER.FIELDS (RECEIVED)]<0> {{{}}}\r\n{text} UID 3)", text.len());
        let line = answer(&mut peer, "UID FETCH 3", &[&line], "OK").await;
        assert!(line.contains("BODY.PEEK[HEADER.FIELDS (Received Subject)]<0.65536>"), "{line}");
        peer.drain().await;
    })
    .await;
    let client = ImapClient::default();
    let account = account(server.port, Security::None);
    let names = ["Received".to_owned(), "Subject".to_owned()];
    let found = client.fetch_headers(&account, "INBOX", 7, &[3], &names).await.expect("headers");
    let fields = [("Received", "from a\tby b"), ("received", "x: y"), ("Subject", "=?UTF-8?Q?=C3=BC?=")];
    let fields: Vec<(String, String)> = fields.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
    assert_eq!(found[0].fields, fields);

    for name in ["", "a b", "X\r\np9 LOGOUT", "é", "a:"] {
        let answer = client.fetch_headers(&account, "INBOX", 7, &[3], &[name.to_owned()]).await;
        assert_eq!(failed(answer).verdict, Verdict::Permanent, "{name:?}");
    }
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_message_comes_in_slices_and_a_missing_one_is_said_to_be_missing() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened(&mut peer, "EXAMINE INBOX").await;
        let line = answer(&mut peer, "UID FETCH 3", &["1 FETCH (UID 3 BODY[]<4> {4}\r\n\0)(\r)"], "OK").await;
        assert_eq!(line, "UID FETCH 3 (UID BODY.PEEK[]<4.10>)");
        answer(&mut peer, "UID FETCH 3", &["1 FETCH (UID 3 BODY[]<4> \"\")"], "OK").await;
        answer(&mut peer, "UID FETCH 4", &["1 FETCH (UID 3 FLAGS ())"], "OK").await;
        peer.drain().await;
    })
    .await;
    let client = ImapClient::default();
    let account = account(server.port, Security::None);
    let at = |uid| Place { folder: "INBOX".into(), uid_validity: 7, uid };
    assert_eq!(client.fetch_message(&account, &at(3), 4, 10).await, Ok(b"\0)(\r".to_vec()));
    assert_eq!(client.fetch_message(&account, &at(3), 4, 10).await, Ok(Vec::new()));
    assert_eq!(client.fetch_message(&account, &at(4), 4, 10).await, Err(MailboxError::NoSuchMessage));
    assert_eq!(client.fetch_message(&account, &at(3), u64::MAX, 10).await, Ok(Vec::new()));
    let other = Place { uid_validity: 6, ..at(3) };
    let answer = client.fetch_message(&account, &other, 0, 10).await;
    assert_eq!(answer, Err(MailboxError::UidValidityChanged(7)));
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_part_is_fetched_as_the_file_it_is() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened(&mut peer, "EXAMINE INBOX").await;
        let structure = format!("1 FETCH (UID 3 BODYSTRUCTURE {STRUCTURE})");
        answer(&mut peer, "UID FETCH 3 (UID BODYSTRUCTURE)", &[&structure], "OK").await;
        let line =
            answer(&mut peer, "UID FETCH 3", &["1 FETCH (UID 3 BODY[2]<0> \"JVBE Ri0x\")"], "OK").await;
        assert_eq!(line, "UID FETCH 3 (UID BODY.PEEK[2]<0.1048576>)");
        answer(&mut peer, "UID FETCH 3 (UID BODYSTRUCTURE)", &[&structure], "OK").await;
        peer.drain().await;
    })
    .await;
    let client = ImapClient::default();
    let account = account(server.port, Security::None);
    let at = Place { folder: "INBOX".into(), uid_validity: 7, uid: 3 };
    let file = client.fetch_part(&account, &at, "2").await.expect("a file");
    assert_eq!(file.read(0, 100).await.expect("read"), b"%PDF-1");
    for section in ["3", "0", "", "1.", "TEXT", "2]<0.1>\r\np9 LOGOUT"] {
        let failure = failed(client.fetch_part(&account, &at, section).await);
        assert_eq!(failure.verdict, Verdict::Permanent, "{section:?}: {failure}");
    }
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn flags_are_set_and_removed_but_nothing_can_be_deleted() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened(&mut peer, "SELECT INBOX").await;
        assert_eq!(answer(&mut peer, "", &[], "OK").await, "UID STORE 3:4 +FLAGS.SILENT (\\Seen $Paid)");
        assert_eq!(answer(&mut peer, "", &[], "OK").await, "UID STORE 3:4 -FLAGS.SILENT (\\Flagged)");
        peer.drain().await;
    })
    .await;
    let client = ImapClient::default();
    let account = account(server.port, Security::None);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let add = names(&["\\Seen", "$Paid"]);
    let set = client.set_flags(&account, "INBOX", 7, &[4, 3], &add, &names(&["\\Flagged"])).await;
    assert_eq!(set, Ok(()));
    for wrong in ["\\Deleted", "\\DELETED", "\\Recent", "a b", "", "(x)", "x\r\np9 EXPUNGE"] {
        for (add, remove) in [(names(&[wrong]), Vec::new()), (Vec::new(), names(&[wrong]))] {
            let failure = failed(client.set_flags(&account, "INBOX", 7, &[3], &add, &remove).await);
            assert_eq!(failure.verdict, Verdict::Permanent, "{wrong:?}: {failure}");
        }
    }
    client.close().await;
    server.finish().await;
}
