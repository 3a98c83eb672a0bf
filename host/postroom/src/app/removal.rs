//! What is removed for good: a person's data at that person's request, and the content of mails that ended long ago.

use super::{AppError, now};
use crate::connections::Connections;
use postroom_model::{Company, MailAddress};
use postroom_store::Erased;

/// Erases a person's data in every mail of the company. Also tells whether what was removed is gone from the store's file:
/// while other programs read the store, its write-ahead log may still hold it.
pub async fn erase_person(
    connections: &Connections,
    company: &Company,
    address: &MailAddress,
) -> Result<(Erased, bool), AppError> {
    let store = connections.store();
    store.lend_pseudonym_key(connections.pseudonym_secret().await?);
    let erased = store.company_store(company.id).erase(address, now()).await?;
    Ok((erased, store.scrub().await?))
}

/// Empties the mails of every company that ended longer ago than it keeps them, and counts them. Also tells whether what was
/// removed is gone from the store's file.
pub async fn apply_retention(connections: &Connections) -> Result<(u64, bool), AppError> {
    let mails = connections.store().apply_retention(now()).await?;
    let scrubbed = mails == 0 || connections.store().scrub().await?;
    Ok((mails, scrubbed))
}
