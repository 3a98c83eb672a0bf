//! Who a company is on the platform (rule A14): `Atelier Nord via Postroom <atelier-nord@platform.example>`, with
//! a Reply-To that leads back to the Inbox by a token of the host's.

use super::servers::is_domain;
use crate::domain::address::{Address, Mailbox, clean_name};
use crate::domain::slug::slug;

/// The platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The platform's name.
    pub name: String,
    /// Domain of the senders' addresses.
    pub domain: String,
    /// Domain that answers go to.
    pub reply_domain: String,
}

/// A company's identity at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// From.
    pub sender: Mailbox,
    /// Reply-To.
    pub reply_to: Mailbox,
}

/// Why there is no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{argument}: {detail}")]
pub struct IdentityFault {
    /// Which argument.
    pub argument: &'static str,
    /// What is wrong with it.
    pub detail: String,
}

/// Bytes of the company's part of a local part, which has 64 at the most.
const MAX_NAME: usize = 40;
const MAX_SUFFIX: usize = 16;
/// `reply+` before it, and the local part is full.
const MAX_TOKEN: usize = 58;

/// Local parts that mean something else than a company (RFC 2142, and what the platform uses itself).
const RESERVED: &[&str] = &[
    "abuse",
    "admin",
    "administrator",
    "bounce",
    "bounces",
    "dmarc",
    "hostmaster",
    "info",
    "mail",
    "mailer-daemon",
    "no-reply",
    "noc",
    "noreply",
    "postmaster",
    "reply",
    "root",
    "security",
    "support",
    "tls-reports",
    "webmaster",
    "www",
];

/// Returns a company's identity on the platform. A company has one address, at every call.
///
/// # Errors
/// [`IdentityFault`] names the argument.
pub fn platform_identity(
    company: &str,
    platform: &Platform,
    suffix: Option<&str>,
    token: &str,
) -> Result<Identity, IdentityFault> {
    let name = clean_name(company);
    if name.is_empty() {
        return Err(fault("company", "the company has no name"));
    }
    for (argument, domain) in [("domain", &platform.domain), ("reply-domain", &platform.reply_domain)] {
        if !is_domain(domain) {
            return Err(fault(argument, format!("{domain:?} is not a domain of the DNS")));
        }
    }
    if !is_safe(token, MAX_TOKEN) {
        return Err(fault(
            "token",
            format!("a token is 1 to {MAX_TOKEN} of a-z 0-9 and hyphens between them"),
        ));
    }
    let local = match suffix {
        None => local_part(&name),
        Some(suffix) if is_safe(suffix, MAX_SUFFIX) => format!("{}-{suffix}", local_part(&name)),
        Some(_) => {
            let detail = format!("a suffix is 1 to {MAX_SUFFIX} of a-z 0-9 and hyphens between them");
            return Err(fault("suffix", detail));
        }
    };
    let address = |argument, local: &str, domain: &str| {
        Address::parse(&format!("{local}@{domain}")).map_err(|e| fault(argument, e.to_string()))
    };
    let shown = match clean_name(&platform.name) {
        product if product.is_empty() => name.clone(),
        product => format!("{name} via {product}"),
    };
    Ok(Identity {
        sender: Mailbox::new(Some(&shown), address("domain", &local, &platform.domain)?),
        reply_to: Mailbox::new(
            Some(&name),
            address("reply-domain", &format!("reply+{token}"), &platform.reply_domain)?,
        ),
    })
}

/// Returns the company's part. A name without Latin letters is written as in an internationalised domain (RFC 3492), which is ASCII and the
/// same at every call.
fn local_part(name: &str) -> String {
    let mut local = slug(name, MAX_NAME);
    if local.is_empty() {
        let folded: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).take(12).collect();
        let coded = idna::punycode::encode_str(&folded).unwrap_or_default();
        local = slug(&format!("company-{coded}"), MAX_NAME);
    }
    if RESERVED.contains(&local.as_str()) { format!("company-{local}") } else { local }
}

fn is_safe(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn fault(argument: &'static str, detail: impl Into<String>) -> IdentityFault {
    IdentityFault { argument, detail: detail.into() }
}
