//! Servers that misbehave, which no real one does on demand: a conversation up to a certain point, and then silence,
//! a hang-up, or words of the test's choice.

#![allow(clippy::expect_used)] // what fails here fails the test that asked

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

/// Points of a conversation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum At {
    /// The first words.
    Greeting,
    /// The answer to EHLO.
    Ehlo,
    /// The answer to STARTTLS.
    StartTls,
    /// TLS itself.
    Handshake,
    /// The answer to AUTH.
    Login,
    /// The answer to MAIL.
    Sender,
    /// The answer to RCPT.
    Recipient,
    /// The answer to DATA.
    Data,
    /// After the answer to DATA, before the mail has come.
    Body,
    /// The answer to the final dot.
    Dot,
}

/// What happens there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum How {
    /// Silence, while the connection stays.
    Hangs,
    /// The connection ends.
    Closes,
    /// These words in place of the usual ones; then the conversation goes on.
    Replies(&'static str),
    /// These words in place of the usual ones, the first time in a conversation.
    RepliesOnce(&'static str),
}

/// Starts a server that offers these extensions and misbehaves in every conversation; gives its port.
pub fn server(at: At, how: How, extensions: &'static [&'static str]) -> u16 {
    notifying_server(at, how, extensions).0
}

/// Starts such a server; gives its port, and a receiver of each time that it reaches where it misbehaves.
pub fn notifying_server(at: At, how: How, extensions: &'static [&'static str]) -> (u16, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (reaches, reached) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let reaches = reaches.clone();
            std::thread::spawn(move || {
                Conversation { stream: BufReader::new(stream), at, how, reaches, has_replied: false }
                    .run(extensions)
            });
        }
    });
    (port, reached)
}

/// Waits until a server reaches where it misbehaves.
pub fn wait_for(reached: &mpsc::Receiver<()>) {
    reached.recv_timeout(Duration::from_secs(60)).expect("the conversation gets there");
}

struct Conversation {
    stream: BufReader<TcpStream>,
    at: At,
    how: How,
    reaches: mpsc::Sender<()>,
    has_replied: bool,
}

impl Conversation {
    /// Returns early, which closes the connection, as soon as anything goes wrong or the script says so.
    fn run(&mut self, extensions: &[&str]) -> Option<()> {
        self.answer(At::Greeting, "220 scripted.test ESMTP")?;
        loop {
            let line = self.line()?;
            let command = line.split(['\r', '\n', ' ']).next().unwrap_or_default().to_ascii_uppercase();
            match command.as_str() {
                "EHLO" => {
                    let lines: Vec<String> = extensions.iter().map(|e| format!("250-{e}\r\n")).collect();
                    self.answer(At::Ehlo, &format!("250-scripted.test\r\n{}250 HELP", lines.concat()))?;
                }
                "STARTTLS" => {
                    self.answer(At::StartTls, "220 go ahead")?;
                    return self.misbehave();
                }
                "AUTH" => self.answer(At::Login, "235 2.7.0 welcome")?,
                "MAIL" => self.answer(At::Sender, "250 2.1.0 ok")?,
                "RCPT" => self.answer(At::Recipient, "250 2.1.5 ok")?,
                "DATA" => {
                    self.answer(At::Data, "354 go ahead")?;
                    if self.at == At::Body {
                        return self.misbehave();
                    }
                    while self.line()? != ".\r\n" {}
                    self.answer(At::Dot, "250 2.0.0 taken as 1")?;
                }
                "QUIT" => {
                    self.reply("221 bye")?;
                    return None;
                }
                _ => self.reply("250 ok")?,
            }
        }
    }

    fn answer(&mut self, stage: At, usual: &str) -> Option<()> {
        match self.how {
            How::Replies(words) if stage == self.at => self.reply(words),
            How::RepliesOnce(words)
                if stage == self.at && !std::mem::replace(&mut self.has_replied, true) =>
            {
                self.reply(words)
            }
            How::RepliesOnce(_) => self.reply(usual),
            _ if stage == self.at => self.misbehave(),
            _ => self.reply(usual),
        }
    }

    fn misbehave(&mut self) -> Option<()> {
        // A test that does not wait for it has dropped the receiver.
        let _ = self.reaches.send(());
        if self.how == How::Hangs && self.at == At::Body {
            // A server that hangs in the middle of a body reads no more of it.
            std::thread::sleep(Duration::from_secs(10));
        } else if self.how == How::Hangs {
            let _ = self.stream.read_to_end(&mut Vec::new());
        }
        None
    }

    fn reply(&mut self, words: &str) -> Option<()> {
        self.stream.get_mut().write_all(format!("{words}\r\n").as_bytes()).ok()
    }

    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.stream.read_until(b'\n', &mut line) {
            Ok(size) if size > 0 => Some(String::from_utf8_lossy(&line).into_owned()),
            _ => None,
        }
    }
}
