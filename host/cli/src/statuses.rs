//! The statuses of a mail's recipients, as a table: who, which of the five, and what proves it.

use super::output::table;
use super::{Failure, load_plugin};
use postroom::app::CompanyPlugin;
use postroom_contract::tracking::RecipientStatus;

/// Prints them.
pub(super) async fn show(
    company_plugin: &CompanyPlugin,
    recipients: &[RecipientStatus],
) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for recipient in recipients {
        let status = company_plugin.label(&load_plugin::no_files(), recipient.status, "en").await?;
        rows.push(vec![recipient.recipient.clone(), status, recipient.reason.detail.clone()]);
    }
    table(&["recipient", "status", "evidence"], rows)
}
