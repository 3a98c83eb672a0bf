//! A server that misbehaves now and then in the middle of a batch: the result of each mail is recorded, what was not taken
//! goes on later, what may have been taken is in doubt, and no mail is taken twice.

use crate::test_worker::TestWorker;
use chrono::Duration;
use postroom::model::AllowList;
use postroom::store::QueueState;
use postroom::transport::smtp::{Account, Security, SmtpClient, Submitter, Timeouts};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What the server does with a transaction.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Act {
    Takes,
    /// These words to MAIL, and the connection ends.
    SenderCloses(&'static str),
    /// These words to MAIL; what was pipelined behind it is out of order.
    Sender(&'static str),
    /// These words to RCPT.
    Recipient(&'static str),
    /// These words to DATA.
    Data(&'static str),
    /// Nothing to RCPT.
    RecipientStalls,
    /// The connection ends in the middle of the body.
    BodyCloses,
    /// These words to the final dot, and the connection ends.
    DotCloses(&'static str),
    /// It has the message, and the connection ends without a word.
    DotVanishes,
    /// It has the message, and says nothing.
    DotStalls,
    /// Takes it, and the connection ends behind the answer.
    TakesAndCloses,
    /// Takes it, and a 421 follows for the next command.
    TakesAndGoes,
    /// Takes it, with its answers to everything in one piece at the end.
    TakesInOnePiece,
    /// Takes it, and its answers come letter by letter.
    TakesSlowly,
}

/// What happens in which transaction; all others go well.
const SCRIPT: &[(usize, Act)] = &[
    (3, Act::SenderCloses("421 4.3.2 going down, come back later")),
    (5, Act::Recipient("451 4.7.1 greylisted, come back later")),
    (7, Act::Recipient("452 4.2.2 mailbox full")),
    (9, Act::Data("451 4.3.0 local error in processing")),
    (11, Act::DotVanishes),
    (13, Act::DotCloses("421 4.4.2 closing")),
    (15, Act::BodyCloses),
    (17, Act::RecipientStalls),
    (19, Act::DotStalls),
    (21, Act::Sender("451 4.4.3 cannot look you up")),
    (23, Act::Sender("452 4.3.1 insufficient system storage")),
    (25, Act::TakesAndCloses),
    (27, Act::TakesAndGoes),
    (29, Act::TakesInOnePiece),
    (31, Act::TakesSlowly),
    (33, Act::DotCloses("452 4.3.1 insufficient system storage")),
];

/// The server: transactions so far, and the Message-IDs that it has.
#[derive(Default)]
struct FaultyServer {
    transactions: AtomicUsize,
    has: Mutex<Vec<String>>,
}

impl FaultyServer {
    fn start() -> (Arc<Self>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Arc::new(Self::default());
        let serving = Arc::clone(&server);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&serving);
                std::thread::spawn(move || server.converse(stream));
            }
        });
        (server, port)
    }

    /// One conversation; returning ends the connection.
    fn converse(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        reply(&mut reader, "220 unruly.test ESMTP")?;
        let (mut act, mut held) = (Act::Takes, String::new());
        loop {
            let line = line(&mut reader)?;
            let command = line.split(['\r', ' ']).next().unwrap_or_default().to_ascii_uppercase();
            let out_of_order = matches!(act, Act::Sender(_)) && matches!(command.as_str(), "RCPT" | "DATA");
            match command.as_str() {
                _ if out_of_order => reply(&mut reader, "503 5.5.1 MAIL first")?,
                "EHLO" => reply(&mut reader, "250-unruly.test\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES")?,
                "MAIL" => {
                    let number = self.transactions.fetch_add(1, Ordering::SeqCst) + 1;
                    act = SCRIPT.iter().find(|(at, _)| *at == number).map_or(Act::Takes, |(_, act)| *act);
                    match act {
                        Act::SenderCloses(words) => {
                            reply(&mut reader, words)?;
                            return None;
                        }
                        Act::Sender(words) => reply(&mut reader, words)?,
                        Act::TakesInOnePiece => held.push_str("250 2.1.0 ok\r\n"),
                        _ => reply(&mut reader, "250 2.1.0 ok")?,
                    }
                }
                "RCPT" => match act {
                    Act::Recipient(words) => reply(&mut reader, words)?,
                    Act::RecipientStalls => return silent(&mut reader),
                    Act::TakesInOnePiece => held.push_str("250 2.1.5 ok\r\n"),
                    _ => reply(&mut reader, "250 2.1.5 ok")?,
                },
                "DATA" => match act {
                    Act::Data(words) => reply(&mut reader, words)?,
                    // No recipient is left.
                    Act::Recipient(_) => reply(&mut reader, "554 5.5.1 no valid recipients")?,
                    _ => {
                        reply(&mut reader, &format!("{}354 go ahead", std::mem::take(&mut held)))?;
                        self.body(&mut reader, act)?;
                        act = Act::Takes;
                    }
                },
                "QUIT" => {
                    reply(&mut reader, "221 2.0.0 bye")?;
                    return None;
                }
                _ => reply(&mut reader, "250 2.0.0 ok")?,
            }
        }
    }

    fn body(&self, reader: &mut BufReader<TcpStream>, act: Act) -> Option<()> {
        let mut id = String::new();
        loop {
            let line = line(reader)?;
            if line == ".\r\n" {
                break;
            }
            if let Some(own) = line.strip_prefix("Message-ID: ") {
                own.trim().clone_into(&mut id);
                if act == Act::BodyCloses {
                    return None;
                }
            }
        }
        if let Act::DotCloses(words) = act {
            reply(reader, words)?;
            return None;
        }
        self.has.lock().unwrap().push(id);
        match act {
            Act::DotVanishes => None,
            Act::DotStalls => silent(reader),
            Act::TakesAndCloses => {
                reply(reader, "250 2.0.0 taken")?;
                None
            }
            Act::TakesAndGoes => {
                reply(reader, "250 2.0.0 taken\r\n421 4.3.2 going down")?;
                None
            }
            Act::TakesSlowly => {
                for letter in b"250-2.0.0 slowly\r\n250 2.0.0 taken\r\n" {
                    reader.get_mut().write_all(&[*letter]).ok()?;
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                Some(())
            }
            _ => reply(reader, "250 2.0.0 taken"),
        }
    }

    fn has(&self) -> BTreeMap<String, usize> {
        let mut times = BTreeMap::new();
        for id in self.has.lock().unwrap().iter() {
            *times.entry(id.clone()).or_default() += 1;
        }
        times
    }
}

fn reply(reader: &mut BufReader<TcpStream>, words: &str) -> Option<()> {
    reader.get_mut().write_all(format!("{words}\r\n").as_bytes()).ok()
}

fn line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|size| *size > 0).map(|_| line)
}

