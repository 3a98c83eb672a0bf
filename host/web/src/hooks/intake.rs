//! From a request to facts in the store.

use super::hook::{Hook, HookProvider};
use super::unreadable;
use super::verification::{Delivery, Refusal, Verified, verify};
use crate::site::Site;
use axum::http::{HeaderMap, StatusCode};
use postroom::engine::{Capabilities, CompanyPlugin, EngineError, Files};
use postroom::fact_conversion::{name_recipient, new_suppression, stored_event};
use postroom::vault::VaultError;
use postroom_contract::webhooks::{Notice, Reading, Reference};
use postroom_model::Account;
use postroom_store::{MailId, MatchedBy, NewSuppression, Reported, ReportedAs, ReportedFacts, StoreError};

/// What came of a report: the answer, and a word for the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) result: &'static str,
}

impl Received {
    fn of(status: StatusCode, result: &'static str) -> Self {
        Self { status, result }
    }

    /// The provider should try again: the news is not lost.
    pub(crate) fn later() -> Self {
        Self::of(StatusCode::SERVICE_UNAVAILABLE, "failed")
    }
}

/// Takes in a report that came to the address `token`.
pub(crate) async fn receive(
    site: &Site,
    provider: HookProvider,
    token: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Received {
    let unknown = Received::of(StatusCode::NOT_FOUND, "unknown");
    let Some((company, id)) = site.tokens.read_webhook(token) else { return unknown };
    let vault = site.connections.vault();
    let account = match site.connections.store().account(company, id).await {
        Ok(account) => account,
        Err(StoreError::NoSuchAccount(_)) => return unknown,
        Err(error) => return site.failed("webhook", &error),
    };
    let hook = match Hook::load(vault, &account).await {
        Ok(Some(hook)) if hook.provider == provider => hook,
        Ok(_) => return unknown,
        Err(VaultError::Store(StoreError::NoSuchAccount(_))) => return unknown,
        Err(error) => return site.failed("webhook", &error),
    };
    // No report has this form, whoever wrote it: what is not read needs no signature, only an end.
    if let Some(reason) = unreadable::foreign_form(body) {
        return not_read(site, provider, &account, body, reason);
    }
    let delivery = Delivery { headers, body, now: site.clock.now() };
    let once = match verify(&hook, delivery, &site.seen, site.sns.as_ref()).await {
        Ok(Verified::News(once)) => once,
        Ok(Verified::Settled(what)) => {
            site.say(&format!("webhook of {provider} for account {}: {what}", account.id));
            return Received::of(StatusCode::OK, "settled");
        }
        Err(refusal) => {
            site.say(&format!("webhook of {provider} for account {}: refused: {refusal}", account.id));
            return Received::of(answer(&refusal), refusal.name());
        }
    };
    let received = take_in(site, provider, &account, body).await;
    if received.status == StatusCode::OK
        && let Some(once) = once
    {
        site.seen.remember(&[provider.as_str(), &once]);
    }
    received
}

fn answer(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Unsigned | Refusal::Forged => StatusCode::UNAUTHORIZED,
        Refusal::Stale | Refusal::Repeated | Refusal::Foreign => StatusCode::FORBIDDEN,
        Refusal::Malformed => StatusCode::BAD_REQUEST,
        Refusal::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Ends the attempts with a body that can never be read, and says why in the log.
fn not_read(site: &Site, provider: HookProvider, account: &Account, body: &[u8], reason: &str) -> Received {
    site.say(&unreadable::line(provider, account.id, body.len(), reason));
    Received::of(unreadable::final_answer(provider), "malformed")
}

/// Reads a verified report and keeps what it says.
async fn take_in(site: &Site, provider: HookProvider, account: &Account, body: &[u8]) -> Received {
    let not_read = |reason: &str| not_read(site, provider, account, body, reason);
    let Ok(text) = std::str::from_utf8(body) else { return not_read("it is no UTF-8") };
    // An office of its own: an instance that met somebody's report serves nobody else.
    let company_plugin = site.engine.company_plugin(account.company.to_string(), Capabilities::default());
    let reading = match company_plugin.read_webhook(&Files::default(), provider.as_str(), text).await {
        Ok(Ok(reading)) => reading,
        Ok(Err(fault)) => return not_read(&fault.sentence()),
        Err(error) => return not_read(&error.to_string()),
    };
    let Reading { notices, passed_over } = reading;
    site.metrics.notices(provider.as_str(), "passed-over", u64::from(passed_over));
    let mut of_last: Option<(Vec<Reference>, Option<MatchedMail>)> = None;
    for notice in notices {
        let result = match keep(site, &company_plugin, account, &notice, &mut of_last).await {
            Ok(result) => result,
            Err(KeepError::Store(StoreError::NoSuchMail(_))) => "unmatched",
            Err(KeepError::Store(error)) => {
                site.failed("webhook", &error);
                return Received::later();
            }
            // It would be the same at every repetition, and the notices behind it would never be read.
            Err(KeepError::Plugin(reason)) => {
                site.say(&format!("webhook of {provider} for account {}: not kept: {reason}", account.id));
                "failed"
            }
        };
        site.metrics.notices(provider.as_str(), result, 1);
    }
    Received::of(StatusCode::OK, "taken")
}

/// The mail that a notice is about, and the addresses that are its company's own.
struct MatchedMail {
    mail: Reported,
    own_addresses: Vec<String>,
}

/// Why a notice was not kept.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The plugin does not understand what it gave.
    #[error("{0}")]
    Plugin(String),
}

impl From<EngineError> for KeepError {
    fn from(error: EngineError) -> Self {
        Self::Plugin(error.to_string())
    }
}

/// Keeps one notice. What it is about is looked up once for a row of notices about the same mail.
async fn keep(
    site: &Site,
    company_plugin: &CompanyPlugin,
    account: &Account,
    notice: &Notice,
    of_last: &mut Option<(Vec<Reference>, Option<MatchedMail>)>,
) -> Result<&'static str, KeepError> {
    let Ok(fact) = stored_event(notice.fact.clone()) else { return Ok("passed-over") };
    let recipient = notice.fact.recipient.clone().unwrap_or_default();
    let id = account.id.to_string();
    let again = notice.id.as_deref().map(|own| [id.as_str(), own, &recipient, &notice.fact.kind]);
    if again.as_ref().is_some_and(|parts| site.seen.knows(parts)) {
        return Ok("repeated");
    }
    if of_last.as_ref().is_none_or(|(references, _)| *references != notice.references) {
        *of_last = Some((notice.references.clone(), matched_mail(site, account, &notice.references).await?));
    }
    let Some((_, Some(of))) = of_last else { return Ok("unmatched") };
    let facts = ReportedFacts {
        by: MatchedBy::Provider,
        events: vec![fact],
        suppressions: suppression(site, company_plugin, notice, of).await?.into_iter().collect(),
    };
    let recorded = site.connections.store().system().record_report(&of.mail, &facts).await?;
    if let Some(parts) = again {
        site.seen.remember(&parts);
    }
    // An answer of somebody whom the mail did not go to, say: nothing of it is kept.
    let Some(event) = recorded.events.first() else { return Ok("unmatched") };
    site.metrics.event(&event.source, &event.kind);
    Ok("kept")
}

