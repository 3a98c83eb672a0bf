//! The options that say how an account is connected, the same for `add` and `set`.

use crate::Exit;
use crate::{Common, Failure, ask};
use clap::Args;
use postroom_contract::accounts as contract;
use postroom_model::{
    Authentication, Endpoints, Grant, HeloName, HostName, ImapServer, LoginName, MailAddress,
    PasswordMechanism, PlatformAddress, PlatformSender, Provider, Relation, SecretKind, Security, SendAs,
    SendGridSender, ServiceUrl, SmtpServer, Tenant, Transport, VerifiedSender,
};
use secrecy::SecretString;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;

/// Options of an account: transport, mailbox and credentials.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Form {
    /// How mail leaves. Otherwise: as the address's provider has it, else smtp.
    #[arg(long, value_name = "T", value_parser = ["smtp", "gmail", "outlook", "mail-client", "platform", "sendgrid"])]
    pub(super) transport: Option<String>,
    /// Submission server. Known for many providers.
    #[arg(long, value_name = "HOST", help_heading = "SMTP")]
    host: Option<HostName>,
    /// ssl (TLS from the first byte), tls (STARTTLS, required) or none.
    #[arg(long, value_name = "S", help_heading = "SMTP")]
    security: Option<Security>,
    /// Port. Otherwise: the one that goes with the security, 465, 587 or 25.
    #[arg(long, value_name = "N", help_heading = "SMTP")]
    port: Option<NonZeroU16>,
    /// Login. Otherwise: the address.
    #[arg(long, value_name = "LOGIN", help_heading = "SMTP")]
    login: Option<LoginName>,
    /// The server wants no login.
    #[arg(long, conflicts_with = "login", help_heading = "SMTP")]
    no_login: bool,
    /// How the password is given: auto, plain or login.
    #[arg(long, value_name = "M", help_heading = "SMTP")]
    mechanism: Option<PasswordMechanism>,
    /// File whose first line is the password, for SMTP and IMAP. At a terminal it is asked for.
    #[arg(long, value_name = "FILE", help_heading = "SMTP")]
    password_file: Option<PathBuf>,
    /// Environment variable that holds it.
    #[arg(long, value_name = "NAME", help_heading = "SMTP")]
    password_env: Option<String>,
    /// PEM file with a certificate authority to trust beside the system's, for SMTP and IMAP.
    #[arg(long, value_name = "FILE", help_heading = "SMTP")]
    ca_file: Option<PathBuf>,
    /// Seconds that each stage may take, for SMTP and IMAP.
    #[arg(long, value_name = "SECONDS", help_heading = "SMTP")]
    timeout: Option<NonZeroU32>,
    /// Name that this host gives in EHLO.
    #[arg(long, value_name = "NAME", help_heading = "SMTP")]
    helo: Option<HeloName>,

    /// Mailbox server. Known for many providers.
    #[arg(long, value_name = "HOST", help_heading = "IMAP")]
    imap_host: Option<HostName>,
    /// ssl, tls or none. Otherwise: ssl.
    #[arg(long, value_name = "S", help_heading = "IMAP")]
    imap_security: Option<Security>,
    /// Port. Otherwise: the one that goes with the security, 993 or 143.
    #[arg(long, value_name = "N", help_heading = "IMAP")]
    imap_port: Option<NonZeroU16>,
    /// Login, where it is not that of SMTP.
    #[arg(long, value_name = "LOGIN", help_heading = "IMAP")]
    imap_login: Option<LoginName>,
    /// File whose first line is the password, where it is not that of SMTP.
    #[arg(long, value_name = "FILE", help_heading = "IMAP")]
    imap_password_file: Option<PathBuf>,
    /// Environment variable that holds it.
    #[arg(long, value_name = "NAME", help_heading = "IMAP")]
    imap_password_env: Option<String>,
    /// No mailbox: no copy in Sent.
    #[arg(long, help_heading = "IMAP")]
    no_imap: bool,

    /// SMTP and IMAP by tokens of this provider (XOAUTH2) instead of a password: google or microsoft.
    #[arg(long, value_name = "P", help_heading = "OAuth", conflicts_with_all = ["token_file", "token_env"])]
    oauth: Option<Provider>,
    /// Client id registered at the provider. Otherwise: the operator's.
    #[arg(long, value_name = "ID", help_heading = "OAuth")]
    client_id: Option<LoginName>,
    /// File whose first line is the client's secret.
    #[arg(long, value_name = "FILE", help_heading = "OAuth")]
    client_secret_file: Option<PathBuf>,
    /// Environment variable that holds it.
    #[arg(long, value_name = "NAME", help_heading = "OAuth")]
    client_secret_env: Option<String>,
    /// Microsoft: whose accounts may sign in: common, organizations, a domain or an id.
    #[arg(long, value_name = "TENANT", help_heading = "OAuth")]
    tenant: Option<Tenant>,
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "OAuth",
        help = "File whose first line is an access token that another program renews, for SMTP and IMAP"
    )]
    token_file: Option<PathBuf>,
    /// Environment variable that holds it.
    #[arg(long, value_name = "NAME", help_heading = "OAuth")]
    token_env: Option<String>,
    /// The provider's API, where it is not the usual one (a sovereign cloud, a proxy).
    #[arg(long, value_name = "URL", help_heading = "OAuth")]
    api_url: Option<ServiceUrl>,
    /// Likewise: where a user signs in.
    #[arg(long, value_name = "URL", help_heading = "OAuth")]
    authorization_url: Option<ServiceUrl>,
    /// Likewise: where codes become tokens.
    #[arg(long, value_name = "URL", help_heading = "OAuth")]
    token_url: Option<ServiceUrl>,
    /// Likewise: where a sign-in by code begins.
    #[arg(long, value_name = "URL", help_heading = "OAuth")]
    device_url: Option<ServiceUrl>,
    /// Likewise: where a grant is revoked.
    #[arg(long, value_name = "URL", help_heading = "OAuth")]
    revocation_url: Option<ServiceUrl>,

    /// File whose first line is the API key. At a terminal it is asked for.
    #[arg(long, value_name = "FILE", help_heading = "SendGrid")]
    api_key_file: Option<PathBuf>,
    /// Environment variable that holds it.
    #[arg(long, value_name = "NAME", help_heading = "SendGrid")]
    api_key_env: Option<String>,
    /// Where SendGrid keeps the account: global or eu.
    #[arg(long, value_name = "REGION", value_parser = ["global", "eu"], help_heading = "SendGrid")]
    region: Option<String>,
    /// An address or domain that SendGrid has verified. May be repeated.
    #[arg(long, value_name = "SENDER", help_heading = "SendGrid")]
    verified: Vec<VerifiedSender>,

    /// Another address that mail is sent as: ADDRESS=alias or ADDRESS=shared-mailbox. May be repeated.
    #[arg(long, value_name = "ADDRESS=KIND", value_parser = send_as)]
    pub(super) send_as: Vec<SendAs>,
}

