//! A host that submits by means of its own gets the results of one that submits through the plugin.

use super::smtp::{Scripted, by_smtp, outgoing, reply};
use super::*;
use crate::domain::delivery::{check_answer, settle};
use crate::domain::status::RecipientReply;

const TO: [&str; 3] = ["ann@example.com", "bob@example.com", "eve@example.com"];

/// Replies that a server may give: about the mail, a recipient, the account; now, later and never.
fn replies() -> Vec<Reply> {
    let replies_given = [
        (250, "2.1.5", "ok"),
        (252, "2.0.0", "will try"),
        (421, "4.3.2", "come later"),
        (450, "4.2.0", "greylisted, try again in 300 seconds"),
        (452, "4.5.3", "too many recipients"),
        (454, "4.7.0", "temporary authentication failure"),
        (535, "5.7.8", "authentication failed"),
        (550, "5.1.1", "no such user"),
        (550, "5.4.5", "Daily user sending limit exceeded"),
        (550, "5.7.60", "client does not have permissions to send as this sender"),
        (552, "5.3.4", "message too big"),
        (554, "5.7.1", "rejected as spam"),
        (199, "2.0.0", "no code of SMTP"),
    ];
    replies_given.map(|(code, enhanced, text)| reply(code, enhanced, text)).to_vec()
}

/// Replies to the three recipients: all alike, and each beside ones that were accepted.
fn answers_to_recipients() -> Vec<Vec<RecipientReply>> {
    let of = |replies: [&Reply; 3]| {
        let pairs = TO.iter().zip(replies);
        pairs.map(|(to, it)| RecipientReply { address: (*to).to_owned(), reply: it.clone() }).collect()
    };
    let replies = replies();
    let ok = &replies[0];
    let mut all = vec![];
    for (index, one) in replies.iter().enumerate() {
        let next = replies.get(index + 1).unwrap_or(ok);
        all.extend([of([one, one, one]), of([ok, one, ok]), of([one, ok, next])]);
    }
    all
}

fn every_answer() -> Vec<Result<Acceptance, Failure>> {
    let mut all = vec![];
    for recipients in answers_to_recipients() {
        if recipients.iter().any(|it| it.reply.is_positive()) {
            all.push(Ok(Acceptance { reply: reply(250, "2.0.0", "queued as 1"), recipients }));
        }
    }
    let replies_given: Vec<Option<Reply>> =
        std::iter::once(None).chain(replies().into_iter().map(Some)).collect();
    let none_or_some = [vec![]].into_iter().chain(answers_to_recipients()).collect::<Vec<_>>();
    for stage in Stage::ALL {
        for verdict in Verdict::ALL {
            for (index, reply) in replies_given.iter().enumerate() {
                let retry_after = [None, Some(0), Some(90), Some(1_000_000)][index % 4];
                // RCPT was reached, or not; with each reply another answer to the recipients, and all of them in turn.
                for recipients in none_or_some.iter().skip(index % 3).step_by(3) {
                    all.push(Err(Failure {
                        stage: *stage,
                        verdict: *verdict,
                        reply: reply.clone(),
                        detail: "mail.example.com said something".into(),
                        retry_after,
                        recipients: recipients.clone(),
                    }));
                }
            }
        }
    }
    all
}

#[test]
fn a_settled_answer_is_what_a_submission_makes_of_it() {
    let recipients = TO.map(str::to_owned);
    let (mut results, mut paused) = (std::collections::BTreeSet::new(), 0);
    let responses = every_answer();
    assert!(responses.len() > 5_000, "{}", responses.len());
    for response in responses {
        assert_eq!(check_answer(&recipients, &response), Ok(()), "{response:?}");
        let settled = settle(&recipients, &response, now());
        let mut smtp = Scripted { response: Some(response.clone()), calls: 0 };
        let submitted = by_smtp(outgoing(&TO), &mut smtp).settlement();
        assert_eq!(settled, submitted, "{response:?}");
        assert_eq!(settled.events.len(), TO.len(), "each recipient has a fact: {response:?}");
        let result = format!("{:?}", settled.result);
        results.insert(result.split('(').next().unwrap_or_default().to_owned());
        paused += usize::from(settled.pause.is_some());
    }
    let every = [
        "Accepted",
        "AccountUnavailable",
        "InDoubt",
        "NeedsSignIn",
        "PartlyAccepted",
        "Permanent",
        "Transient",
    ];
    assert_eq!(results.iter().map(String::as_str).collect::<Vec<_>>(), every, "the family has all of them");
    assert!(paused > 0, "some of them are about the account");
}

