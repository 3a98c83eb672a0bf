//! A company's records, opened: the place that its row names, and the key of the vault.

use super::Connections;
use crate::accounts::{CompanyId, Destination, RecordsPlace, SecretKind, SecretOwner};
use crate::records::{Erp, Folder, Records, RecordsError, RecordsKey};
use crate::store::StoreError;
use crate::vault::VaultError;
use secrecy::ExposeSecret as _;
use std::sync::Arc;

impl Connections {
    /// A company's records; none where it has none. Connects nothing.
    ///
    /// # Errors
    /// [`RecordsError::Setup`] without a key; [`RecordsError::Unavailable`] where the store does not answer.
    pub async fn records(&self, company: CompanyId) -> Result<Option<Arc<dyn Records>>, RecordsError> {
        let Some(row) = self.store().administer(company).records().await.map_err(of_store)? else {
            return Ok(None);
        };
        if let RecordsPlace::Folder { path } = row.place {
            return Ok(Some(Arc::new(Folder::new(path))));
        }
        let RecordsPlace::Erp { url, trusted_ca, .. } = &row.place else {
            return Ok(None);
        };
        let to = Destination::url(url, trusted_ca.as_deref());
        let secret = self.vault().get(SecretOwner::Company(company), SecretKind::RecordsKey, &to).await;
        let secret = secret.map_err(|error| match error {
            VaultError::Store(error) => of_store(error),
            error => RecordsError::Setup(error.to_string()),
        })?;
        let none = || {
            let what = "there is no key for the records: `postroom company records --key-file FILE`";
            RecordsError::Setup(what.to_owned())
        };
        let key = RecordsKey::new(secret.ok_or_else(none)?.expose_secret());
        let key = key.map_err(|error| RecordsError::Setup(error.to_string()))?;
        let erp = Erp::new(self.inner.web.clone(), &row.place, key)?;
        Ok(erp.map(|erp| Arc::new(erp) as Arc<dyn Records>))
    }
}

fn of_store(error: StoreError) -> RecordsError {
    if error.may_pass() {
        RecordsError::Unavailable { detail: error.to_string(), retry_after: None }
    } else {
        RecordsError::Setup(error.to_string())
    }
}