fn send_as(text: &str) -> Result<SendAs, String> {
    let (address, relation) = text.rsplit_once('=').unwrap_or((text, "alias"));
    let address: MailAddress = address.parse().map_err(|e: postroom_model::Unusable| e.to_string())?;
    let relation: Relation = relation.parse().map_err(|e: postroom_model::Unusable| e.to_string())?;
    Ok(SendAs { address, relation })
}

fn security(of: contract::Security) -> Security {
    match of {
        contract::Security::Ssl => Security::Ssl,
        contract::Security::Tls => Security::Tls,
        contract::Security::None => Security::None,
    }
}

/// Converts a known provider's server; none if a field of it is not valid here.
fn known(server: Option<&contract::Server>) -> Option<(HostName, NonZeroU16, Security)> {
    let server = server?;
    Some((server.host.parse().ok()?, NonZeroU16::new(server.port)?, security(server.security)))
}

/// Facts about the account that the options are completed from.
pub(super) struct Ground<'a> {
    /// The account's address.
    pub(super) address: &'a MailAddress,
    /// What the provider is known to offer.
    pub(super) preset: Option<&'a contract::Preset>,
    /// The addresses that the company may have on the operator's platform, the one to propose first.
    pub(super) platform: Option<&'a [PlatformAddress]>,
}

