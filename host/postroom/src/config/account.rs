//! An SMTP account as a user writes it down (rule A5).

use super::error::ConfigError;
use super::files::SettingsFiles;
use super::secret::secret_of;
use postroom_contract::types::Address;
use postroom_model::AllowList;
use postroom_model::{Folders, ImapServer, Name, SendAs, Transport};
use postroom_transport::smtp::{self, Account, Login, Mechanism, Secret, Timeouts};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The security of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Implicit TLS from the first byte; port 465 unless given.
    Ssl,
    /// STARTTLS, required and never downgraded; port 587 unless given.
    #[default]
    Tls,
    /// No encryption; port 25 unless given.
    None,
}

/// `[accounts.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSettings {
    /// Address that mail is sent as.
    pub address: String,
    /// Display name, where the user's settings give none.
    pub name: Option<String>,
    /// Host name of the submission server.
    pub host: Option<String>,
    /// Port; proposed from the security.
    pub port: Option<u16>,
    /// Security; STARTTLS unless given.
    #[serde(default)]
    pub security: Security,
    /// Login; no login at all where absent.
    pub login: Option<String>,
    /// File whose first line is the password.
    pub password_file: Option<PathBuf>,
    /// Environment variable that holds the password.
    pub password_env: Option<String>,
    /// `plain`, `login` or `xoauth2` (the password is then an access token); else the best that the server offers.
    pub mechanism: Option<String>,
    /// PEM file with a certificate authority to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Servers that may be reached although they are on this machine or a private network: networks, addresses and
    /// host names, or `true` for all. None unless set, so that a host name typed by a stranger can't reach what only
    /// this machine can reach.
    #[serde(default)]
    pub allow_private: AllowList,
    /// Log in although with `security = "none"` anyone on the way can read the password.
    #[serde(default)]
    pub allow_cleartext_login: bool,
    /// Seconds that each stage may take; 60 unless given, ten times that for the answer to the message itself.
    pub timeout: Option<u64>,
    /// Name that this host gives in EHLO.
    pub helo: Option<String>,
    /// How mail leaves, as `postroom company export` writes it, in place of `host` and what belongs to it.
    pub connection: Option<Transport>,
    /// The mailbox.
    pub mailbox: Option<ImapServer>,
    /// Other addresses that mail is sent as.
    #[serde(default)]
    pub send_as: Vec<SendAs>,
    /// Folders by what they are used for.
    #[serde(default)]
    pub folders: Folders,
    /// Who may use it, by login.
    #[serde(default)]
    pub users: Vec<Name>,
    /// The files that it may name.
    #[serde(skip)]
    pub(super) files: SettingsFiles,
}

/// Bytes of certificates.
const LARGEST_PEM: u64 = 1 << 20;

impl AccountSettings {
    /// Returns the mailbox that mail is sent as.
    pub fn mailbox(&self) -> Address {
        Address { name: self.name.clone(), address: self.address.clone() }
    }

    /// Opens the account as the SMTP capability takes it, its password read. `name` and `path` are for messages.
    ///
    /// # Errors
    /// [`ConfigError`], naming the field. The secret itself is in no message.
    pub fn open(&self, name: &str, path: &Path) -> Result<Account, ConfigError> {
        let invalid = |field: &str, detail: String| ConfigError::Invalid {
            path: path.to_owned(),
            field: format!("accounts.{name}.{field}"),
            detail,
        };
        let security = match self.security {
            Security::Ssl => smtp::Security::Tls,
            Security::Tls => smtp::Security::StartTls,
            Security::None => smtp::Security::None,
        };
        let missing = "the submission server is missing; an account of another kind is imported into a store \
                       (`postroom company import`)";
        let host = self.host.as_deref().ok_or_else(|| invalid("host", missing.to_owned()))?;
        let mut account = Account::new(name, host, security);
        account.port = self.port.unwrap_or_else(|| security.default_port());
        account.helo.clone_from(&self.helo);
        account.allow_private = self.allow_private.clone();
        account.allow_cleartext_login = self.allow_cleartext_login;
        if let Some(seconds) = self.timeout {
            let limit = Duration::from_secs(seconds.clamp(1, 3_600));
            account.timeouts = Timeouts { quit: Duration::from_millis(500), ..Timeouts::all(limit) };
            account.timeouts.dot = limit.saturating_mul(10);
        }
        account.trusted_ca = self.trusted_ca().map_err(|detail| invalid("ca_file", detail))?;
        if let Some(user) = &self.login {
            let mechanism = match self.mechanism.as_deref() {
                None => Mechanism::Auto,
                Some("plain") => Mechanism::Plain,
                Some("login") => Mechanism::Login,
                Some("xoauth2") => Mechanism::XOAuth2,
                Some(other) => {
                    return Err(invalid("mechanism", format!("\"{other}\": use plain, login or xoauth2")));
                }
            };
            let text = self.secret().map_err(|(field, detail)| invalid(field, detail))?;
            let secret = match mechanism {
                Mechanism::XOAuth2 => Secret::token(text.expose_secret()),
                _ => Secret::password(text.expose_secret()),
            };
            account.login = Some(Login { user: user.clone(), secret, mechanism });
        }
        Ok(account)
    }

    /// Reads the certificates that are trusted beside the system's.
    pub(crate) fn trusted_ca(&self) -> Result<Option<String>, String> {
        let read = |file: &PathBuf| {
            let text = self.files.read_text(file, LARGEST_PEM);
            text.map_err(|e| format!("can't read {}: {e}", file.display()))
        };
        self.ca_file.as_ref().map(read).transpose()
    }

    /// Reads the password from where the settings say it is.
    pub(crate) fn secret(&self) -> Result<SecretString, (&'static str, String)> {
        match secret_of(&self.files, self.password_file.as_deref(), self.password_env.as_deref()) {
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => {
                Err(("login", "a login needs a password: give password_file or password_env".to_owned()))
            }
            Err(("env", detail)) => Err(("password_env", detail)),
            Err((_, detail)) => Err(("password_file", detail)),
        }
    }
}
