//! What comes back: a bounce, by each of the traces that it can have, and a webhook.

use super::{Erp, NOW, enqueue, outcomes, run, statuses};
use postroom_cli::catcher::Catcher;
use serde_json::{Value, json};

const LATER: &str = "2026-11-22T10:00:00Z";

/// A server's report that a mail came to nothing, to an address and with fields of the test's choice.
fn bounce(to: &str, envelope_id: &str, about: &str, failed: &str) -> String {
    format!(
        "Return-Path: <>\r\nDelivered-To: {to}\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\nFrom: Mail Delivery System <mailer-daemon@mx.example.net>\r\n\
         To: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\nMessage-ID: <r1@mx.example.net>\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n{envelope_id}\r\n\
         Final-Recipient: rfc822; {failed}\r\nOriginal-Recipient: rfc822; {failed}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 <{failed}> no such user\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {about}\r\nSubject: an invoice\r\n\r\n--b--\r\n"
    )
}

fn came(content: &str) -> Value {
    json!({"do": "message", "content": content, "now": LATER})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounce_finds_its_mail_by_the_best_trace_and_the_address_is_not_written_to_again() {
    let company_plugin = super::SENDER;
    for by in ["return-address", "envelope-id", "message-id"] {
        let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
        let mut mail = enqueue("button", "ann@example.org");
        if by == "return-address" {
            mail["wanted"]["bounces"] = json!("bounces@ateliernord.example.com");
        }
        let tables = erp.does(Some(catcher.address()), vec![mail, run(NOW)]).await;
        let mail = &tables["mails"][0];
        let id = mail["message_id"].as_str().unwrap();
        let envelope_id = format!("Original-Envelope-Id: {}\r\n", mail["attempts"][0][1].as_str().unwrap());
        let report = match by {
            "return-address" => {
                let to = mail["return_path"].as_str().unwrap();
                assert_eq!(catcher.caught()[0].mail_from, to);
                bounce(to, "", "<unrelated@example.net>", "ann@example.org")
            }
            // The Message-ID is that of nothing, so the report is believed by the better trace alone.
            "envelope-id" => {
                bounce(company_plugin, &envelope_id, "<unrelated@example.net>", "ann@example.org")
            }
            _ => bounce(company_plugin, "", id, "ann@example.org"),
        };
        // It may come twice.
        let mut second = enqueue("second", "ann@example.org");
        second["now"] = json!(LATER);
        let tables =
            erp.does(Some(catcher.address()), vec![came(&report), came(&report), second, run(LATER)]).await;
        let mail = &tables["mails"][0];
        assert_eq!(tables["gave"][0], json!({"kind": "bounce", "mail": mail["id"], "by": by}), "{tables:#}");
        assert_eq!(statuses(mail), ["failed"], "{by}: {tables:#}");
        let bounced = mail["events"].as_array().unwrap().iter().filter(|it| it[0] == "bounced").count();
        assert_eq!(bounced, 1, "{tables:#}");
        assert_eq!(tables["suppressed"][0]["address"], "ann@example.org", "{tables:#}");
        assert_eq!(tables["suppressed"][0]["source"], "delivery-report", "{tables:#}");
        let second = &tables["mails"][1];
        assert_eq!((&second["state"], outcomes(second).len()), (&json!("person"), 0), "{tables:#}");
        assert_eq!(catcher.caught().len(), 1, "not written to again: {tables:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_about_no_mail_of_ours_changes_nothing() {
    let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
    let forged = bounce(
        super::SENDER,
        "Original-Envelope-Id: guessed\r\n",
        "<guessed@example.net>",
        "ann@example.org",
    );
    let steps = vec![enqueue("button", "ann@example.org"), run(NOW), came(&forged)];
    let tables = erp.does(Some(catcher.address()), steps).await;
    assert_eq!(tables["gave"][2], json!({"kind": "bounce", "mail": null, "by": null}), "{tables:#}");
    assert_eq!(statuses(&tables["mails"][0]), ["in-transit"], "{tables:#}");
    assert_eq!(tables["suppressed"], json!([]), "{tables:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_to_one_company_says_nothing_of_anothers_mail() {
    let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
    let tables =
        erp.does(Some(catcher.address()), vec![enqueue("button", "ann@example.org"), run(NOW)]).await;
    let mail = &tables["mails"][0];
    let envelope_id = format!("Original-Envelope-Id: {}\r\n", mail["attempts"][0][1].as_str().unwrap());
    let report =
        bounce("x@other.example", &envelope_id, mail["message_id"].as_str().unwrap(), "ann@example.org");
    let other = json!({"do": "become", "company": "other"});
    let own = json!({"do": "become", "company": "ateliernord"});
    let tables = erp.does(None, vec![other, came(&report), own]).await;
    assert_eq!(tables["gave"][1]["mail"], Value::Null, "{tables:#}");
    assert_eq!(
        (statuses(&tables["mails"][0]), &tables["suppressed"]),
        (vec!["in-transit"], &json!([])),
        "{tables:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_notices_are_facts_of_the_mail_of_that_account_alone() {
    let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
    let two = "ann@example.org, bob@example.org";
    let tables = erp.does(Some(catcher.address()), vec![enqueue("button", two), run(NOW)]).await;
    let token = tables["mails"][0]["attempts"][0][1].clone();
    let notice = |kind: &str, email: &str, more: Value| {
        let mut notice = json!({"email": email, "timestamp": 1_795_341_600, "event": kind, "sg_event_id": kind,
            "sg_message_id": "x.recvd-1", "envelope-id": token});
        notice.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        notice
    };
    let refused = json!({"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user"});
    let body = json!([
        notice("bounce", "ann@example.org", refused),
        notice("delivered", "bob@example.org", json!({}))
    ]);
    let hook = |account: &str| json!({"do": "webhook", "account": account, "provider": "sendgrid", "body": body.to_string(), "now": LATER});
    let tables = erp.does(None, vec![hook("another"), hook("office"), hook("office")]).await;
    assert_eq!(tables["gave"], json!([0, 2, 2]), "{tables:#}");
    assert_eq!(statuses(&tables["mails"][0]), ["failed", "delivered"], "{tables:#}");
    let suppressed = tables["suppressed"].as_array().unwrap();
    assert_eq!(suppressed.len(), 1, "{tables:#}");
    assert_eq!(
        (&suppressed[0]["address"], &suppressed[0]["source"]),
        (&json!("ann@example.org"), &json!("webhook"))
    );
}
