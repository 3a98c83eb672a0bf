//! Submission over SMTP.

use super::*;
use crate::domain::status::{EventKind, RecipientReply};

pub(super) struct Scripted {
    pub(super) response: Option<Result<Acceptance, Failure>>,
    pub(super) calls: usize,
}

impl Smtp for Scripted {
    fn submit(&mut self, _: Submission) -> Result<Acceptance, Failure> {
        self.calls += 1;
        self.response.take().expect("a second submission")
    }
}

/// No provider may be asked.
struct NoWeb;

impl Web for NoWeb {
    fn call(&mut self, _: Request) -> Result<WebResponse, WebError> {
        panic!("SMTP reached for an API");
    }
}

pub(super) fn reply(code: u16, enhanced: &str, text: &str) -> Reply {
    Reply { code, enhanced: Some(enhanced.into()), text: text.into() }
}

pub(super) fn outgoing(recipients: &[&str]) -> OutgoingMail {
    OutgoingMail {
        recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
        chunks: vec![Chunk::Text("Subject: x\r\n\r\nx\r\n".into())],
        size: 17,
        files: vec![],
        ..invoice()
    }
}

pub(super) fn by_smtp(outgoing: OutgoingMail, smtp: &mut Scripted) -> SubmissionResult {
    submit(outgoing, &route("smtp"), now(), smtp, &mut NoWeb)
}

#[test]
fn a_refused_recipient_does_not_hold_back_the_others() {
    let responses =
        [("a@example.com", reply(250, "2.1.5", "ok")), ("b@example.com", reply(550, "5.1.1", "who?"))];
    let recipients = responses.map(|(address, reply)| RecipientReply { address: address.into(), reply });
    let accepted = Acceptance { reply: reply(250, "2.0.0", "queued as 1"), recipients: recipients.to_vec() };
    let mut smtp = Scripted { response: Some(Ok(accepted)), calls: 0 };
    let submitted = by_smtp(outgoing(&["a@example.com", "b@example.com"]), &mut smtp);
    assert_eq!(submitted.error, None);
    let kinds: Vec<_> = submitted.events.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [EventKind::Accepted, EventKind::Refused]);
    assert_eq!(submitted.events[1].words.as_deref(), Some("who?"));
    assert_eq!(smtp.calls, 1);
}

#[test]
fn a_connection_lost_after_the_final_dot_is_in_doubt_for_everyone() {
    let failure = Failure {
        stage: Stage::AfterDot,
        verdict: Verdict::InDoubt,
        reply: None,
        detail: "mail.example.com closed the connection after the final dot".into(),
        retry_after: None,
        recipients: Vec::new(),
    };
    let mut smtp = Scripted { response: Some(Err(failure)), calls: 0 };
    let submitted = by_smtp(outgoing(&["a@example.com", "b@example.com"]), &mut smtp);
    assert_eq!(submitted.result, AttemptResult::InDoubt);
    assert!(submitted.events.iter().all(|e| e.kind == EventKind::InDoubt));
    assert_eq!(submitted.events.len(), 2);
}

#[test]
fn a_mail_that_can_not_be_sent_reaches_no_server() {
    let cases = [
        (outgoing(&[]), "smtp", SubmitError::NoRecipient),
        (
            outgoing(&["a@example.com"]),
            "pigeon",
            SubmitError::Argument {
                field: "route.transport".into(),
                detail: "there is no transport \"pigeon\": use one of smtp, gmail, graph, sendgrid".into(),
            },
        ),
    ];
    for (outgoing, transport, expected) in cases {
        let mut smtp = Scripted { response: None, calls: 0 };
        let submitted = submit(outgoing, &route(transport), now(), &mut smtp, &mut NoWeb);
        assert_eq!(submitted.error, Some(expected));
        assert_eq!(smtp.calls, 0);
    }
    let mut smtp = Scripted { response: None, calls: 0 };
    let submitted = by_smtp(outgoing(&["a@example.com>\r\nDATA"]), &mut smtp);
    assert!(
        matches!(submitted.error, Some(SubmitError::Argument { ref field, .. }) if field == "recipients[0]")
    );
    assert_eq!(smtp.calls, 0);
}

