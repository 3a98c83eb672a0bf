//! Sending from the platform in the company's name (FEATURES A14).

use super::desk::Desk;
use super::{Failure, office};
use crate::accounts::PlatformSender;
use crate::contract::accounts::Platform;
use crate::contract::composing::Mode;
use crate::outbox::Draft;
use crate::return_address::{Purpose, ReturnAddresses};
use crate::store::MailId;

/// Puts the company's name on the platform on a draft: From, and a Reply-To that leads back.
pub(super) async fn sign(
    desk: &Desk,
    sender: &PlatformSender,
    draft: &mut Draft,
    id: MailId,
) -> Result<(), Failure> {
    let platform = platform(desk)?;
    let token = addresses(desk).await?.token(Purpose::Reply, desk.company.id, id);
    let suffix = sender.suffix.map(|number| number.to_string());
    let (none, company) = (office::no_files(), desk.company.name.as_str());
    let identity =
        desk.office.platform_identity(&none, company, &platform, suffix.as_deref(), &token).await?;
    let identity = identity.map_err(|e| Failure::input(format!("{}: {}", e.argument, e.detail)))?;
    let name = identity.reply_to.name.unwrap_or_default().replace('"', "'");
    draft.overrides.reply_to = Some(format!("\"{name}\" <{}>", identity.reply_to.address));
    draft.sender = identity.sender;
    draft.mode = Mode::Platform;
    Ok(())
}

/// Where reports about a mail come back to.
pub(super) async fn return_path(desk: &Desk, id: MailId) -> Result<String, Failure> {
    Ok(addresses(desk).await?.mint(Purpose::Bounce, desk.company.id, id))
}

fn platform(desk: &Desk) -> Result<Platform, Failure> {
    let of = desk.connections.operator().platform.as_ref();
    let of = of.ok_or_else(|| {
        Failure::input("the operator's settings have no [platform]: name them with --operator")
    })?;
    Ok(Platform {
        name: of.name.to_string(),
        domain: of.domain.to_string(),
        reply_domain: of.reply_domain.to_string(),
    })
}

async fn addresses(desk: &Desk) -> Result<ReturnAddresses, Failure> {
    let domain = platform(desk)?.reply_domain;
    Ok(desk.connections.return_addresses(&domain).await?)
}
