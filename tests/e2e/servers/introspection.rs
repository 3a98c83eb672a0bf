//! Who an access token belongs to, as an authorization server tells it (RFC 7662): Dovecot asks here. On a thread of
//! the test process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;

/// Whose token it is.
pub(crate) const HOLDER: &str = "oauth@west.test";

type Judge = Box<dyn Fn(&str) -> bool + Send + Sync>;

static JUDGES: Mutex<Vec<Judge>> = Mutex::new(Vec::new());

/// From now on tokens that this one finds good are [`HOLDER`]'s too: an authorization server gave them out.
pub(crate) fn believe(judge: impl Fn(&str) -> bool + Send + Sync + 'static) {
    JUDGES.lock().expect("no judge panics").push(Box::new(judge));
}

fn is_good(token: &str, own: &str) -> bool {
    token == own || JUDGES.lock().expect("no judge panics").iter().any(|judge| judge(token))
}

/// Starts it and gives its port. One token is good, and belongs to [`HOLDER`].
pub(super) fn start(token: &str) -> std::io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let token = token.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let token = token.clone();
            std::thread::spawn(move || answer(&stream, &token));
        }
    });
    Ok(port)
}

/// Answers requests on one connection: `token=…` in a form.
fn answer(stream: &TcpStream, token: &str) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut form = vec![0; length];
        reader.read_exact(&mut form).ok()?;
        let form = String::from_utf8_lossy(&form).into_owned();
        let given = form.split('&').find_map(|field| field.strip_prefix("token="));
        let good = given.is_some_and(|given| is_good(given, token));
        let body = if good {
            format!("{{\"active\":true,\"username\":\"{HOLDER}\"}}")
        } else {
            "{\"active\":false}".to_owned()
        };
        write!(
            &mut &*stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .ok()?;
    }
}
