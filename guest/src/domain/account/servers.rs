//! What is wrong with a server's settings: name, port and security, login.

use super::check::{Code, Findings, shortened};
use super::model::{Account, Security, Server, SignIn};
use super::preset::{self, LoginForm, Protocol, is_microsoft, proposed_port};
use crate::domain::address::Address;

/// Checks one server.
pub(super) fn check(
    account: &Account,
    path: &str,
    server: &Server,
    protocol: Protocol,
    found: &mut Findings,
) {
    let at = |field: &str| format!("{path}.{field}");
    if !is_host(&server.host) {
        let shown = shortened(&server.host);
        let detail =
            format!("{shown:?} is not the name of a server: give it without https://, path, port or spaces");
        found.error(&at("host"), Code::Host, detail);
    }
    ports(path, server, protocol, found);
    security(path, server, found);
    sign_in(account, path, server, protocol, found);
}

/// Checks that each port has the security it is made for (rule A5).
fn ports(path: &str, server: &Server, protocol: Protocol, found: &mut Findings) {
    let field = format!("{path}.port");
    let port = server.port_for(protocol);
    if port == 0 {
        found.error(&field, Code::Malformed, "0 is not a port");
        return;
    }
    let meant = match (protocol, port) {
        (Protocol::Smtp, 465) | (Protocol::Imap, 993) => Some(Security::Ssl),
        (Protocol::Smtp, 587) | (Protocol::Imap, 143) => Some(Security::Tls),
        _ => None,
    };
    let chosen = server.security;
    let is_odd = match meant {
        Some(Security::Ssl) => chosen != Security::Ssl,
        Some(_) => chosen == Security::Ssl,
        None => port == 25 && chosen == Security::Ssl,
    };
    if is_odd {
        let fault = if meant == Some(Security::Ssl) {
            format!("port {port} speaks TLS from the first byte, which is SSL here")
        } else {
            format!("port {port} begins in the clear, which is TLS (STARTTLS) or NONE here")
        };
        let detail =
            format!("{fault}: for {} choose port {}", chosen.name(), proposed_port(protocol, chosen));
        found.warning(&field, Code::PortSecurity, detail);
    } else if protocol == Protocol::Smtp && port == 25 && chosen == Security::Tls {
        let detail =
            "port 25 is meant for servers among themselves and is often blocked: providers take mail on 587";
        found.note(&field, Code::PortSecurity, detail);
    }
}

fn security(path: &str, server: &Server, found: &mut Findings) {
    if server.security != Security::None {
        return;
    }
    let field = format!("{path}.security");
    if server.sign_in == SignIn::Oauth {
        found.error(
            &field,
            Code::NoSecurity,
            "an access token must not travel in the clear: choose SSL or TLS",
        );
    } else if is_this_machine(&server.host) {
        found.note(&field, Code::NoSecurity, "the connection is in the clear, to this machine alone");
    } else {
        let what = if server.sign_in == SignIn::None { "mail travels" } else { "login and mail travel" };
        found.warning(
            &field,
            Code::NoSecurity,
            format!("{what} in the clear: choose SSL or TLS where the server has it"),
        );
    }
}

fn sign_in(account: &Account, path: &str, server: &Server, protocol: Protocol, found: &mut Findings) {
    let field = format!("{path}.login");
    let login = server.login.as_deref().map(str::trim).filter(|login| !login.is_empty());
    match login {
        Some(_) if server.sign_in == SignIn::None => {
            found.note(&field, Code::Ignored, "the login is ignored: nobody signs in to this server");
        }
        None if server.sign_in != SignIn::None => {
            found.error(&field, Code::Login, "the login is missing: it is usually the address");
        }
        _ => {}
    }
    if login.is_some_and(|login| login.chars().any(char::is_control)) {
        found.error(&field, Code::Login, "a control character in the login");
    }
    let known = preset::by_server(&server.host).or_else(|| account.provider().and_then(preset::by_id));
    let Some(known) = known else { return };
    if known.login_at(protocol) == LoginForm::Address
        && server.sign_in != SignIn::None
        && login.is_some_and(|login| !login.contains('@'))
    {
        let detail = format!("{} expects the whole address as login", known.name);
        found.warning(&field, Code::Login, detail);
    }
    if server.sign_in == SignIn::Password && !known.sign_in.contains(&SignIn::Password) {
        let detail = if is_microsoft(known.id) {
            "Microsoft switches sign-in by password off for SMTP at the end of December 2026, and has for IMAP: \
             sign in with Microsoft (OAuth)"
                .to_owned()
        } else {
            format!(
                "{} refuses the account's usual password: make one for this program, or sign in with OAuth where it is offered",
                known.name
            )
        };
        found.warning(&format!("{path}.sign_in"), Code::SignIn, detail);
    }
}

/// True for a name or an address that one can connect to.
fn is_host(host: &str) -> bool {
    let bare = host.trim_end_matches('.');
    let address = host.parse::<std::net::IpAddr>().is_ok();
    address || (!bare.starts_with('[') && Address::parse(&format!("x@{bare}")).is_ok())
}

/// Returns true for a name that mail can be addressed to.
pub(super) fn is_domain(domain: &str) -> bool {
    domain.contains('.') && !domain.starts_with('[') && Address::parse(&format!("x@{domain}")).is_ok()
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