/// A server without SMTPUTF8, as the host reports one; and what it was given.
#[derive(Default)]
struct Old {
    given: Vec<(Vec<String>, String)>,
}

impl Smtp for Old {
    fn submit(&mut self, submission: Submission) -> Result<Acceptance, Failure> {
        let response = |address: &String, reply| RecipientReply { address: address.clone(), reply };
        if submission.smtputf8 {
            let beyond = submission.recipients.iter().filter(|it| !it.is_ascii());
            let refused = |it| response(it, reply(553, "5.6.7", "the server offers no SMTPUTF8"));
            return Err(Failure {
                stage: Stage::Prepare,
                verdict: Verdict::Permanent,
                reply: None,
                detail: "the server does not offer SMTPUTF8".into(),
                retry_after: None,
                recipients: beyond.map(refused).collect(),
            });
        }
        let Some(Chunk::Text(text)) = submission.chunks.first() else { panic!("no text") };
        self.given.push((submission.recipients.clone(), text.split("\r\n\r\n").next().unwrap().to_owned()));
        let taken = submission.recipients.iter().map(|it| response(it, reply(250, "2.1.5", "ok")));
        Ok(Acceptance { reply: reply(250, "2.0.0", "queued"), recipients: taken.collect() })
    }
}

#[test]
fn an_address_that_needs_smtputf8_fails_alone_where_the_server_has_none() {
    let mail = |recipients: &[&str]| OutgoingMail {
        recipients: recipients.iter().map(|it| (*it).to_owned()).collect(),
        chunks: vec![Chunk::Text(
            "From: <a@nord.example>\r\nTo: <zo\u{eb}@kunde.example>, <jan@kunde.example>\r\nSubject: x\r\n\
             MIME-Version: 1.0\r\n\r\nx\r\n"
                .into(),
        )],
        needs_smtputf8: true,
        ..outgoing(&[])
    };
    let run = |outgoing, old: &mut Old| submit(outgoing, &route("smtp"), now(), old, &mut NoWeb);
    let kinds = |submitted: &SubmissionResult| -> Vec<_> {
        submitted.events.iter().map(|it| (it.recipient.clone().unwrap(), it.kind)).collect()
    };
    let mut old = Old::default();
    let submitted =
        run(mail(&["zo\u{eb}@kunde.example", "jan@kunde.example", "blind@nord.example"]), &mut old);
    let wanted = [
        ("jan@kunde.example", EventKind::Accepted),
        ("blind@nord.example", EventKind::Accepted),
        ("zo\u{eb}@kunde.example", EventKind::Refused),
    ];
    assert_eq!(kinds(&submitted), wanted.map(|(to, kind)| (to.to_owned(), kind)));
    assert_eq!((submitted.error, submitted.result), (None, AttemptResult::Accepted));
    let (to, headers) = &old.given[0];
    assert_eq!(to, &["jan@kunde.example", "blind@nord.example"]);
    assert!(headers.is_ascii() && headers.contains("To: <jan@kunde.example>"), "{headers}");
    assert!(!headers.contains("blind"), "{headers}");
    // At a later attempt only the others are left, and the message still names all.
    let submitted = run(mail(&["jan@kunde.example"]), &mut old);
    assert_eq!(submitted.result, AttemptResult::Accepted, "{:?}", submitted.error);
    // Alone it is refused, and named.
    let submitted = run(mail(&["zo\u{eb}@kunde.example"]), &mut old);
    assert_eq!(kinds(&submitted), [("zo\u{eb}@kunde.example".to_owned(), EventKind::Refused)]);
    assert_eq!(submitted.result, AttemptResult::Permanent);
}