impl Form {
    /// Returns the transport that the options ask for, else the present one, else the provider's, else SMTP.
    pub(super) fn kind(&self, there: Option<&Transport>, preset: Option<&contract::Preset>) -> String {
        let proposed = preset.map(|preset| match preset.transport.as_str() {
            "graph" => "outlook".to_owned(),
            other => other.to_owned(),
        });
        let there = there.map(|transport| transport.kind().to_owned());
        // Servers, a password or a token in hand: the user means SMTP.
        let smtp = self.host.is_some() || self.password_file.is_some() || self.password_env.is_some();
        let smtp = (smtp || self.has_token() || self.oauth.is_some()).then(|| "smtp".to_owned());
        self.transport.clone().or(there).or(smtp).or(proposed).unwrap_or_else(|| "smtp".to_owned())
    }

    /// Asks for the submission server of a provider that is not known.
    pub(super) fn ask_for_server(
        &mut self,
        common: &Common,
        kind: &str,
        preset: Option<&contract::Preset>,
    ) -> Result<(), Failure> {
        let known = preset.is_some_and(|preset| preset.smtp.is_some());
        if kind == "smtp" && self.host.is_none() && !known {
            self.host = Some(ask::value(common, None, "submission server", "--host", None)?);
        }
        Ok(())
    }

    /// Builds the transport: the present one, changed by the options.
    pub(super) fn transport(
        &self,
        kind: &str,
        there: Option<&Transport>,
        ground: &Ground<'_>,
    ) -> Result<Transport, Failure> {
        Ok(match (kind, there) {
            ("gmail", Some(Transport::Gmail(grant))) => Transport::Gmail(self.grant(grant.clone())),
            ("gmail", _) => Transport::Gmail(self.grant(new_grant(Provider::Google, None))),
            ("outlook", Some(Transport::Outlook(grant))) => Transport::Outlook(self.grant(grant.clone())),
            ("outlook", _) => {
                Transport::Outlook(self.grant(new_grant(Provider::Microsoft, self.tenant.as_ref())))
            }
            ("mail-client", _) => Transport::MailClient,
            ("platform", _) => {
                let proposed = ground.platform.and_then(<[_]>::first).ok_or_else(|| {
                    Failure::input(
                        "the operator has no platform: it is set up in the operator's settings ([platform], --operator)",
                    )
                })?;
                Transport::Platform(PlatformSender { suffix: proposed.suffix })
            }
            ("sendgrid", there) => {
                let there = if let Some(Transport::SendGrid(sender)) = there { Some(sender) } else { None };
                Transport::SendGrid(self.sendgrid(there))
            }
            (_, there) => {
                let there = if let Some(Transport::Smtp(server)) = there { Some(server) } else { None };
                Transport::Smtp(self.smtp(there, ground)?)
            }
        })
    }

    fn sendgrid(&self, there: Option<&SendGridSender>) -> SendGridSender {
        let mut sender = match (&self.region, there) {
            (Some(region), _) if region == "eu" => SendGridSender::european(),
            (None, Some(there)) => there.clone(),
            _ => SendGridSender::global(),
        };
        if let Some(url) = &self.api_url {
            sender.api = url.clone();
        }
        sender.verified = there.map(|it| it.verified.clone()).unwrap_or_default();
        sender.verified.extend(self.verified.iter().cloned());
        sender.verified.dedup();
        sender
    }

