//! Taking a message in: understand, match, record, and heed what it says about an address.

use super::error::InboxError;
use super::matching::{Match, Matcher, domain, key};
use crate::accounts::CompanyId;
use crate::contract::inbound::{BounceType, MessageContent, RecipientReport, Report};
use crate::contract::tracking;
use crate::engine::{Files, Office};
use crate::return_address::ReturnAddresses;
use crate::store::{
    Event, NewSuppression, Recorded, Reported, ReportedFacts, Store, StoreError, SuppressionKind, SystemStore,
};
use chrono::{DateTime, FixedOffset, SecondsFormat};
use std::collections::{BTreeMap, BTreeSet};

/// The source of facts that an answer shows.
const REPLY: &str = "reply";

/// Facts that a mail has not arrived where it was last sent to.
const NOT_ARRIVED: [&str; 5] = ["bounced", "expired", "dropped", "delayed", "disposition-deleted"];

/// The mailbox of a company, or of a platform for all of them.
#[derive(Debug)]
pub struct Inbox<'a> {
    store: SystemStore,
    office: &'a Office,
    company: Option<CompanyId>,
    return_addresses: Option<&'a ReturnAddresses>,
    /// Addresses that mail is sent from.
    own_addresses: Vec<String>,
    /// Those of each company, and the addresses of its users, to which blind copies go.
    ours: BTreeMap<CompanyId, BTreeSet<String>>,
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
        let (mut own_addresses, mut ours) = (vec![], BTreeMap::new());
        for company in companies {
            let administrator = store.administer(company);
            let users = administrator.users().await?;
            let mut of_company: BTreeSet<String> =
                users.iter().map(|user| key(&user.address.to_string())).collect();
            for account in administrator.accounts().await? {
                let address = account.address.to_string();
                of_company.insert(key(&address));
                own_addresses.push(address);
            }
            ours.insert(company, of_company);
        }
        let store = store.system();
        Ok(Self { store, office, company, return_addresses, own_addresses, ours })
    }

    /// Takes a message in. May be repeated: what is known changes nothing.
    ///
    /// # Errors
    /// [`InboxError`].
    pub async fn take(&self, raw: Vec<u8>, now: DateTime<FixedOffset>) -> Result<Taken, InboxError> {
        self.take_from(&MessageContent::Bytes(raw), now).await
    }

    /// The same, of a message wherever it is.
    ///
    /// # Errors
    /// [`InboxError`].
    pub async fn take_from(
        &self,
        message: &MessageContent,
        now: DateTime<FixedOffset>,
    ) -> Result<Taken, InboxError> {
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
            events: self.events(&report, mail)?,
            suppressions: self.suppressions(&report, mail, now),
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
    message: &MessageContent,
    own_addresses: &[String],
    now: DateTime<FixedOffset>,
) -> Result<Report, InboxError> {
    let now = now.to_rfc3339_opts(SecondsFormat::AutoSi, false);
    Ok(office.classify(&Files::default(), message, own_addresses, &now).await??)
}

