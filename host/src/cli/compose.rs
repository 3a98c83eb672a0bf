//! The mail of a document as a user sends it from a stored account: the same for one mail and for thousands (FEATURES B6).

use super::desk::{Desk, now};
use super::mail::MailArgs;
use super::opens::Opens;
use super::{Failure, platform};
use crate::accounts::{Transport, plugin_settings};
use crate::capabilities::attachments::AttachmentSource;
use crate::config::Config;
use crate::contract::types::Address;
use crate::contract::types::Reason as Warning;
use crate::outbox::Mode;
use crate::outbox::{Draft, DraftError, Keeping, Ready};
use crate::store::{MailId, NewMail, SendOptions};

/// A mail in hand, before anything is kept.
pub(super) struct Composed {
    pub(super) draft: Draft,
    pub(super) ready: Ready,
}

/// Makes the mail, with the link of its pixel where it has one.
///
/// # Errors
/// [`Failure`] of the program; the inner error is the document's.
pub(super) async fn compose(
    desk: &Desk,
    mail: &MailArgs,
    id: MailId,
    pixel: Option<String>,
) -> Result<Result<Composed, DraftError>, Failure> {
    let settings = plugin_settings(&desk.company, &desk.user, &desk.settings);
    let settings = serde_json::from_str(&settings).map_err(|e| Failure::other(e.to_string()))?;
    let config = Config { settings, ..Config::default() };
    let account = &desk.account;
    let name = account.display_name.as_ref().map(ToString::to_string);
    let sender = Address { name, address: account.address.to_string() };
    let stamp = now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
    let mut draft = match mail.draft(&config, sender, id.to_string(), stamp) {
        Ok(draft) => draft,
        Err(error) => return Ok(Err(error)),
    };
    // The mail's identity is the store's: attempts and reports refer to it.
    draft.id = id.to_string();
    draft.pixel = pixel;
    if let Some(logo) = &desk.logo {
        let (name, content) = (logo.file_name.clone(), AttachmentSource::from_bytes(logo.content.clone()));
        draft.attach_source(name, logo.media_type(), "logo", content);
    }
    match &account.transport {
        Transport::MailClient => draft.mode = Mode::MailClient,
        Transport::Platform(sender) => {
            platform::sign(desk, sender, &mut draft, id).await?;
            draft.return_path = Some(platform::return_path(desk, id).await?);
            if mail.format.is_none() {
                draft.format = "link".to_owned();
            }
        }
        _ => {}
    }
    if let Err(error) = draft.attach_embedded_pdf(&desk.company_plugin).await {
        return Ok(Err(error));
    }
    let ready = match draft.compose(&desk.company_plugin).await {
        Ok(ready) => ready,
        Err(error) => return Ok(Err(error)),
    };
    Ok(Ok(Composed { draft, ready }))
}

/// A document's own file that is missing.
pub(super) fn missing(ready: &Ready) -> Option<&Warning> {
    ready.message.warnings.iter().find(|it| it.code == "no-pdf" || it.code == "no-ubl")
}

/// A PDF that its recipient can't open, or not without a password.
pub(super) fn damaged(ready: &Ready) -> Option<&Warning> {
    const CODES: [&str; 4] = ["empty-pdf", "not-a-pdf", "truncated-pdf", "encrypted-pdf"];
    ready.message.warnings.iter().find(|it| CODES.contains(&it.code.as_str()))
}

/// A document whose recipient is the company itself.
pub(super) fn addressed_to_company(ready: &Ready) -> Option<&Warning> {
    ready.message.warnings.iter().find(|it| it.code == "recipient-is-company")
}

impl Composed {
    /// The mail as the store keeps it. Its files are read once, for their digests.
    pub(super) async fn to_enqueue(
        &self,
        desk: &Desk,
        id: MailId,
        options: SendOptions,
        opens: &Opens,
    ) -> Result<NewMail, Failure> {
        let open_check = opens.settled(&self.ready.message.warnings);
        let keeping = Keeping { id, account: desk.account.id, created: now(), options, open_check };
        self.ready.to_enqueue(&self.draft, keeping).await.map_err(|e| Failure::input(e.to_string()))
    }
}