/// What APIs answer: taken, refused for each reason that they have, broken, and nothing that can be read.
fn api_answers() -> Vec<Result<WebResponse, WebError>> {
    let bodies = [
        "",
        "not json",
        "{}",
        r#"{"id":"18f","threadId":"18e","labelIds":["SENT"]}"#,
        r#"{"error":{"code":429,"message":"User-rate limit exceeded","errors":[{"reason":"userRateLimitExceeded"}]}}"#,
        r#"{"error":{"code":400,"message":"Invalid To header","errors":[{"reason":"invalidArgument"}]}}"#,
        r#"{"error":{"code":"ErrorInvalidRecipients","message":"cc@kunde.example is not valid"}}"#,
        r#"{"error":{"code":"ErrorExceededMessageLimit","message":"The message limit is exceeded"}}"#,
        r#"{"errors":[{"message":"bad address","field":"personalizations.0.cc.0.email"}]}"#,
        r#"{"errors":[{"message":"Maximum credits exceeded","field":null}]}"#,
    ];
    let statuses = [200, 202, 301, 400, 401, 403, 404, 408, 413, 429, 500, 502, 503];
    let answered = statuses.into_iter().flat_map(|status| {
        bodies.map(|body| {
            let mut response = response(status, body);
            response.headers.push(("retry-after".to_owned(), "120".to_owned()));
            response.headers.push(("x-message-id".to_owned(), "sg-1".to_owned()));
            Ok(response)
        })
    });
    let stages = [
        WebStage::Prepare,
        WebStage::Token,
        WebStage::Resolve,
        WebStage::Connect,
        WebStage::Tls,
        WebStage::Request,
        WebStage::WebResponse,
    ];
    let unanswered = stages
        .into_iter()
        .flat_map(|stage| Verdict::ALL.iter().map(move |verdict| Err(lost(stage, *verdict))));
    answered.chain(unanswered).collect()
}

#[test]
fn a_settled_answer_of_an_api_is_what_a_submission_makes_of_it() {
    let mut seen = std::collections::BTreeSet::new();
    for transport in ["gmail", "graph", "sendgrid"] {
        for response in api_answers() {
            let mut provider = Provider { responses: VecDeque::from([response.clone()]), asked: vec![] };
            let submitted = send(invoice(), transport, &mut provider);
            let settled = settle_api(transport, &invoice(), response.clone(), now());
            let stored = |of: &SubmissionResult| (of.error.clone(), of.clone().settlement());
            assert_eq!(stored(&settled), stored(&submitted), "{transport}: {response:?}");
            seen.insert(settled.result.name());
        }
    }
    let all = ["accepted", "account-unavailable", "in-doubt", "needs-sign-in", "permanent", "transient"];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn what_is_no_request_to_an_api_is_not_settled() {
    for (transport, mail, field) in [
        ("smtp", invoice(), "transport"),
        ("pigeon", invoice(), "transport"),
        ("gmail", OutgoingMail { chunks: vec![], ..invoice() }, "mail.chunks"),
        ("gmail", OutgoingMail { recipients: vec!["x".into()], ..invoice() }, "recipients[0]"),
    ] {
        match settle_api(transport, &mail, Ok(response(202, "")), now()).error {
            Some(SubmitError::Argument { field: named, .. }) => assert_eq!(named, field),
            other => panic!("{transport}: {other:?}"),
        }
    }
}
