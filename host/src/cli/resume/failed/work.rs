//! The failed mails of one account: judged for the question, then made anew and put into the outbox a group at a time. What was
//! judged binds nobody: a mail that enters is judged by the store once more.

use super::row::{Aside, Row};
use crate::accounts::{Name, Transport};
use crate::cli::bulk::MOST_HELD;
use crate::cli::bulk::progress::{self, End};
use crate::cli::desk::{Desk, now};
use crate::cli::stopping::StopRequest;
use crate::cli::{Common, Failure, platform};
use crate::outbox::again;
use crate::store::{
    Again, Batch, BatchId, FilePlace, Listed, Location, MailId, NewMail, NotAgain, OpenCheck, Order, Piece,
    StoreError,
};
use std::collections::BTreeSet;
use tokio::sync::OnceCell;

/// Mails that enter the outbox by one commit.
const GROUP: usize = 100;

/// What is sent as one account.
pub(super) struct Work {
    pub(super) desk: Desk,
    pub(super) rows: Vec<Row>,
    /// What the new mails belong to, once one has entered the outbox.
    batch: OnceCell<BatchId>,
}

/// A mail made anew, and what is worth knowing of it.
struct Made {
    mail: NewMail,
    note: Option<String>,
}

impl Work {
    /// Judges mails of one account. `found` are all that are to be sent again.
    pub(super) async fn of(
        desk: Desk,
        mails: Vec<Listed>,
        found: &BTreeSet<MailId>,
    ) -> Result<Self, Failure> {
        let ids: Vec<MailId> = mails.iter().map(|it| it.mail.id).collect();
        let not_again = desk.user_store().not_again(&ids).await?;
        let mut rows = Vec::with_capacity(mails.len());
        for mail in mails {
            let id = mail.mail.id;
            let judged = match not_again.get(&id).copied() {
                _ if mail.mail.document.is_none() => Err(Aside::left_out("it is about no document")),
                // The later one of the same is not asked for here.
                Some(NotAgain::Repeated(later)) if !found.contains(&later) => made(&desk, id).await?,
                Some(not) => Err(Aside::of(&desk, id, not).await?),
                None => made(&desk, id).await?,
            };
            rows.push(Row::of(&mail, judged.map(|made| made.note)));
        }
        Ok(Self { desk, rows, batch: OnceCell::new() })
    }

    /// Puts the new mails into a batch that is there. One of another account is left alone: it is sent as that.
    pub(super) fn join(&mut self, batch: &Batch) {
        if batch.account == self.desk.account.id {
            self.batch = OnceCell::new_with(Some(batch.id));
        }
    }

    /// The batch, where something belongs to it.
    pub(super) fn batch(&self) -> Option<BatchId> {
        self.batch.get().copied()
    }

    /// Puts the mails into the outbox and sends them. Those for which `stop` came too early are still wanted then.
    pub(super) async fn send(
        &mut self,
        common: &Common,
        location: &Location,
        name: &Name,
        stop: &StopRequest,
    ) -> Result<End, Failure> {
        let Self { desk, rows, batch } = self;
        let filling = fill(desk, rows, (batch, name), stop);
        Ok(progress::send(common, desk, location, batch, stop, filling).await?.1)
    }
}

/// Makes the wanted mails anew, and puts them into the outbox. Ends between two mails when it is asked to stop.
async fn fill(
    desk: &Desk,
    rows: &mut [Row],
    batch: (&OnceCell<BatchId>, &Name),
    stop: &StopRequest,
) -> Result<(), Failure> {
    let (mut group, mut held) = (Vec::new(), 0);
    for row in rows.iter_mut().filter(|row| row.is_wanted()) {
        if stop.was_asked() {
            return Ok(());
        }
        match made(desk, row.mail).await? {
            Err(aside) => row.set_aside(aside),
            Ok(made) => {
                held += in_memory(&made.mail);
                group.push((Again { of: row.mail, mail: made.mail }, row));
            }
        }
        if group.len() >= GROUP || held > MOST_HELD {
            held = 0;
            enter(desk, std::mem::take(&mut group), batch).await?;
        }
    }
    match stop.was_asked() {
        true => Ok(()),
        false => enter(desk, group, batch).await,
    }
}

async fn enter(
    desk: &Desk,
    group: Vec<(Again, &mut Row)>,
    (batch, name): (&OnceCell<BatchId>, &Name),
) -> Result<(), Failure> {
    if group.is_empty() {
        return Ok(());
    }
    let (mails, rows): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    let order = Order { batch: Some(desk.opened(batch, name).await?), ..Order::default() };
    let answers = desk.user_store().enqueue_again(&mails, &order).await?;
    let mut refused = Vec::new();
    for (row, answer) in rows.into_iter().zip(answers) {
        match answer {
            Ok(id) => row.sent_as = Some(id),
            Err(not) => refused.push((row, not)),
        }
    }
    for (row, not) in refused {
        row.set_aside(Aside::of(desk, row.mail, not).await?);
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
async fn made(desk: &Desk, id: MailId) -> Result<Result<Made, Aside>, Failure> {
    let mail = match desk.user_store().mail(id).await {
        Err(StoreError::NoSuchMail(_)) => return Ok(Err(Aside::of(desk, id, NotAgain::Unknown).await?)),
        mail => mail?,
    };
    let new = MailId::new();
    let (reply_to, mail_from) = match &desk.account.transport {
        Transport::Platform(_) => {
            let renamed = platform::reply_token(desk, id, new).await?;
            (Some(renamed), Some(platform::return_path(desk, new).await?))
        }
        Transport::MailClient => return Ok(Err(Aside::fixable("it is sent by your own mail program"))),
        _ => (None, None),
    };
    let made = match again(&mail, new, now(), reply_to, mail_from).await {
        Ok(made) => made,
        Err(error) => return Ok(Err(Aside::fixable(error.to_string()))),
    };
    let suppressed = desk.connections.store().suppressed(desk.company.id, &made.message.rcpt_to).await?;
    if !suppressed.is_empty() {
        let named =
            suppressed.iter().map(|it| format!("{it}: `postroom suppressions release {}`", it.address));
        return Ok(Err(Aside::fixable(named.collect::<Vec<_>>().join("; "))));
    }
    let unseen = mail.mail.open_check == OpenCheck::Pixel;
    let note = unseen.then(|| "whether it is opened is not checked".to_owned());
    Ok(Ok(Made { mail: made, note }))
}