impl Inbox<'_> {
    /// The facts of a report, each about the recipient whom it means, or about an address that the mail did not go to.
    fn events(&self, report: &Report, mail: &Reported) -> Result<Vec<Event>, InboxError> {
        let mut kept = vec![];
        for event in &report.events {
            let other = self.other(event, report, mail);
            let recipient = match self.meant(event, report, mail) {
                Some(recipient) => recipient,
                // It says nothing of the mail's recipients, and is shown as what it is.
                None if event.source != REPLY && other.is_some() => other.unwrap_or_default().to_owned(),
                None => continue,
            };
            let is_other = other == Some(recipient.as_str());
            let at = DateTime::parse_from_rfc3339(&event.at);
            kept.push(Event {
                kind: event.kind.clone(),
                at: at.map_err(|e| InboxError::Plugin(format!("an event's time \"{}\": {e}", event.at)))?,
                source: event.source.clone(),
                code: event.code.clone(),
                words: with_address(other.filter(|_| !is_other), event.words.as_deref()),
                recipient: Some(recipient),
            });
        }
        Ok(kept)
    }

    /// The recipient whom a fact is about; none: it names an address that the mail did not go to. Where a report names no address,
    /// or tells of an arrival, and the mail had one recipient, blind copies to ourselves apart, it is they. That it did not
    /// arrive at another address, which theirs may forward to, does not say that they have not got it; of an answer only if it
    /// came from their domain.
    fn meant(&self, event: &tracking::Event, report: &Report, mail: &Reported) -> Option<String> {
        let store = &self.store;
        let named = event.recipient.as_deref();
        if let Some(recipient) = named.and_then(|address| store.recipient_of(mail, address)) {
            return Some(recipient.to_owned());
        }
        let reported = report.recipients.iter().filter(|it| it.recipient.as_deref() == named);
        let mut finals = reported.filter_map(|it| store.recipient_of(mail, it.final_recipient.as_deref()?));
        if let Some(recipient) = finals.next() {
            return Some(recipient.to_owned());
        }
        let is_ours = |to: &String| self.ours.get(&mail.company).is_some_and(|ours| ours.contains(&key(to)));
        let others: Vec<&String> = mail.rcpt_to.iter().filter(|to| !is_ours(to)).collect();
        let only = match (others.as_slice(), mail.rcpt_to.as_slice()) {
            ([only], _) => *only,
            (_, [only]) => only,
            _ => return None,
        };
        match named {
            Some(address) if event.source == REPLY => (domain(address) == domain(only)).then(|| only.clone()),
            Some(_) if NOT_ARRIVED.contains(&event.kind.as_str()) => None,
            _ => Some(only.clone()),
        }
    }

    /// The address that failed or answered where that is none of the mail's: whom the mail was forwarded to, or a member of a
    /// list (RFC 3464, 2.3.2).
    fn other<'r>(&self, event: &'r tracking::Event, report: &'r Report, mail: &Reported) -> Option<&'r str> {
        let named = event.recipient.as_deref();
        let reported = report.recipients.iter().find(|it| it.recipient.as_deref() == named);
        let last = reported.and_then(|it| it.final_recipient.as_deref()).or(named)?;
        self.store.recipient_of(mail, last).is_none().then_some(last)
    }

    /// The addresses that the report names as dead, or as wanting nothing of us. Where the mail was forwarded, what failed is
    /// the address that it was forwarded to: the recipient has theirs.
    fn suppressions(
        &self,
        report: &Report,
        mail: &Reported,
        now: DateTime<FixedOffset>,
    ) -> Vec<NewSuppression> {
        let at = report.date.as_deref().and_then(|date| DateTime::parse_from_rfc3339(date).ok());
        let since = at.filter(|at| *at <= now).unwrap_or(now);
        let of = |of: &RecipientReport| {
            let (kind, source) = match (of.kind.as_str(), of.bounce_type) {
                ("complaint", _) => (SuppressionKind::Complaint, "complaint"),
                ("bounce", Some(BounceType::Hard)) => (SuppressionKind::HardBounce, "delivery-report"),
                _ => return None,
            };
            let was_forwarded = |last: &String| self.store.recipient_of(mail, last).is_none();
            if of.kind == "bounce" && of.final_recipient.as_ref().is_some_and(was_forwarded) {
                return None;
            }
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
}

/// The words with the address that they are about in front, unless they name it.
fn with_address(address: Option<&str>, words: Option<&str>) -> Option<String> {
    match (address, words) {
        (Some(address), Some(words)) if !words.to_lowercase().contains(&address.to_lowercase()) => {
            Some(format!("{address}: {words}"))
        }
        (Some(address), None) => Some(address.to_owned()),
        (_, words) => words.map(str::to_owned),
    }
}