/// Says nothing until the other side has gone.
fn silent(reader: &mut BufReader<TcpStream>) -> Option<()> {
    while line(reader).is_some() {}
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_misbehaves_in_the_middle_of_a_batch_loses_and_doubles_nothing() {
    let (server, port) = FaultyServer::start();
    let account = Account {
        port,
        allow_private: AllowList::loopback(),
        timeouts: Timeouts::all(std::time::Duration::from_secs(1)),
        ..Account::new("office", "127.0.0.1", Security::None)
    };
    let worker = TestWorker::new().await;
    let mails = worker.queue(40).await;
    let mut rounds = 0;
    loop {
        let submitter: Arc<dyn Submitter> = Arc::new(SmtpClient::default());
        let tally = worker.work_at(&submitter, account.clone()).await;
        assert_eq!(tally.failed(), 0, "{:?}", worker.log());
        let mut waiting = 0;
        for mail in &mails {
            waiting += usize::from(matches!(worker.row(*mail).await.0.queue_state, QueueState::Ready { .. }));
        }
        if waiting == 0 {
            break;
        }
        rounds += 1;
        assert!(rounds < 6, "{waiting} mails still wait");
        // Longer than the wait for the next attempt.
        worker.pass(Duration::minutes(20));
    }
    let has = server.has();
    let mut in_doubt = 0;
    for mail in &mails {
        let stored = worker.store.mail(*mail).await.unwrap();
        let times = has.get(&stored.mail.message.message_id).copied().unwrap_or(0);
        match &stored.outbox.queue_state {
            QueueState::Sent => {}
            QueueState::InDoubt { reason } => {
                in_doubt += 1;
                assert!(!reason.is_empty());
            }
            other => panic!("{mail} is {other:?}: {:?}", stored.attempts),
        }
        let log = format!("{mail}, {:?}: {:?}", stored.outbox.queue_state, stored.attempts);
        match stored.outbox.queue_state {
            QueueState::Sent => assert_eq!(times, 1, "{log}"),
            _ => assert!(times <= 1, "{log}"),
        }
    }
    // A short message may have left whole before its end is noticed.
    assert!((2..=3).contains(&in_doubt), "{in_doubt}: those whose answer was lost, and no other");
    let happened = server.transactions.load(Ordering::SeqCst);
    assert!(SCRIPT.iter().all(|(at, _)| *at <= happened), "{happened} transactions: all of the script came");
}
