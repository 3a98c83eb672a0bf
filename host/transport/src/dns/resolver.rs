//! DNS as this machine's resolver has it, or one that is named.

use super::{Dns, NoAnswer};
use crate::BoxFuture;
use mail_auth::hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use mail_auth::hickory_resolver::net::NetError;
use mail_auth::hickory_resolver::net::runtime::TokioRuntimeProvider;
use mail_auth::hickory_resolver::proto::rr::{RData, RecordType};
use mail_auth::hickory_resolver::{ResolverBuilder, TokioResolver};
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// The longest wait for one server, and the number of queries to it.
const TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPTS: usize = 2;

/// Records that are looked at of one answer.
const MOST: usize = 100;

/// Asks a resolver, and remembers its answers for as long as they hold.
pub struct Resolver(TokioResolver);

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

impl Resolver {
    /// Creates this machine's resolver.
    ///
    /// # Errors
    /// [`NoAnswer`]: it has none that can be used.
    pub fn system() -> Result<Self, NoAnswer> {
        Self::built(TokioResolver::builder_tokio())
    }

    /// Creates a client of the resolver at this address.
    pub fn at(server: SocketAddr) -> Result<Self, NoAnswer> {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
            connection.port = server.port();
            connection
        });
        let server = NameServerConfig::new(server.ip(), true, connections.into());
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        Self::built(Ok(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())))
    }

    fn built(builder: Result<ResolverBuilder<TokioRuntimeProvider>, NetError>) -> Result<Self, NoAnswer> {
        let cannot =
            |e: NetError| NoAnswer { name: "any name".to_owned(), detail: format!("no resolver: {e}") };
        let mut builder = builder.map_err(cannot)?;
        let options = builder.options_mut();
        (options.timeout, options.attempts) = (TIMEOUT, ATTEMPTS);
        builder.build().map(Self).map_err(cannot)
    }

    async fn records<T>(
        &self,
        name: &str,
        kind: RecordType,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, NoAnswer> {
        // With a point at its end nothing of this machine's own domain is added.
        let whole = format!("{}.", name.trim_end_matches('.'));
        match self.0.lookup(whole, kind).await {
            Ok(found) => {
                Ok(found.answers().iter().filter_map(|record| read(&record.data)).take(MOST).collect())
            }
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(NoAnswer { name: name.to_owned(), detail: error.to_string() }),
        }
    }
}

impl Dns for Resolver {
    fn texts<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<String>, NoAnswer>> {
        let text = |data: &RData| match data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        };
        Box::pin(self.records(name, RecordType::TXT, text))
    }

    fn exchangers<'a>(&'a self, domain: &'a str) -> BoxFuture<'a, Result<Vec<String>, NoAnswer>> {
        let host = |data: &RData| match data {
            RData::MX(mx) => Some(mx.exchange.to_ascii().trim_end_matches('.').to_owned()),
            _ => None,
        };
        Box::pin(self.records(domain, RecordType::MX, host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::UdpSocket;

    /// Responds as the first label of the name asks for, errors included.
    async fn server() -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut asked = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut asked).await {
                // Without what follows the question.
                let end = asked[12..length].iter().position(|byte| *byte == 0).unwrap() + 12 + 5;
                let record = |kind: u8, data: &[u8]| {
                    let mut record = vec![0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, data.len() as u8];
                    record.extend_from_slice(data);
                    record
                };
                let (code, records) = match asked[13] {
                    b't' => (0, vec![record(16, b"\x07v=spf1 \x04-all"), record(16, b"\x01?")]),
                    b'm' => (0, vec![record(15, b"\x00\x0a\x02mx\x04test\x00")]),
                    b'n' => (0, vec![record(15, b"\x00\x00\x00")]),
                    b'x' => (3, vec![]),
                    b'f' => (2, vec![]),
                    b'g' => (0, vec![vec![0xff; 60]]),
                    _ => continue,
                };
                let mut answer = asked[..end].to_vec();
                answer[2..12].copy_from_slice(&[0x81, 0x80 | code, 0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
                answer.extend(records.concat());
                let _ = socket.send_to(&answer, from).await;
            }
        });
        address
    }

    #[tokio::test]
    async fn texts_and_hosts_are_read_and_what_is_not_there_is_none() {
        let resolver = Resolver::at(server().await).unwrap();
        assert_eq!(resolver.texts("t.test").await.unwrap(), ["v=spf1 -all", "?"]);
        assert_eq!(resolver.exchangers("m.test").await.unwrap(), ["mx.test"]);
        assert_eq!(resolver.exchangers("n.test").await.unwrap(), [""], "takes no mail");
        assert_eq!(resolver.texts("x.test").await.unwrap(), Vec::<String>::new());
        assert_eq!(resolver.exchangers("x.test.").await.unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn what_is_no_answer_is_an_error_that_names_what_was_asked_for() {
        let resolver = Resolver::at(server().await).unwrap();
        for name in ["f.test", "g.test", "", "a..b", &"x".repeat(64)] {
            let error = resolver.texts(name).await.unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
