//! From a request to recorded facts: the report is verified here, and read and recorded by the use case.

use super::unreadable;
use super::verification::{Delivery, Refusal, Verified, verify};
use crate::site::{Site, log_failure};
use axum::http::{HeaderMap, StatusCode};
use chrono::Utc;
use postroom::app::{AppError, ReportError, ReportEvent, ReportSource, WebhookProvider};
use postroom_model::Account;

/// The answer to a report, and a word for the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) result: &'static str,
}

impl Received {
    fn of(status: StatusCode, result: &'static str) -> Self {
        Self { status, result }
    }

    /// Logs a failure of the store or the vault. The provider is asked to send the report again.
    fn failed(error: &AppError) -> Self {
        log_failure("webhook", error);
        Self::of(StatusCode::SERVICE_UNAVAILABLE, "failed")
    }
}

/// Takes in a report that came to the address `token`.
pub(crate) async fn receive(
    site: &Site,
    provider: WebhookProvider,
    token: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Received {
    let ReportSource { account, webhook } = match site.installation.report_source(token).await {
        Ok(Some(source)) if source.webhook.provider == provider => source,
        Ok(_) => return Received::of(StatusCode::NOT_FOUND, "unknown"),
        Err(error) => return Received::failed(&error),
    };
    // No provider's report has this form: what is not read needs no signature, only an end.
    if let Some(reason) = unreadable::foreign_form(body) {
        return not_read(provider, &account, body, reason);
    }
    let delivery = Delivery { headers, body, now: Utc::now() };
    let recent = site.installation.recent_reports();
    let once = match verify(&webhook, delivery, recent, site.sns.as_ref()).await {
        Ok(Verified::Report(once)) => once,
        Ok(Verified::Settled(what)) => {
            let id = account.id;
            tracing::info!(%provider, account = %id, "webhook of {provider} for account {id}: {what}");
            return Received::of(StatusCode::OK, "settled");
        }
        Err(refusal) => {
            let id = account.id;
            tracing::warn!(%provider, account = %id, "webhook of {provider} for account {id}: refused: {refusal}");
            return Received::of(answer(&refusal), refusal.name());
        }
    };
    let received = record(site, provider, &account, body).await;
    if received.status == StatusCode::OK
        && let Some(once) = once
    {
        recent.remember(&[provider.as_str(), &once]);
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

/// Ends the attempts with a body that can never be read, and logs why.
fn not_read(provider: WebhookProvider, account: &Account, body: &[u8], reason: &str) -> Received {
    let line = unreadable::line(provider, account.id, body.len(), reason);
    tracing::warn!(%provider, account = %account.id, "{line}");
    Received::of(unreadable::final_answer(provider), "malformed")
}

/// Records what a verified report says.
async fn record(site: &Site, provider: WebhookProvider, account: &Account, body: &[u8]) -> Received {
    let Ok(text) = std::str::from_utf8(body) else {
        return not_read(provider, account, body, "it is no UTF-8");
    };
    let observe = |event: ReportEvent<'_>| match event {
        ReportEvent::Notices(result, count) => {
            site.metrics.notices(provider.as_str(), result.as_str(), count);
        }
        ReportEvent::Fact { source, kind } => site.metrics.event(source, kind),
        ReportEvent::NotUnderstood(reason) => {
            let id = account.id;
            tracing::warn!(%provider, account = %id, "webhook of {provider} for account {id}: not kept: {reason}");
        }
    };
    match site.installation.record_report(account, provider, text, &observe).await {
        Ok(()) => Received::of(StatusCode::OK, "taken"),
        Err(ReportError::Unreadable(reason)) => not_read(provider, account, body, &reason),
        Err(ReportError::App(error)) => Received::failed(&error),
    }
}
