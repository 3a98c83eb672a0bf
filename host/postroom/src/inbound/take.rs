//! Taking an incoming message in: the plugin classifies it, this module finds the mail that it is about and records the facts and
//! suppressions that follow.

use super::error::IntakeError;
use super::matching::{Match, Matcher};
use crate::engine::{CompanyPlugin, Files};
use crate::fact_conversion::{name_recipient, new_suppression, stored_event};
use crate::return_address::ReturnAddresses;
use chrono::{DateTime, FixedOffset, SecondsFormat};
use postroom_contract::inbound::{MessageContent, Report};
use postroom_contract::types::ArgumentError;
use postroom_model::CompanyId;
use postroom_store::{Event, Recorded, Reported, ReportedFacts, Store, StoreError, SystemStore};

/// Takes in the incoming messages of a company, or of a platform for all companies.
#[derive(Debug)]
pub struct ReportIntake<'a> {
    store: SystemStore,
    company_plugin: &'a CompanyPlugin,
    company: Option<CompanyId>,
    return_addresses: Option<&'a ReturnAddresses>,
    /// Addresses that mail is sent from.
    own_addresses: Vec<String>,
}

/// The result of taking a message in.
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

impl<'a> ReportIntake<'a> {
    /// Opens the intake of this company; none: of all companies. `return_addresses` are those that this host signs.
    pub async fn new(
        store: &'a Store,
        company_plugin: &'a CompanyPlugin,
        company: Option<CompanyId>,
        return_addresses: Option<&'a ReturnAddresses>,
    ) -> Result<Self, StoreError> {
        let companies = match company {
            Some(company) => vec![company],
            None => store.companies().await?.into_iter().map(|company| company.id).collect(),
        };
        let mut own_addresses = vec![];
        for company in companies {
            let accounts = store.company_store(company).accounts().await?;
            own_addresses.extend(accounts.iter().map(|account| account.address.to_string()));
        }
        let store = store.system();
        Ok(Self { store, company_plugin, company, return_addresses, own_addresses })
    }

    /// Takes a message in. Taking the same message in again changes nothing.
    pub async fn take(&self, raw: Vec<u8>, now: DateTime<FixedOffset>) -> Result<Taken, IntakeError> {
        self.take_from(&MessageContent::Bytes(raw), now).await
    }

    /// Takes in a message given by its bytes or by its place in a mailbox.
    pub async fn take_from(
        &self,
        message: &MessageContent,
        now: DateTime<FixedOffset>,
    ) -> Result<Taken, IntakeError> {
        let report = classify(self.company_plugin, message, &self.own_addresses, now).await?;
        self.record(report).await
    }

    /// Matches a report with its mail, and records the facts that are believed.
    pub async fn record(&self, report: Report) -> Result<Taken, IntakeError> {
        let matcher = Matcher {
            store: &self.store,
            company_plugin: self.company_plugin,
            company: self.company,
            return_addresses: self.return_addresses,
        };
        let Some(matched) = matcher.find(&report).await? else {
            return Ok(Taken { report, matched: None, events: vec![], suppressed: vec![] });
        };
        let mail = &matched.mail;
        let facts = self.reported_facts(&report, &matched).await?;
        let Recorded { events, suppressed } = self.store.record_report(mail, &facts).await?;
        Ok(Taken { report, matched: Some(matched), events, suppressed })
    }

    /// Asks the plugin what a report says of the mail that it was matched with.
    async fn reported_facts(&self, report: &Report, of: &Match) -> Result<ReportedFacts, IntakeError> {
        let Match { mail, by, proof } = of;
        let report = self.as_sent(report, mail);
        let own = self.store.own_addresses(mail).await?;
        let files = Files::default();
        let to = &mail.rcpt_to;
        let events = self.company_plugin.facts(&files, &report, to, &own).await?.map_err(broken)?;
        let events = events.into_iter().map(stored_event).collect::<Result<_, _>>();
        let found = self.company_plugin.suppressions_of_report(&files, &report, proof, to, &own).await?;
        let found = found.map_err(broken)?.into_iter();
        let suppressions = found.map(|it| new_suppression(it, mail.id)).collect::<Result<_, _>>();
        Ok(ReportedFacts {
            by: *by,
            events: events.map_err(IntakeError::Plugin)?,
            suppressions: suppressions.map_err(IntakeError::Plugin)?,
        })
    }

    /// Gives the report with the recipients of the mail as the mail has them.
    fn as_sent(&self, report: &Report, mail: &Reported) -> Report {
        let mut report = report.clone();
        for event in &mut report.events {
            name_recipient(&self.store, mail, &mut event.recipient);
        }
        for of in &mut report.recipients {
            name_recipient(&self.store, mail, &mut of.recipient);
            name_recipient(&self.store, mail, &mut of.final_recipient);
        }
        report
    }
}

/// Classifies a message without a store.
pub async fn classify(
    company_plugin: &CompanyPlugin,
    message: &MessageContent,
    own_addresses: &[String],
    now: DateTime<FixedOffset>,
) -> Result<Report, IntakeError> {
    let now = now.to_rfc3339_opts(SecondsFormat::AutoSi, false);
    Ok(company_plugin.classify(&Files::default(), message, own_addresses, &now).await??)
}

/// The plugin does not accept an event of a report that it made: it broke the contract.
fn broken(error: ArgumentError) -> IntakeError {
    IntakeError::Plugin(error.sentence())
}
