//! The export `accounts`: conversions around the use cases, no decisions.

use super::composing::message_out;
use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::accounts as wit;
use crate::component::bindings::exports::postroom::plugin::composing::Message;
use crate::component::bindings::postroom::plugin::types::ArgumentError;
use crate::component::call;
use crate::component::convert::{address_out, argument_error, bytes_out, json_error, reason_out, time_in};
use crate::domain::account::{
    self, Account, Api, Finding, Host, Origin, Platform, Preset, Protocol, Security, Severity,
};
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

    fn port(protocol: String, security: wit::Security) -> Option<u16> {
        let _call = call::begin();
        let security = match security {
            wit::Security::Ssl => Security::Ssl,
            wit::Security::Tls => Security::Tls,
            wit::Security::None => Security::None,
        };
        Some(account::proposed_port(Protocol::named(&protocol)?, security))
    }

    fn capabilities(account: String) -> Result<Vec<wit::Capability>, ArgumentError> {
        let _call = call::begin();
        let account = account_in(&account)?;
        let all = account::capabilities(&account).into_iter();
        Ok(all
            .map(|of| wit::Capability {
                name: of.name.to_owned(),
                available: of.available.name().to_owned(),
                reasons: of.reasons.into_iter().map(reason_out).collect(),
            })
            .collect())
    }

    fn limits(account: String) -> Result<wit::Allowance, ArgumentError> {
        let _call = call::begin();
        let account = account_in(&account)?;
        let known = account::limits(&account);
        Ok(wit::Allowance {
            per_minute: known.per_minute,
            connections: known.connections,
            per_day: known.per_day,
            message_size: known.message_size.map(bytes_out),
        })
    }

    fn check(account: String) -> Vec<wit::AccountFinding> {
        let _call = call::begin();
        account::check(&account).into_iter().map(finding_out).collect()
    }

    fn administrator_page(
        accounts: Vec<String>,
        operated_by: wit::Operator,
        language: Option<String>,
    ) -> Result<wit::HtmlPage, ArgumentError> {
        let _call = call::begin();
        let numbered = accounts.iter().enumerate();
        let accounts = numbered
            .map(|(index, text)| {
                Account::from_json(text)
                    .map_err(|fault| json_error(&format!("accounts-json[{index}]"), fault))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let origin = Origin {
            product: operated_by.product,
            addresses: operated_by.addresses,
            region: operated_by.region,
            contact: operated_by.contact,
        };
        let page = account::administrator_page(&accounts, &origin, language.as_deref());
        let language = page.language.code().to_owned();
        Ok(wit::HtmlPage { title: page.title, text: page.text, html: page.html, language })
    }

    fn platform_identity(
        company: String,
        platform: wit::Platform,
        suffix: Option<String>,
        token: String,
    ) -> Result<wit::Identity, ArgumentError> {
        let _call = call::begin();
        let platform =
            Platform { name: platform.name, domain: platform.domain, reply_domain: platform.reply_domain };
        let identity = account::platform_identity(&company, &platform, suffix.as_deref(), &token);
        identity
            .map(|of| wit::Identity { sender: address_out(&of.sender), reply_to: address_out(&of.reply_to) })
            .map_err(|e| argument_error(e.argument, e.detail))
    }

    fn test_message(test: wit::TestMail) -> Result<Message, ArgumentError> {
        let _call = call::begin();
        let now = time_in(&test.now).map_err(|detail| argument_error("test.now", detail))?;
        let request = TestRequest {
            id: test.id,
            now,
            account: test.account_name,
            sender: (test.sender.name, test.sender.address),
            to: test.to,
            subject: test.subject,
            language: test.language,
        };
        let message = flows::test_message(&request)
            .map_err(|(field, detail)| argument_error(format!("test.{field}"), detail))?;
        Ok(message_out(message, &[]))
    }

    fn apis() -> Vec<wit::Api> {
        let _call = call::begin();
        account::apis().iter().map(api_out).collect()
    }
}

fn account_in(json: &str) -> Result<Account, ArgumentError> {
    Account::from_json(json).map_err(|fault| json_error("account-json", fault))
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
        notes: of.notes.iter().map(|note| reason_out((*note).into())).collect(),
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

fn finding_out(of: Finding) -> wit::AccountFinding {
    let severity = match of.severity {
        Severity::Error => wit::Severity::Error,
        Severity::Warning => wit::Severity::Warning,
        Severity::Note => wit::Severity::Note,
    };
    wit::AccountFinding { field: of.field, severity, code: of.code.to_owned(), detail: of.detail }
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
