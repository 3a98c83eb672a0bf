//! Reading the settings file into the settings the plugin takes (JSON) and the accounts the host keeps.

use super::account::AccountSettings;
use super::error::ConfigError;
use super::files::{SettingsFiles, Trust};
use postroom_model::{DisplayName, FallbackPolicy, MailAddress, Name, UserSettings};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Settings of one company.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// File they came from; empty for the built-in neutral ones.
    pub path: PathBuf,
    /// The plugin's share, JSON by the schema `settings`.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Accounts by name.
    pub accounts: BTreeMap<String, AccountSettings>,
    /// Logo, shown in every mail.
    pub logo: Option<PathBuf>,
    /// When an account's own system is down; for a store.
    pub fallback: Option<FallbackForm>,
    /// Users by login; for a store.
    pub users: BTreeMap<String, UserForm>,
    /// The files that it may name.
    pub(crate) files: SettingsFiles,
}

/// `[fallback]`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FallbackForm {
    /// Whether.
    pub policy: FallbackPolicy,
    /// Seconds that the account's own way is tried first.
    pub patience: u64,
    /// Through which account.
    pub account: Option<Name>,
}

/// `[users.LOGIN]`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UserForm {
    /// Name.
    pub name: DisplayName,
    /// The user's own address.
    pub address: MailAddress,
    /// Texts of the user's own: path to source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// The user's settings for each account.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, UserSettings>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct FileForm {
    company: Option<toml::Table>,
    user: Option<toml::Table>,
    recipients: Option<toml::Table>,
    layout: Option<toml::Table>,
    payment: Option<toml::Table>,
    templates: TemplateFolders,
    /// Texts as `postroom company export` writes them, in place of a folder.
    texts: BTreeMap<String, String>,
    logo: Option<PathBuf>,
    fallback: Option<FallbackForm>,
    users: BTreeMap<String, UserForm>,
    accounts: BTreeMap<String, AccountSettings>,
}

/// Folders of texts in place of shipped ones.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct TemplateFolders {
    company: Option<PathBuf>,
    user: Option<PathBuf>,
}

impl Config {
    /// Reads a settings file of one's own. Paths in it are relative to the file.
    ///
    /// # Errors
    /// [`ConfigError`], naming file, line and field.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::read_trusting(path, Trust::Own)
    }

    /// Reads a settings file that is believed as far as `trust` says.
    ///
    /// # Errors
    /// [`ConfigError`], naming file, line and field.
    pub fn read_trusting(path: &Path, trust: Trust) -> Result<Self, ConfigError> {
        let files = SettingsFiles::of(path, trust);
        let text = read_text(path)?;
        let form: FileForm = toml::from_str(&text).map_err(|e| malformed(path, &text, &e))?;
        let mut settings = serde_json::Map::new();
        let tables = [
            ("company", form.company),
            ("user", form.user),
            ("recipients", form.recipients),
            ("layout", form.layout),
            ("payment", form.payment),
        ];
        for (name, table) in tables {
            if let Some(table) = table {
                let json = serde_json::to_value(table).map_err(|e| invalid(path, name, &e.to_string()))?;
                settings.insert(name.to_owned(), json);
            }
        }
        let mut overrides = serde_json::Map::new();
        for (name, own) in [("company", form.templates.company), ("user", form.templates.user)] {
            if let Some(own) = own {
                let unreadable = |(path, source)| ConfigError::Unreadable { path, source };
                let texts = files.read_templates(&files.path(&own)).map_err(unreadable)?;
                let texts = texts.into_iter().map(|(k, v)| (k, v.into())).collect::<serde_json::Map<_, _>>();
                overrides.insert(name.to_owned(), texts.into());
            }
        }
        if !form.texts.is_empty() {
            overrides.insert("company".to_owned(), serde_json::json!(form.texts));
        }
        if !overrides.is_empty() {
            settings.insert("templates".to_owned(), overrides.into());
        }
        let mut accounts = form.accounts;
        for account in accounts.values_mut() {
            for file in [&mut account.password_file, &mut account.ca_file].into_iter().flatten() {
                *file = files.path(file);
            }
            account.files = files.clone();
        }
        let logo = form.logo.map(|logo| files.path(&logo));
        Ok(Self {
            path: path.to_owned(),
            settings,
            accounts,
            logo,
            fallback: form.fallback,
            users: form.users,
            files,
        })
    }

    /// Writes the plugin's share as JSON text; the same settings give the same text.
    pub fn settings_json(&self) -> String {
        serde_json::Value::Object(self.settings.clone()).to_string()
    }

    /// Finds an account by name.
    ///
    /// # Errors
    /// [`ConfigError::NoSuchAccount`], naming those there are.
    pub fn account(&self, name: &str) -> Result<&AccountSettings, ConfigError> {
        self.accounts.get(name).ok_or_else(|| {
            let known = self.accounts.keys().map(String::as_str).collect::<Vec<_>>();
            let known = if known.is_empty() {
                "it has none".to_owned()
            } else {
                format!("it has {}", known.join(", "))
            };
            ConfigError::NoSuchAccount { name: name.to_owned(), path: self.path.clone(), known }
        })
    }
}

fn invalid(path: &Path, field: &str, detail: &str) -> ConfigError {
    ConfigError::Invalid { path: path.to_owned(), field: field.to_owned(), detail: detail.to_owned() }
}

pub(super) fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let line = error
        .span()
        .and_then(|span| text.get(..span.start))
        .map_or(1, |before| 1 + before.matches('\n').count());
    ConfigError::Malformed { path: path.to_owned(), line, detail: error.message().to_owned() }
}

pub(super) fn read_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
}

/// Reads every `.txt`, `.html` and `.json` file below a folder; the path below it is the template's name.
///
/// # Errors
/// [`ConfigError`], naming the file.
pub fn read_templates(folder: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let unreadable = |(path, source)| ConfigError::Unreadable { path, source };
    SettingsFiles::default().read_templates(folder).map_err(unreadable)
}
