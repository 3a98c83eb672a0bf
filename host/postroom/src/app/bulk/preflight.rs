//! The check before a batch (rule F5): a row for each mail, and what the account's quota means for all of them.

use super::domains::Domains;
use super::earlier::Checked;
use super::row::{Note, Problem, Row, Verdict};
use super::{Batch, BulkRequest};
use crate::app::{
    AppError, Composed, MailContent, OpenTracking, Session, addressed_to_company, compose, damaged, missing,
    no_files, now,
};
use crate::outbox::{Draft, limits};
use crate::records::is_like;
use chrono::{DateTime, Duration, FixedOffset};
use postroom_contract::accounts::Allowance;
use postroom_contract::documents::Summary;
use postroom_contract::types::Address;
use postroom_contract::types::Reason as Warning;
use postroom_store::{MailId, NewMail, SendOptions};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The account's limits, and when the batch would have left.
#[derive(Debug, Clone, Serialize)]
pub struct Quota {
    /// Mails a minute.
    pub per_minute: Option<u32>,
    /// Recipients in 24 hours.
    pub per_day: Option<u32>,
    /// Recipients of the account's mails in the last 24 hours.
    pub sent_today: u64,
    /// Mails of the batch.
    pub mails: u64,
    /// When the last of them would leave, at the account's pace.
    pub expected_end: DateTime<FixedOffset>,
    /// Why some of them wait for longer.
    pub note: Option<String>,
}

/// The limits that a row is checked against.
#[derive(Debug)]
pub(super) struct Measure {
    allowance: Allowance,
    options: SendOptions,
    /// Where it may be asked what a domain publishes.
    domains: Option<Domains>,
}

impl Measure {
    pub(super) async fn of(
        session: &Session,
        options: SendOptions,
        domains: Option<Domains>,
    ) -> Result<Self, AppError> {
        Ok(Self { allowance: limits(&session.plugin, &session.account).await?, options, domains })
    }
}

/// Tells whether the user chose others than this document.
pub(super) fn is_left_out(request: &BulkRequest, of: &Summary) -> bool {
    let other = |pattern: &Option<String>, text: &str| pattern.as_ref().is_some_and(|it| !is_like(text, it));
    other(&request.number, &of.number)
        || (other(&request.partner, &of.buyer) && other(&request.partner, &of.seller))
        || request.leave_out.contains(&of.number)
}

/// Makes and checks one mail, as far as that can be done without the store. What is left out by the user's own choice has no
/// row.
pub(super) async fn check(batch: &Batch, file: PathBuf) -> Result<Option<Checked>, AppError> {
    let Batch { session, request, measure, .. } = batch;
    let mail = MailContent::of_document(file.clone(), &request.content);
    let id = MailId::new();
    let opens = OpenTracking::plan(session, None, id).await?;
    if let Some(why) = &opens.refused {
        let _ = batch.opens_refused.set(why.clone());
    }
    let composed = match compose(session, &mail, id, opens.pixel.clone()).await {
        Ok(composed) => composed,
        Err(AppError::Draft(error)) => {
            let summary = summary(session, &file).await;
            if summary.as_ref().is_some_and(|summary| is_left_out(request, summary)) {
                return Ok(None);
            }
            return Ok(Some((Row::unmade(file, error, summary), None)));
        }
        Err(error) => return Err(error),
    };
    let summary = &composed.ready.summary;
    if is_left_out(request, summary) {
        return Ok(None);
    }
    let mut row = Row::of(&file, &composed);
    row.judge(&composed, session, request, measure);
    if let Some(domains) = &measure.domains {
        let lacks = domains.lacks(&domain(&composed.ready.message.sender.address)).await;
        row.notes.extend(lacks.into_iter().map(Note::Domain));
    }
    let new = match composed.new_mail(session, id, measure.options, &opens).await {
        Ok(new) => new,
        Err(error) => {
            row.needs(Problem::UnreadableAttachment(error.to_string()));
            return Ok(Some((row, None)));
        }
    };
    row.partner = new.document.as_ref().map(|document| document.partner.clone());
    Ok(Some((row, Some(new))))
}

