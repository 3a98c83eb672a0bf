//! The providers' data.

use crate::oauth::{Error, Provider, Purpose, Tenant};
use crate::tokens::Resource;

#[test]
fn a9_google_is_asked_for_what_the_purpose_needs_and_no_more() {
    let google = Provider::google();
    let send = google.asked(Purpose::Send).join(" ");
    assert_eq!(send, "openid email https://www.googleapis.com/auth/gmail.send");
    assert_eq!(google.asked(Purpose::Mailbox).join(" "), "openid email https://mail.google.com/");
    for resource in [Resource::Api, Resource::Mail] {
        assert_eq!(google.narrowed(Purpose::Mailbox, resource), None, "one token for everything");
    }
    assert_eq!(google.endpoints.device, None, "Google's device flow has no scope of Gmail's");
    assert!(google.endpoints.revoke.is_some());
}

#[test]
fn a10_microsoft_is_asked_for_one_resource_at_a_time() {
    let microsoft = Provider::microsoft(&Tenant::Common).unwrap();
    let sign_in = "openid profile email offline_access";
    let graph = "https://graph.microsoft.com";
    let outlook = "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send";
    let send = format!("{graph}/Mail.Send {graph}/User.Read");
    let mailbox = format!("{graph}/Mail.ReadWrite {send}");
    assert_eq!(microsoft.asked(Purpose::Send).join(" "), format!("{sign_in} {send}"));
    assert_eq!(microsoft.asked(Purpose::Mailbox).join(" "), format!("{sign_in} {mailbox} {outlook}"));
    let rows = [
        (Purpose::Send, Resource::Api, format!("{send} {sign_in}")),
        (Purpose::Mailbox, Resource::Api, format!("{mailbox} {sign_in}")),
        (Purpose::Mailbox, Resource::Mail, format!("{outlook} {sign_in}")),
    ];
    for (purpose, resource, scope) in rows {
        assert_eq!(microsoft.narrowed(purpose, resource), Some(scope), "{purpose:?} {resource:?}");
    }
    assert!(!microsoft.covers(Purpose::Send, Resource::Mail));
}

#[test]
fn a10_a_tenant_is_an_id_or_a_domain() {
    let at =
        |tenant: &Tenant| Provider::microsoft(tenant).map(|provider| provider.endpoints.token.to_string());
    let rows = [
        (Tenant::Common, "common"),
        (Tenant::Organizations, "organizations"),
        (Tenant::Own("nord.onmicrosoft.com".into()), "nord.onmicrosoft.com"),
        (Tenant::Own("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9".into()), "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"),
    ];
    for (tenant, name) in rows {
        let url = format!("https://login.microsoftonline.com/{name}/oauth2/v2.0/token");
        assert_eq!(at(&tenant), Ok(url), "{tenant:?}");
    }
    for bad in ["", "..", "../evil", "a/b", "a?b", "a b", "é", "@evil.example.com/", &"x".repeat(300)] {
        assert!(matches!(at(&Tenant::Own(bad.into())), Err(Error::Setup(_))), "{bad}");
    }
}

#[test]
fn a_provider_is_data_that_can_be_written_down() {
    for provider in [Provider::google(), Provider::microsoft(&Tenant::Common).unwrap()] {
        let text = serde_json::to_string(&provider).unwrap();
        assert_eq!(serde_json::from_str::<Provider>(&text).unwrap(), provider);
        for url in
            [Some(&provider.endpoints.authorize), Some(&provider.endpoints.token)].into_iter().flatten()
        {
            assert_eq!(url.scheme(), "https");
        }
    }
    // The least that an own authorization server needs.
    let own = r#"{ "name": "Own", "scopes": { "mailbox": ["mail"] },
        "endpoints": { "authorize": "https://id.example.com/auth", "token": "https://id.example.com/token" } }"#;
    let own: Provider = serde_json::from_str(own).unwrap();
    assert_eq!(own.asked(Purpose::Mailbox), ["mail"]);
}
