//! The server of another organisation, `async.test`: our Postfix takes any mail for it, as a provider's does, and only this
//! server says what becomes of it. So the answer comes back by mail. On threads of the test process; it announces no DSN.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

/// What the remote server says of an address that it does not know. The address is named first.
pub(crate) const UNKNOWN: &str = "Recipient address rejected: User unknown in virtual mailbox table";

/// Starts it and gives its port.
pub(super) fn start() -> std::io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || converse(stream));
        }
    });
    Ok(port)
}

/// `unknown-…` does not exist, `full-…` has no room, every other address takes everything.
fn converse(stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream);
    reply(&mut reader, "220 mx.async.test ESMTP")?;
    let mut full = false;
    loop {
        let line = line(&mut reader)?;
        let upper = line.to_ascii_uppercase();
        match upper.get(..4).unwrap_or_default() {
            "EHLO" => reply(&mut reader, "250-mx.async.test\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")?,
            "MAIL" => {
                full = false;
                reply(&mut reader, "250 2.1.0 Ok")?;
            }
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                full |= address.starts_with("full-");
                if address.starts_with("unknown-") {
                    reply(&mut reader, &format!("550 5.1.1 <{address}>: {UNKNOWN}"))?;
                } else {
                    reply(&mut reader, "250 2.1.5 Ok")?;
                }
            }
            "DATA" => {
                reply(&mut reader, "354 End data with <CR><LF>.<CR><LF>")?;
                while self::line(&mut reader)? != ".\r\n" {}
                let words = if full { "552 5.2.2 the mailbox is over its quota" } else { "250 2.0.0 Ok" };
                reply(&mut reader, words)?;
            }
            "QUIT" => {
                reply(&mut reader, "221 2.0.0 Bye")?;
                return None;
            }
            _ => reply(&mut reader, "250 2.0.0 Ok")?,
        }
    }
}

fn reply(reader: &mut BufReader<TcpStream>, words: &str) -> Option<()> {
    reader.get_mut().write_all(format!("{words}\r\n").as_bytes()).ok()
}

fn line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|size| *size > 0).map(|_| line)
}
