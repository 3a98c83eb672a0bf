//! The failed mails of one account: judged for the question, then made anew and put into the outbox a group at a time. What was
//! judged is not binding: a mail that enters is judged by the store once more.

use super::row::{NotResent, ResendRow};
use crate::app::bulk::MOST_HELD;
use crate::app::platform::{reply_token, return_path};
use crate::app::{AppError, Session, StopSignal, now};
use crate::outbox::again;
use postroom_model::{Name, Transport};
use postroom_store::{
    Again, Batch, BatchId, FilePlace, Listed, MailId, NewMail, NotAgain, OpenCheck, Order, Piece, StoreError,
};
use std::collections::BTreeSet;
use tokio::sync::OnceCell;

/// Mails that enter the outbox by one commit.
const GROUP: usize = 100;

/// Failed mails of one account.
#[derive(Debug)]
pub struct AccountResend {
    /// The session that sends them again.
    pub session: Session,
    /// What becomes of each.
    pub rows: Vec<ResendRow>,
    /// What the new mails belong to, once one has entered the outbox.
    batch: OnceCell<BatchId>,
}

/// A mail made anew, and whether it loses the pixel of the old one.
struct RecomposedMail {
    mail: NewMail,
    loses_pixel: bool,
}

impl AccountResend {
    /// Judges mails of one account. `found` are all that are to be sent again.
    pub(super) async fn of(
        session: Session,
        mails: Vec<Listed>,
        found: &BTreeSet<MailId>,
    ) -> Result<Self, AppError> {
        let ids: Vec<MailId> = mails.iter().map(|it| it.mail.id).collect();
        let not_again = session.user_store().not_again(&ids).await?;
        let mut rows = Vec::with_capacity(mails.len());
        for mail in mails {
            let id = mail.mail.id;
            let judged = match not_again.get(&id).copied() {
                _ if mail.mail.document.is_none() => Err(NotResent::NoDocument),
                // The later one of the same is not asked for here.
                Some(NotAgain::Repeated(later)) if !found.contains(&later) => {
                    make_again(&session, id).await?
                }
                Some(not) => Err(NotResent::of(&session, id, not).await?),
                None => make_again(&session, id).await?,
            };
            rows.push(ResendRow::of(&mail, judged.map(|recomposed| recomposed.loses_pixel)));
        }
        Ok(Self { session, rows, batch: OnceCell::new() })
    }

    /// Puts the new mails into a batch that is there. One of another account is left alone: it is sent as that.
    pub(super) fn join(&mut self, batch: &Batch) {
        if batch.account == self.session.account.id {
            self.batch = OnceCell::new_with(Some(batch.id));
        }
    }

    /// Gives the batch, where something belongs to it.
    pub fn batch(&self) -> Option<BatchId> {
        self.batch.get().copied()
    }

    /// Gives what sends the batch, and the work that puts the mails into it. Mails for which `stop` came too early are still
    /// wanted afterwards.
    pub fn filling<'a>(
        &'a mut self,
        name: &'a Name,
        stop: &'a StopSignal,
    ) -> (&'a Session, &'a OnceCell<BatchId>, impl Future<Output = Result<(), AppError>> + 'a) {
        let Self { session, rows, batch } = self;
        let (session, batch) = (&*session, &*batch);
        (session, batch, fill(session, rows, (batch, name), stop))
    }
}

/// Makes the wanted mails anew, and puts them into the outbox. Ends between two mails when it is asked to stop.
async fn fill(
    session: &Session,
    rows: &mut [ResendRow],
    batch: (&OnceCell<BatchId>, &Name),
    stop: &StopSignal,
) -> Result<(), AppError> {
    let (mut group, mut held) = (Vec::new(), 0);
    for row in rows.iter_mut().filter(|row| row.is_wanted()) {
        if stop.was_asked() {
            return Ok(());
        }
        match make_again(session, row.mail).await? {
            Err(aside) => row.set_aside(aside),
            Ok(recomposed) => {
                held += in_memory(&recomposed.mail);
                group.push((Again { of: row.mail, mail: recomposed.mail }, row));
            }
        }
        if group.len() >= GROUP || held > MOST_HELD {
            held = 0;
            enter(session, std::mem::take(&mut group), batch).await?;
        }
    }
    match stop.was_asked() {
        true => Ok(()),
        false => enter(session, group, batch).await,
    }
}

async fn enter(
    session: &Session,
    group: Vec<(Again, &mut ResendRow)>,
    (batch, name): (&OnceCell<BatchId>, &Name),
) -> Result<(), AppError> {
    if group.is_empty() {
        return Ok(());
    }
    let (mails, rows): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    let order = Order { batch: Some(session.batch(batch, name).await?), ..Order::default() };
    let answers = session.user_store().enqueue_again(&mails, &order).await?;
    let mut refused = Vec::new();
    for (row, answer) in rows.into_iter().zip(answers) {
        match answer {
            Ok(id) => row.sent_as = Some(id),
            Err(not) => refused.push((row, not)),
        }
    }
    for (row, not) in refused {
        row.set_aside(NotResent::of(session, row.mail, not).await?);
    }
    Ok(())
}

/// Bytes of a mail that are in memory until it has entered the outbox.
fn in_memory(mail: &NewMail) -> u64 {
    let stored = mail.files.iter().filter_map(|file| match &file.place {
        FilePlace::Stored(content) => Some(content.len()),
        FilePlace::Disk(_) => None,
    });
    let texts = mail.message.pieces.iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text.len()),
        Piece::File(_) | Piece::Raw(_) => None,
    });
    stored.chain(texts).chain([mail.message.html.len(), mail.message.text.len()]).sum::<usize>() as u64
}

/// Makes the new mail of one that failed, and asks whether its recipients may be written to.
async fn make_again(session: &Session, id: MailId) -> Result<Result<RecomposedMail, NotResent>, AppError> {
    let mail = match session.user_store().mail(id).await {
        Err(StoreError::NoSuchMail(_)) => {
            return Ok(Err(NotResent::of(session, id, NotAgain::Unknown).await?));
        }
        mail => mail?,
    };
    let new = MailId::new();
    let (reply_to, mail_from) = match &session.account.transport {
        Transport::Platform(_) => {
            let renamed = reply_token(session, id, new).await?;
            (Some(renamed), Some(return_path(session, new).await?))
        }
        Transport::MailClient => return Ok(Err(NotResent::OwnProgram)),
        _ => (None, None),
    };
    let recomposed = match again(&mail, new, now(), reply_to, mail_from).await {
        Ok(recomposed) => recomposed,
        Err(error) => return Ok(Err(NotResent::Unmakeable(error.to_string()))),
    };
    let suppressed =
        session.connections.store().suppressed(session.company.id, &recomposed.message.rcpt_to).await?;
    if !suppressed.is_empty() {
        return Ok(Err(NotResent::Suppressed(suppressed)));
    }
    let loses_pixel = mail.mail.open_check == OpenCheck::Pixel;
    Ok(Ok(RecomposedMail { mail: recomposed, loses_pixel }))
}
