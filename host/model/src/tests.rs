//! What is refused where it is typed, with the reason; what is kept is kept as it was typed.

use super::*;
use serde_json::{Value, json};
use std::num::NonZeroU32;

#[test]
fn a_text_that_can_not_be_used_is_refused_with_its_reason() {
    fn refused<T: std::str::FromStr<Err = Unusable> + std::fmt::Debug>(text: &str, reason: &str) {
        let error = text.parse::<T>().expect_err(text).to_string();
        assert!(error.contains(reason), "{text:?}: {error}");
        assert!(error.len() < 500, "{text:?}: {error}");
    }
    let long = "x".repeat(100_000);
    for text in ["", "  ", "a\nb", "a\0", "\u{202e}eciffo", &long] {
        refused::<Name>(text, "name ");
        refused::<DisplayName>(text, "display name ");
        refused::<LoginName>(text, "login ");
        refused::<MailAddress>(text, "mail address ");
    }
    for text in ["--json", "a/b", "a\"b", "<a>", "a\\b"] {
        refused::<Name>(text, "not beginning with a dash");
    }
    for text in ["a", "a@", "@b.be", "a b@c.be", "A <a@b.be>", "a@b.be, c@d.be", "a@b.be\r\nRCPT TO:<c@d.be>"]
    {
        refused::<MailAddress>(text, "mail address");
    }
    for text in ["", "a b", "http://a.be", "a.be:25", "a..be", "-", "[::1", &long] {
        if text != "-" {
            refused::<HostName>(text, "expected a host name");
        }
    }
    for text in ["", "a b", "a\n", "é.be"] {
        refused::<HeloName>(text, "expected a host name");
    }
    for text in ["", "a/b", "../x", "a@b", ".x", "a?b=c#"] {
        refused::<Tenant>(text, "expected common");
    }
    for text in ["", "a\nb", &"x".repeat(1_001)] {
        refused::<FolderName>(text, "expected a folder's full name");
    }
    for text in ["", "1", "00000000-0000-0000-0000-00000000000g"] {
        refused::<AccountId>(text, "expected a UUID");
    }
}

#[test]
fn names_are_compared_without_case_and_kept_as_typed() {
    let name: Name = "  Atelier Élan ".parse().unwrap();
    assert_eq!((name.as_str(), name.key().as_str()), ("Atelier Élan", "atelier élan"));
    let address: MailAddress = "Lotte.Claes@Ateliernord.example".parse().unwrap();
    assert_eq!(address.as_str(), "Lotte.Claes@Ateliernord.example");
    assert_eq!("smtp.müller.example.".parse::<HostName>().unwrap().as_str(), "smtp.xn--mller-kva.example");
    assert_eq!("[2001:db8::1]".parse::<HostName>().unwrap().as_str(), "2001:db8::1");
}

