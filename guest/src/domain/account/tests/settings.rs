//! What is complained about when settings are saved.

use super::*;

/// Codes and fields of what is found.
fn found(json: &Value) -> Vec<(String, &'static str, Severity)> {
    check(&json.to_string()).into_iter().map(|f| (f.field, f.code, f.severity)).collect()
}

fn has(json: &Value, field: &str, code: &str, severity: Severity) -> bool {
    found(json).iter().any(|(f, c, s)| f == field && *c == code && *s == severity)
}

#[test]
fn a5_a_port_with_the_security_of_another_is_reported() {
    for (port, security, reported) in [
        (465, "ssl", false),
        (587, "tls", false),
        (25, "none", false),
        (2525, "tls", false),
        (465, "tls", true),
        (465, "none", true),
        (587, "ssl", true),
        (25, "ssl", true),
    ] {
        let mut json = own_smtp();
        json["smtp"] = smtp("mail.example.com", port, security);
        let warned = has(&json, "$.smtp.port", "port-security", Severity::Warning);
        assert_eq!(warned, reported, "{port} {security}: {:?}", found(&json));
    }
    let mut json = own_smtp();
    json["imap"]["port"] = json!(143);
    let all = check(&json.to_string());
    assert_eq!(
        all[0].detail,
        "port 143 begins in the clear, which is TLS (STARTTLS) or NONE here: for SSL choose port 993"
    );
}

#[test]
fn a_sound_account_has_no_findings() {
    assert_eq!(check(&own_smtp().to_string()), []);
}

#[test]
fn a12_gmail_needs_a_display_name_and_the_authorised_address() {
    let gmail =
        |sender: Value| json!({"transport": "gmail", "address": "office@example.com", "sender": sender});
    let rule = "gmail-from-name";
    let named = gmail(json!({"display_name": "Accounting", "address": "OFFICE@example.com"}));
    assert!(!found(&named).iter().any(|(_, code, _)| *code == rule), "{:?}", found(&named));
    let nameless = gmail(json!({"display_name": "  "}));
    assert!(has(&nameless, "$.sender.display_name", rule, Severity::Warning), "{:?}", found(&nameless));
    let other = gmail(json!({"display_name": "Accounting", "address": "sales@example.com"}));
    assert!(has(&other, "$.sender.address", rule, Severity::Warning), "{:?}", found(&other));
    let findings = check(&other.to_string());
    assert!(
        findings[0].detail.contains("set it to office@example.com"),
        "the fix is in the message: {}",
        findings[0].detail
    );
    let by_smtp = json!({
        "transport": "smtp", "address": "office@example.com",
        "smtp": {"host": "smtp.gmail.com", "security": "ssl", "login": "office@example.com", "sign_in": "app-password"},
    });
    assert!(has(&by_smtp, "$.sender.display_name", rule, Severity::Warning), "{:?}", found(&by_smtp));
}

#[test]
fn settings_that_can_not_work_are_errors_with_their_path() {
    let with = |path: &[&str], value: Value| {
        let mut json = own_smtp();
        let mut at = &mut json;
        for step in path {
            at = &mut at[*step];
        }
        *at = value;
        json
    };
    for (json, field, code) in [
        (with(&["address"], json!("office")), "$.address", "address"),
        (with(&["address"], Value::Null), "$.address", "missing"),
        (with(&["smtp"], Value::Null), "$.smtp", "missing"),
        (with(&["smtp", "host"], json!("https://mail.example.com")), "$.smtp.host", "host"),
        (with(&["smtp", "host"], json!("mail.example.com:465")), "$.smtp.host", "host"),
        (with(&["smtp", "host"], json!("")), "$.smtp.host", "host"),
        (with(&["smtp", "login"], json!(" ")), "$.smtp.login", "login"),
        (with(&["smtp", "port"], json!(0)), "$.smtp.port", "malformed"),
        (with(&["smtp", "port"], json!(70_000)), "$.smtp.port", "malformed"),
        (with(&["smtp", "security"], json!("starttls")), "$.smtp.security", "malformed"),
        (with(&["smtp", "password"], json!("secret")), "$.smtp.password", "malformed"),
        (with(&["sender"], json!({"reply_to": "a@example.com, nobody"})), "$.sender.reply_to", "address"),
        (
            with(&["send_as"], json!([{"address": "x", "relation": "alias"}])),
            "$.send_as[0].address",
            "address",
        ),
        (with(&["transport"], json!("pigeon")), "$.transport", "malformed"),
        (json!({}), "$.transport", "missing"),
        (json!({"transport": "platform"}), "$.platform", "missing"),
        (json!([]), "$", "malformed"),
    ] {
        assert!(has(&json, field, code, Severity::Error), "{field} {code}: {:?}", found(&json));
    }
    assert_eq!(check("{")[0].field, "$");
}

