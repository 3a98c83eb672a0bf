//! How fast an account sends: as was set here, as its provider allows, as its server's refusals taught.

use crate::app::{AccountAccess, AppError, no_files, now};
use crate::engine::CompanyPlugin;
use postroom_contract::accounts::Allowance;
use postroom_model::{UserSettings, describe};
use postroom_store::{LearnedPace, Pace};

/// Connections of one account at the same time.
const MOST_CONNECTIONS: u32 = 64;

/// Limits to be set; an inner none takes one back.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::option_option)] // not named, taken back, set
pub struct PaceChange {
    /// Mails a minute.
    pub per_minute: Option<Option<u32>>,
    /// Connections at the same time, of each worker.
    pub connections: Option<Option<u32>>,
    /// Recipients in 24 hours.
    pub per_day: Option<Option<u32>>,
}

/// Limits of an account, by where they come from.
#[derive(Debug, Clone, Copy)]
pub struct PaceReport {
    /// What was set here.
    pub set: Pace,
    /// What its provider is known to allow.
    pub provider: Allowance,
    /// What its server's refusals taught.
    pub learned: Option<LearnedPace>,
}

impl AccountAccess {
    /// Sets limits of the account.
    pub async fn set_pace(&self, change: PaceChange) -> Result<Pace, AppError> {
        let admin = self.company_store();
        let before = match self.user_store() {
            Some(user_store) => user_store.pace(self.account.id).await?,
            None => admin.pace(self.account.id).await?,
        };
        let PaceChange { per_minute, connections, per_day } = change;
        if per_minute.is_none() && connections.is_none() && per_day.is_none() {
            return Ok(before);
        }
        self.require_administrator()?;
        let connections = connections.map(|number| number.map(|it| it.min(MOST_CONNECTIONS)));
        let pace = Pace {
            per_minute: per_minute.unwrap_or(before.per_minute),
            connections: connections.unwrap_or(before.connections),
            per_day: per_day.unwrap_or(before.per_day),
        };
        admin.set_pace(self.account.id, pace).await?;
        Ok(pace)
    }

    /// Collects the limits of the account, with this pace.
    pub async fn pace(&self, plugin: &CompanyPlugin, set: Pace) -> Result<PaceReport, AppError> {
        let described = describe(&self.account, &UserSettings::default(), None);
        let provider = plugin.limits(&no_files(), &described).await?;
        let unjudged = |e: postroom_contract::types::ArgumentError| {
            AppError::Internal(format!("the account can't be judged: {e}"))
        };
        let provider = provider.map_err(unjudged)?;
        let store = self.connections.store();
        let learned = store.learned_pace(self.company.id, self.account.id, now()).await?;
        Ok(PaceReport { set, provider, learned })
    }
}
