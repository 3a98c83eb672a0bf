//! SendGrid's API against its documented answers.

use super::*;
use serde_json::{Value, json};

fn accepted() -> WebResponse {
    let mut response = response(202, "");
    response.headers.push(("x-message-id".into(), "14c5d75ce93".into()));
    response
}

fn errors(status: u16, field: Value, message: &str) -> WebResponse {
    response(status, &json!({ "errors": [{ "message": message, "field": field, "help": null }] }).to_string())
}

/// The request's body, with `file N` for the bytes of each file.
fn json_of(request: &Request) -> Value {
    let text: String = request
        .body
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::FileBase64(handle) => format!("file {handle}"),
            other => panic!("{other:?}"),
        })
        .collect();
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn sent(outgoing: OutgoingMail) -> Value {
    let mut provider = Provider::answering([accepted()]);
    let submitted = send(outgoing, "sendgrid", &mut provider);
    assert_eq!(submitted.error, None);
    json_of(&provider.asked[0])
}

#[test]
fn a13_sendgrid_is_given_the_invoice_with_text_html_logo_and_pdf() {
    let mut provider = Provider::answering([accepted()]);
    let sender = Some((Some("Atelier Nord".into()), "fallback@relay.example".into()));
    let submitted = send(OutgoingMail { sender, ..invoice() }, "sendgrid", &mut provider);
    assert_eq!(short(&submitted), "Accepted - accepted,accepted,accepted");
    assert_eq!(provider.asked(), ["POST /v3/mail/send"]);
    assert!(provider.asked[0].headers.contains(&("content-type", "application/json".into())));
    let receipt = submitted.receipt.unwrap();
    assert_eq!((receipt.status, receipt.provider_id.as_deref()), (202, Some("14c5d75ce93")));
    assert_eq!(
        json_of(&provider.asked[0]),
        json!({
            "from": { "email": "fallback@relay.example", "name": "Atelier Nord" },
            "reply_to": { "email": "office@nord.example", "name": "Atelier Nord" },
            "subject": "Rechnung 1 über 10 €",
            "personalizations": [{
                "to": [{ "email": "e.mueller@kunde.example", "name": "Müller, E." }],
                "cc": [{ "email": "cc@kunde.example" }],
                "bcc": [{ "email": "archive@nord.example" }],
            }],
            "content": [
                { "type": "text/plain", "value": "Guten Tag,\r\n\r\nanbei \"die\" Rechnung über 10 €.\r\n" },
                {
                    "type": "text/html",
                    "value": "<p>Guten Tag &#8222;M&#252;ller&#8220;,</p><img src=\"cid:logo.inv-1@nord.example\">\r\n",
                },
            ],
            "attachments": [
                {
                    "content": "file 2", "filename": "logo.png", "type": "image/png",
                    "disposition": "inline", "content_id": "logo.inv-1@nord.example",
                },
                {
                    "content": "file 1", "filename": "Rechnung Müller.pdf", "type": "application/pdf",
                    "disposition": "attachment",
                },
                {
                    "content": "iVBORw0KGgosIGFuZCB3aGF0IGZvbGxvd3M=", "filename": "payment-code.png",
                    "type": "image/png", "disposition": "inline", "content_id": "payment-code.inv-1@nord.example",
                },
            ],
            "headers": {
                "Message-ID": "<inv-1@nord.example>",
                "X-Entity-Ref-ID": "invoice-1@nord.example",
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "OOF, AutoReply",
            },
            "custom_args": { "envelope-id": "attempt-7", "message-id": "<inv-1@nord.example>" },
            "tracking_settings": {
                "click_tracking": { "enable": false, "enable_text": false },
                "open_tracking": { "enable": false },
                "subscription_tracking": { "enable": false },
                "ganalytics": { "enable": false },
            },
        })
    );
}

#[test]
fn a_mail_of_the_account_itself_keeps_its_from_and_names_no_other_address_for_answers() {
    let json = sent(invoice());
    assert_eq!(json["from"]["email"], "office@nord.example");
    assert_eq!(json.get("reply_to"), None);
    let opens = sent(OutgoingMail { check_opens: true, ..invoice() });
    assert_eq!(opens["tracking_settings"]["open_tracking"]["enable"], true);
    assert_eq!(opens["tracking_settings"]["click_tracking"]["enable"], false);
}

#[test]
fn answers_go_where_the_message_sends_them_and_the_conversation_is_kept() {
    let mut outgoing = OutgoingMail { sender: Some((None, "f@relay.example".into())), ..invoice() };
    let Some(Chunk::Text(text)) = outgoing.chunks.first_mut() else { panic!() };
    let more = "Reply-To: \"A, B\" <a@nord.example>, <b@nord.example>\r\nIn-Reply-To: <q@k.example>\r\n\
                References: <p@k.example>\r\n <q@k.example>\r\nX-Other: not ours\r\n";
    text.insert_str(0, more);
    let json = sent(outgoing);
    assert_eq!(
        json["reply_to_list"],
        json!([{ "email": "a@nord.example", "name": "A, B" }, { "email": "b@nord.example" }])
    );
    assert_eq!(json["headers"]["In-Reply-To"], "<q@k.example>");
    assert_eq!(json["headers"]["References"], "<p@k.example> <q@k.example>");
    assert_eq!(json["headers"].get("X-Other"), None);
}

