//! HTTPS with a certificate that only the account trusts.

use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{WebError, account, call, request};
use crate::http_api::{Account, Stage};
use crate::smtp::Verdict;

/// A server for `localhost` that answers 204 to each connection; its port and certificate.
async fn start() -> (u16, String) {
    let identity = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(identity.signing_key.serialize_der()).expect("a key");
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![identity.cert.der().clone()], key)
            .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut request = Vec::new();
                // A request without a body, however many pieces it comes in.
                while !request.ends_with(b"\r\n\r\n")
                    && stream.read_buf(&mut request).await.is_ok_and(|n| n > 0)
                {}
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (port, identity.cert.pem())
}

fn at(host: &str, port: u16, trusted_ca: Option<&str>) -> Account {
    let base = format!("https://{host}:{port}/").parse().expect("a URL");
    Account { base, trusted_ca: trusted_ca.map(str::to_owned), ..account(port) }
}

#[tokio::test]
async fn a_certificate_must_be_trusted_and_for_the_name() {
    let (port, certificate) = start().await;
    let answer =
        call(&at("localhost", port, Some(&certificate)), request("GET", "/")).await.expect("an answer");
    assert_eq!(answer.status, 204);
    for (account, words) in [
        (at("localhost", port, None), "its issuer is unknown"),
        (at("127.0.0.1", port, Some(&certificate)), "not for 127.0.0.1"),
    ] {
        match call(&account, request("GET", "/")).await {
            Err(WebError::Failed(failure)) => {
                assert_eq!((failure.stage, failure.verdict), (Stage::Tls, Verdict::Permanent), "{failure}");
                assert!(failure.detail.contains(words), "{failure}");
            }
            other => panic!("{words}: {other:?}"),
        }
    }
}
