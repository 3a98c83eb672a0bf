//! One attempt by each transport: what is asked of the world, and what is made of its answer.

mod gmail;
mod graph;
mod probe;
mod sendgrid;
mod sent_lookup;
mod settle;
mod smtp;

use super::*;
use crate::domain::attachment::{Attachment, Format, Role, check as check_files};
use crate::domain::compose::{MailId, MessageContent, compose};
use crate::domain::status::{Acceptance, Verdict, fold};
use std::collections::VecDeque;

/// Bytes of the PDF.
const PDF: u64 = 120_000;

/// A provider that answers by a script and keeps what it was asked.
#[derive(Debug, Default)]
struct Provider {
    responses: VecDeque<Result<WebResponse, WebError>>,
    asked: Vec<Request>,
}

impl Provider {
    fn answering(responses: impl IntoIterator<Item = WebResponse>) -> Self {
        Self { responses: responses.into_iter().map(Ok).collect(), asked: Vec::new() }
    }

    /// Methods and targets, in order.
    fn asked(&self) -> Vec<String> {
        self.asked.iter().map(|it| format!("{} {}", it.method, it.target)).collect()
    }
}

impl Web for Provider {
    fn call(&mut self, request: Request) -> Result<WebResponse, WebError> {
        self.asked.push(request);
        self.responses.pop_front().unwrap_or(Err(WebError::Refused("nothing more is scripted".into())))
    }
}

/// No server may be asked.
struct NoSmtp;

impl Smtp for NoSmtp {
    fn submit(&mut self, _: Submission) -> Result<Acceptance, Failure> {
        panic!("an API route reached for SMTP");
    }
}

fn response(status: u16, body: &str) -> WebResponse {
    WebResponse {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.as_bytes().to_vec(),
        truncated: false,
    }
}

fn lost(stage: WebStage, verdict: Verdict) -> WebError {
    let detail = "api.example closed the connection".to_owned();
    WebError::Failed(WebFailure { stage, verdict, detail, retry_after: None })
}

fn now() -> DateTime<FixedOffset> {
    "2026-11-22T09:30:00+01:00".parse().unwrap()
}

fn route(transport: &str) -> Route {
    Route { account: "office".into(), transport: transport.into() }
}

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox::new(Some(name), Address::parse(address).unwrap())
}

/// A code to pay by, as far as anything on the way looks at it.
const PAYMENT_CODE: &[u8] = b"\x89PNG\r\n\x1a\n, and what follows";

/// An invoice as `compose` makes it: text and HTML, a logo of 6,000 bytes as file 2, a code to pay by, a PDF of `pdf` bytes as file 1.
fn invoice_with(pdf: u64) -> OutgoingMail {
    let file = |handle, name: &str, media_type: &str, size, role| Attachment {
        handle,
        file_name: name.into(),
        media_type: media_type.into(),
        size,
        role,
    };
    let files = [
        file(1, "Rechnung Müller.pdf", "application/pdf", pdf, Role::Pdf),
        file(2, "logo.png", "image/png", 6_000, Role::Logo),
    ];
    let composed = compose(&MessageContent {
        id: &MailId::parse("inv-1").unwrap(),
        message_id_domain: "nord.example",
        date: now(),
        from: &mailbox("Atelier Nord", "office@nord.example"),
        reply_to: &[],
        to: &[mailbox("Müller, E.", "e.mueller@kunde.example")],
        cc: &[mailbox("", "cc@kunde.example")],
        bcc: &[mailbox("", "archive@nord.example")],
        subject: "Rechnung 1 über 10 €",
        text: "Guten Tag,\n\nanbei \"die\" Rechnung über 10 €.\n",
        html: "<p>Guten Tag \u{201e}Müller\u{201c},</p><img src=\"cid:logo\">\n",
        payment_code: Some(PAYMENT_CODE),
        reference: Some("invoice-1@nord.example"),
        feedback_id: None,
        thread: None,
        automatic: true,
        attachments: &check_files(&files, Format::Pdf).unwrap(),
    });
    let composed = composed.unwrap();
    OutgoingMail {
        message_id: composed.message_id,
        mail_from: composed.envelope.mail_from.wire(),
        recipients: composed.envelope.recipients.iter().map(Address::wire).collect(),
        chunks: composed.chunks,
        files: vec![(1, pdf), (2, 6_000)],
        size: composed.size,
        needs_smtputf8: composed.needs_smtputf8,
        sender: None,
        envelope_id: Some("attempt-7".into()),
        notify_delivered: false,
        check_opens: false,
    }
}