/// Reads what a document says of itself: one that is fine but for the mail has a number to name it by.
pub(super) async fn summary(session: &Session, file: &Path) -> Option<Summary> {
    let nobody = Address { name: None, address: String::new() };
    let draft = Draft::of_file(file, nobody, String::new(), String::new()).ok()?;
    session.plugin.read(&no_files(), &draft.document).await.ok()?.ok()
}

/// Leaves enough of a mail to compare it with others: what it carries may be large.
pub(super) fn without_files(mut mail: NewMail) -> NewMail {
    mail.files.clear();
    mail
}

impl Row {
    fn judge(&mut self, composed: &Composed, session: &Session, request: &BulkRequest, measure: &Measure) {
        let ready = &composed.ready;
        if ready.message.mail.envelope.recipients.is_empty() {
            self.needs(Problem::NoRecipient);
        }
        for invalid in &ready.resolution.invalid {
            let (text, detail) = (invalid.text.clone(), invalid.detail.clone());
            self.needs(Problem::NoAddress { text, detail });
        }
        let damaged = damaged(ready).filter(|_| !request.damaged_pdf);
        if let Some(damaged) = damaged {
            self.needs(Problem::DamagedFile(damaged.clone()));
        }
        let own = addressed_to_company(ready).filter(|_| !request.to_own_company);
        if let Some(own) = own {
            self.needs(Problem::AddressedToCompany(own.clone()));
        }
        if let Some(missing) = missing(ready)
            && !request.content.goes_without_document()
        {
            self.needs(Problem::MissingFile(missing.clone()));
        }
        if let Some(most) = measure.allowance.message_size
            && ready.message.mail.size > most
        {
            self.needs(Problem::TooLarge { size: ready.message.mail.size.into(), most: most.into() });
        }
        let (from, account) = (&ready.message.sender.address, session.account.address.as_str());
        if domain(from) != domain(account) {
            self.notes.push(Note::OtherDomain {
                from: from.clone(),
                account: account.to_owned(),
                domain: domain(from),
            });
        }
        let known = ["no-pdf", "no-ubl", "no-recipient"];
        let is_a_problem = |it: &&Warning| {
            known.contains(&it.code.as_str())
                || [damaged, own].iter().flatten().any(|problem| std::ptr::eq(*problem, *it))
        };
        let worth = ready.message.warnings.iter().filter(|it| !is_a_problem(it));
        self.notes.extend(worth.cloned().map(Note::Warning));
    }
}

fn domain(address: &str) -> String {
    address.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase()
}

/// Works out what the batch means for the account.
pub(super) async fn quota(session: &Session, rows: &[Row], measure: &Measure) -> Result<Quota, AppError> {
    let user_store = session.user_store();
    let pace = user_store.pace(session.account.id).await?;
    let per_minute = pace.per_minute.or(measure.allowance.per_minute);
    let per_day = pace.per_day.or(measure.allowance.per_day);
    let sent_today = user_store.sent_in_a_day(session.account.id, now()).await?;
    let wanted = || rows.iter().filter(|row| row.verdict == Verdict::Sendable);
    let (mails, recipients) = (wanted().count() as u64, wanted().map(Row::recipients).sum::<u64>());
    let minutes = per_minute.map_or(0, |rate| mails / u64::from(rate.max(1)));
    let beyond = per_day.map_or(0, |most| (sent_today + recipients).saturating_sub(u64::from(most)));
    let days = per_day.map_or(0, |most| beyond.div_ceil(u64::from(most.max(1))));
    let minutes = minutes.max(days.saturating_mul(24 * 60));
    let expected_end = now() + Duration::minutes(i64::try_from(minutes).unwrap_or(i64::MAX / 100_000));
    let note = per_day.filter(|_| beyond > 0).map(|most| {
        format!(
            "the account sends to {most} recipients in 24 hours, {sent_today} had mail already: {beyond} wait until the \
             oldest of these is a day old"
        )
    });
    Ok(Quota { per_minute, per_day, sent_today, mails, expected_end, note })
}
