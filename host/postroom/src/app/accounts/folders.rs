//! The folders of an account's mailbox, and what they are used for.

use crate::app::{AccountAccess, AppError};
use crate::engine::Engine;
use postroom_contract::imap::Folder;
use postroom_model::{FolderName, FolderUse};

/// The folders of a mailbox.
#[derive(Debug)]
pub struct MailboxFolders {
    /// All of them, with what the server says that they are for.
    pub folders: Vec<Folder>,
    /// A folder that was chosen and is not there.
    pub missing: Option<FolderName>,
}

impl AccountAccess {
    /// Chooses folders for uses, and forgets choices in favour of what the server says.
    pub async fn choose_folders(
        &mut self,
        chosen: &[(FolderUse, FolderName)],
        as_server_says: &[FolderUse],
    ) -> Result<(), AppError> {
        let mut account = self.account.clone();
        account.folders.extend(chosen.iter().cloned());
        account.folders.retain(|used_for, _| !as_server_says.contains(used_for));
        if account.folders != self.account.folders {
            self.require_administrator()?;
            self.company_store().update_account(&account).await?;
            self.account = account;
        }
        Ok(())
    }

    /// Asks the mailbox for its folders.
    pub async fn folders(&self, engine: &Engine) -> Result<MailboxFolders, AppError> {
        let (plugin, error) = self.plugin(engine).await;
        if let Some(error) = error {
            return Err(error.into());
        }
        let folders = plugin.folders(self.account.name.as_str()).await.transpose();
        let folders = folders.map_err(|e| AppError::Refused(e.to_string()))?.unwrap_or_default();
        self.connections.close().await;
        let is_there = |name: &FolderName| folders.iter().any(|it| it.name == name.as_str());
        let missing = self.account.folders.values().find(|name| !is_there(name)).cloned();
        Ok(MailboxFolders { folders, missing })
    }
}
