//! The copies in Sent of mails that a worker sent: filed many at once, apart from the sending, and looked for before they
//! are filed a second time.

use super::{AccountContext, InFlight, Worker};
use crate::outbox::error::OutboxError;
use crate::outbox::facts::Time;
use crate::outbox::sent_copy::{self, SentCopy};
use chrono::Duration;
use postroom_store::{CopyDue, Mail, MailId, StoreError, SystemStore};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Copies in one go.
const GROUP: u32 = 32;

/// From one look to the next.
const LOOK: std::time::Duration = std::time::Duration::from_millis(100);

/// How long a group may take.
const LEASE: std::time::Duration = std::time::Duration::from_secs(300);

/// Times that a copy is tried: for a day and a half.
const TRIES: u32 = 24;

impl Worker {
    /// Files what is due, one group of each account at a time. The number of copies taken.
    pub(super) async fn copies(&self, hands: &mut InFlight, now: Time) -> Result<usize, StoreError> {
        // They are in no hurry while mails leave.
        if !hands.tasks.is_empty() && hands.copies.is_some_and(|looked| looked.elapsed() < LOOK) {
            return Ok(0);
        }
        hands.copies = Some(Instant::now());
        let mut taken = 0;
        for due in self.own(self.outbox.store.copies_due(now).await?) {
            // A group at a time: one connection of the mailbox.
            if hands.filing.contains(&due.account) {
                continue;
            }
            let Ok(place) = self.place(hands, due).await? else { continue };
            let copies = self.outbox.store.claim_copies(due.account, GROUP, now, LEASE).await?;
            if copies.is_empty() {
                continue;
            }
            taken += copies.len();
            hands.filing.insert(due.account);
            let (outbox, notices) = (self.outbox.clone(), Arc::clone(&self.notices));
            hands.tasks.spawn(async move {
                if let Err(error) = file(&outbox.store, &place, &copies, outbox.clock.now()).await {
                    notices(&format!("copies of {}: {error}", place.account.name));
                }
                super::Done::Filed(due.account)
            });
        }
        Ok(taken)
    }
}

async fn file(
    store: &SystemStore,
    place: &AccountContext,
    copies: &[CopyDue],
    now: Time,
) -> Result<(), OutboxError> {
    let mut by_transport: BTreeMap<String, Vec<(Mail, u32)>> = BTreeMap::new();
    for copy in copies {
        let mail = store.mail(copy.mail).await?;
        let by = mail.attempts.last().map_or_else(String::new, |attempt| attempt.transport.clone());
        by_transport.entry(by).or_default().push((mail, copy.tries));
    }
    for (transport, mails) in by_transport {
        file_group(store, place, &transport, &mails, now).await?;
    }
    Ok(())
}

async fn file_group(
    store: &SystemStore,
    place: &AccountContext,
    transport: &str,
    mails: &[(Mail, u32)],
    now: Time,
) -> Result<(), OutboxError> {
    let tried: Vec<&Mail> = mails.iter().filter(|(_, tries)| *tries > 0).map(|(mail, _)| mail).collect();
    let mut there = Vec::new();
    if !tried.is_empty()
        && let Some(found) =
            sent_copy::present(&place.company_plugin, &place.account, transport, &tried).await?
    {
        there.extend(tried.iter().zip(found).filter(|(_, found)| *found).map(|(mail, _)| mail.mail.id));
    }
    let missing: Vec<&(Mail, u32)> =
        mails.iter().filter(|(mail, _)| !there.contains(&mail.mail.id)).collect();
    let of: Vec<&Mail> = missing.iter().map(|(mail, _)| mail).collect();
    let mut later: BTreeMap<u32, Vec<MailId>> = BTreeMap::new();
    if !of.is_empty() {
        let filed = sent_copy::file(&place.company_plugin, &place.account, transport, &of, now).await?;
        for ((mail, tries), copy) in missing.iter().zip(filed) {
            match copy {
                SentCopy::Failed { .. } | SentCopy::InDoubt { .. } if *tries + 1 < TRIES => {
                    later.entry(*tries).or_default().push(mail.mail.id);
                }
                _ => there.push(mail.mail.id),
            }
        }
    }
    store.copies_done(&there).await?;
    for (tries, mails) in later {
        // After 1, 2, 4, … minutes, and then every two hours.
        let minutes = 1_i64 << tries.min(7);
        store.copies_later(&mails, now + Duration::minutes(minutes.min(120))).await?;
    }
    Ok(())
}
