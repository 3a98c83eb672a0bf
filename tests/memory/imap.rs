//! An IMAP server that answers with 30 MB of what is dear to keep.

use crate::process::{CASE, cost, measure};
use postroom::model::AllowList;
use postroom::transport::imap::{
    Account, ImapClient, Login, MailboxError, Mailboxes, Mechanism, Place, Secret, Security,
};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// Bytes that the server says.
const REPLY_BYTES: usize = 30_000_000;
/// Bytes that they may cost.
const MOST: u64 = 100_000_000;
/// Bytes that they may cost where twenty connections hear them at once: the budget of all, and what each has of its own.
const MOST_OF_ALL: u64 = 400_000_000;
const AT_ONCE: usize = 20;

/// A question, and the line that the server answers again and again. `{uid}` in it is a number of its own each time.
type Case = (&'static str, Question, fn() -> Vec<u8>);

#[derive(Debug, Clone, Copy)]
enum Question {
    Folders,
    State,
    Search,
    Envelopes,
    Headers,
    Message,
    Part,
    Flags,
}

fn repeated(before: &str, again: &str, after: &str, bytes: usize) -> Vec<u8> {
    format!("{before}{}{after}", again.repeat(bytes / again.len())).into_bytes()
}

fn literal(before: &str, again: &str, after: &str) -> Vec<u8> {
    let text = again.repeat(65_536 / again.len());
    format!("{before}{{{}}}\r\n{text}{after}", text.len()).into_bytes()
}

const HEADER: &str = "* 1 FETCH (UID {uid} BODY[HEADER.FIELDS (X)]<0> ";

const CASES: &[Case] = &[
    ("lists of lists", Question::Folders, || repeated("* LIST (", "(a)", ") \"/\" x\r\n", 297_000)),
    ("empty lists", Question::Folders, || repeated("* LIST (", "()", ") \"/\" x\r\n", 297_000)),
    ("empty texts", Question::Folders, || repeated("* LIST (", "\"\"", ") \"/\" x\r\n", 900_000)),
    ("nothing but NIL", Question::Folders, || repeated("* LIST (", "NIL ", ") \"/\" x\r\n", 900_000)),
    ("one value after the other", Question::Folders, || repeated("* LIST ", "a ", "\r\n", 900_000)),
    ("many folders", Question::Folders, || repeated("* LIST () \"/\" ", "a", "\r\n", 300)),
    ("long names of folders", Question::Folders, || literal("* LIST () \"/\" ", "&", "\r\n")),
    ("another's data", Question::Folders, || repeated("* 1 FETCH (", "(a)", ")\r\n", 297_000)),
    ("data of no name", Question::Folders, || repeated("* ((", "(a)", "))\r\n", 297_000)),
    ("long capabilities", Question::Folders, || repeated("* CAPABILITY ", "a ", "\r\n", 900_000)),
    ("codes", Question::Folders, || repeated("* OK [A ", "b", "] c\r\n", 300)),
    ("words that are not UTF-8", Question::Folders, || {
        let mut line = b"* NO [ALERT] ".to_vec();
        line.extend([0xff; 1_900]);
        line.extend(b"\r\n");
        line
    }),
    ("lists where a state is wanted", Question::State, || repeated("* 1 EXISTS (", "(a)", ")\r\n", 297_000)),
    ("many uids", Question::Search, || repeated("* SEARCH", " 1", "\r\n", 7_500_000)),
    ("short lists of uids", Question::Search, || repeated("* SEARCH", " 7", "\r\n", 300)),
    ("many ranges", Question::Search, || repeated("* ESEARCH ALL 1", ",1", "\r\n", 7_500_000)),
    ("ranges that rise", Question::Search, || {
        let ranges: Vec<String> = (0..700_000).map(|n| format!("{}:{}", n * 2 + 1, n * 2 + 1_000)).collect();
        let mut line = format!("* ESEARCH ALL {}", ranges.join(","));
        line.truncate(7_500_000);
        format!("{line}\r\n").into_bytes()
    }),
    ("addresses", Question::Envelopes, || literal(HEADER, "To: a@b,c@d,e@f,g@h\r\nCc: a,b,c,d\r\n", ")\r\n")),
    ("references", Question::Envelopes, || literal(HEADER, "References: <a@b> <c@d>\r\n", ")\r\n")),
    ("one long field", Question::Envelopes, || literal(HEADER, "References:", ")\r\n")),
    ("structures", Question::Envelopes, || {
        repeated(
            "* 1 FETCH (UID {uid} BODY[] x BODYSTRUCTURE (",
            "(\"a\" \"b\" NIL NIL NIL \"c\" 1)",
            "))\r\n",
            900_000,
        )
    }),
    ("flags", Question::Envelopes, || {
        repeated("* 1 FETCH (UID {uid} BODY[] x FLAGS (", "a ", "))\r\n", 900_000)
    }),
    ("fields", Question::Headers, || literal(HEADER, ":\r\n", ")\r\n")),
    ("headers of nobody", Question::Headers, || {
        literal("* 1 FETCH (UID 4000000 BODY[HEADER.FIELDS (X)]<0> ", ":\r\n", ")\r\n")
    }),
    ("a message in pieces", Question::Message, || {
        repeated("* 1 FETCH (UID 1 BODY[] \"", "a", "\")\r\n", 900_000)
    }),
    ("a large part", Question::Part, || {
        repeated("* 1 FETCH (UID 1 BODY[1]<0> {1048576}\r\n", "a", ")\r\n", 1_048_576)
    }),
    ("flags that were not asked for", Question::Flags, || {
        repeated("* 1 FETCH (FLAGS (", "a ", "))\r\n", 900_000)
    }),
];

#[test]
fn an_imap_server_that_says_30_mb_costs_100_mb_at_most() {
    for (name, ..) in CASES {
        let cost = cost("imap::one_case", &format!("1 {name}"));
        assert!(cost <= MOST, "{name}: {} MB", cost / 1_000_000);
    }
}

#[test]
fn twenty_of_them_at_once_share_one_budget() {
    for name in ["lists of lists", "long names of folders", "many uids", "a large part"] {
        let cost = cost("imap::one_case", &format!("{AT_ONCE} {name}"));
        assert!(cost <= MOST_OF_ALL, "{name}: {} MB", cost / 1_000_000);
    }
}

#[test]
#[ignore = "one case in a process of its own, started by the tests above"]
fn one_case() {
    let Ok(case) = std::env::var(CASE) else { return };
    let (connections, name) = case.split_once(' ').expect("how many, and which");
    let (_, question, line) = CASES.iter().find(|(known, ..)| *known == name).expect("a known case");
    let port = serve(line());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    measure(|| {
        runtime.block_on(async {
            let asked =
                (0..connections.parse().expect("a number")).map(|_| tokio::spawn(ask(port, *question)));
            for one in asked.collect::<Vec<_>>() {
                // An answer or a failure: neither matters here, what it costs does.
                if let Err(failed) = one.await.expect("no panic") {
                    println!("{failed}");
                }
            }
        });
    });
}

async fn ask(port: u16, question: Question) -> Result<(), MailboxError> {
    let login = Login {
        user: "nora@nord.test".into(),
        secret: Secret::password("pw-4711-secret".to_owned()),
        mechanism: Mechanism::Auto,
    };
    let account = Account {
        port,
        allow_private: AllowList::loopback(),
        allow_cleartext_login: true,
        ..Account::new("test", "127.0.0.1", Security::None, login)
    };
    let client = ImapClient::default();
    let (uids, at) =
        ((1..=1_000).collect::<Vec<u32>>(), Place { folder: "INBOX".into(), uid_validity: 7, uid: 1 });
    match question {
        Question::Folders => client.folders(&account).await.map(drop),
        Question::State => client.state(&account, "INBOX").await.map(drop),
        Question::Search => client.search(&account, "INBOX", &[], None, 1_000).await.map(drop),
        Question::Envelopes => client.fetch_envelopes(&account, "INBOX", 7, &uids).await.map(drop),
        Question::Headers => client.fetch_headers(&account, "INBOX", 7, &uids, &["X".into()]).await.map(drop),
        Question::Message => client.fetch_message(&account, &at, 0, 1 << 20).await.map(drop),
        Question::Part => client.fetch_part(&account, &at, "1").await.map(drop),
        Question::Flags => client.set_flags(&account, "INBOX", 7, &uids, &["\\Seen".into()], &[]).await,
    }
}

/// Starts a server that accepts every login, opens every folder, and answers all else with its line until it has sent enough.
fn serve(line: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let line = Arc::new(line);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let line = Arc::clone(&line);
            // A client that hangs up ends the conversation.
            std::thread::spawn(move || converse(stream, &line));
        }
    });
    port
}

