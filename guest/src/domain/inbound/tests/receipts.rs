//! Receipts and refusals: distinguished by who writes them, in any language.

use super::understood;
use crate::domain::inbound::{BounceType, Class, RecipientReport};
use crate::domain::status::EventKind;

/// A disposition report from Jan.
fn disposition(header: &str, text: &str, fields: &str) -> RecipientReport {
    let raw = format!(
        "From: Jan <jan@customer.example>\r\nTo: office@ateliernord.example\r\n{header}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=disposition-notification; boundary=m\r\n\r\n\
         --m\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n\
         --m\r\nContent-Type: message/disposition-notification\r\n\r\n\
         Final-Recipient: rfc822; jan@customer.example\r\n{fields}\r\n\r\n--m--\r\n"
    );
    let found = understood(raw.as_bytes());
    let [of] = found.recipients.as_slice() else { panic!("{header} {text}: {found:?}") };
    assert_eq!((found.class, found.bounce_type), (of.class, of.bounce_type), "{header} {text}");
    of.clone()
}

const DELETED: &str = "Disposition: automatic-action/MDN-sent-automatically; deleted";

#[test]
fn a_mail_that_its_reader_deleted_unread_has_arrived() {
    for (header, text, fields) in [
        (
            "Subject: Neskaitīts: rēķins",
            "Jūsu ziņojums tika izdzēsts.",
            "Reporting-UA: MBX1; Microsoft Exchange Server",
        ),
        ("Subject: Lugemata: arve", "Teie sõnum kustutati.", ""),
        ("Subject: x", "", ""),
        (
            "Subject: Непрочетено: фактура",
            "Съобщението е изтрито.",
            "Reporting-UA: mail.customer.example; Webmail",
        ),
        ("Subject: ไม่ได้อ่าน: ใบแจ้งหนี้", "ข้อความถูกลบ", "X-MSExch-Correlation-Key: abc=="),
        // What the mail itself was about is not the report's result.
        (
            "Subject: Not read: Your claim was rejected",
            "Your message\r\nSubject: Your claim was rejected\r\nwas deleted without being read.",
            "",
        ),
        ("Subject: Neskaitīts: Rejected goods", "Tēma: Rejected goods\r\nizdzēsts 12:30", ""),
        ("Return-Path: <>\r\nSubject: Ungelesen: x", "Gelöscht.", "Reporting-UA: Outlook"),
    ] {
        let found = disposition(header, text, &format!("{fields}\r\n{DELETED}").replace("\r\n\r\n", "\r\n"));
        assert_eq!((found.class, found.kind), (Class::Receipt, EventKind::DispositionOther), "{header}");
        assert_eq!(
            found.words.as_deref(),
            Some("automatic-action/MDN-sent-automatically; deleted"),
            "{header}"
        );
    }
    let by_hand = disposition(
        "Subject: Rejected",
        "I rejected it.",
        "Disposition: manual-action/MDN-sent-manually; deleted",
    );
    assert_eq!(by_hand.class, Class::Receipt, "a person deleted it, and no rule");
}

#[test]
fn a_rule_that_refuses_makes_a_soft_bounce_and_gives_its_whole_reason() {
    let reason =
        "Ziņojums nav pieņemts.\r\n\r\nRēķinus sūtiet uz rekini@customer.example,\r\nne šeit.\r\n\r\nPaldies";
    for (header, text, fields) in [
        ("Subject: Automatically rejected mail", reason, ""),
        ("Subject: x", reason, "Reporting-UA: mx.customer.example; Dovecot Mail Delivery Agent"),
        ("Subject: x", reason, "Reporting-UA: exchange.customer.example; Some Sieve 2.1"),
        ("Subject: x\r\nAuto-Submitted: auto-replied (rejected)", reason, ""),
        ("Subject: x\r\nSender: <>", reason, "Failure: refused by the recipient's rule"),
        ("Subject: x", "Die Nachricht wurde zurückgewiesen.\r\nGrund: kein Bedarf", ""),
        (
            "Subject: x",
            "This mailbox is not read, mail to it is rejected.\r\nWrite to info@.",
            "Reporting-UA: mx; LMTP",
        ),
        ("Subject: Rejected: x", "This mailbox is not read.\r\nWrite to info@.", ""),
    ] {
        let found = disposition(header, text, &format!("{fields}\r\n{DELETED}").replace("\r\n\r\n", "\r\n"));
        assert_eq!(
            (found.class, found.bounce_type),
            (Class::Bounce, Some(BounceType::Soft)),
            "{header} {fields}"
        );
        assert_eq!(found.kind, EventKind::DispositionDeleted, "{header} {fields}");
        assert_eq!(found.words.as_deref(), Some(text), "{header} {fields}");
    }
    let error = disposition(
        "Subject: x",
        reason,
        "Disposition: automatic-action/MDN-sent-automatically; deleted/error",
    );
    assert_eq!(error.class, Class::Bounce);
}

/// A message from Jan that answers ours.
fn answer(subject: &str, content: &str) -> crate::domain::inbound::Report {
    let raw = format!(
        "From: Jan <jan@customer.example>\r\nTo: office@ateliernord.example\r\nSubject: {subject}\r\n\
         In-Reply-To: <1@ateliernord.example>\r\n{content}"
    );
    understood(raw.as_bytes())
}