fn invoice() -> OutgoingMail {
    invoice_with(PDF)
}

fn send(outgoing: OutgoingMail, transport: &str, provider: &mut Provider) -> SubmissionResult {
    submit(outgoing, &route(transport), now(), &mut NoSmtp, provider)
}

/// What a submission came to, in short: the result, the stage, the kind of each event.
fn short(submitted: &SubmissionResult) -> String {
    let kinds: Vec<_> = submitted.events.iter().map(|event| event.kind.name()).collect();
    let stage = submitted.stage.map_or("-", Stage::name);
    format!("{:?} {stage} {}", submitted.result, kinds.join(","))
}

/// The words of the failure, and the provider's name for it.
fn error_and_words(submitted: &SubmissionResult) -> (Option<&str>, Option<&str>) {
    match &submitted.error {
        Some(SubmitError::Api(failure)) => (failure.code.as_deref(), failure.words.as_deref()),
        Some(SubmitError::NeedsSignIn(words)) => (None, Some(words)),
        _ => (None, None),
    }
}

/// The text of a message's first chunk: its headers, and more.
fn head(chunks: &[Chunk]) -> &str {
    match chunks.first() {
        Some(Chunk::Text(text)) => text,
        _ => "",
    }
}

#[test]
fn a_mail_that_no_api_can_carry_reaches_none() {
    for transport in ["gmail", "graph", "sendgrid"] {
        let cases = [
            (OutgoingMail { recipients: vec![], ..invoice() }, "recipients"),
            (OutgoingMail { message_id: "<a b>".into(), ..invoice() }, "message-id"),
            (OutgoingMail { chunks: vec![Chunk::Text("\u{0}".into())], ..invoice() }, "chunks"),
            (OutgoingMail { chunks: vec![], ..invoice() }, "empty"),
            (OutgoingMail { sender: Some((None, "nobody".into())), ..invoice() }, "sender"),
            (OutgoingMail { recipients: vec!["a@b.example>\r\nBcc: x".into()], ..invoice() }, "recipient"),
        ];
        for (outgoing, what) in cases {
            let mut provider = Provider::default();
            let submitted = send(outgoing, transport, &mut provider);
            let is_expected =
                matches!(submitted.error, Some(SubmitError::NoRecipient | SubmitError::Argument { .. }));
            assert!(is_expected, "{transport} {what}: {submitted:?}");
            let result = match what {
                "recipients" => AttemptResult::Permanent,
                _ => AttemptResult::NotAttempted,
            };
            assert_eq!(submitted.result, result, "{transport} {what}");
            assert!(provider.asked.is_empty(), "{transport} {what}");
        }
    }
}

