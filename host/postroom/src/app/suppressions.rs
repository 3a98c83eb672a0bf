//! Addresses that are no longer written to, as a person decides.

use super::{AppError, now};
use crate::connections::Connections;
use postroom_model::{Company, MailAddress};
use postroom_store::{NewSuppression, SuppressionKind};

/// Stops writing to an address. Tells whether that is new.
pub async fn suppress(
    connections: &Connections,
    company: &Company,
    address: &MailAddress,
    reason: Option<String>,
    by: &str,
) -> Result<bool, AppError> {
    let new = NewSuppression {
        address: address.to_string(),
        kind: SuppressionKind::ByHand,
        since: now(),
        mail: None,
        code: None,
        words: reason,
        source: by.to_owned(),
    };
    Ok(connections.store().suppress(company.id, &new).await?)
}

/// Lets an address be written to again. Tells whether it was suppressed.
pub async fn release(
    connections: &Connections,
    company: &Company,
    address: &MailAddress,
    by: &str,
) -> Result<bool, AppError> {
    let released = connections.store().release(company.id, address.as_str(), by, now()).await?;
    Ok(released > 0)
}
