//! Options for the user whose mails are shown, and for the time of which they are shown.

use super::store_args::{CompanyArgs, reaching};
use super::{Common, Failure};
use chrono::{DateTime, FixedOffset};
use clap::Args;
use postroom::app::{Listed, MailView, now};
use postroom_model::Name;

/// Options of a view of mails.
#[derive(Debug, Args)]
pub(super) struct ViewArgs {
    #[command(flatten)]
    company: CompanyArgs,
    /// Look as this user, who sees the mails of the accounts that they may use. Otherwise: as an administrator.
    #[arg(long, value_name = "LOGIN", help_heading = "Store")]
    user: Option<Name>,
    /// What was known, and what it amounted to, at this time. Otherwise: now.
    #[arg(long, value_name = "TIME", value_parser = super::typed_time::parse_time)]
    pub(super) as_of: Option<DateTime<FixedOffset>>,
}

impl ViewArgs {
    pub(super) async fn open(&self, common: &Common) -> Result<MailView, Failure> {
        let (connections, company) = self.company.open().await?;
        let (plugin, _) = reaching(common, &connections, &company, []).await?;
        Ok(MailView::open(connections, company, self.user.as_ref(), plugin).await?)
    }

    /// Filters the mails that existed at the time of the view.
    pub(super) fn known(&self, mails: Vec<Listed>) -> impl Iterator<Item = Listed> {
        let as_of = self.as_of;
        mails.into_iter().filter(move |it| as_of.is_none_or(|at| it.mail.created <= at))
    }

    /// Returns the time of the view.
    pub(super) fn now(&self) -> DateTime<FixedOffset> {
        self.as_of.unwrap_or_else(now)
    }
}
