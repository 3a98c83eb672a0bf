//! People who send a report on are people, whatever their program calls that.

use super::understood;
use crate::domain::inbound::Class;
use crate::domain::status::EventKind;

/// Prefixes of languages, some of which the rules do not know.
const PREFIXES: &[&str] = &[
    "İlt",
    "Doorst",
    "Továbbítás",
    "Přeposláno",
    "Προώθ",
    "הועבר",
    "Persiųsta",
    "Fwd",
    "轉寄",
    "إعادة توجيه",
    "Chuyển tiếp",
];

const DELIVERY: &str = "Reporting-MTA: dns; mx.customer.example\r\n\r\n\
    Final-Recipient: rfc822; els@customer.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
    Diagnostic-Code: smtp; 550 5.1.1 no such user";
const DISPOSITION: &str = "Final-Recipient: rfc822; els@customer.example\r\n\
    Disposition: automatic-action/MDN-sent-automatically; deleted\r\nFailure: refused";
const REPORT: &str = "From: Mail Delivery System <MAILER-DAEMON@mx.customer.example>\r\n\
    Subject: Undelivered Mail Returned to Sender\r\nContent-Type: text/plain\r\n\r\n\
    Delivery to the following recipient failed: <els@customer.example>: 550 5.1.1 no such user";

fn is_a_persons(what: &str, raw: &str) {
    let found = understood(raw.as_bytes());
    assert_eq!((found.class, found.bounce_type), (Class::Ordinary, None), "{what}: {:?}", found.recipients);
    let failed =
        [EventKind::Bounced, EventKind::Expired, EventKind::DispositionDeleted, EventKind::Delivered];
    assert!(found.events.iter().all(|it| !failed.contains(&it.kind)), "{what}: {:?}", found.events);
}

#[test]
fn a_report_that_stands_in_a_persons_mail_is_not_believed() {
    let subjects = PREFIXES.iter().map(|prefix| format!("{prefix}: Undelivered Mail Returned to Sender"));
    let own =
        ["Undelivered Mail Returned to Sender", "What is wrong with this address?", ""].map(str::to_owned);
    for subject in subjects.chain(own) {
        for (kind, body) in [
            ("message/delivery-status", DELIVERY),
            ("message/global-delivery-status", DELIVERY),
            ("message/disposition-notification", DISPOSITION),
            ("message/feedback-report", "Feedback-Type: abuse\r\nOriginal-Rcpt-To: els@customer.example"),
            ("message/rfc822", REPORT),
        ] {
            let raw = format!(
                "From: Jan <jan@customer.example>\r\nTo: office@ateliernord.example\r\nSubject: {subject}\r\n\
                 Content-Type: multipart/mixed; boundary=f\r\n\r\n\
                 --f\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBu geri geldi, 550 5.1.1 ne demek?\r\n\
                 --f\r\nContent-Type: {kind}\r\n\r\n{body}\r\n\r\n--f--\r\n"
            );
            is_a_persons(&format!("{subject} {kind}"), &raw);
        }
    }
}

#[test]
fn a_report_that_was_copied_into_a_persons_text_is_not_believed() {
    for (subject, labels) in [
        ("İlt: Undelivered Mail Returned to Sender", ["Kimden", "Konu", "Kime"]),
        ("Undelivered Mail Returned to Sender", ["Från", "Ämne", "Till"]),
        ("Nezastižen: Undelivered Mail Returned to Sender", ["Od", "Předmět", "Komu"]),
        ("Delivery Status Notification (Failure)", ["寄件者", "主旨", "收件者"]),
    ] {
        let [from, about, to] = labels;
        for quote in ["", "> "] {
            let raw = format!(
                "From: Jan <jan@customer.example>\r\nTo: office@ateliernord.example\r\nSubject: {subject}\r\n\
                 Content-Type: text/plain; charset=utf-8\r\n\r\nBunu aldım.\r\n\r\n\
                 {quote}{from}: Mail Delivery System <MAILER-DAEMON@mx.customer.example>\r\n\
                 {quote}{about}: Undelivered Mail Returned to Sender\r\n{quote}{to}: jan@customer.example\r\n{quote}\r\n\
                 {quote}This is the mail system at host mx.customer.example.\r\n\
                 {quote}Delivery to the following recipient failed permanently:\r\n\
                 {quote}<els@customer.example>: 550 5.1.1 no such user\r\n"
            );
            is_a_persons(&format!("{subject} {quote:?}"), &raw);
        }
    }
}

#[test]
fn a_report_is_believed_from_a_program_in_whatever_container() {
    for mark in [
        "From: MAILER-DAEMON@mx.customer.example\r\nSubject: Undelivered",
        "Return-Path: <>\r\nFrom: relay@customer.example\r\nSubject: Undelivered",
        "From: relay@customer.example\r\nAuto-Submitted: auto-generated\r\nSubject: Undelivered",
        "From: no-reply@customer.example\r\nSubject: Undelivered",
        "From: Postmaster <postmaster@customer.example>\r\nSubject: Undelivered",
    ] {
        let raw = format!(
            "{mark}\r\nContent-Type: multipart/mixed; boundary=f\r\n\r\n--f\r\n\r\nIt failed.\r\n\
             --f\r\nContent-Type: message/delivery-status\r\n\r\n{DELIVERY}\r\n\r\n--f--\r\n"
        );
        assert_eq!(understood(raw.as_bytes()).class, Class::Bounce, "{mark}");
    }
    // A system of an unknown name that names a contact.
    let raw = "From: Hotline <info@isp.example>\r\nSubject: Undeliverable: Invoice\r\n\r\n\
        Delivery to the following recipient failed:\r\n<els@customer.example>: 550 5.1.1 User unknown\r\n\
        For help: postmaster@isp.example\r\n";
    assert_eq!(understood(raw.as_bytes()).class, Class::Bounce);
    // At the root it is the message itself, whatever sender it claims.
    let raw = format!(
        "From: Jan <jan@customer.example>\r\nSubject: Fwd: x\r\nContent-Type: multipart/report; report-type=delivery-status; \
         boundary=f\r\n\r\n--f\r\nContent-Type: message/delivery-status\r\n\r\n{DELIVERY}\r\n\r\n--f--\r\n"
    );
    assert_eq!(understood(raw.as_bytes()).class, Class::Bounce);
}

#[test]
fn an_answer_to_an_automatic_reply_is_a_persons_in_any_language() {
    for prefix in PREFIXES {
        let raw = format!(
            "From: Jan <jan@customer.example>\r\nTo: office@ateliernord.example\r\nSubject: {prefix}: Automatic reply: Invoice\r\n\
             In-Reply-To: <1@ateliernord.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nWho takes over?\r\n\r\n> I am not here.\r\n"
        );
        is_a_persons(prefix, &raw);
    }
    let raw = "From: Shop <shop@customer.example>\r\nSubject: Fietsen: Automatic reply: Invoice\r\n\
        In-Reply-To: <1@ateliernord.example>\r\n\r\nWe got your mail.\r\n";
    assert_eq!(understood(raw.as_bytes()).class, Class::AutoReply, "a company's name is no prefix");
}
