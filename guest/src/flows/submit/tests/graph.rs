//! Microsoft Graph against its documented answers.

use super::*;

const ACCEPTED: u16 = 202;
const STRETCH: u64 = 3_276_800;
const URL: &str =
    "https://outlook.office.com/api/v2.0/Users('u')/Messages('m')/AttachmentSessions('s')?authtoken=e.y";
const DRAFT: &str =
    r#"{"id":"AAMk=/+","conversationId":"AAQk","internetMessageId":"<inv-1@nord.example>","isDraft":true}"#;

fn microsoft(status: u16, code: &str, message: &str) -> WebResponse {
    let error = serde_json::json!({ "error": { "code": code, "message": message, "innerError": {} } });
    response(status, &error.to_string())
}

fn session(url: &str) -> WebResponse {
    let body = serde_json::json!({ "uploadUrl": url, "nextExpectedRanges": ["0-"] });
    response(201, &body.to_string())
}

#[test]
fn a10_graph_is_given_the_message_in_base64_and_asked_what_became_of_its_id() {
    let item =
        r#"{"value":[{"id":"AAMk1","conversationId":"AAQk","internetMessageId":"<inv-1@nord.example>"}]}"#;
    let mut provider = Provider::answering([response(ACCEPTED, ""), response(200, item)]);
    let submitted = send(invoice(), "graph", &mut provider);
    assert_eq!(short(&submitted), "Accepted - accepted,accepted,accepted");
    assert_eq!(
        provider.asked(),
        [
            "POST /v1.0/me/sendMail",
            "GET /v1.0/me/mailFolders/SentItems/messages?$filter=internetMessageId%20eq%20%27%3Cinv-1%40nord.example%3E%27\
             &$select=id,conversationId,internetMessageId,isDraft&$top=10",
        ]
    );
    let request = &provider.asked[0];
    assert!(request.headers.contains(&("content-type", "text/plain".into())), "{:?}", request.headers);
    let [Piece::MessageBase64(chunks)] = request.body.as_slice() else { panic!("{:?}", request.body) };
    assert!(head(chunks).starts_with("Bcc: <archive@nord.example>\r\n"));
    let receipt = submitted.receipt.unwrap();
    assert_eq!((receipt.status, receipt.provider_id.as_deref()), (202, Some("AAMk1")));
    assert_eq!(receipt.message_id.as_deref(), Some("<inv-1@nord.example>"));
}