/// Asks the plugin whom a notice suppresses.
async fn suppression(
    site: &Site,
    company_plugin: &CompanyPlugin,
    notice: &Notice,
    of: &MatchedMail,
) -> Result<Option<NewSuppression>, KeepError> {
    // Of nothing else would the plugin say anything here.
    if !notice.lasting && notice.fact.kind != "complaint" {
        return Ok(None);
    }
    let MatchedMail { mail, own_addresses } = of;
    let mut notice = notice.clone();
    name_recipient(&site.connections.store().system(), mail, &mut notice.fact.recipient);
    let found = company_plugin
        .suppression_of_notice(&Files::default(), &notice, &mail.rcpt_to, own_addresses)
        .await?;
    let found = found.map_err(|error| KeepError::Plugin(error.sentence()))?;
    found.map(|it| new_suppression(it, mail.id)).transpose().map_err(KeepError::Plugin)
}

async fn matched_mail(
    site: &Site,
    account: &Account,
    references: &[Reference],
) -> Result<Option<MatchedMail>, StoreError> {
    let Some(id) = find(site, account, references).await? else { return Ok(None) };
    let store = site.connections.store().system();
    let mail = match store.reported(id).await {
        Ok(mail) => mail,
        Err(StoreError::NoSuchMail(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let own_addresses = store.own_addresses(&mail).await?;
    Ok(Some(MatchedMail { mail, own_addresses }))
}

/// The mail that this account submitted under one of these names.
async fn find(
    site: &Site,
    account: &Account,
    references: &[Reference],
) -> Result<Option<MailId>, StoreError> {
    for reference in references {
        let called = match reference {
            Reference::Attempt(token) => match token.parse() {
                Ok(id) => ReportedAs::Attempt(id),
                Err(_) => continue,
            },
            Reference::MessageId(id) => ReportedAs::MessageId(id.clone()),
            Reference::ProviderId(id) => ReportedAs::ProviderId(id.clone()),
        };
        if let Some(mail) = site.connections.store().system().reported_mail(account.id, &called).await? {
            return Ok(Some(mail));
        }
    }
    Ok(None)
}
