//! Sending from the platform in the company's name (FEATURES A14).

use super::desk::Desk;
use super::{Failure, company_plugin};
use crate::accounts::{Name, PlatformAddress, PlatformSender, Transport};
use crate::connections::Connections;
use crate::contract::accounts::{Identity, Platform};
use crate::engine::CompanyPlugin;
use crate::outbox::Mode;
use crate::outbox::{Draft, Renamed};
use crate::return_address::{Purpose, ReturnAddresses};
use crate::store::{MailId, StoreError};
use std::num::NonZeroU32;

/// Companies whose names give the same address. More of them choose other names.
const MOST_NAMESAKES: u32 = 100;

/// Puts the company's name on the platform on a draft: From, and a Reply-To that leads back.
pub(super) async fn sign(
    desk: &Desk,
    sender: &PlatformSender,
    draft: &mut Draft,
    id: MailId,
) -> Result<(), Failure> {
    let platform = platform(&desk.connections)?;
    let token = return_addresses(desk).await?.token(Purpose::Reply, desk.company.id, id);
    let identity =
        identity(&desk.company_plugin, &desk.company.name, &platform, sender.suffix, &token).await?;
    // Nothing is signed for an address that is not the company's, whatever its row says.
    let own = PlatformAddress { suffix: sender.suffix, address: identity.sender.address.parse()? };
    let administrator = desk.connections.store().company_store(desk.company.id);
    administrator.hold_platform_address(&own).await.map_err(|error| match error {
        StoreError::Taken { name, .. } => Failure::input(format!(
            "{name} belongs to another company: `postroom account set {} --transport platform` chooses another address",
            desk.account.name
        )),
        error => error.into(),
    })?;
    let name = identity.reply_to.name.unwrap_or_default().replace('"', "'");
    draft.overrides.reply_to = Some(format!("\"{name}\" <{}>", identity.reply_to.address));
    draft.sender = identity.sender;
    draft.mode = Mode::Platform;
    Ok(())
}

/// Where reports about a mail come back to.
pub(super) async fn return_path(desk: &Desk, id: MailId) -> Result<String, Failure> {
    Ok(return_addresses(desk).await?.mint(Purpose::Bounce, desk.company.id, id))
}

/// What names a mail in its Reply-To, of a mail and of the one that is made of it.
pub(super) async fn reply_token(desk: &Desk, from: MailId, to: MailId) -> Result<Renamed, Failure> {
    let addresses = return_addresses(desk).await?;
    let token = |id| addresses.token(Purpose::Reply, desk.company.id, id);
    Ok(Renamed { from: token(from), to: token(to) })
}

/// The addresses that a company of this name may have on the platform, in the order in which they are claimed: the one that
/// the account has, the plain one, those with a number. None: the operator has no platform.
pub(super) async fn addresses(
    connections: &Connections,
    company_plugin: &CompanyPlugin,
    company: &Name,
    there: Option<&Transport>,
) -> Result<Option<Vec<PlatformAddress>>, Failure> {
    if connections.operator().platform.is_none() {
        return Ok(None);
    }
    let platform = platform(connections)?;
    let had = if let Some(Transport::Platform(sender)) = there { sender.suffix } else { None };
    let numbers = (2..=MOST_NAMESAKES).map(NonZeroU32::new);
    let mut addresses = Vec::new();
    for suffix in std::iter::once(had).chain([None]).chain(numbers) {
        let identity = identity(company_plugin, company, &platform, suffix, "0").await?;
        addresses.push(PlatformAddress { suffix, address: identity.sender.address.parse()? });
    }
    addresses.dedup();
    Ok(Some(addresses))
}

async fn identity(
    company_plugin: &CompanyPlugin,
    company: &Name,
    platform: &Platform,
    suffix: Option<NonZeroU32>,
    token: &str,
) -> Result<Identity, Failure> {
    let suffix = suffix.map(|number| number.to_string());
    let none = company_plugin::no_files();
    let identity =
        company_plugin.platform_identity(&none, company.as_str(), platform, suffix.as_deref(), token).await?;
    identity.map_err(|e| Failure::input(format!("{}: {}", e.argument, e.detail)))
}

fn platform(connections: &Connections) -> Result<Platform, Failure> {
    let of = connections.operator().platform.as_ref();
    let of = of.ok_or_else(|| {
        Failure::input("the operator's settings have no [platform]: name them with --operator")
    })?;
    Ok(Platform {
        name: of.name.to_string(),
        domain: of.domain.to_string(),
        reply_domain: of.reply_domain.to_string(),
    })
}

async fn return_addresses(desk: &Desk) -> Result<ReturnAddresses, Failure> {
    let domain = platform(&desk.connections)?.reply_domain;
    Ok(desk.connections.return_addresses(&domain).await?)
}
