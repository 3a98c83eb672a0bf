//! Bodies that can never be read, such as mail that comes in and is sent to the address of the reports: what each provider
//! is answered so that it does not send them again for hours, and what the log says. No word of a body goes into the log.

use axum::http::StatusCode;
use postroom::app::WebhookProvider;

/// Longest reason in the log, in characters.
const LONGEST_REASON: usize = 160;

/// Gives the answer after which a provider does not send a body again.
///
/// SendGrid goes on for 24 hours unless the answer is 2xx (twilio.com/docs/sendgrid, Event Webhook); Mailgun for 8 hours unless
/// it is 200 or 406 (documentation.mailgun.com, webhook retries); Postmark for 10 hours unless it is 200 or 403
/// (postmarkapp.com/support, webhook retries); SNS takes any 4xx but 429 for final (docs.aws.amazon.com/sns, delivery
/// retries). As of 2026-11-29.
pub(super) fn final_answer(provider: WebhookProvider) -> StatusCode {
    match provider {
        WebhookProvider::SendGrid => StatusCode::OK,
        WebhookProvider::Mailgun => StatusCode::NOT_ACCEPTABLE,
        WebhookProvider::Postmark => StatusCode::FORBIDDEN,
        WebhookProvider::Sns => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Tells why a body has a form that no report has: a report is a JSON object or list.
pub(super) fn foreign_form(body: &[u8]) -> Option<&'static str> {
    let Ok(text) = std::str::from_utf8(body) else { return Some("it is no UTF-8") };
    let text = text.trim_start();
    if text.is_empty() {
        Some("it is empty")
    } else if text.starts_with(['{', '[']) {
        None
    } else if text.starts_with("--") {
        Some("it has several parts, as mails that come in are sent")
    } else if text.split('&').take(3).all(|pair| pair.contains('=')) {
        Some("it is a form, as old webhooks and mails that come in are sent")
    } else {
        Some("it is no JSON object or list")
    }
}

/// Writes the line for the log.
pub(super) fn line(
    provider: WebhookProvider,
    account: impl std::fmt::Display,
    length: usize,
    reason: &str,
) -> String {
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect();
    let status = final_answer(provider).as_u16();
    format!(
        "webhook of {provider} for account {account}: a body of {length} bytes can't be read: {reason}; answered {status}, after \
         which it is not sent again"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_a_report() {
        for (body, is_report) in [
            (&b"{}"[..], true),
            (b" \r\n[{\"event\":\"open\"}]", true),
            (b"", false),
            (b"null", false),
            (b"7", false),
            (b"event=delivered&recipient=jo%40example.com&timestamp=1790000000", false),
            (b"--xYzZY\r\nContent-Disposition: form-data; name=\"headers\"\r\n\r\n", false),
            (b"<xml/>", false),
            (b"\xff\xfe\x00\x80", false),
        ] {
            let found = foreign_form(body);
            assert_eq!(found.is_none(), is_report, "{:?}: {found:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn each_provider_is_told_in_its_own_way_to_stop() {
        let wanted = [200, 406, 403, 422];
        for (provider, code) in WebhookProvider::ALL.iter().zip(wanted) {
            assert_eq!(final_answer(*provider).as_u16(), code, "{provider}");
        }
    }

    #[test]
    fn a_line_of_the_log_is_one_line_and_short() {
        let line = line(WebhookProvider::Mailgun, "a-1", 4_711, &"x\r\ny".repeat(1_000));
        assert!(line.contains("4711 bytes") && line.contains("answered 406"), "{line}");
        assert!(line.len() < 400 && !line.contains(['\r', '\n']), "{line}");
    }
}
