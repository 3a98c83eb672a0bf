//! The mail of a document as a user sends it from a stored account: one mail and thousands are made alike (rule B6).

use super::platform::{return_path, sign};
use super::{AppError, MailContent, OpenTracking, Session, now};
use crate::outbox::{Draft, Keeping, Mode, Ready};
use postroom_contract::types::Address;
use postroom_contract::types::Reason as Warning;
use postroom_model::Transport;
use postroom_store::{MailId, NewMail, SendOptions};

/// A composed mail, before anything is stored.
#[derive(Debug)]
pub struct Composed {
    /// What was asked for.
    pub draft: Draft,
    /// What the plugin made of it.
    pub ready: Ready,
}

/// Composes a mail, with the link of its pixel where it has one. What is wrong with the document, or with the choices around
/// it, is [`AppError::Draft`].
pub async fn compose(
    session: &Session,
    mail: &MailContent,
    id: MailId,
    pixel: Option<String>,
) -> Result<Composed, AppError> {
    let account = &session.account;
    let name = account.display_name.as_ref().map(ToString::to_string);
    let sender = Address { name, address: account.address.to_string() };
    let stamp = now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
    let mut draft = mail.draft(session.plugin_settings.clone(), None, sender, id.to_string(), stamp)?;
    // The mail's identity is the store's: attempts and reports refer to it.
    draft.id = id.to_string();
    draft.pixel = pixel;
    if let Some(logo) = &session.logo {
        draft.attach_source(logo.file_name.clone(), logo.media_type, "logo", logo.content.clone());
    }
    match &account.transport {
        Transport::MailClient => draft.mode = Mode::MailClient,
        Transport::Platform(sender) => {
            sign(session, sender, &mut draft, id).await?;
            draft.return_path = Some(return_path(session, id).await?);
            if mail.format.is_none() {
                draft.format = "link".to_owned();
            }
        }
        _ => {}
    }
    draft.attach_embedded_pdf(&session.plugin).await?;
    let ready = draft.compose(&session.plugin).await?;
    Ok(Composed { draft, ready })
}

/// Finds the warning that a document's own file is missing.
pub fn missing(ready: &Ready) -> Option<&Warning> {
    ready.message.warnings.iter().find(|it| it.code == "no-pdf" || it.code == "no-ubl")
}

/// Finds the warning that a recipient can't open a PDF, or not without a password.
pub fn damaged(ready: &Ready) -> Option<&Warning> {
    const CODES: [&str; 4] = ["empty-pdf", "not-a-pdf", "truncated-pdf", "encrypted-pdf"];
    ready.message.warnings.iter().find(|it| CODES.contains(&it.code.as_str()))
}

/// Finds the warning that a document's recipient is the company itself.
pub fn addressed_to_company(ready: &Ready) -> Option<&Warning> {
    ready.message.warnings.iter().find(|it| it.code == "recipient-is-company")
}

impl Composed {
    /// Makes the mail as the store takes it. Its files are read once, for their digests.
    pub async fn new_mail(
        &self,
        session: &Session,
        id: MailId,
        options: SendOptions,
        opens: &OpenTracking,
    ) -> Result<NewMail, AppError> {
        let open_check = opens.after(&self.ready.message.warnings);
        let keeping = Keeping { id, account: session.account.id, created: now(), options, open_check };
        let digests = session.connections.file_digests();
        self.ready.to_enqueue(&self.draft, keeping, digests).await.map_err(|e| AppError::Input(e.to_string()))
    }
}
