//! TLS for SMTP, IMAP and HTTP: the system's roots, the account's own, and errors that name a remedy.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, PeerIncompatible, RootCertStore};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The roots of this machine, read once.
static SYSTEM_ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();

/// Why there is no secured connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsProblem {
    /// What is wrong, as a sentence.
    pub detail: String,
    /// Whether the same may succeed later.
    pub is_transient: bool,
}

impl TlsProblem {
    fn permanent(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), is_transient: false }
    }

    fn transient(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), is_transient: true }
    }
}

/// The most configurations in the cache: each holds all roots of the machine, and accounts name certificates.
const MOST_CONFIGS: usize = 64;

/// Names a set of extra certificates: SHA-256 of their PEM; none for the system's roots alone.
type ExtraRoots = Option<[u8; 32]>;

/// Client configurations, one for each set of extra certificates, so that sessions are resumed. Those that were not used
/// for the longest time are dropped first.
#[derive(Default)]
pub struct TlsConfigs {
    /// The most recently used last.
    known: Mutex<Vec<(ExtraRoots, Arc<ClientConfig>)>>,
}

impl TlsConfigs {
    /// Returns the configuration that trusts the system's roots and these.
    pub async fn for_roots(&self, extra: Option<&String>) -> Result<Arc<ClientConfig>, TlsProblem> {
        let key = extra.map(|pem| Sha256::digest(pem).into());
        if let Some(known) = self.find(key) {
            return Ok(known);
        }
        let pem = extra.cloned();
        let config = tokio::task::spawn_blocking(move || build(pem.as_deref()))
            .await
            .map_err(|error| TlsProblem::transient(error.to_string()))??;
        // Another task may have been faster: its sessions are the ones to be resumed.
        Ok(self.find(key).unwrap_or_else(|| self.add(key, config)))
    }

    fn find(&self, key: ExtraRoots) -> Option<Arc<ClientConfig>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known.iter().position(|(known, _)| *known == key)?;
        let entry = known.remove(at);
        let config = Arc::clone(&entry.1);
        known.push(entry);
        Some(config)
    }

    fn add(&self, key: ExtraRoots, config: Arc<ClientConfig>) -> Arc<ClientConfig> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_CONFIGS {
            known.remove(0);
        }
        known.push((key, Arc::clone(&config)));
        config
    }
}

fn build(extra: Option<&str>) -> Result<Arc<ClientConfig>, TlsProblem> {
    let system = SYSTEM_ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    });
    let mut roots = RootCertStore::clone(system);
    if let Some(pem) = extra {
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let unusable = |error: String| {
                TlsProblem::permanent(format!("the account's trusted certificate cannot be used: {error}"))
            };
            roots
                .add(certificate.map_err(|error| unusable(error.to_string()))?)
                .map_err(|error| unusable(error.to_string()))?;
            count += 1;
        }
        if count == 0 {
            return Err(TlsProblem::permanent(
                "the account's trusted certificate holds no certificate in PEM",
            ));
        }
    }
    if roots.is_empty() {
        return Err(TlsProblem::permanent(
            "this machine has no trusted root certificates; install ca-certificates",
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsProblem::permanent(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Starts TLS on a connection to the host of that name.
pub async fn secure(
    stream: TcpStream,
    host: &str,
    config: Arc<ClientConfig>,
    limit: Duration,
) -> Result<TlsStream<TcpStream>, TlsProblem> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        TlsProblem::permanent(format!("\"{host}\" is not a name that a certificate can be for"))
    })?;
    match tokio::time::timeout(limit, TlsConnector::from(config).connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(explain(&error, host)),
        Err(_) => Err(TlsProblem::transient(format!("no TLS handshake within {} ms", limit.as_millis()))),
    }
}

/// Formats version and cipher for the report of a test: `TLS 1.3, TLS13_AES_256_GCM_SHA384`.
pub fn describe(stream: &TlsStream<TcpStream>) -> String {
    let (_, session) = stream.get_ref();
    let version = match session.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
        other => format!("{other:?}"),
    };
    match session.negotiated_cipher_suite() {
        Some(suite) => format!("{version}, {:?}", suite.suite()),
        None => version,
    }
}

/// Explains the error of a handshake, with a remedy.
pub fn explain(error: &std::io::Error, host: &str) -> TlsProblem {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(reason)) => TlsProblem::permanent(certificate(reason, host)),
        Some(rustls::Error::InvalidMessage(_)) => TlsProblem::permanent(
            "the server does not speak TLS here; perhaps the security of this port is STARTTLS or none",
        ),
        Some(rustls::Error::AlertReceived(
            alert @ (AlertDescription::InternalError | AlertDescription::CloseNotify),
        )) => TlsProblem::transient(format!("the server broke off the TLS handshake: {alert:?}")),
        // What a server answers that has none of our versions, and some that have none of our ciphers.
        Some(rustls::Error::AlertReceived(
            alert @ (AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity),
        )) => {
            TlsProblem::permanent(format!("the server refused the TLS handshake: {alert:?}; {OLD_VERSIONS}"))
        }
        Some(rustls::Error::AlertReceived(alert)) => {
            TlsProblem::permanent(format!("the server refused the TLS handshake: {alert:?}"))
        }
        Some(rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        )) => TlsProblem::permanent(
            "the server only speaks TLS versions below 1.2, which are not safe any more",
        ),
        Some(rustls::Error::PeerIncompatible(reason)) => TlsProblem::permanent(format!(
            "the server has no version or cipher of TLS in common with us (1.2 and 1.3): {reason:?}"
        )),
        Some(other) => TlsProblem::permanent(format!("the TLS handshake failed: {other}")),
        // A server of TLS 1.0 or 1.1 alone may close the connection without an alert; so may one that is restarted.
        None if is_hang_up(error) => TlsProblem::transient(format!(
            "the server hung up during the TLS handshake ({error}); if it does so every time, {OLD_VERSIONS}"
        )),
        None => TlsProblem::transient(format!("the connection broke during the TLS handshake: {error}")),
    }
}

