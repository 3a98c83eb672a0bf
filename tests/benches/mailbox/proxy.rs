//! A proxy that counts the commands of IMAP by their names. Whoever speaks through it must not send literals: a line is a command.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Commands that open and end a connection, or list the folders: once a session, or once a look, however many folders there are.
const APART: [&str; 9] =
    ["CAPABILITY", "LOGIN", "AUTHENTICATE", "ID", "ENABLE", "NAMESPACE", "LIST", "LOGOUT", "DONE"];

/// How often each command was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Commands(Arc<Mutex<BTreeMap<String, usize>>>);

impl Commands {
    /// Commands about folders.
    pub(crate) fn of_folders(&self) -> usize {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|(name, _)| !APART.contains(&name.as_str())).map(|(_, count)| *count).sum()
    }

    /// All of them, for people.
    pub(crate) fn listed(&self) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    }

    fn add(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let mut words = line.split_ascii_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next());
        // What continues a command has no tag: DONE, and a password.
        let name = second.or((first == "DONE").then_some("DONE"));
        let Some(name) = name.map(str::to_ascii_uppercase) else { return };
        let name = match (name.as_str(), words.next()) {
            ("UID", Some(of)) => format!("UID {}", of.to_ascii_uppercase()),
            _ => name,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
    }
}

/// Listens, and passes on what comes to the server. Returns the port. It ends with the process.
pub(crate) fn start(server: u16) -> anyhow::Result<(u16, Commands)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    let commands = Commands::default();
    let counted = commands.clone();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if let Ok(server) = TcpStream::connect(("127.0.0.1", server)) {
                let _ = pass(client, server, counted.clone());
            }
        }
    });
    Ok((port, commands))
}

fn pass(client: TcpStream, server: TcpStream, commands: Commands) -> std::io::Result<()> {
    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        while let Ok(length @ 1..) = from_server.read(&mut buffer) {
            if to_client.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let (mut lines, mut to_server) = (BufReader::new(client), server);
        let mut line = Vec::new();
        while let Ok(1..) = lines.read_until(b'\n', &mut line) {
            commands.add(&line);
            if to_server.write_all(&line).is_err() {
                break;
            }
            line.clear();
        }
        let _ = to_server.shutdown(Shutdown::Both);
    });
    Ok(())
}
