//! Sending from the platform in the company's name (rule A14).

use super::{AppError, Session, no_files};
use crate::connections::Connections;
use crate::engine::CompanyPlugin;
use crate::outbox::{Draft, Mode, Renamed};
use crate::return_address::{Purpose, ReturnAddresses};
use postroom_contract::accounts::{Identity, Platform};
use postroom_model::{Name, PlatformAddress, PlatformSender, Transport};
use postroom_store::{MailId, StoreError};
use std::num::NonZeroU32;

/// Companies whose names give the same address. More of them choose other names.
const MOST_NAMESAKES: u32 = 100;

/// Sets the company's name on the platform as a draft's From, and a Reply-To that leads back.
pub(super) async fn sign(
    session: &Session,
    sender: &PlatformSender,
    draft: &mut Draft,
    id: MailId,
) -> Result<(), AppError> {
    let platform = platform(&session.connections)?;
    let token = return_addresses(session).await?.token(Purpose::Reply, session.company.id, id);
    let identity = identity(&session.plugin, &session.company.name, &platform, sender.suffix, &token).await?;
    // Nothing is signed for an address that is not the company's, whatever its row says.
    let own = PlatformAddress { suffix: sender.suffix, address: identity.sender.address.parse()? };
    let administrator = session.connections.store().company_store(session.company.id);
    administrator.hold_platform_address(&own).await.map_err(|error| match error {
        StoreError::Taken { name, .. } => {
            AppError::PlatformAddressTaken { address: name, account: session.account.name.clone() }
        }
        error => error.into(),
    })?;
    let name = identity.reply_to.name.unwrap_or_default().replace('"', "'");
    draft.overrides.reply_to = Some(format!("\"{name}\" <{}>", identity.reply_to.address));
    draft.sender = identity.sender;
    draft.mode = Mode::Platform;
    Ok(())
}

/// Makes the address that reports about a mail come back to.
pub(super) async fn return_path(session: &Session, id: MailId) -> Result<String, AppError> {
    Ok(return_addresses(session).await?.mint(Purpose::Bounce, session.company.id, id))
}

/// Makes what names a mail in its Reply-To, of a mail and of the one that is made of it.
pub(super) async fn reply_token(session: &Session, from: MailId, to: MailId) -> Result<Renamed, AppError> {
    let addresses = return_addresses(session).await?;
    let token = |id| addresses.token(Purpose::Reply, session.company.id, id);
    Ok(Renamed { from: token(from), to: token(to) })
}

/// Lists the addresses that a company of this name may have on the platform, in the order in which they are claimed: the one that
/// the account has, the plain one, those with a number. None: the operator has no platform.
pub async fn platform_addresses(
    connections: &Connections,
    plugin: &CompanyPlugin,
    company: &Name,
    there: Option<&Transport>,
) -> Result<Option<Vec<PlatformAddress>>, AppError> {
    if connections.operator().platform.is_none() {
        return Ok(None);
    }
    let platform = platform(connections)?;
    let had = if let Some(Transport::Platform(sender)) = there { sender.suffix } else { None };
    let numbers = (2..=MOST_NAMESAKES).map(NonZeroU32::new);
    let mut addresses = Vec::new();
    for suffix in std::iter::once(had).chain([None]).chain(numbers) {
        let identity = identity(plugin, company, &platform, suffix, "0").await?;
        addresses.push(PlatformAddress { suffix, address: identity.sender.address.parse()? });
    }
    addresses.dedup();
    Ok(Some(addresses))
}

async fn identity(
    plugin: &CompanyPlugin,
    company: &Name,
    platform: &Platform,
    suffix: Option<NonZeroU32>,
    token: &str,
) -> Result<Identity, AppError> {
    let suffix = suffix.map(|number| number.to_string());
    let none = no_files();
    let identity =
        plugin.platform_identity(&none, company.as_str(), platform, suffix.as_deref(), token).await?;
    identity.map_err(|e| AppError::Input(format!("{}: {}", e.argument, e.detail)))
}

fn platform(connections: &Connections) -> Result<Platform, AppError> {
    let of = connections.operator().platform.as_ref();
    let of = of.ok_or(AppError::NoPlatform)?;
    Ok(Platform {
        name: of.name.to_string(),
        domain: of.domain.to_string(),
        reply_domain: of.reply_domain.to_string(),
    })
}

async fn return_addresses(session: &Session) -> Result<ReturnAddresses, AppError> {
    let domain = platform(&session.connections)?.reply_domain;
    Ok(session.connections.return_addresses(&domain).await?)
}
