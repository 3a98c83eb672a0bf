//! A company's records, opened: the place that its row names, and the key of the vault.

use super::Connections;
use crate::records::{Erp, Folder, Records, RecordsError, RecordsKey};
use crate::vault::VaultError;
use postroom_model::{CompanyId, Destination, RecordsPlace, SecretKind, SecretOwner};
use postroom_store::StoreError;
use secrecy::ExposeSecret as _;
use std::path::Path;
use std::sync::Arc;

impl Connections {
    /// Opens a company's records; none where it has none. Connects nothing.
    ///
    /// # Errors
    /// [`RecordsError::Setup`] without a key; [`RecordsError::Unavailable`] where the store does not answer.
    pub async fn records(&self, company: CompanyId) -> Result<Option<Arc<dyn Records>>, RecordsError> {
        let Some(row) = self.store().company_store(company).records().await.map_err(of_store)? else {
            return Ok(None);
        };
        if let RecordsPlace::Folder { path } = row.place {
            // Checked each time: the operator may have changed their mind, and the folder may have become a link.
            self.permit_records_folder(&path)?;
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

impl Connections {
    /// Refuses a folder that the operator does not allow as records: a company's administrator may be another person than the one
    /// whose machine this is, and other companies' documents are on it, too.
    ///
    /// # Errors
    /// [`RecordsError::Setup`], saying what the operator can do.
    pub fn permit_records_folder(&self, folder: &Path) -> Result<(), RecordsError> {
        if self.operator().records.allow(folder) {
            return Ok(());
        }
        Err(RecordsError::Setup(format!(
            "the operator has not allowed {} as records: it must be in one of the folders of [records] in the operator's settings \
             (--operator FILE), and named without links",
            folder.display()
        )))
    }
}

fn of_store(error: StoreError) -> RecordsError {
    if error.is_transient() {
        RecordsError::Unavailable { detail: error.to_string(), retry_after: None }
    } else {
        RecordsError::Setup(error.to_string())
    }
}
