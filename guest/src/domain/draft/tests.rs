//! Drafts and links, from messages as `compose` makes them.

use super::*;
use crate::domain::address::Address;
use mail_parser::MessageParser;

fn mailbox(name: Option<&str>, address: &str) -> Mailbox {
    Mailbox::new(name, Address::parse(address).unwrap())
}

const MESSAGE: &str = "Date: Sun, 22 Nov 2026 09:30:00 +0100\r\n\
    From: \"Atelier Nord\" <office@example.com>\r\n\
    To: <a@example.com>,\r\n <b@example.com>\r\n\
    Subject: Facture 7\r\n\
    Message-ID: <1@example.com>\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=\"=_m_1\"\r\n\r\n\
    --=_m_1\r\nContent-Type: text/plain\r\n\r\nFrom: a person\r\nDate: today\r\n\
    --=_m_1\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"f.pdf\"\r\n\r\n";

fn chunks() -> Vec<Chunk> {
    vec![Chunk::Text(MESSAGE.into()), Chunk::Attachment(4), Chunk::Text("\r\n--=_m_1--\r\n".into())]
}

#[test]
fn a6_a_draft_is_unsent_and_leaves_to_the_program_what_is_its_own() {
    let bcc = [mailbox(Some("Müller, E."), "me@example.com")];
    let draft = unsent(chunks(), 1_000, "Facture 7", &bcc).unwrap();
    let Chunk::Text(first) = &draft.chunks[0] else { panic!("text first") };
    assert!(first.starts_with("X-Unsent: 1\r\n"), "{first}");
    let (head, body) = first.split_once("\r\n\r\n").unwrap();
    for absent in ["\nDate:", "\nFrom:", "\nMessage-ID:", "\nSender:"] {
        assert!(!head.contains(absent), "{absent:?} in {head}");
    }
    assert!(head.contains("To: <a@example.com>,\r\n <b@example.com>\r\n"), "{head}");
    assert!(body.contains("From: a person\r\nDate: today"), "the body is as it was: {body}");
    assert_eq!(draft.chunks[1..], chunks()[1..]);
    assert_eq!(draft.size, 1_000 + first.len() as u64 - MESSAGE.len() as u64);
    let parsed = MessageParser::default().parse(first.as_bytes()).unwrap();
    let bcc = parsed.bcc().unwrap().first().unwrap();
    assert_eq!((bcc.name(), bcc.address()), (Some("Müller, E."), Some("me@example.com")));
    assert_eq!(parsed.subject(), Some("Facture 7"));
    assert_eq!(parsed.to().unwrap().iter().count(), 2);
}

#[test]
fn a6_a_draft_to_nobody_has_an_empty_to() {
    let text = "To: undisclosed-recipients:;\r\nSubject: x\r\n\r\nx\r\n".to_owned();
    let draft = unsent(vec![Chunk::Text(text)], 50, "x", &[]).unwrap();
    assert_eq!(draft.chunks, [Chunk::Text("X-Unsent: 1\r\nSubject: x\r\n\r\nx\r\n".into())]);
}

#[test]
fn what_is_no_message_gives_no_draft() {
    for chunks in [vec![], vec![Chunk::Attachment(1)], vec![Chunk::Text("Subject: x\r\n".into())]] {
        assert_eq!(unsent(chunks.clone(), 1_000, "x", &[]), None, "{chunks:?}");
    }
}

#[test]
fn the_name_of_the_file_is_safe_everywhere() {
    for (subject, expected) in [
        ("Facture 2026-0007 d'Été", "facture-2026-0007-d-ete.eml"),
        ("../../etc/passwd", "etc-passwd.eml"),
        ("CON", "mail-con.eml"),
        ("com1", "mail-com1.eml"),
        ("請求書", "mail.eml"),
        ("", "mail.eml"),
    ] {
        assert_eq!(file_name(subject), expected, "{subject:?}");
    }
}

#[test]
fn a6_a_link_carries_recipients_subject_and_text_percent_encoded() {
    let to = Addressees {
        to: vec![mailbox(Some("A"), "a+b@example.com"), mailbox(None, "jan&piet=?@exämple.be")],
        cc: vec![mailbox(None, "c@example.com")],
        bcc: vec![mailbox(None, "\"d e\"@example.com")],
    };
    let link = mailto(&to, "Facture n° 7 & Co?\r\nBcc: x", "Bonjour,\n\n100 %\r\nà bientôt\r\n", &[]);
    assert_eq!(
        link.as_deref(),
        Ok("mailto:a%2Bb@example.com,jan%26piet%3D%3F@xn--exmple-cua.be?cc=c@example.com\
            &bcc=%22d%20e%22@example.com&subject=Facture%20n%C2%B0%207%20%26%20Co%3F%20Bcc%3A%20x\
            &body=Bonjour%2C%0D%0A%0D%0A100%20%25%0D%0A%C3%A0%20bient%C3%B4t")
    );
    assert_eq!(mailto(&Addressees::default(), "", "", &[]).as_deref(), Ok("mailto:"));
}

#[test]
fn a6_a_mail_with_files_or_a_long_text_is_no_link() {
    let nobody = Addressees::default();
    assert_eq!(mailto(&nobody, "x", "x", &chunks()), Err(MailtoFault::HasAttachments));
    let logo =
        "…\r\n\r\n--=_r_1\r\nContent-ID: <logo>\r\nContent-Disposition: inline; filename=\"l.png\"\r\n\r\n";
    let inline = [Chunk::Text(logo.into()), Chunk::Attachment(1)];
    assert!(mailto(&nobody, "x", "x", &inline).is_ok());
    let fits = "x".repeat(LONGEST_LINK - "mailto:?body=".len());
    assert_eq!(mailto(&nobody, "", &fits, &[]).map(|link| link.len()), Ok(LONGEST_LINK));
    assert_eq!(mailto(&nobody, "", &format!("{fits}x"), &[]), Err(MailtoFault::TooLong(LONGEST_LINK + 1)));
}