#[test]
fn a_mail_that_graph_took_stays_taken_when_its_id_can_not_be_found() {
    for then in [
        Ok(response(200, r#"{"value":[]}"#)),
        Ok(microsoft(403, "ErrorAccessDenied", "no")),
        Err(lost(WebStage::WebResponse, Verdict::InDoubt)),
    ] {
        let mut provider =
            Provider { responses: [Ok(response(ACCEPTED, "")), then.clone()].into(), asked: vec![] };
        let submitted = send(invoice(), "graph", &mut provider);
        assert_eq!(short(&submitted), "Accepted - accepted,accepted,accepted", "{then:?}");
        assert_eq!(submitted.receipt.unwrap().provider_id, None, "{then:?}");
    }
}

#[test]
fn a_shared_mailbox_is_called_as_itself() {
    let mut provider = Provider::answering([response(ACCEPTED, "")]);
    let sender = Some((None, "info/sales+1@nord.example".into()));
    send(OutgoingMail { sender, ..invoice() }, "graph", &mut provider);
    assert_eq!(provider.asked()[0], "POST /v1.0/users/info%2Fsales%2B1%40nord.example/sendMail");
}

#[test]
fn a10_graphs_answers_mean_what_its_documentation_says() {
    let later = "Transient(None) data deferred,deferred,deferred";
    let account = "AccountUnavailable(None) login deferred,deferred,deferred";
    let quota = "AccountUnavailable(None) data deferred,deferred,deferred";
    let refused = "Permanent data refused,refused,refused";
    let doubt = "InDoubt after-dot in-doubt,in-doubt,in-doubt";
    let sign_in = "NeedsSignIn login deferred,deferred,deferred";
    let rows = [
        (response(200, ""), doubt),
        (response(201, "{}"), doubt),
        (
            microsoft(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content."),
            refused,
        ),
        (
            microsoft(
                400,
                "ErrorInvalidRecipients",
                "At least one recipient is not valid., Recipient 'cc@kunde.example' is not resolved. All recipients must be resolved before a message can be submitted.",
            ),
            "Transient(None) recipient deferred,refused,deferred",
        ),
        (
            microsoft(400, "ErrorInvalidRecipients", "At least one recipient is not valid."),
            "Permanent recipient refused,refused,refused",
        ),
        (
            microsoft(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
            sign_in,
        ),
        (
            microsoft(
                403,
                "ErrorMessageSubmissionBlocked",
                "Cannot send mail. Follow the instructions in your Inbox to verify your account.",
            ),
            sign_in,
        ),
        (microsoft(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."), account),
        (
            microsoft(
                403,
                "ErrorExceededMessageLimit",
                "Cannot send mail. Your account has reached its limit.",
            ),
            quota,
        ),
        (
            microsoft(
                403,
                "ErrorSendAsDenied",
                "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account.",
            ),
            "Permanent sender refused,refused,refused",
        ),
        (
            microsoft(
                404,
                "MailboxNotEnabledForRESTAPI",
                "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
            ),
            account,
        ),
        (
            microsoft(413, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size."),
            refused,
        ),
        (microsoft(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit."), quota),
        (microsoft(500, "InternalServerError", "Something went wrong."), doubt),
        (microsoft(502, "BadGateway", ""), doubt),
        (microsoft(503, "ServiceUnavailable", "The service is unavailable."), later),
        (microsoft(504, "GatewayTimeout", ""), doubt),
    ];
    for (said_by_graph, expected) in rows {
        let text = String::from_utf8_lossy(&said_by_graph.body).into_owned();
        let mut provider = Provider::answering([said_by_graph]);
        let submitted = send(invoice(), "graph", &mut provider);
        assert_eq!(short(&submitted), expected, "{text}");
        assert_eq!(provider.asked.len(), 1, "{text}");
    }
    let mut throttled = microsoft(429, "TooManyRequests", "wait");
    throttled.headers.push(("Retry-After".into(), "31".into()));
    let submitted = send(invoice(), "graph", &mut Provider::answering([throttled]));
    assert_eq!(submitted.result, AttemptResult::AccountUnavailable(Some(31)));
}

#[test]
fn a_mail_over_the_limit_leaves_as_a_draft_whose_files_are_uploaded_in_stretches() {
    let size = 2 * STRETCH + 100;
    let next = |at: u64| response(200, &format!("{{\"nextExpectedRanges\":[\"{at}-\"]}}"));
    let mut provider = Provider::answering([
        response(201, DRAFT),
        session(URL),
        next(STRETCH),
        next(2 * STRETCH),
        response(201, ""),
        response(ACCEPTED, ""),
    ]);
    let submitted = send(invoice_with(size), "graph", &mut provider);
    assert_eq!(short(&submitted), "Accepted - accepted,accepted,accepted");
    let draft = "/v1.0/me/messages/AAMk%3D%2F%2B";
    let put = format!("PUT {URL}");
    assert_eq!(
        provider.asked(),
        [
            "POST /v1.0/me/messages".to_owned(),
            format!("POST {draft}/attachments/createUploadSession"),
            put.clone(),
            put.clone(),
            put,
            format!("POST {draft}/send"),
        ]
    );
    let [Piece::MessageBase64(chunks)] = provider.asked[0].body.as_slice() else { panic!() };
    assert!(!chunks.contains(&Chunk::Attachment(1)) && chunks.contains(&Chunk::Attachment(2)), "{chunks:?}");
    let parts = crate::domain::compose::read_back(chunks).unwrap();
    assert_eq!(parts.files.len(), 1, "the logo stays");
    assert!(parts.text.contains("Rechnung über 10 €") && parts.html.contains("cid:logo.inv-1@nord.example"));
    let [Piece::Text(item)] = provider.asked[1].body.as_slice() else { panic!() };
    let item: serde_json::Value = serde_json::from_str(item).unwrap();
    assert_eq!(item["AttachmentItem"]["name"], "Rechnung Müller.pdf");
    assert_eq!(item["AttachmentItem"]["size"], size);
    let ranges = provider.asked[2..5].iter().map(|put| {
        assert!(!put.authorize, "the URL itself is the permission");
        assert_eq!(put.body, [Piece::File(1)]);
        let range = put.headers.iter().find(|(name, _)| *name == "content-range").unwrap();
        (range.1.clone(), put.range.unwrap())
    });
    assert_eq!(
        ranges.collect::<Vec<_>>(),
        [
            (format!("bytes 0-3276799/{size}"), (0, STRETCH)),
            (format!("bytes 3276800-6553599/{size}"), (STRETCH, STRETCH)),
            (format!("bytes 6553600-6553699/{size}"), (2 * STRETCH, 100)),
        ]
    );
    assert!(provider.asked[5].body.is_empty());
    let receipt = submitted.receipt.unwrap();
    assert_eq!(receipt.provider_id.as_deref(), Some("AAMk=/+"));
    assert_eq!(receipt.message_id.as_deref(), Some("<inv-1@nord.example>"));
}

#[test]
fn a_file_too_small_for_a_session_is_added_in_one_request() {
    let mut provider =
        Provider::answering([response(201, DRAFT), response(201, "{}"), response(ACCEPTED, "")]);
    let submitted = send(invoice_with(2_999_999), "graph", &mut provider);
    assert_eq!(short(&submitted), "Accepted - accepted,accepted,accepted");
    let [Piece::Text(before), Piece::FileBase64(1), Piece::Text(after)] = provider.asked[1].body.as_slice()
    else {
        panic!("{:?}", provider.asked[1].body);
    };
    let json: serde_json::Value = serde_json::from_str(&format!("{before}JVBERi0={after}")).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "@odata.type": "#microsoft.graph.fileAttachment", "name": "Rechnung Müller.pdf",
            "contentType": "application/pdf", "contentBytes": "JVBERi0=",
        })
    );
}

#[test]
fn what_fails_before_the_draft_is_sent_may_be_tried_again_and_takes_the_draft_away() {
    let later = "Transient(None) data deferred,deferred,deferred";
    let broken = || Err(lost(WebStage::WebResponse, Verdict::InDoubt));
    let rows = [
        (vec![broken()], later, false),
        (vec![Ok(microsoft(500, "InternalServerError", ""))], later, false),
        (vec![Ok(response(201, "{\"id\":")), broken()], later, false),
        (vec![Ok(response(201, DRAFT)), broken()], later, true),
        (vec![Ok(response(201, DRAFT)), Ok(microsoft(500, "InternalServerError", ""))], later, true),
        (vec![Ok(response(201, DRAFT)), Ok(session(URL)), broken()], later, true),
        (vec![Ok(response(201, DRAFT)), Ok(session(URL)), Ok(response(401, "expired"))], later, true),
        (
            vec![
                Ok(response(201, DRAFT)),
                Ok(session(URL)),
                Ok(response(200, "{\"nextExpectedRanges\":[\"7-\"]}")),
            ],
            later,
            true,
        ),
        (
            vec![Ok(response(201, DRAFT)), Ok(session(URL)), Ok(response(413, ""))],
            "Permanent data refused,refused,refused",
            true,
        ),
        (
            vec![Ok(response(201, DRAFT)), Ok(session("http://evil.example/upload"))],
            "Permanent prepare unsent,unsent,unsent",
            true,
        ),
    ];
    for (responses, expected, deletes) in rows {
        let what = format!("{responses:?}");
        let mut provider = Provider { responses: responses.into(), asked: vec![] };
        let submitted = send(invoice_with(4_000_000), "graph", &mut provider);
        assert_eq!(short(&submitted), expected, "{what}");
        let last = provider.asked().pop().unwrap();
        assert_eq!(last == "DELETE /v1.0/me/messages/AAMk%3D%2F%2B", deletes, "{last} {what}");
        assert!(!provider.asked().iter().any(|it| it.ends_with("/send") || it.contains("evil")), "{what}");
    }
}

#[test]
fn a_draft_whose_sending_had_no_answer_is_in_doubt_and_left_alone() {
    let responses = [
        Ok(response(201, DRAFT)),
        Ok(response(201, "{}")),
        Err(lost(WebStage::WebResponse, Verdict::InDoubt)),
    ];
    let mut provider = Provider { responses: responses.into(), asked: vec![] };
    let submitted = send(invoice_with(2_500_000), "graph", &mut provider);
    assert_eq!(short(&submitted), "InDoubt after-dot in-doubt,in-doubt,in-doubt");
    assert!(provider.asked().last().unwrap().ends_with("/send"), "{:?}", provider.asked());
    let refused =
        [Ok(response(201, DRAFT)), Ok(response(201, "{}")), Ok(microsoft(400, "ErrorInvalidRequest", "no"))];
    let mut provider = Provider { responses: refused.into(), asked: vec![] };
    let submitted = send(invoice_with(2_500_000), "graph", &mut provider);
    assert_eq!(short(&submitted), "Permanent data refused,refused,refused");
    assert!(provider.asked().last().unwrap().starts_with("DELETE"), "{:?}", provider.asked());
}

#[test]
fn a_large_mail_needs_the_sizes_of_its_files() {
    for (outgoing, words) in [
        (
            OutgoingMail { files: vec![], ..invoice_with(4_000_000) },
            "the size of \"Rechnung Müller.pdf\" is not given",
        ),
        (OutgoingMail { files: vec![(1, 150_000_001)], ..invoice_with(4_000_000) }, "has 150000001"),
    ] {
        let mut provider = Provider::default();
        let submitted = send(outgoing, "graph", &mut provider);
        assert_eq!(short(&submitted), "Permanent prepare unsent,unsent,unsent");
        assert!(submitted.events[0].words.as_deref().is_some_and(|it| it.contains(words)), "{submitted:?}");
        assert!(provider.asked.is_empty());
    }
}
