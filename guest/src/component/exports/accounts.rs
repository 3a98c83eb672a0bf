//! `accounts`.

use super::composing::message_out;
use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::accounts as wit;
use crate::component::bindings::exports::postroom::plugin::composing::Message;
use crate::component::bindings::exports::postroom::plugin::recipients;
use crate::component::call;
use crate::component::convert::time_in;
use crate::domain::account::{
    self, Account, Api, Availability, Finding, Host, Origin, Platform, Preset, Protocol, Security, Severity,
};
use crate::domain::address::Mailbox;
use crate::flows::{self, TestRequest};

impl wit::Guest for Component {
    fn presets() -> Vec<wit::Preset> {
        let _call = call::begin();
        account::presets().iter().map(preset_out).collect()
    }

    fn guess(address: String, mx: Vec<String>) -> Option<wit::Candidate> {
        let _call = call::begin();
        let found = account::guess(&address, &mx)?;
        let (preset, by) = (preset_out(found.preset), found.by.name().to_owned());
        Some(wit::Candidate { preset, by, matched: found.matched })
    }

    fn port(protocol: wit::Protocol, security: wit::Security) -> u16 {
        let _call = call::begin();
        let protocol = match protocol {
            wit::Protocol::Smtp => Protocol::Smtp,
            wit::Protocol::Imap => Protocol::Imap,
        };
        let security = match security {
            wit::Security::Ssl => Security::Ssl,
            wit::Security::Tls => Security::Tls,
            wit::Security::None => Security::None,
        };
        account::proposed_port(protocol, security)
    }

    fn capabilities(account: String) -> Result<Vec<wit::Capability>, String> {
        let _call = call::begin();
        let account = Account::from_json(&account).map_err(|e| e.to_string())?;
        let all = account::capabilities(&account).into_iter();
        Ok(all
            .map(|of| wit::Capability {
                name: of.name.to_owned(),
                available: match of.available {
                    Availability::Yes => wit::Availability::Yes,
                    Availability::ByProvider => wit::Availability::ByProvider,
                    Availability::No => wit::Availability::No,
                },
                reason: of.reason,
            })
            .collect())
    }

    fn limits(account: String) -> Result<wit::Allowance, String> {
        let _call = call::begin();
        let account = Account::from_json(&account).map_err(|e| e.to_string())?;
        let known = account::limits(&account);
        Ok(wit::Allowance {
            per_minute: known.per_minute,
            connections: known.connections,
            per_day: known.per_day,
            message_size: known.message_size,
        })
    }

    fn check(account: String) -> Vec<wit::Finding> {
        let _call = call::begin();
        account::check(&account).into_iter().map(finding_out).collect()
    }

    fn administrator_page(
        accounts: Vec<String>,
        origin: wit::Origin,
        language: Option<String>,
    ) -> Result<wit::Page, String> {
        let _call = call::begin();
        let numbered = accounts.iter().enumerate();
        let accounts = numbered
            .map(|(index, text)| Account::from_json(text).map_err(|e| format!("accounts[{index}]: {e}")))
            .collect::<Result<Vec<_>, _>>()?;
        let origin = Origin {
            product: origin.product,
            addresses: origin.addresses,
            region: origin.region,
            contact: origin.contact,
        };
        let page = account::administrator_page(&accounts, &origin, language.as_deref());
        let language = page.language.code().to_owned();
        Ok(wit::Page { title: page.title, text: page.text, html: page.html, language })
    }

    fn platform_identity(
        company: String,
        platform: wit::Platform,
        suffix: Option<String>,
        token: String,
    ) -> Result<wit::Identity, wit::IdentityError> {
        let _call = call::begin();
        let platform =
            Platform { name: platform.name, domain: platform.domain, reply_domain: platform.reply_domain };
        let identity = account::platform_identity(&company, &platform, suffix.as_deref(), &token);
        identity
            .map(|of| wit::Identity { sender: mailbox_out(of.sender), reply_to: mailbox_out(of.reply_to) })
            .map_err(|e| wit::IdentityError { argument: e.argument.to_owned(), detail: e.detail })
    }

    fn test_message(test: wit::Test) -> Result<Message, (String, String)> {
        let _call = call::begin();
        let now = time_in(&test.now).map_err(|detail| ("now".to_owned(), detail))?;
        let request = TestRequest {
            id: test.id,
            now,
            account: test.account,
            sender: (test.sender.name, test.sender.address),
            to: test.to,
            subject: test.subject,
            language: test.language,
        };
        flows::test_message(&request).map(message_out)
    }

    fn apis() -> Vec<wit::Api> {
        let _call = call::begin();
        account::apis().iter().map(api_out).collect()
    }
}

fn preset_out(of: &Preset) -> wit::Preset {
    wit::Preset {
        id: of.id.to_owned(),
        name: of.name.to_owned(),
        transport: of.transport.name().to_owned(),
        smtp: of.smtp.map(server_out),
        imap: of.imap.map(server_out),
        signs_in_as: of.login_at(Protocol::Smtp).name().to_owned(),
        mailbox_signs_in_as: of.login_at(Protocol::Imap).name().to_owned(),
        sign_in: of.sign_in.iter().map(|way| way.name().to_owned()).collect(),
        notes: of.notes.iter().map(|note| (*note).to_owned()).collect(),
        source: of.source.to_owned(),
    }
}

fn server_out(of: Host) -> wit::Server {
    let security = match of.security {
        Security::Ssl => wit::Security::Ssl,
        Security::Tls => wit::Security::Tls,
        Security::None => wit::Security::None,
    };
    wit::Server { host: of.name.to_owned(), port: of.port, security }
}

fn finding_out(of: Finding) -> wit::Finding {
    let severity = match of.severity {
        Severity::Error => wit::Severity::Error,
        Severity::Warning => wit::Severity::Warning,
        Severity::Note => wit::Severity::Note,
    };
    wit::Finding { field: of.field, severity, code: of.code.to_owned(), detail: of.detail }
}

fn mailbox_out(of: Mailbox) -> recipients::Mailbox {
    recipients::Mailbox { address: of.address.to_string(), name: of.name }
}

fn api_out(of: &Api) -> wit::Api {
    let texts = |of: &[&str]| of.iter().map(|text| (*text).to_owned()).collect();
    let scopes = |(ability, scopes): &(&str, &[&str])| wit::AbilityScopes {
        ability: (*ability).to_owned(),
        scopes: texts(scopes),
    };
    wit::Api {
        transport: of.transport.to_owned(),
        origin: of.origin.to_owned(),
        other_origins: texts(of.other_origins),
        upload_hosts: texts(of.upload_hosts),
        sign_in: of.sign_in.map(|sign_in| wit::SignIn {
            authorization: sign_in.authorization.to_owned(),
            token: sign_in.token.to_owned(),
            device: sign_in.device.map(str::to_owned),
            scopes: sign_in.scopes.iter().map(scopes).collect(),
        }),
    }
}
