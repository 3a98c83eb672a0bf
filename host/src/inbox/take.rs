//! Taking a message in: understand, match, record, and heed what it says about an address.

use super::error::InboxError;
use super::matching::{Match, Matcher, domain};
use crate::accounts::CompanyId;
use crate::contract::inbound::{Class, Hardness, Origin, RecipientReport, Report};
use crate::contract::tracking;
use crate::engine::{Files, Office};
use crate::return_address::ReturnAddresses;
use crate::store::{
    Event, NewSuppression, Recorded, Reported, ReportedFacts, Store, StoreError, SuppressionKind, SystemStore,
};
use chrono::{DateTime, FixedOffset, SecondsFormat};

/// The mailbox of a company, or of a platform for all of them.
#[derive(Debug)]
pub struct Inbox<'a> {
    store: SystemStore,
    office: &'a Office,
    company: Option<CompanyId>,
    return_addresses: Option<&'a ReturnAddresses>,
    own_addresses: Vec<String>,
}

/// What became of a message.
#[derive(Debug)]
pub struct Taken {
    /// What it is.
    pub report: Report,
    /// The mail that it is about, where there is one that may be believed.
    pub matched: Option<Match>,
    /// Facts of that mail.
    pub events: Vec<Event>,
    /// Addresses that are no longer written to because of it.
    pub suppressed: Vec<String>,
}

impl<'a> Inbox<'a> {
    /// Of this company; none: of whichever company a message is for. `return_addresses` are those that this host signs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn new(
        store: &'a Store,
        office: &'a Office,
        company: Option<CompanyId>,
        return_addresses: Option<&'a ReturnAddresses>,
    ) -> Result<Self, StoreError> {
        let companies = match company {
            Some(company) => vec![company],
            None => store.companies().await?.into_iter().map(|company| company.id).collect(),
        };
        let mut own_addresses = vec![];
        for company in companies {
            for account in store.administer(company).accounts().await? {
                own_addresses.push(account.address.to_string());
            }
        }
        let store = store.system();
        Ok(Self { store, office, company, return_addresses, own_addresses })
    }

    /// Takes a message in. May be repeated: what is known changes nothing.
    ///
    /// # Errors
    /// [`InboxError`].
    pub async fn take(&self, raw: Vec<u8>, now: DateTime<FixedOffset>) -> Result<Taken, InboxError> {
        self.take_from(&Origin::Raw(raw), now).await
    }

    /// The same, of a message wherever it is.
    ///
    /// # Errors
    /// [`InboxError`].
    pub async fn take_from(&self, message: &Origin, now: DateTime<FixedOffset>) -> Result<Taken, InboxError> {
        let report = classify(self.office, message, &self.own_addresses, now).await?;
        self.record(report, now).await
    }

    /// Matches what was understood, and keeps what is believed of it.
    ///
    /// # Errors
    /// [`InboxError`].
    pub async fn record(&self, report: Report, now: DateTime<FixedOffset>) -> Result<Taken, InboxError> {
        let matcher =
            Matcher { store: &self.store, company: self.company, return_addresses: self.return_addresses };
        let Some(matched) = matcher.find(&report).await? else {
            return Ok(Taken { report, matched: None, events: vec![], suppressed: vec![] });
        };
        let mail = &matched.mail;
        let facts = ReportedFacts {
            by: matched.by,
            events: events(&self.store, &report, mail)?,
            suppressions: suppressions(&report, mail, now),
        };
        let Recorded { events, suppressed } = self.store.record_report(mail, &facts).await?;
        Ok(Taken { report, matched: Some(matched), events, suppressed })
    }
}

/// What a message is, with no store to ask.
///
/// # Errors
/// [`InboxError`].
pub async fn classify(
    office: &Office,
    message: &Origin,
    own_addresses: &[String],
    now: DateTime<FixedOffset>,
) -> Result<Report, InboxError> {
    let now = now.to_rfc3339_opts(SecondsFormat::AutoSi, false);
    Ok(office.classify(&Files::default(), message, own_addresses, &now).await??)
}

/// The facts of a report, each about the recipient whom it means; whether that is one of the mail's is the store's to say.
fn events(store: &SystemStore, report: &Report, mail: &Reported) -> Result<Vec<Event>, InboxError> {
    let mut kept = vec![];
    for event in &report.events {
        let Some(recipient) = meant(store, event, report, mail) else { continue };
        let at = DateTime::parse_from_rfc3339(&event.at);
        kept.push(Event {
            recipient: Some(recipient),
            kind: event.kind.clone(),
            at: at.map_err(|e| InboxError::Plugin(format!("an event's time \"{}\": {e}", event.at)))?,
            source: event.source.clone(),
            code: event.code.clone(),
            words: event.words.clone(),
        });
    }
    Ok(kept)
}

/// Whom a fact is about. Where the mail had one recipient it is they, though the report names the address that their mail
/// was forwarded to; of an answer only if it came from their domain.
fn meant(store: &SystemStore, event: &tracking::Event, report: &Report, mail: &Reported) -> Option<String> {
    let named = event.recipient.as_deref();
    if let Some(recipient) = named.and_then(|address| store.recipient_of(mail, address)) {
        return Some(recipient.to_owned());
    }
    let reported = report.recipients.iter().filter(|it| it.recipient.as_deref() == named);
    let mut finals = reported.filter_map(|it| store.recipient_of(mail, it.final_recipient.as_deref()?));
    if let Some(recipient) = finals.next() {
        return Some(recipient.to_owned());
    }
    let [only] = mail.rcpt_to.as_slice() else { return None };
    match named {
        Some(address) if event.source == "reply" => (domain(address) == domain(only)).then(|| only.clone()),
        _ => Some(only.clone()),
    }
}

/// The addresses that the report names as dead, or as wanting nothing of us. One that the mail was only forwarded to is
/// not ours to judge.
fn suppressions(report: &Report, mail: &Reported, now: DateTime<FixedOffset>) -> Vec<NewSuppression> {
    let at = report.date.as_deref().and_then(|date| DateTime::parse_from_rfc3339(date).ok());
    let since = at.filter(|at| *at <= now).unwrap_or(now);
    let of = |of: &RecipientReport| {
        let (kind, source) = match (of.class, of.hardness) {
            (Class::Complaint, _) => (SuppressionKind::Complaint, "complaint"),
            (Class::Bounce, Some(Hardness::Hard)) => (SuppressionKind::HardBounce, "delivery-report"),
            _ => return None,
        };
        let address = match (&of.recipient, mail.rcpt_to.as_slice()) {
            (Some(named), _) => named,
            (None, [only]) => only,
            (None, _) => return None,
        };
        Some(NewSuppression {
            address: address.clone(),
            kind,
            since,
            mail: Some(mail.id),
            code: of.code.clone(),
            words: of.words.clone(),
            source: source.to_owned(),
        })
    };
    report.recipients.iter().filter_map(of).collect()
}