fn converse(stream: TcpStream, line: &[u8]) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    out.write_all(b"* OK ready\r\n")?;
    let mut sent = 0;
    for command in BufReader::new(stream).lines() {
        let command = command?;
        let (tag, words) = command.split_once(' ').unwrap_or((&command, ""));
        let asks_structure = words.contains("BODYSTRUCTURE)") && !words.contains("HEADER");
        let opens = words.starts_with("EXAMINE") || words.starts_with("SELECT");
        if words.starts_with("CAPABILITY") {
            out.write_all(b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN ESEARCH\r\n")?;
        } else if opens {
            out.write_all(b"* 9 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 12] ok\r\n")?;
        } else if asks_structure {
            out.write_all(b"* 1 FETCH (UID 1 BODYSTRUCTURE (\"a\" \"b\" NIL NIL NIL \"7bit\" 1))\r\n")?;
        }
        let begins = ["AUTHENTICATE", "CAPABILITY", "LOGOUT"].iter().any(|known| words.starts_with(known));
        // A part is asked for slice by slice: one line each.
        let once = words.contains("BODY.PEEK[1]");
        let wants_state = line.windows(6).any(|window| window == b"EXISTS");
        let mut uid = words.split(' ').nth(2).and_then(first_uid).unwrap_or(1);
        while !begins && !asks_structure && opens == wants_state && sent < REPLY_BYTES {
            let line = numbered(line, uid);
            out.write_all(&line)?;
            sent += line.len();
            uid += 1;
            if once {
                break;
            }
        }
        out.write_all(format!("{tag} OK done\r\n").as_bytes())?;
    }
    Ok(())
}

/// `201:400` asks for messages from 201.
fn first_uid(set: &str) -> Option<u32> {
    set.split([':', ',']).next()?.parse().ok()
}

fn numbered(line: &[u8], uid: u32) -> std::borrow::Cow<'_, [u8]> {
    let mark = b"{uid}";
    match line.windows(mark.len()).take(64).position(|window| window == mark) {
        Some(place) => {
            [&line[..place], uid.to_string().as_bytes(), &line[place + mark.len()..]].concat().into()
        }
        None => line.into(),
    }
}