#[test]
fn those_who_have_the_mail_already_are_not_named_again_and_no_blind_copy_sees_another() {
    let to = |left: &[&str]| {
        let outgoing =
            OutgoingMail { recipients: left.iter().map(|it| (*it).to_owned()).collect(), ..invoice() };
        sent(outgoing)["personalizations"].clone()
    };
    assert_eq!(to(&["cc@kunde.example"]), json!([{ "to": [{ "email": "cc@kunde.example" }] }]));
    assert_eq!(
        to(&["archive@nord.example", "other@nord.example"]),
        json!([{ "to": [{ "email": "archive@nord.example" }] }, { "to": [{ "email": "other@nord.example" }] }])
    );
    assert_eq!(
        to(&["archive@nord.example", "cc@kunde.example"]),
        json!([{ "to": [{ "email": "cc@kunde.example" }], "bcc": [{ "email": "archive@nord.example" }] }])
    );
}

#[test]
fn a13_sendgrids_answers_mean_what_its_documentation_says() {
    let later = "Transient(None) data deferred,deferred,deferred";
    let doubt = "InDoubt after-dot in-doubt,in-doubt,in-doubt";
    let account = "AccountUnavailable(None) login deferred,deferred,deferred";
    let quota = "AccountUnavailable(None) data deferred,deferred,deferred";
    let refused = "Permanent data refused,refused,refused";
    let rows = [
        (response(200, ""), doubt),
        (errors(400, json!("subject"), "The subject is required."), refused),
        (
            errors(400, json!("personalizations.0.cc.0.email"), "Does not contain a valid address."),
            "Transient(None) recipient deferred,refused,deferred",
        ),
        (
            errors(
                400,
                json!("personalizations"),
                "There is a limit of 1000 total recipients (to + cc + bcc) per request.",
            ),
            refused,
        ),
        (errors(400, json!("personalizations.7.to.9.email"), "Does not contain a valid address."), refused),
        (
            errors(401, Value::Null, "The provided authorization grant is invalid, expired, or revoked"),
            "NeedsSignIn login deferred,deferred,deferred",
        ),
        (errors(401, Value::Null, "Maximum credits exceeded"), quota),
        (
            errors(
                403,
                json!("from"),
                "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.",
            ),
            account,
        ),
        (errors(403, Value::Null, "access forbidden"), account),
        (
            errors(413, Value::Null, "The JSON payload you have included in your request is too large."),
            refused,
        ),
        (errors(429, Value::Null, "too many requests"), quota),
        (errors(500, Value::Null, "internal error"), doubt),
        (errors(503, Value::Null, "service not available"), later),
        (response(502, "<html>Bad Gateway</html>"), doubt),
    ];
    for (said_by_sendgrid, expected) in rows {
        let json = said_by_sendgrid.json();
        let mut provider = Provider::answering([said_by_sendgrid]);
        let submitted = send(invoice(), "sendgrid", &mut provider);
        assert_eq!(short(&submitted), expected, "{json}");
        if let Some(message) = json["errors"][0]["message"].as_str() {
            assert_eq!(error_and_words(&submitted).1, Some(message), "{json}");
        }
    }
}

#[test]
fn what_sendgrid_can_not_carry_is_refused_before_it_is_sent_with_the_numbers() {
    let many: Vec<String> = (0..1_001).map(|n| format!("r{n}@kunde.example")).collect();
    let rows = [
        (invoice_with(22_499_000), "SendGrid takes less than 30000000 bytes: this mail has 300"),
        (OutgoingMail { needs_smtputf8: true, ..invoice() }, "SendGrid takes no address beyond ASCII"),
        (OutgoingMail { recipients: many, ..invoice() }, "at most 1000 recipients: this mail has 1001"),
        (OutgoingMail { files: vec![(1, 9)], ..invoice() }, "the size of \"logo.png\" is not given"),
    ];
    for (outgoing, words) in rows {
        let mut provider = Provider::default();
        let submitted = send(outgoing, "sendgrid", &mut provider);
        assert_eq!(submitted.result, AttemptResult::Permanent, "{words}");
        assert_eq!(submitted.stage, Some(Stage::Prepare), "{words}");
        let recorded = submitted.events[0].words.clone().unwrap();
        assert!(recorded.contains(words), "{words}: {recorded}");
        assert!(provider.asked.is_empty(), "{words}");
    }
    let mut provider = Provider::answering([accepted()]);
    assert_eq!(send(invoice_with(22_400_000), "sendgrid", &mut provider).error, None, "just under the limit");
}