#[test]
fn in_the_clear_is_a_warning_and_a_token_in_the_clear_an_error() {
    let mut json = own_smtp();
    json["smtp"] = smtp("mail.example.com", 25, "none");
    assert!(has(&json, "$.smtp.security", "no-security", Severity::Warning), "{:?}", found(&json));
    json["smtp"]["sign_in"] = json!("oauth");
    assert!(has(&json, "$.smtp.security", "no-security", Severity::Error), "{:?}", found(&json));
    json["smtp"] = smtp("127.0.0.1", 25, "none");
    assert!(has(&json, "$.smtp.security", "no-security", Severity::Note), "{:?}", found(&json));
}

#[test]
fn a_password_where_the_provider_takes_none_is_reported() {
    for (host, word) in
        [("smtp.office365.com", "December 2026"), ("smtp.gmail.com", "refuses the account's usual password")]
    {
        let mut json = own_smtp();
        json["smtp"] = smtp(host, 587, "tls");
        json["sender"] = json!({"display_name": "Office"});
        let all = check(&json.to_string());
        let finding = all.iter().find(|f| f.code == "sign-in").expect(host);
        assert!(finding.detail.contains(word), "{}", finding.detail);
    }
}

#[test]
fn a15_shared_mailboxes_and_aliases_have_the_rules_of_their_provider() {
    let with = |host: &str, login: &str, relation: &str| {
        json!({
            "transport": "smtp", "address": "jan@example.com", "sender": {"display_name": "Jan"},
            "smtp": {"host": host, "security": "tls", "login": login, "sign_in": "oauth"},
            "send_as": [{"address": "info@example.com", "relation": relation}],
        })
    };
    let shared = with("smtp.office365.com", "jan@example.com", "shared-mailbox");
    assert!(has(&shared, "$.send_as[0].address", "shared-mailbox", Severity::Note), "{:?}", found(&shared));
    let signs_in = with("smtp.office365.com", "info@example.com", "shared-mailbox");
    assert!(has(&signs_in, "$.smtp.login", "shared-mailbox", Severity::Error), "{:?}", found(&signs_in));
    for host in ["smtp.office365.com", "smtp.gmail.com", "mail.example.com"] {
        let alias = with(host, "jan@example.com", "alias");
        assert!(
            has(&alias, "$.send_as[0].address", "send-as", Severity::Note),
            "{host}: {:?}",
            found(&alias)
        );
    }
    let mut unlisted = own_smtp();
    unlisted["sender"] = json!({"address": "info@example.com"});
    assert!(has(&unlisted, "$.sender.address", "send-as", Severity::Warning), "{:?}", found(&unlisted));
    unlisted["send_as"] = json!([{"address": "info@example.com", "relation": "alias"}]);
    assert!(!has(&unlisted, "$.sender.address", "send-as", Severity::Warning), "{:?}", found(&unlisted));
}

#[test]
fn sendgrid_needs_a_verified_sender() {
    let with = |verified: Value| json!({"transport": "sendgrid", "address": "office@example.com", "verified_senders": verified});
    for verified in [json!(["office@example.com"]), json!(["Example.COM"])] {
        assert!(
            !found(&with(verified.clone())).iter().any(|(_, code, _)| *code == "unverified-sender"),
            "{verified}"
        );
    }
    let field = "$.verified_senders";
    assert!(has(&with(json!(["other.example"])), field, "unverified-sender", Severity::Error));
    assert!(has(&with(json!(null)), field, "unverified-sender", Severity::Warning));
}

#[test]
fn a6_smtp_settings_are_ignored_for_an_e_mail_client() {
    let mut json = own_smtp();
    json["transport"] = json!("mail-client");
    assert_eq!(found(&json), [("$.smtp".to_owned(), "ignored", Severity::Note)]);
}

#[test]
fn garbage_is_a_finding_and_never_more() {
    let deep = "[".repeat(100_000);
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(70_000));
    for text in ["", "null", "7", "\"x\"", "{\"transport\":7}", "\u{0}", deep.as_str(), large.as_str()] {
        let all = check(text);
        assert_eq!((all.len(), all[0].severity), (1, Severity::Error), "{:.40}", text);
        assert!(Account::from_json(text).is_err());
    }
}
