//! The operator's settings: what holds for a whole installation and no user may change (`docs/operator.md`).
//!
//! Secrets are not in the file: it says in which file or variable they are.

use super::error::ConfigError;
use super::file::{malformed, read_text};
use super::secret::read_secret;
use postroom_model::AllowList;
use postroom_model::{Authentication, DisplayName};
use postroom_model::{
    Endpoints, HeloName, HostName, LoginName, PasswordMechanism, Provider, Security, SendGridSender,
    ServiceUrl, SmtpServer, Tenant,
};
use secrecy::SecretString;
use serde::Deserialize;
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};

/// Settings of an installation. All left out: no platform, no client ids of the operator's own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Operator {
    /// Where our connections come from (rule A15).
    pub origin: Origin,
    /// What the operator registered at the providers.
    pub oauth: OAuthClients,
    /// Sending in companies' names (rule A14).
    pub platform: Option<Platform>,
    /// The web server: webhooks, pixels, sign-ins.
    pub web: super::Web,
    /// Where companies' records may be on this machine.
    pub records: RecordsFolders,
    /// Whether names may be asked about beyond those that are connected to.
    pub dns: DnsUse,
    #[serde(skip)]
    path: PathBuf,
}

/// Whether names may be asked about beyond those that are connected to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DnsUse {
    /// Who keeps the mail of a firm's own domain: asked by its MX when an account is added.
    pub recognise_providers: bool,
    /// The resolver to ask; none: this machine's.
    pub resolver: Option<SocketAddr>,
}

/// The folders on this machine where companies' records may be.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecordsFolders {
    /// Folders; a company's records may be one of them, or a folder in it.
    pub folders: Vec<PathBuf>,
}

impl RecordsFolders {
    /// Tells whether a folder, named without links, is one of these or in one of them.
    pub fn allow(&self, folder: &Path) -> bool {
        let real = folder.canonicalize();
        let is_itself = real.is_ok_and(|real| real == folder);
        is_itself && self.folders.iter().any(|of| of.canonicalize().is_ok_and(|of| folder.starts_with(of)))
    }
}

/// The source of the operator's connections, as receiving servers see it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Origin {
    /// The product as the operator calls it; none: Postroom.
    pub product: Option<String>,
    /// IP addresses or networks.
    pub addresses: Vec<String>,
    /// Region.
    pub region: Option<String>,
    /// Whom an administrator can ask.
    pub contact: Option<String>,
}

/// Clients registered at the providers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OAuthClients {
    /// At Google.
    pub google: Option<OAuthClient>,
    /// At Microsoft.
    pub microsoft: Option<OAuthClient>,
}

/// A client registered at a provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuthClient {
    /// Its id.
    pub client_id: LoginName,
    /// Microsoft: whose accounts may sign in; none: everybody's.
    pub tenant: Option<Tenant>,
    /// File whose first line is its secret.
    pub secret_file: Option<PathBuf>,
    /// Environment variable that holds its secret.
    pub secret_env: Option<String>,
    /// Where a user signs in, where it is not the provider's usual address (a sovereign cloud, a proxy).
    pub authorization_url: Option<ServiceUrl>,
    /// Likewise: where codes become tokens.
    pub token_url: Option<ServiceUrl>,
    /// Likewise: where a sign-in by code begins.
    pub device_url: Option<ServiceUrl>,
    /// Likewise: where a grant is revoked.
    pub revocation_url: Option<ServiceUrl>,
    /// Likewise: the mail API.
    pub api_url: Option<ServiceUrl>,
    /// Where these may be beside the public internet.
    #[serde(default)]
    pub allow_private: AllowList,
}

impl OAuthClient {
    /// Gives where the provider's services are for this client. `tenant`: whose accounts may sign in, where the operator
    /// does not say.
    pub fn endpoints(&self, provider: Provider, tenant: &Tenant) -> Endpoints {
        let mut of = match provider {
            Provider::Google => Endpoints::google(),
            Provider::Microsoft => Endpoints::microsoft(self.tenant.as_ref().unwrap_or(tenant)),
        };
        for (given, url) in [
            (&self.authorization_url, &mut of.authorization),
            (&self.token_url, &mut of.token),
            (&self.api_url, &mut of.api),
        ] {
            if let Some(given) = given {
                *url = given.clone();
            }
        }
        of.device = self.device_url.clone().or(of.device);
        of.revocation = self.revocation_url.clone().or(of.revocation);
        of
    }
}

/// The operator's way out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one for an installation, never in bulk")]
pub enum Relay {
    /// A submission server.
    Smtp(SmtpServer),
    /// SendGrid.
    SendGrid(SendGridSender),
}

/// The platform.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Its name, shown after the company's.
    pub name: DisplayName,
    /// Domain of the senders' addresses.
    pub domain: HostName,
    /// Domain that answers and reports come back to.
    pub reply_domain: HostName,
    /// The way out: a submission server, …
    pub smtp: Option<RelayServer>,
    /// … or SendGrid.
    pub sendgrid: Option<RelayApi>,
    /// How mail is signed here; none where the relay signs.
    pub dkim: Option<DkimKey>,
}

/// The operator's submission server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayServer {
    host: HostName,
    port: Option<NonZeroU16>,
    security: Security,
    login: Option<LoginName>,
    password_file: Option<PathBuf>,
    password_env: Option<String>,
    ca_file: Option<PathBuf>,
    helo: Option<HeloName>,
    timeout: Option<NonZeroU32>,
    /// Where the server may be beside the public internet.
    #[serde(default)]
    pub allow_private: AllowList,
}

/// The operator's account at SendGrid.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayApi {
    api: Option<ServiceUrl>,
    key_file: Option<PathBuf>,
    key_env: Option<String>,
    /// Where the API may be beside the public internet.
    #[serde(default)]
    pub allow_private: AllowList,
}

