//! What becomes of a mail that failed, as a row.

use crate::app::{AppError, Session, now, recipients_of};
use postroom_store::{Listed, MailId, NotAgain, OutboxRow, QueueState, Suppression};
use serde::Serialize;

/// A mail that failed, and what becomes of it.
#[derive(Debug, Serialize)]
pub struct ResendRow {
    /// The mail.
    pub mail: MailId,
    /// The number of its document.
    pub number: String,
    /// Its recipients.
    pub to: String,
    /// Its account.
    pub account: String,
    /// What becomes of it.
    pub verdict: ResendVerdict,
    /// Why it is not sent again.
    #[serde(skip)]
    pub reason: Option<NotResent>,
    /// Whether the new mail is opened can't be seen, as it could with the old one.
    #[serde(skip)]
    pub loses_pixel: bool,
    /// The mail that it is sent as, once that is in the outbox.
    pub sent_as: Option<MailId>,
    /// It came out otherwise than it was shown before the question.
    #[serde(skip)]
    pub is_changed: bool,
}

/// The decision on a mail that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResendVerdict {
    /// It is sent as a new mail.
    Again,
    /// It is not sent before a person has put right what the row says.
    Fixable,
    /// Another mail of the document decides.
    LeftOut,
    /// It could be sent, but the program ended before.
    NotSent,
}

/// Why a mail is not sent again.
#[derive(Debug)]
pub enum NotResent {
    /// Its account was removed.
    AccountRemoved,
    /// It is about no document.
    NoDocument,
    /// Its account's mail is sent by the user's own program.
    OwnProgram,
    /// It is gone, or the user may not use its account any more.
    Gone,
    /// Its content was removed.
    ContentRemoved,
    /// What it is about is not known any more.
    NoIntent,
    /// It left for some of its recipients, or may have.
    LeftForSome,
    /// It has come to another state meanwhile.
    Became(&'static str),
    /// Another mail of the document left for some, or may have.
    OtherLeftForSome {
        /// That mail.
        mail: MailId,
        /// It is the later one.
        is_later: bool,
    },
    /// Another mail of the document is in this state.
    OtherIs {
        /// That mail.
        mail: MailId,
        /// It is the later one.
        is_later: bool,
        /// Its state, where it is known.
        state: Option<&'static str>,
    },
    /// A later mail of the number failed, too, and is the one to send again.
    LaterFailed(MailId),
    /// The document was asked for again from an account that the user may not use.
    AskedElsewhere,
    /// A later mail of the same failed, too, and is sent again.
    Repeated(MailId),
    /// The new mail can't be made.
    Unmakeable(String),
    /// Recipients are not written to any more.
    Suppressed(Vec<Suppression>),
    /// An error came first.
    ErrorFirst,
    /// It was stopped first.
    Stopped,
}

impl NotResent {
    /// Decides what becomes of the mail.
    pub fn verdict(&self) -> ResendVerdict {
        match self {
            Self::AccountRemoved
            | Self::OwnProgram
            | Self::Gone
            | Self::ContentRemoved
            | Self::NoIntent
            | Self::Unmakeable(_)
            | Self::Suppressed(_) => ResendVerdict::Fixable,
            Self::NoDocument
            | Self::LeftForSome
            | Self::Became(_)
            | Self::OtherLeftForSome { .. }
            | Self::OtherIs { .. }
            | Self::LaterFailed(_)
            | Self::AskedElsewhere
            | Self::Repeated(_) => ResendVerdict::LeftOut,
            Self::ErrorFirst | Self::Stopped => ResendVerdict::NotSent,
        }
    }

    /// Says why the store does not let a mail be sent again.
    pub(super) async fn of(session: &Session, mail: MailId, not: NotAgain) -> Result<Self, AppError> {
        Ok(match not {
            NotAgain::Unknown => Self::Gone,
            NotAgain::Emptied => Self::ContentRemoved,
            NotAgain::NoIntent => Self::NoIntent,
            // Those whom it did not reach are not written to alone.
            NotAgain::Left => match state(session, mail).await? {
                Some(row) if !is_failed(&row) => Self::Became(row.label(now())),
                _ => Self::LeftForSome,
            },
            NotAgain::Other(other) => {
                let is_later = other > mail;
                match state(session, other).await? {
                    Some(row) if is_failed(&row) => Self::OtherLeftForSome { mail: other, is_later },
                    row => {
                        let state = row.map(|row| row.label(now()));
                        Self::OtherIs { mail: other, is_later, state }
                    }
                }
            }
            NotAgain::Failed(other) => Self::LaterFailed(other),
            NotAgain::Elsewhere => Self::AskedElsewhere,
            NotAgain::Repeated(other) => Self::Repeated(other),
        })
    }
}

async fn state(session: &Session, mail: MailId) -> Result<Option<OutboxRow>, AppError> {
    Ok(session.user_store().outbox_rows(&[mail]).await?.remove(&mail))
}

fn is_failed(row: &OutboxRow) -> bool {
    matches!(row.queue_state, QueueState::Failed { .. })
}

impl ResendRow {
    /// Makes the row of a mail: one that is sent again, maybe without its pixel, or one that is not.
    pub(super) fn of(mail: &Listed, judged: Result<bool, NotResent>) -> Self {
        let (verdict, loses_pixel, reason) = match judged {
            Ok(loses_pixel) => (ResendVerdict::Again, loses_pixel, None),
            Err(reason) => (reason.verdict(), false, Some(reason)),
        };
        Self {
            mail: mail.mail.id,
            number: mail.mail.document.as_ref().map(|of| of.number.clone()).unwrap_or_default(),
            to: recipients_of(mail),
            account: mail.account.clone(),
            verdict,
            reason,
            loses_pixel,
            sent_as: None,
            is_changed: false,
        }
    }

    /// Tells whether it is to be sent again, and is not in the outbox yet.
    pub fn is_wanted(&self) -> bool {
        self.verdict == ResendVerdict::Again && self.sent_as.is_none()
    }

    /// Notes that it is not sent again after all.
    pub fn set_aside(&mut self, reason: NotResent) {
        (self.verdict, self.reason, self.is_changed) = (reason.verdict(), Some(reason), true);
        self.loses_pixel = false;
    }
}