    fn smtp(&self, there: Option<&SmtpServer>, ground: &Ground<'_>) -> Result<SmtpServer, Failure> {
        let preset = known(ground.preset.and_then(|preset| preset.smtp.as_ref()));
        let host = self.host.clone().or_else(|| there.map(|it| it.host.clone()));
        let host = host.or_else(|| preset.as_ref().map(|it| it.0.clone()));
        let host = host.ok_or_else(|| Failure {
            code: Exit::Usage,
            message: "the submission server is missing: give it with --host".to_owned(),
        })?;
        let proposed = preset.filter(|it| it.0 == host);
        let chosen = self.security.or_else(|| there.map(|it| it.security));
        let security = chosen.or(proposed.as_ref().map(|it| it.2)).unwrap_or(Security::Tls);
        let kept_port = there.filter(|_| self.security.is_none() && self.host.is_none()).map(|it| it.port);
        let known_port = proposed.filter(|it| it.2 == security).map(|it| it.1);
        let login = self.login.clone().or_else(|| there.and_then(|it| it.authentication.login().cloned()));
        let login = login.map_or_else(|| own_login(ground), Ok)?;
        let mut server =
            there.cloned().unwrap_or_else(|| SmtpServer::new(host.clone(), security, Authentication::None));
        server.authentication = match there {
            _ if self.no_login => Authentication::None,
            Some(there) if self.leaves_login_open() => there.authentication.clone(),
            _ => self.authentication(login, there.map(|it| &it.authentication)),
        };
        server.port = self.port.or(kept_port).or(known_port).unwrap_or(security.smtp_port());
        (server.host, server.security) = (host, security);
        server.trusted_ca = self.trusted_ca()?.or(server.trusted_ca);
        server.timeout = self.timeout.or(server.timeout);
        server.helo = self.helo.clone().or(server.helo);
        Ok(server)
    }

    fn leaves_login_open(&self) -> bool {
        self.login.is_none() && self.mechanism.is_none() && self.oauth.is_none() && !self.has_token()
    }

    fn has_token(&self) -> bool {
        self.token_file.is_some() || self.token_env.is_some()
    }

    fn authentication(&self, login: LoginName, there: Option<&Authentication>) -> Authentication {
        match (self.oauth, there) {
            (Some(provider), _) => {
                let grant = self.grant(new_grant(provider, self.tenant.as_ref()));
                Authentication::Grant { login, grant }
            }
            _ if self.has_token() => Authentication::Token { login },
            (None, Some(Authentication::Grant { grant, .. })) => {
                Authentication::Grant { login, grant: self.grant(grant.clone()) }
            }
            _ => Authentication::Password { login, mechanism: self.mechanism.unwrap_or_default() },
        }
    }

    /// Builds the mailbox: the present one, changed by the options; none where neither options nor provider name one.
    pub(super) fn mailbox(
        &self,
        transport: &Transport,
        there: Option<&ImapServer>,
        ground: &Ground<'_>,
    ) -> Result<Option<ImapServer>, Failure> {
        let by_itself =
            matches!(transport, Transport::MailClient | Transport::Platform(_) | Transport::SendGrid(_));
        if self.no_imap {
            return Ok(None);
        }
        let preset = known(ground.preset.and_then(|preset| preset.imap.as_ref()))
            .filter(|_| there.is_none() && !by_itself && matches!(transport, Transport::Smtp(_)));
        let host = self.imap_host.clone().or_else(|| there.map(|it| it.host.clone()));
        let Some(host) = host.or_else(|| preset.as_ref().map(|it| it.0.clone())) else { return Ok(None) };
        let chosen = self.imap_security.or_else(|| there.map(|it| it.security));
        let security = chosen.or(preset.as_ref().map(|it| it.2)).unwrap_or(Security::Ssl);
        let same = there.filter(|_| self.imap_security.is_none() && self.imap_host.is_none());
        let is_presets = preset.as_ref().is_some_and(|it| it.0 == host);
        let known_port = preset.filter(|it| it.0 == host && it.2 == security).map(|it| it.1);
        let authentication = match (transport, there) {
            (_, Some(there)) if self.imap_login.is_none() && self.leaves_login_open() => {
                there.authentication.clone()
            }
            (Transport::Smtp(server), _) if server.authentication != Authentication::None => {
                let own = if is_presets { mailbox_login(ground)? } else { None };
                with_login(server.authentication.clone(), self.imap_login.clone().or(own))
            }
            (Transport::Gmail(grant) | Transport::Outlook(grant), _) => Authentication::Grant {
                login: self.imap_login.clone().map_or_else(|| own_login(ground), Ok)?,
                grant: grant.clone(),
            },
            _ => {
                let login = self.imap_login.clone().map_or_else(|| own_login(ground), Ok)?;
                self.authentication(login, None)
            }
        };
        let mut server = ImapServer::new(host, security, authentication);
        let kept_port = same.map(|it| it.port);
        server.port = self.imap_port.or(kept_port).or(known_port).unwrap_or(security.imap_port());
        server.trusted_ca = self.trusted_ca()?.or_else(|| there.and_then(|it| it.trusted_ca.clone()));
        server.timeout = self.timeout.or_else(|| there.and_then(|it| it.timeout));
        Ok(Some(server))
    }