#[test]
fn whatever_a_provider_answers_every_recipient_gets_one_fact_and_nothing_unproven_is_accepted() {
    let bodies: [&[u8]; 9] = [
        b"",
        b"{",
        b"null",
        b"[[[[[[[[",
        b"{\"error\":{\"errors\":[{\"reason\":7}],\"message\":[]},\"id\":{}}",
        b"{\"errors\":[{\"message\":null,\"field\":\"personalizations.99999999999999999999.to.x.email\"}]}",
        b"{\"id\":\"../../me/messages\r\nX: y\",\"uploadUrl\":\"ftp://x\"}",
        b"<html><body>\xff\xfe proxy error</body></html>",
        &[b'a'; 100_000],
    ];
    for transport in ["gmail", "graph", "sendgrid"] {
        for status in
            [100, 200, 201, 204, 302, 304, 400, 401, 403, 404, 413, 418, 429, 500, 502, 503, 504, 599, 999]
        {
            for body in bodies {
                for truncated in [false, true] {
                    for pdf in [PDF, 4_000_000] {
                        let bad = WebResponse { status, headers: vec![], body: body.to_vec(), truncated };
                        let mut provider = Provider::answering([bad]);
                        let submitted = send(invoice_with(pdf), transport, &mut provider);
                        let what = format!("{transport} {status} {body:.40?} {truncated} {pdf}");
                        assert_eq!(submitted.events.len(), 3, "{what}");
                        assert!(
                            submitted.receipt.is_none() && submitted.error.is_some(),
                            "{what}: {submitted:?}"
                        );
                        let words = error_and_words(&submitted).1.map_or(0, |words| words.chars().count());
                        assert!(words <= 2_000, "{what}");
                        let submitting = provider.asked.iter().filter(|it| it.target.contains("end")).count();
                        assert!(submitting <= 1, "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_call_without_an_answer_is_in_doubt_only_where_the_whole_request_left() {
    use WebStage as W;
    let rows = [
        (lost(W::Resolve, Verdict::Transient), "Transient(None) resolve deferred,deferred,deferred"),
        (lost(W::Connect, Verdict::Transient), "Transient(None) connect deferred,deferred,deferred"),
        (lost(W::Tls, Verdict::Permanent), "AccountUnavailable(None) tls deferred,deferred,deferred"),
        (lost(W::Token, Verdict::Transient), "Transient(None) login deferred,deferred,deferred"),
        (lost(W::Token, Verdict::NeedsSignIn), "NeedsSignIn login deferred,deferred,deferred"),
        (lost(W::Request, Verdict::Transient), "Transient(None) data deferred,deferred,deferred"),
        (lost(W::Request, Verdict::InDoubt), "InDoubt after-dot in-doubt,in-doubt,in-doubt"),
        (lost(W::WebResponse, Verdict::InDoubt), "InDoubt after-dot in-doubt,in-doubt,in-doubt"),
        (lost(W::WebResponse, Verdict::Transient), "InDoubt after-dot in-doubt,in-doubt,in-doubt"),
        (WebError::UnknownAccount, "AccountUnavailable(None) login deferred,deferred,deferred"),
        (WebError::Refused("not the provider's".into()), "Permanent prepare unsent,unsent,unsent"),
        (WebError::NeedsSignIn("invalid_grant".into()), "NeedsSignIn login deferred,deferred,deferred"),
    ];
    for transport in ["gmail", "graph", "sendgrid"] {
        for (error, expected) in &rows {
            let mut provider = Provider { responses: [Err(error.clone())].into(), asked: vec![] };
            let submitted = send(invoice(), transport, &mut provider);
            assert_eq!(short(&submitted), *expected, "{transport} {error:?}");
            assert_eq!(provider.asked.len(), 1, "{transport} {error:?}");
        }
    }
}

/// An error of the provider's own is an answer: it is quoted as one, and no connection counts as lost.
#[test]
fn a_providers_own_error_is_worded_as_what_it_is() {
    for transport in ["gmail", "graph", "sendgrid"] {
        for (status, verb, result) in [
            (500, "could not say whether it took the mail: HTTP 500", "InDoubt"),
            (502, "could not say whether it took the mail: HTTP 502", "InDoubt"),
            (503, "does not take the mail now: HTTP 503", "Transient"),
            (504, "could not say whether it took the mail: HTTP 504", "InDoubt"),
        ] {
            let mut provider = Provider::answering([response(status, "upstream is tired")]);
            let submitted = send(invoice(), transport, &mut provider);
            let what = format!("{transport} {status}: {submitted:?}");
            let SubmitError::Api(failure) = submitted.error.as_ref().expect(&what) else { panic!("{what}") };
            assert!(failure.detail.contains(verb) && failure.detail.contains("upstream is tired"), "{what}");
            assert!(short(&submitted).starts_with(result), "{what}");
            let now = submitted.events[0].at;
            let to: Vec<String> =
                submitted.events.iter().filter_map(|event| event.recipient.clone()).collect();
            let folded = fold(&to, &submitted.events, now);
            assert_eq!(folded.reason.code == "in-doubt-api", result == "InDoubt", "{what}");
            let reason = &folded.recipients[0].reason.detail;
            assert!(reason.contains(&format!("HTTP {status}")) && !reason.contains("confirm"), "{reason}");
            assert!(reason.contains("upstream is tired"), "{reason}");
        }
    }
}