#[test]
fn a_service_is_reached_by_https_and_on_loopback_alone_without() {
    for good in
        ["https://api.example.com/", "https://api.example.com/v3", "http://127.0.0.1:8080/", "http://[::1]/"]
    {
        assert_eq!(good.parse::<ServiceUrl>().expect(good).as_str(), good);
    }
    for bad in [
        "",
        "api.example.com",
        "http://api.example.com/",
        "http://127.0.0.1.example.com/",
        "http://10.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://example.com/?a=b",
        "https://example.com/#x",
    ] {
        bad.parse::<ServiceUrl>().expect_err(bad);
    }
    let error = "https://me:hunter2@example.com/".parse::<ServiceUrl>().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn shipped_service_urls_are_ones_that_could_have_been_typed() {
    let tenant = "common".parse().unwrap();
    for endpoints in [Endpoints::google(), Endpoints::microsoft(&tenant)] {
        let json = serde_json::to_string(&endpoints).unwrap();
        assert_eq!(serde_json::from_str::<Endpoints>(&json).expect(&json), endpoints);
    }
    for sender in [SendGridSender::global(), SendGridSender::european()] {
        assert_eq!(sender.api.as_str().parse::<ServiceUrl>().unwrap(), sender.api);
    }
}

#[test]
fn a5_the_port_is_proposed_from_the_security() {
    for (security, smtp, imap) in [("ssl", 465, 993), ("tls", 587, 143), ("none", 25, 143)] {
        let security: Security = security.parse().unwrap();
        assert_eq!((security.smtp_port().get(), security.imap_port().get()), (smtp, imap), "{security}");
    }
}

#[test]
fn every_name_of_an_enumeration_reads_back() {
    for kind in SecretKind::ALL {
        assert_eq!(kind.as_str().parse::<SecretKind>().unwrap(), *kind);
    }
    for policy in FallbackPolicy::ALL {
        assert_eq!(policy.as_str().parse::<FallbackPolicy>().unwrap(), *policy);
        assert_eq!(serde_json::to_value(policy).unwrap(), policy.as_str());
    }
    for place in FolderUse::ALL {
        assert_eq!(place.as_str().parse::<FolderUse>().unwrap(), *place);
        assert_eq!(serde_json::to_value(place).unwrap(), place.as_str());
    }
    let error = "maybe".parse::<FallbackPolicy>().unwrap_err().to_string();
    assert_eq!(error, "fallback policy \"maybe\": expected one of off ask automatic");
}

#[test]
fn a13_a_company_is_asked_before_a_fallback_unless_it_chose_otherwise() {
    let fallback = Fallback::default();
    assert_eq!((fallback.policy, fallback.patience.as_secs()), (FallbackPolicy::Ask, 1_800));
}

/// The forms that are kept in databases: a change here needs a migration.
#[test]
fn stored_forms_stay_readable() {
    let login = "office@example.com".parse::<LoginName>().unwrap();
    let server = SmtpServer::new(
        "smtp.example.com".parse().unwrap(),
        Security::Tls,
        Authentication::Password { login: login.clone(), mechanism: PasswordMechanism::Auto },
    );
    let grant = Grant {
        provider: Provider::Google,
        client_id: None,
        endpoints: Endpoints::google(),
        authorized: Some("office@example.com".parse().unwrap()),
    };
    let platform = PlatformSender { suffix: NonZeroU32::new(2) };
    let since = "2026-11-23T09:30:00+01:00".parse().unwrap();
    let transports = [
        Transport::Smtp(server.clone()),
        Transport::Smtp(SmtpServer {
            authentication: Authentication::Grant { login, grant: grant.clone() },
            ..server
        }),
        Transport::Gmail(grant.clone()),
        Transport::Outlook(grant),
        Transport::MailClient,
        Transport::Platform(platform),
        Transport::SendGrid(SendGridSender::european()),
    ];
    for transport in transports {
        let value = serde_json::to_value(&transport).unwrap();
        assert_eq!(value["transport"], transport.kind());
        assert_eq!(
            serde_json::from_value::<Transport>(value.clone()).expect("reads back"),
            transport,
            "{value}"
        );
    }
    for (state, json) in [
        (AccountState::Ready, json!({ "state": "ready" })),
        (
            AccountState::NeedsSignIn { reason: "no password yet".into(), since },
            json!({ "state": "needs-sign-in", "reason": "no password yet", "since": "2026-11-23T09:30:00+01:00" }),
        ),
        (
            AccountState::Compromised { by: "lotte".into(), since },
            json!({ "state": "compromised", "by": "lotte", "since": "2026-11-23T09:30:00+01:00" }),
        ),
    ] {
        assert_eq!(serde_json::to_value(&state).unwrap(), json);
        assert_eq!(serde_json::from_value::<AccountState>(json).unwrap(), state);
    }
}

#[test]
fn the_contract_knows_the_transports_by_these_names() {
    assert_eq!(Transport::SendGrid(SendGridSender::global()).contract_name(false), Some("sendgrid"));
    assert_eq!(Transport::MailClient.contract_name(true), None);
}

#[test]
fn a2_a3_a4_the_plugin_gets_the_users_settings_for_the_account_at_hand() {
    let company = Company {
        id: CompanyId::new(),
        name: "Atelier Nord".parse().unwrap(),
        settings: json!({ "company": { "name": "Atelier Nord" }, "templates": { "company": { "a": "b" } } })
            .to_string(),
        fallback: Fallback::default(),
    };
    let user = User {
        id: UserId::new(),
        company: company.id,
        login: "lotte".parse().unwrap(),
        name: "Lotte Claes".parse().unwrap(),
        address: "lotte@ateliernord.example".parse().unwrap(),
        templates: [("c".to_owned(), "d".to_owned())].into(),
    };
    let own = UserSettings {
        display_name: Some("Accounting".parse().unwrap()),
        address: Some("billing@ateliernord.example".parse().unwrap()),
        signature_html: None,
        signature_text: Some("Lotte".into()),
        auto_bcc_self: true,
        check_opens: false,
    };
    let settings: Value = serde_json::from_str(&plugin_settings(&company, &user, &own)).unwrap();
    let expected = json!({
        "company": { "name": "Atelier Nord" },
        "templates": { "company": { "a": "b" }, "user": { "c": "d" } },
        "user": {
            "display_name": "Accounting", "email": "billing@ateliernord.example", "signature_text": "Lotte",
            "auto_bcc_self": true, "own_email": "lotte@ateliernord.example",
        },
    });
    assert_eq!(settings, expected);
}
