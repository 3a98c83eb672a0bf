//! Filing the copies in Sent of mails that a worker sent: many at once, apart from the sending, because a mailbox takes a group as
//! fast as one. A copy that may be there already is looked for before it is filed a second time.

use super::in_flight::{Finished, InFlight};
use super::{AccountContext, Worker};
use crate::outbox::error::OutboxError;
use crate::outbox::facts::Time;
use crate::outbox::outbox_handle::OutboxHandle;
use crate::outbox::retry::Backoff;
use crate::outbox::sent_copy::{self, SentCopy};
use crate::outbox::spans;
use postroom_store::{CopyDue, Mail, MailId, StoreError};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tracing::Instrument as _;

/// Copies that are claimed together.
const GROUP: u32 = 32;

/// Time between two claims while mails leave.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long a group of copies is leased.
const LEASE: Duration = Duration::from_secs(300);

/// Times that a copy is tried: for a day and a half.
const TRIES: u32 = 24;

/// Pauses between tries at a copy.
const BACKOFF: Backoff =
    Backoff { first: Duration::from_secs(60), longest: Duration::from_secs(2 * 60 * 60) };

impl Worker {
    /// Appends copies that are due to Sent, one group of each account at a time. Gives how many copies it claimed.
    pub(super) async fn file_copies(&self, in_flight: &mut InFlight, now: Time) -> Result<usize, StoreError> {
        // Copies may wait while mails leave.
        if !in_flight.tasks.is_empty() && in_flight.last_copies.is_some_and(|last| last.elapsed() < INTERVAL)
        {
            return Ok(0);
        }
        in_flight.last_copies = Some(Instant::now());
        let mut claimed = 0;
        for due in self.own(self.outbox.store.copies_due(now).await?) {
            // A group at a time: one connection of the mailbox.
            if in_flight.filing.contains(&due.account) {
                continue;
            }
            let Ok(context) = self.account_context(in_flight, due).await? else { continue };
            let copies = self.outbox.store.claim_copies(due.account, GROUP, now, LEASE).await?;
            if copies.is_empty() {
                continue;
            }
            claimed += copies.len();
            in_flight.filing.insert(due.account);
            let (outbox, span) = (self.outbox.clone(), spans::account(due.company, due.account));
            let filing = async move {
                if let Err(error) = file(&outbox, &context, &copies, outbox.clock.now()).await {
                    tracing::error!("copies of {}: {error}", context.account.name);
                }
                Finished::Copies(due.account)
            };
            in_flight.tasks.spawn(filing.instrument(span));
        }
        Ok(claimed)
    }
}

async fn file(
    outbox: &OutboxHandle,
    context: &AccountContext,
    copies: &[CopyDue],
    now: Time,
) -> Result<(), OutboxError> {
    let mut by_transport: BTreeMap<String, Vec<(Mail, u32)>> = BTreeMap::new();
    for copy in copies {
        let mail = outbox.store.mail(copy.mail).await?;
        let by = mail.attempts.last().map_or_else(String::new, |attempt| attempt.transport.clone());
        by_transport.entry(by).or_default().push((mail, copy.tries));
    }
    for (transport, mails) in by_transport {
        file_group(outbox, context, &transport, &mails, now).await?;
    }
    Ok(())
}

async fn file_group(
    outbox: &OutboxHandle,
    context: &AccountContext,
    transport: &str,
    mails: &[(Mail, u32)],
    now: Time,
) -> Result<(), OutboxError> {
    let tried: Vec<&Mail> = mails.iter().filter(|(_, tries)| *tries > 0).map(|(mail, _)| mail).collect();
    let mut there = Vec::new();
    if !tried.is_empty()
        && let Some(found) =
            sent_copy::present(&context.company_plugin, &context.account, transport, &tried).await?
    {
        there.extend(tried.iter().zip(found).filter(|(_, found)| *found).map(|(mail, _)| mail.mail.id));
    }
    let missing: Vec<&(Mail, u32)> =
        mails.iter().filter(|(mail, _)| !there.contains(&mail.mail.id)).collect();
    let of: Vec<&Mail> = missing.iter().map(|(mail, _)| mail).collect();
    let mut later: BTreeMap<u32, Vec<MailId>> = BTreeMap::new();
    if !of.is_empty() {
        let (plugin, account) = (&context.company_plugin, &context.account);
        let filed = sent_copy::file(outbox, plugin, account, transport, &of, now).await?;
        for ((mail, tries), copy) in missing.iter().zip(filed) {
            match copy {
                SentCopy::Failed { .. } | SentCopy::InDoubt { .. } if *tries + 1 < TRIES => {
                    later.entry(*tries).or_default().push(mail.mail.id);
                }
                _ => there.push(mail.mail.id),
            }
        }
    }
    outbox.store.copies_done(&there).await?;
    for (tries, mails) in later {
        outbox.store.copies_later(&mails, now + BACKOFF.pause(tries)).await?;
    }
    Ok(())
}