#[test]
fn a_receipt_in_plain_text_is_no_persons_answer() {
    use EventKind::{DispositionDisplayed as Read, DispositionOther as Arrived};
    for (subject, text, kind) in [
        ("Gelezen: Factuur 7", "Uw bericht is gelezen op 3-2-2026 09:41.", Read),
        (
            "Lu : Facture 7",
            "Votre message\r\n\r\nÀ : jan@customer.example\r\nObjet : Facture 7\r\n\r\na été lu le 03/02/2026 09:41.",
            Read,
        ),
        ("Przeczytano: Faktura 7", "Wiadomość została przeczytana 3.02.2026 o 9:41", Read),
        ("Read receipt: Invoice 7", "Your message was displayed on 2026-02-03.", Read),
        (
            "Return Receipt (displayed) - Invoice 7",
            "This is a Return Receipt for the mail that you sent to jan@customer.example. It acknowledges that it was displayed.",
            Read,
        ),
        (
            "Return Receipt",
            "Your document: Invoice 7\r\nwas received by: Jan/Customer\r\nat: 02/03/2026 09:41:00 AM",
            Read,
        ),
        (
            "Reçu : Facture 7",
            "Votre document :\r\n  Facture 7\r\na été reçu par : Jan/Customer\r\nà : 03/02/2026 09:41:00",
            Arrived,
        ),
        ("Nicht gelesen: Rechnung 7", "", Arrived),
        ("Não lida: Fatura 7", "A sua mensagem foi eliminada sem ser lida em 03/02/2026 09:41", Arrived),
        // The form decides where the language does not.
        (
            "Perskaityta dabar: Sąskaita 7",
            "Jūsų laiškas\r\n\r\n   Kam: Jan\r\n   Tema: Sąskaita 7\r\n\r\nperžiūrėtas 2026-02-03 09:41.",
            Arrived,
        ),
        ("სათაური: ინვოისი 7", "თემა: ინვოისი 7\r\n\r\nწაკითხულია 03.02.2026 09:41", Arrived),
    ] {
        let found = answer(subject, &format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"));
        assert_eq!((found.class, found.bounce_type), (Class::Receipt, None), "{subject}");
        assert_eq!(found.answer, None, "{subject}");
        let facts: Vec<_> = found.events.iter().map(|it| (it.recipient.as_deref(), it.kind)).collect();
        assert_eq!(facts, [(Some("jan@customer.example"), kind)], "{subject}");
        assert_eq!(found.about, ["<1@ateliernord.example>"], "{subject}");
    }
}

#[test]
fn a_person_who_writes_of_reading_is_a_person() {
    for (subject, text) in [
        ("Gelezen: Factuur 7", "Dag, ik heb hem gelezen en betaal morgen. Jan"),
        ("Re: Read: Invoice 7", "Your message was read on 3 Feb 2026 09:41? I did not."),
        ("Read this: Invoice 7", "It was read on 3 Feb 2026 at 09:41, and paid."),
        ("Vraag: Factuur 7", "Onderwerp: Factuur 7\r\n\r\nWanneer betaalt u?\r\nGroet"),
        (
            "Atb: Rēķins 7",
            "Samaksāts 12:30.\r\n\r\nNo: office@ateliernord.example\r\nKam: Jan\r\nTēma: Rēķins 7\r\n",
        ),
        (
            "Atb: Rēķins 7",
            "Paldies!\r\n\r\nNo: Atelier Nord\r\nNosūtīts: 2026-02-03 09:41\r\nTēma: Rēķins 7\r\n",
        ),
        ("Read receipt: Invoice 7", "Please do not ask me for these."),
        ("Read: Invoice 7", "> Your message was read on 3 Feb 2026 09:41.\r\nWhat is this?"),
    ] {
        let found = answer(subject, &format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"));
        assert_eq!(found.class, Class::Ordinary, "{subject}");
        let kinds: Vec<_> = found.events.iter().map(|it| it.kind).collect();
        assert_eq!(kinds, [EventKind::Replied], "{subject}");
    }
}

#[test]
fn exchanges_own_format_is_read_as_far_as_the_class() {
    use base64::Engine as _;
    for (class, wanted, kind) in [
        ("REPORT.IPM.Note.IPNRN", Class::Receipt, Some(EventKind::DispositionDisplayed)),
        ("REPORT.IPM.Note.IPNNRN", Class::Receipt, Some(EventKind::DispositionOther)),
        ("IPM.Microsoft Mail.Read Receipt", Class::Receipt, Some(EventKind::DispositionDisplayed)),
        ("IPM.Note.Rules.OofTemplate.Microsoft", Class::AutoReply, Some(EventKind::AutoReply)),
        ("REPORT.IPM.Note.DR", Class::Ordinary, None),
        ("IPM.Note", Class::Ordinary, Some(EventKind::Replied)),
    ] {
        let length = u32::try_from(class.len() + 1).unwrap().to_le_bytes();
        let head = b"\x78\x9f\x3e\x22\x01\x00\x01\x08\x80\x07\x00";
        let file = [&head[..], &length, class.as_bytes(), b"\0\0\0"].concat();
        let encoded = base64::engine::general_purpose::STANDARD.encode(file);
        let content = format!(
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n \r\n--x\r\nContent-Type: application/ms-tnef; \
             name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--x--\r\n"
        );
        let found = answer("Šķērsots", &content);
        assert_eq!(found.class, wanted, "{class}");
        assert_eq!(found.events.first().map(|it| it.kind), kind, "{class}");
    }
}
