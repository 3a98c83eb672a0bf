//! How the opening of a mail is checked (FEATURES C4): by a pixel of ours where this program can be reached, by the
//! provider's own where it has one, and not at all with own SMTP.

use super::contract_json::reasons;
use super::desk::Desk;
use super::house::description;
use super::{Failure, company_plugin};
use crate::accounts::{Account, Transport, UserSettings};
use crate::connections::Connections;
use crate::contract::types::Reason as Warning;
use crate::engine::CompanyPlugin;
use crate::store::{MailId, OpenCheck, StoreError};
use crate::web::{LinkTokens, pixel_url};

/// How a mail's opening is checked, and the link of its pixel where it has one.
pub(super) struct Opens {
    pub(super) check: OpenCheck,
    pub(super) pixel: Option<String>,
}

/// As the user wants it for this mail, else as he has set it for the account.
pub(super) async fn plan(desk: &Desk, wanted: Option<bool>, id: MailId) -> Result<Opens, Failure> {
    let none = Opens { check: OpenCheck::Off, pixel: None };
    if !wanted.unwrap_or(desk.settings.check_opens) {
        return Ok(none);
    }
    if matches!(desk.account.transport, Transport::SendGrid(_)) {
        return Ok(Opens { check: OpenCheck::Provider, pixel: None });
    }
    let public = desk.connections.operator().web.public_url.as_ref();
    if let Some(public) = public.filter(|_| has_pixels(&desk.account.transport)) {
        let tokens = LinkTokens::of(desk.connections.link_keys().await?);
        let pixel = pixel_url(public, &tokens, desk.company.id, id);
        return Ok(Opens { check: OpenCheck::Pixel, pixel: Some(pixel) });
    }
    let refused = refuse_unseen(&desk.company_plugin, &desk.connections, &desk.account, &desk.settings).await;
    match (refused, wanted) {
        (Err(failure), Some(true)) => Err(failure),
        (Err(failure), _) => {
            eprintln!("postroom: the mail's opening is not checked: {}", failure.message);
            Ok(none)
        }
        (Ok(()), _) => Ok(none),
    }
}

impl Opens {
    /// What is to be remembered of a mail that was composed: the plugin may have left the pixel out.
    pub(super) fn settled(&self, warnings: &[Warning]) -> OpenCheck {
        match warnings.iter().find(|it| it.code == "no-pixel") {
            Some(warning) => {
                eprintln!("postroom: {}", super::output::printable(&warning.detail));
                OpenCheck::Off
            }
            None => self.check,
        }
    }
}

/// Whether a pixel of ours travels with the mail of this account. SendGrid has its own; own SMTP has none.
pub(super) fn has_pixels(transport: &Transport) -> bool {
    matches!(transport, Transport::Platform(_) | Transport::Gmail(_) | Transport::Outlook(_))
}

/// Openings are checked only where they can be seen: fails with the reason.
pub(super) async fn refuse_unseen(
    company_plugin: &CompanyPlugin,
    connections: &Connections,
    account: &Account,
    own: &UserSettings,
) -> Result<(), Failure> {
    if matches!(account.transport, Transport::SendGrid(_)) {
        return Ok(());
    }
    let described = description(connections, account, own);
    let can = company_plugin
        .account_capabilities(&company_plugin::no_files(), &described)
        .await?
        .map_err(|fault| Failure::other(fault.sentence()))?;
    let read = can.into_iter().find(|it| it.name == "read");
    match read {
        Some(read) if read.available != "no" => Ok(()),
        read => {
            let detail = read.map(|it| reasons(&it)).unwrap_or_default();
            Err(StoreError::Invalid { what: "check-opens", detail }.into())
        }
    }
}