/// A key that signs mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimKey {
    /// `<selector>._domainkey.<domain>` publishes the public key.
    pub selector: HostName,
    /// PEM file of the private key.
    pub key_file: PathBuf,
}

impl Operator {
    /// Reads the file. Paths in it are relative to it.
    ///
    /// # Errors
    /// [`ConfigError`], naming file, line and field.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = read_text(path)?;
        let mut operator: Self = toml::from_str(&text).map_err(|e| malformed(path, &text, &e))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let clients = [&mut operator.oauth.google, &mut operator.oauth.microsoft];
        let clients = clients.into_iter().flatten().map(|client| &mut client.secret_file);
        let platform = operator.platform.as_mut().map(|platform| {
            let smtp = platform.smtp.as_mut().map(|it| [&mut it.password_file, &mut it.ca_file]);
            let api = platform.sendgrid.as_mut().map(|it| &mut it.key_file);
            (smtp, api, platform.dkim.as_mut().map(|key| &mut key.key_file))
        });
        let (smtp, api, dkim) = platform.unwrap_or_default();
        for file in clients.chain(smtp.into_iter().flatten()).chain(api) {
            *file = file.take().map(|file| folder.join(file));
        }
        if let Some(file) = dkim {
            *file = folder.join(&*file);
        }
        for of in &mut operator.records.folders {
            *of = folder.join(&*of);
        }
        operator.path = path.to_owned();
        if operator.platform.as_ref().is_some_and(|it| it.smtp.is_some() == it.sendgrid.is_some()) {
            return Err(
                operator.wrong("platform", "give one way out: [platform.smtp] or [platform.sendgrid]")
            );
        }
        Ok(operator)
    }

    /// Reads the operator's client at a provider, and its secret.
    ///
    /// # Errors
    /// [`ConfigError`], naming the field.
    pub fn client(
        &self,
        provider: Provider,
    ) -> Result<Option<(&OAuthClient, Option<SecretString>)>, ConfigError> {
        let (client, field) = match provider {
            Provider::Google => (&self.oauth.google, "oauth.google.secret"),
            Provider::Microsoft => (&self.oauth.microsoft, "oauth.microsoft.secret"),
        };
        let Some(client) = client else { return Ok(None) };
        let secret = self.secret(field, client.secret_file.as_deref(), client.secret_env.as_deref())?;
        Ok(Some((client, secret)))
    }

    /// Reads the platform's relay; none where there is no platform.
    ///
    /// # Errors
    /// [`ConfigError`], naming the field.
    pub fn relay(&self) -> Result<Option<Relay>, ConfigError> {
        let Some(platform) = &self.platform else { return Ok(None) };
        Ok(Some(match (&platform.smtp, &platform.sendgrid) {
            (Some(server), _) => Relay::Smtp(self.relay_server(server)?),
            (None, api) => {
                let mut sender = SendGridSender::global();
                if let Some(api) = api.as_ref().and_then(|api| api.api.clone()) {
                    sender.api = api;
                }
                Relay::SendGrid(sender)
            }
        }))
    }

    fn relay_server(&self, server: &RelayServer) -> Result<SmtpServer, ConfigError> {
        let authentication = match &server.login {
            Some(login) => {
                Authentication::Password { login: login.clone(), mechanism: PasswordMechanism::Auto }
            }
            None => Authentication::None,
        };
        let mut of = SmtpServer::new(server.host.clone(), server.security, authentication);
        of.port = server.port.unwrap_or(of.port);
        of.helo.clone_from(&server.helo);
        of.timeout = server.timeout;
        if let Some(file) = &server.ca_file {
            of.trusted_ca = Some(read_text(file)?);
        }
        Ok(of)
    }

    /// Reads the secret of the platform's relay: a password, or an API key.
    ///
    /// # Errors
    /// [`ConfigError`], naming the field.
    pub fn relay_secret(&self) -> Result<Option<SecretString>, ConfigError> {
        match self.platform.as_ref().map(|platform| (&platform.smtp, &platform.sendgrid)) {
            Some((Some(server), _)) => {
                let places = (server.password_file.as_deref(), server.password_env.as_deref());
                self.secret("platform.smtp.password", places.0, places.1)
            }
            Some((None, Some(api))) => {
                self.secret("platform.sendgrid.key", api.key_file.as_deref(), api.key_env.as_deref())
            }
            _ => Ok(None),
        }
    }

    /// Returns where the platform's relay may be beside the public internet.
    pub fn relay_destinations(&self) -> AllowList {
        let platform = self.platform.as_ref();
        let smtp = platform.and_then(|platform| platform.smtp.as_ref()).map(|it| &it.allow_private);
        let api = platform.and_then(|platform| platform.sendgrid.as_ref()).map(|it| &it.allow_private);
        smtp.or(api).cloned().unwrap_or_default()
    }

    /// Reads the key that signs the platform's mail, in PEM.
    pub fn dkim_key(&self) -> Result<Option<SecretString>, ConfigError> {
        let key = self.platform.as_ref().and_then(|platform| platform.dkim.as_ref());
        key.map(|key| read_text(&key.key_file).map(SecretString::from)).transpose()
    }

    fn secret(
        &self,
        field: &str,
        file: Option<&Path>,
        env: Option<&str>,
    ) -> Result<Option<SecretString>, ConfigError> {
        read_secret(file, env).map_err(|(which, detail)| self.wrong(&format!("{field}_{which}"), &detail))
    }

    fn wrong(&self, field: &str, detail: &str) -> ConfigError {
        ConfigError::Invalid { path: self.path.clone(), field: field.to_owned(), detail: detail.to_owned() }
    }
}
