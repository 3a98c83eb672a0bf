//! An authority made for the test run, and certificates with the faults that real ones have.

use std::sync::{Arc, OnceLock};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A server's certificate and key.
#[derive(Clone)]
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    key: Arc<PrivateKeyDer<'static>>,
}

impl Identity {
    pub(crate) fn server_config(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .expect("a certificate");
        Arc::new(config)
    }
}

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).expect("a certificate");
        Authority { pem: certificate.pem(), issuer: Issuer::new(parameters, key) }
    })
}

/// The authority's certificate in PEM.
pub(crate) fn trusted() -> String {
    authority().pem.clone()
}

fn signed(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let key = KeyPair::generate().expect("a key");
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names).expect("parameters");
    change(&mut parameters);
    let certificate = parameters.signed_by(&key, &authority().issuer).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    Identity { certificate: certificate.der().clone(), key: Arc::new(key) }
}

/// For 127.0.0.1 and localhost.
pub(crate) fn good() -> Identity {
    signed(&["127.0.0.1", "localhost"], |_| {})
}

/// For another name.
pub(crate) fn for_others() -> Identity {
    signed(&["mail.other.test", "smtp.other.test"], |_| {})
}

/// Too old.
pub(crate) fn expired() -> Identity {
    signed(&["127.0.0.1"], |parameters| {
        parameters.not_before = date_time_ymd(2001, 2, 3);
        parameters.not_after = date_time_ymd(2002, 3, 4);
    })
}

/// Another authority's certificate in PEM, which signed nothing.
pub(crate) fn stranger() -> String {
    let key = KeyPair::generate().expect("a key");
    let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "Somebody else");
    parameters.self_signed(&key).expect("a certificate").pem()
}