    /// Tells whether an option is about the mailbox.
    pub(super) fn names_mailbox(&self) -> bool {
        self.imap_host.is_some()
    }

    fn trusted_ca(&self) -> Result<Option<String>, Failure> {
        let read = |file: &PathBuf| {
            let wrong = |e| Failure::input(format!("--ca-file: can't read {}: {e}", file.display()));
            std::fs::read_to_string(file).map_err(wrong)
        };
        self.ca_file.as_ref().map(read).transpose()
    }

    /// Changes a grant's client and endpoints by the options. Another client's sign-in is dropped.
    fn grant(&self, mut grant: Grant) -> Grant {
        if let Some(id) = &self.client_id {
            grant.authorized = grant.authorized.filter(|_| grant.client_id.as_ref() == Some(id));
            grant.client_id = Some(id.clone());
        }
        let of = &mut grant.endpoints;
        for (given, url) in [
            (&self.api_url, &mut of.api),
            (&self.authorization_url, &mut of.authorization),
            (&self.token_url, &mut of.token),
        ] {
            if let Some(given) = given {
                *url = given.clone();
            }
        }
        of.device = self.device_url.clone().or(of.device.take());
        of.revocation = self.revocation_url.clone().or(of.revocation.take());
        grant
    }

    /// Reads the secrets that the options name.
    pub(super) fn secrets(&self) -> Result<Vec<(SecretKind, SecretString)>, Failure> {
        let mut secrets = Vec::new();
        for (kind, what, file, env) in [
            (SecretKind::SmtpPassword, "password", &self.password_file, &self.password_env),
            (SecretKind::ImapPassword, "imap-password", &self.imap_password_file, &self.imap_password_env),
            (SecretKind::ClientSecret, "client-secret", &self.client_secret_file, &self.client_secret_env),
            (SecretKind::AccessToken, "token", &self.token_file, &self.token_env),
            (SecretKind::ApiKey, "api-key", &self.api_key_file, &self.api_key_env),
        ] {
            let secret = ask::secret_from(what, file.as_ref(), env.as_ref())?;
            secrets.extend(secret.map(|secret| (kind, secret)));
        }
        Ok(secrets)
    }
}

fn new_grant(provider: Provider, tenant: Option<&Tenant>) -> Grant {
    let endpoints = match provider {
        Provider::Google => Endpoints::google(),
        Provider::Microsoft => Endpoints::microsoft(tenant.unwrap_or(&Tenant::common())),
    };
    Grant { provider, client_id: None, endpoints, authorized: None }
}

/// Returns the address, or what stands before its `@`, as the provider wants it.
fn own_login(ground: &Ground<'_>) -> Result<LoginName, Failure> {
    login_of(ground, ground.preset.map_or("address", |preset| &preset.signs_in_as))
}

/// Returns the login of the mailbox, where the provider wants another one there than for sending.
fn mailbox_login(ground: &Ground<'_>) -> Result<Option<LoginName>, Failure> {
    let differs = ground.preset.filter(|preset| preset.mailbox_signs_in_as != preset.signs_in_as);
    differs.map(|preset| login_of(ground, &preset.mailbox_signs_in_as)).transpose()
}

fn login_of(ground: &Ground<'_>, form: &str) -> Result<LoginName, Failure> {
    let address = ground.address.as_str();
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
    Ok(if form == "local-part" { local } else { address }.parse()?)
}

fn with_login(mut of: Authentication, login: Option<LoginName>) -> Authentication {
    if let (
        Some(given),
        Authentication::Password { login, .. }
        | Authentication::Token { login }
        | Authentication::Grant { login, .. },
    ) = (login, &mut of)
    {
        *login = given;
    }
    of
}
