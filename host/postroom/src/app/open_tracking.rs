//! How the opening of a mail is checked (rule C4): by a pixel of ours where this program can be reached, by the
//! provider's own where it has one, and not at all with own SMTP.

use super::{AppError, Session, description, no_files};
use crate::connections::Connections;
use crate::engine::CompanyPlugin;
use crate::link_token::{LinkTokens, pixel_url};
use postroom_contract::accounts::Capability;
use postroom_contract::types::Reason as Warning;
use postroom_model::{Account, Transport, UserSettings};
use postroom_store::{MailId, OpenCheck, StoreError};

/// The check of a mail's opening.
#[derive(Debug)]
pub struct OpenTracking {
    /// What is checked, if the mail can be made so.
    pub check: OpenCheck,
    /// The link of its pixel.
    pub pixel: Option<String>,
    /// Why it is not checked although the user has set so for the account.
    pub refused: Option<String>,
}

impl OpenTracking {
    /// Decides how the opening of a mail is checked: as the user wants it for this mail, else as set for the account. What is
    /// wanted for this very mail and can't be is an error.
    pub async fn plan(session: &Session, wanted: Option<bool>, id: MailId) -> Result<Self, AppError> {
        let check = |check| Ok(Self { check, pixel: None, refused: None });
        if !wanted.unwrap_or(session.settings.check_opens) {
            return check(OpenCheck::Off);
        }
        if matches!(session.account.transport, Transport::SendGrid(_)) {
            return check(OpenCheck::Provider);
        }
        let public = session.connections.operator().web.public_url.as_ref();
        if let Some(public) = public.filter(|_| has_pixels(&session.account.transport)) {
            let tokens = LinkTokens::of(session.connections.link_keys().await?);
            let pixel = pixel_url(public, &tokens, session.company.id, id);
            return Ok(Self { check: OpenCheck::Pixel, pixel: Some(pixel), refused: None });
        }
        let Session { plugin, connections, account, settings, .. } = session;
        match (refuse_unseen(plugin, connections, account, settings).await, wanted) {
            (Err(error), Some(true)) => Err(error),
            (Err(error), _) => {
                Ok(Self { check: OpenCheck::Off, pixel: None, refused: Some(error.to_string()) })
            }
            (Ok(()), _) => check(OpenCheck::Off),
        }
    }

    /// Gives what is to be remembered of a mail that was composed: the plugin may have left the pixel out.
    pub fn after(&self, warnings: &[Warning]) -> OpenCheck {
        match pixel_left_out(warnings) {
            Some(_) => OpenCheck::Off,
            None => self.check,
        }
    }
}

/// Finds the warning that the plugin left the pixel out.
pub fn pixel_left_out(warnings: &[Warning]) -> Option<&Warning> {
    warnings.iter().find(|it| it.code == "no-pixel")
}

/// Tells whether a pixel of ours travels with the mail of this account. SendGrid has its own; own SMTP has none.
pub fn has_pixels(transport: &Transport) -> bool {
    matches!(transport, Transport::Platform(_) | Transport::Gmail(_) | Transport::Outlook(_))
}

/// Fails with the reason where openings can't be seen with this account.
pub async fn refuse_unseen(
    plugin: &CompanyPlugin,
    connections: &Connections,
    account: &Account,
    own: &UserSettings,
) -> Result<(), AppError> {
    if matches!(account.transport, Transport::SendGrid(_)) {
        return Ok(());
    }
    let described = description(connections, account, own);
    let can = plugin
        .account_capabilities(&no_files(), &described)
        .await?
        .map_err(|fault| AppError::Internal(fault.sentence()))?;
    let read = can.into_iter().find(|it| it.name == "read");
    match read {
        Some(read) if read.available != "no" => Ok(()),
        read => {
            let detail = read.map(|it| reasons(&it)).unwrap_or_default();
            Err(StoreError::Invalid { what: "check-opens", detail }.into())
        }
    }
}

/// Says why an account has an ability or not, in a line.
pub fn reasons(of: &Capability) -> String {
    of.reasons.iter().map(|it| it.detail.as_str()).collect::<Vec<_>>().join(" ")
}
