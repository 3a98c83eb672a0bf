//! The options that say whose mails are looked at, and at what time.

use super::store_args::{CompanyArgs, reaching};
use super::{Common, Failure};
use chrono::{DateTime, FixedOffset};
use clap::Args;
use postroom::app::{Listed, MailView, now};
use postroom_model::Name;

/// Who looks.
#[derive(Debug, Args)]
pub(super) struct ViewArgs {
    #[command(flatten)]
    company: CompanyArgs,
    /// Look as this user, who sees the mails of the accounts that he may use. Otherwise: as an administrator.
    #[arg(long, value_name = "LOGIN", help_heading = "Store")]
    user: Option<Name>,
    /// What was known, and what it amounted to, at this time. Otherwise: now.
    #[arg(long, value_name = "TIME", value_parser = super::moment::moment)]
    pub(super) as_of: Option<DateTime<FixedOffset>>,
}

impl ViewArgs {
    pub(super) async fn open(&self, common: &Common) -> Result<MailView, Failure> {
        let (connections, company) = self.company.open().await?;
        let (plugin, _) = reaching(common, &connections, &company, []).await?;
        Ok(MailView::open(connections, company, self.user.as_ref(), plugin).await?)
    }

    /// Of these mails those that were asked for by the time that is asked about: later ones were not known then.
    pub(super) fn known(&self, mails: Vec<Listed>) -> impl Iterator<Item = Listed> {
        let as_of = self.as_of;
        mails.into_iter().filter(move |it| as_of.is_none_or(|at| it.mail.created <= at))
    }

    /// The time that is asked about.
    pub(super) fn now(&self) -> DateTime<FixedOffset> {
        self.as_of.unwrap_or_else(now)
    }
}
