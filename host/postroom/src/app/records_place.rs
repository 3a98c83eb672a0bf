//! Where a company's records are, and the key that requests to them are signed with. A key is bound to the place that it was
//! given for: another place needs its key anew, or the first one's ERP could sign for the second.

use super::AppError;
use crate::connections::Connections;
use crate::records::RecordsKey;
use postroom_model::{Company, RecordsPlace, SecretKind, SecretOwner};
use postroom_store::RecordsRow;

/// A change of a company's records; none: it stays as it is.
#[derive(Debug, Default)]
pub struct RecordsChange {
    /// The place of the records.
    pub place: Option<RecordsPlace>,
    /// The key that requests are signed with.
    pub key: Option<RecordsKey>,
}

/// Sets where a company's records are, and their key. Refuses an ERP without a key of its own, and a folder that the operator
/// does not allow.
pub async fn change_records(
    connections: &Connections,
    company: &Company,
    change: RecordsChange,
) -> Result<(), AppError> {
    let (admin, vault) = (connections.store().company_store(company.id), connections.vault());
    let (owner, kind) = (SecretOwner::Company(company.id), SecretKind::RecordsKey);
    let place = change.place.as_ref();
    if let Some(key) = &change.key {
        let to = match place {
            Some(place) => place.destinations(),
            None => admin.records().await?.map(|row| row.place.destinations()).unwrap_or_default(),
        };
        vault.put(owner, kind, key.secret(), &to).await?;
    } else if let Some(place) = place {
        match vault.destinations(owner, kind).await? {
            Some(given) if place.destinations().is_within(&given) => {}
            Some(_) => return Err(AppError::RecordsKeyElsewhere),
            None if matches!(place, RecordsPlace::Erp { .. }) => return Err(AppError::NoRecordsKey),
            None => {}
        }
    }
    if let Some(RecordsPlace::Folder { path }) = place {
        connections.permit_records_folder(path)?;
    }
    if let Some(place) = place {
        admin.set_records(Some(place)).await?;
    }
    Ok(())
}

/// Removes a company's records: the place, the key, and the notices that were not taken yet.
pub async fn remove_records(connections: &Connections, company: &Company) -> Result<(), AppError> {
    connections.store().company_store(company.id).set_records(None).await?;
    let owner = SecretOwner::Company(company.id);
    connections.vault().forget(owner, Some(SecretKind::RecordsKey)).await?;
    Ok(())
}

/// Reads where a company's records are, and since when they can't be reached.
pub async fn records_row(
    connections: &Connections,
    company: &Company,
) -> Result<Option<RecordsRow>, AppError> {
    Ok(connections.store().company_store(company.id).records().await?)
}