/// What may be behind a handshake that comes to nothing, without a server saying so.
const OLD_VERSIONS: &str =
    "the server may only speak TLS versions below 1.2, or have ciphers that are not safe any more";

fn is_hang_up(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as K;
    matches!(error.kind(), K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe)
}

fn certificate(reason: &CertificateError, host: &str) -> String {
    let day = |time: &rustls::pki_types::UnixTime| {
        i64::try_from(time.as_secs())
            .ok()
            .and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0))
            .map_or_else(|| "an unknown day".to_owned(), |time| time.format("%Y-%m-%d").to_string())
    };
    match reason {
        CertificateError::UnknownIssuer => {
            "the certificate is not trusted: its issuer is unknown; for a company's \
                                            own authority, add its certificate to the account"
                .to_owned()
        }
        CertificateError::Expired => "the certificate has expired".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the certificate expired on {}", day(not_after))
        }
        CertificateError::NotValidYet => "the certificate is not valid yet".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the certificate is not valid before {}", day(not_before))
        }
        CertificateError::NotValidForName => format!("the certificate is not for {host}"),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<String> = presented.iter().take(10).map(|name| plain_name(name)).collect();
            let names = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
            if names.split(", ").any(|name| name.eq_ignore_ascii_case(host)) {
                // An IP address under the type of a DNS name, which no client may accept (RFC 6125, RFC 9525).
                format!(
                    "the certificate names {host} in a form that counts for nothing: an IP address must be there as one, not \
                     as a DNS name"
                )
            } else {
                format!("the certificate is for {names}, not for {host}")
            }
        }
        CertificateError::Revoked => "the certificate was revoked".to_owned(),
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "the certificate is not trusted: the server shows the certificate of an authority as its own"
                .to_owned()
        }
        other => format!("the certificate is not trusted: {other}"),
    }
}

/// `DnsName("a.example")` as webpki writes it, without the wrapping.
fn plain_name(name: &str) -> String {
    name.split('"').nth(1).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn however_many_certificates_accounts_name_few_configurations_are_kept() {
        let configs = TlsConfigs::default();
        let system = configs.for_roots(None).await.unwrap();
        for n in 0..3 * MOST_CONFIGS {
            let key = rcgen::KeyPair::generate().unwrap();
            let authority = rcgen::CertificateParams::new(vec![format!("ca-{n}.example")]).unwrap();
            let pem = authority.self_signed(&key).unwrap().pem();
            let first = configs.for_roots(Some(&pem)).await.unwrap();
            let again = configs.for_roots(Some(&pem)).await.unwrap();
            assert!(Arc::ptr_eq(&first, &again), "{n}: sessions are resumed");
            let used = configs.for_roots(None).await.unwrap();
            assert!(Arc::ptr_eq(&system, &used), "{n}: what is in use is kept");
        }
        assert_eq!(configs.known.lock().unwrap().len(), MOST_CONFIGS);
    }

    /// Returns the error of a client whose server sends these bytes and closes the connection.
    async fn handshake_with(answer: Vec<u8>) -> TlsProblem {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = [0; 16 << 10];
            let read = stream.read(&mut hello).await.unwrap();
            assert!(read > 0);
            stream.write_all(&answer).await.unwrap();
        });
        let config = TlsConfigs::default().for_roots(None).await.unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let problem = secure(stream, "mail.example", config, Duration::from_secs(10)).await.unwrap_err();
        server.await.unwrap();
        problem
    }

    #[tokio::test]
    async fn a_server_of_old_versions_alone_is_named_as_one_as_far_as_that_is_known() {
        let alert = |description: u8| vec![21, 3, 1, 0, 2, 2, description];
        // A ServerHello of TLS 1.0: version, random, no session, AES128-SHA, no compression.
        let hello = [&[3, 1][..], &[7; 32], &[0, 0, 0x2f, 0]].concat();
        let handshake = [&[2, 0, 0, hello.len() as u8][..], &hello].concat();
        let record = [&[22, 3, 1, 0, handshake.len() as u8][..], &handshake].concat();
        for (answer, words, is_transient) in [
            (record, "the server only speaks TLS versions below 1.2", false),
            (alert(70), "may only speak TLS versions below 1.2", false),
            (alert(40), "may only speak TLS versions below 1.2", false),
            (Vec::new(), "may only speak TLS versions below 1.2", true),
            (alert(48), "refused the TLS handshake", false),
            (b"220 mail.example ESMTP\r\n".to_vec(), "does not speak TLS here", false),
        ] {
            let problem = handshake_with(answer.clone()).await;
            assert!(problem.detail.contains(words), "{answer:?}: {problem:?}");
            assert_eq!(problem.is_transient, is_transient, "{answer:?}: {problem:?}");
        }
    }
}
