//! An account as the plugin judges it: JSON by the schema `account`. No secret is in it.

use super::{Account, Authentication, HostName, Security, SmtpServer, Transport, UserSettings};
use serde_json::{Map, Value, json};

/// The operator's domains, for an account of the platform.
#[derive(Debug, Clone, Copy)]
pub struct PlatformDomains<'a> {
    /// Of the senders' addresses.
    pub domain: &'a HostName,
    /// That answers go to.
    pub reply_domain: &'a HostName,
}

/// Describes the account, with what a user has set for it. `platform` where the operator has one.
pub fn describe(account: &Account, own: &UserSettings, platform: Option<PlatformDomains<'_>>) -> String {
    let mut fields = Map::new();
    let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    add("name", json!(account.name));
    let transport = match &account.transport {
        Transport::Outlook(_) => "graph",
        other => other.kind(),
    };
    add("transport", json!(transport));
    // With OAuth it is the address that was authorised that counts.
    let api = matches!(account.transport, Transport::Gmail(_) | Transport::Outlook(_));
    let authorized = account.grant().and_then(|grant| grant.authorized.as_ref()).filter(|_| api);
    add("address", json!(authorized.unwrap_or(&account.address)));
    if let Transport::Smtp(server) = &account.transport {
        add("smtp", submission(server));
    }
    if let Some(server) = &account.mailbox {
        add("imap", place(&server.host, server.port.get(), server.security, &server.authentication));
    }
    let display_name = own.display_name.as_ref().or(account.display_name.as_ref());
    let mut sender = json!({ "display_name": display_name });
    if !matches!(account.transport, Transport::Platform(_)) {
        sender["address"] = json!(own.address.as_ref().unwrap_or(&account.address));
    }
    add("sender", sender);
    add("send_as", json!(account.send_as));
    if let Some(platform) = platform {
        add("platform", json!({ "domain": platform.domain, "reply_domain": platform.reply_domain }));
    }
    if let Transport::SendGrid(sender) = &account.transport {
        add("verified_senders", json!(sender.verified));
    }
    Value::Object(fields).to_string()
}

fn submission(server: &SmtpServer) -> Value {
    place(&server.host, server.port.get(), server.security, &server.authentication)
}

fn place(host: &HostName, port: u16, security: Security, authentication: &Authentication) -> Value {
    let sign_in = match authentication {
        Authentication::None => "none",
        Authentication::Password { .. } => "password",
        Authentication::Token { .. } | Authentication::Grant { .. } => "oauth",
    };
    json!({
        "host": host, "port": port, "security": security, "login": authentication.login(), "sign_in": sign_in,
    })
}
