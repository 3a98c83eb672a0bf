//! A browser as far as a sign-in needs one: GET, redirects, cookies.

use std::collections::BTreeMap;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

/// A page that the browser saw.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Where.
    pub(crate) url: Url,
    /// Status.
    pub(crate) status: u16,
    /// Header fields, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The page.
    pub(crate) body: String,
}

impl Seen {
    /// A header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// A browser. What it fetches it sends with the cookie `session=1`, and when it opens a page with those that it was
/// given on the way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Browser;

impl Browser {
    /// Opens a page and follows redirects, as far as they stay on this machine; the last page.
    pub(crate) async fn open(self, url: &Url) -> Seen {
        let mut cookies = BTreeMap::new();
        let mut next = url.clone();
        for _ in 0..12 {
            let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let seen = self.ask("GET", &next, None, &jar.join("; ")).await;
            for (_, cookie) in seen.headers.iter().filter(|(name, _)| name == "set-cookie") {
                let pair = cookie.split(';').next().and_then(|pair| pair.split_once('='));
                let (name, value) = pair.expect("a cookie");
                cookies.insert(name.to_owned(), value.to_owned());
            }
            match seen.header("location").map(|to| next.join(to).expect("a URL")) {
                Some(to) if to.scheme() == "http" => next = to,
                _ => return seen,
            }
        }
        panic!("redirects without end: {next}");
    }

    /// Where a page sends the browser.
    pub(crate) async fn redirect_of(self, url: &Url) -> Url {
        let seen = self.fetch("GET", url, None).await;
        let next = seen.header("location").unwrap_or_else(|| panic!("no redirect: {seen:?}"));
        url.join(next).expect("a URL")
    }

    /// One request. A server that hangs up in silence is seen as status 0.
    pub(crate) async fn fetch(self, method: &str, url: &Url, host: Option<&str>) -> Seen {
        self.ask(method, url, host, "session=1").await
    }

    async fn ask(self, method: &str, url: &Url, host: Option<&str>, cookies: &str) -> Seen {
        let name = url.host_str().expect("a host");
        let port = url.port_or_known_default().expect("a port");
        // `localhost` may be ::1 first; what is tested listens on 127.0.0.1.
        let address = if name == "localhost" { "127.0.0.1" } else { name };
        let mut stream = TcpStream::connect((address, port)).await.expect("somebody listens");
        let own = format!("{name}:{port}");
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n",
            host.unwrap_or(&own)
        );
        stream.write_all(request.as_bytes()).await.expect("it can be sent");
        let mut answer = Vec::new();
        // What came before a reset is the answer.
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        Seen {
            url: url.clone(),
            status: status.unwrap_or(0),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
            body: body.to_owned(),
        }
    }
}
