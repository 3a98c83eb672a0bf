//! The index against a server in memory: whatever happens to the mailbox and to the connection, in the end both have the same messages, at the
//! same places, with the same flags.

use super::error::SyncError;
use super::folder::{Indexing, Origin};
use super::identity::identity;
use super::{FolderProgress, MailboxSync};
use chrono::{DateTime, FixedOffset, TimeDelta};
use postroom_model::{
    Account, AccountId, Authentication, CompanyId, ImapServer, NewAccount, NewCompany, PasswordMechanism,
    Transport,
};
use postroom_store::{
    Clue, ConversationChoice, Direction, IndexedMessage, LeaseOwner, Location, MailboxLease, Person,
    PersonRole, Store,
};
use postroom_transport::BoxFuture;
use postroom_transport::imap::{
    self, Login, Mechanism, MemoryMailboxes, MemoryMode, MemoryServer, Secret, Security, SyncEnvelope,
    SyncMailboxes as _,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long a lease lasts in a test: longer than any.
const LEASE: Duration = Duration::from_secs(3_600);
/// Looks until the index has caught up, faults and all.
const LOOKS: usize = 12;

fn start() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-30T09:00:00+01:00").unwrap()
}

/// A mailbox with its index, and the time.
struct World {
    store: Store,
    company: CompanyId,
    account: AccountId,
    /// Whose mailboxes are in the server of this test.
    name: String,
    server: MemoryMailboxes,
    lease: MailboxLease,
    now: DateTime<FixedOffset>,
    delivered: u32,
}

fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

impl World {
    async fn open(store: &Store, number: usize, mode: MemoryServer) -> Self {
        let name = format!("box-{number}");
        let new = NewCompany::named(parse(&name));
        let company = store.create_company(&new).await.unwrap();
        let account: Account =
            store.company_store(company.id).add_account(&new_account(&name)).await.unwrap();
        let owner = LeaseOwner::new("test");
        let system = store.system();
        let lease = system.claim_mailbox(&owner, account.id, start(), LEASE).await.unwrap().unwrap();
        let server = MemoryMailboxes::new();
        server.set_server(&name, mode);
        Self {
            store: store.clone(),
            company: company.id,
            account: account.id,
            name,
            server,
            lease,
            now: start(),
            delivered: 0,
        }
    }

    fn deliver(&mut self, folder: &str, has_id: bool) {
        self.delivered += 1;
        let number = self.delivered;
        let id = if has_id { format!("Message-ID: <{number}@example>\r\n") } else { String::new() };
        let message =
            format!("{id}Subject: number {number}\r\nFrom: ann@customer.example\r\n\r\nbody {number}\r\n");
        let received = start() + TimeDelta::seconds(i64::from(number));
        self.server.deliver(&self.name, folder, message, received);
    }

    /// Looks at the mailbox on a new connection, as after a restart.
    async fn look(&mut self) -> Result<(), SyncError> {
        let store = self.store.clone();
        let indexing = OneConversation { store: &store, account: self.account };
        self.look_by(&indexing).await
    }

    async fn look_by(&mut self, indexing: &dyn Indexing) -> Result<(), SyncError> {
        self.now += TimeDelta::minutes(1);
        let mut session = self.server.sync_session(&imap_account(&self.name)).await?;
        let system = self.store.system();
        let mut sync = MailboxSync {
            session: session.as_mut(),
            store: &system,
            lease: &self.lease,
            indexing,
            intake: None,
            gone: &mut BTreeSet::new(),
        };
        sync.look(self.now, false, &mut |_: FolderProgress<'_>| {}).await.map(|_| ())
    }

    /// Of each place what is there: the subject and the flags.
    async fn index(&self) -> BTreeMap<(String, u32), (String, Vec<String>)> {
        let admin = self.store.company_store(self.company);
        let rows = admin
            .conversations(&postroom_store::ConversationFilter { limit: 10, ..Default::default() })
            .await;
        let mut found = BTreeMap::new();
        for row in rows.unwrap() {
            for message in admin.conversation(row.id).await.unwrap().messages {
                for place in message.places {
                    let mut flags = place.flags;
                    flags.sort();
                    found.insert((place.name, place.uid), (message.subject.clone(), flags));
                }
            }
        }
        found
    }

    /// The same on the server.
    fn truth(&self) -> BTreeMap<(String, u32), (String, Vec<String>)> {
        let mut found = BTreeMap::new();
        for (folder, messages) in self.server.snapshot(&self.name) {
            for (uid, (bytes, mut flags)) in messages {
                let text = String::from_utf8(bytes).unwrap();
                let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
                flags.sort();
                found.insert((folder.clone(), uid), (subject.to_owned(), flags));
            }
        }
        found
    }

    async fn catch_up(&mut self) {
        self.server.fail_after(&self.name, 0);
        for _ in 0..LOOKS {
            self.look().await.unwrap();
            if self.index().await == self.truth() {
                // Nor does the next look undo it.
                self.look().await.unwrap();
                return;
            }
        }
    }
}

fn new_account(name: &str) -> NewAccount {
    let authentication =
        Authentication::Password { login: parse("office@nord.example"), mechanism: PasswordMechanism::Auto };
    let mailbox = ImapServer::new(parse("imap.nord.example"), postroom_model::Security::Ssl, authentication);
    NewAccount {
        mailbox: Some(mailbox),
        ..NewAccount::new(parse(name), parse("office@nord.example"), Transport::MailClient)
    }
}

fn imap_account(name: &str) -> imap::Account {
    let login =
        Login { user: "office".into(), secret: Secret::password("secret"), mechanism: Mechanism::Auto };
    imap::Account::new(name, "imap.nord.example", Security::Tls, login)
}

/// Puts all messages into one conversation, without the plugin.
struct OneConversation<'a> {
    store: &'a Store,
    account: AccountId,
}

impl Indexing for OneConversation<'_> {
    fn prepare<'a>(
        &'a self,
        at: Origin<'a>,
        envelopes: &'a [SyncEnvelope],
        _: bool,
    ) -> BoxFuture<'a, Result<Vec<IndexedMessage>, SyncError>> {
        Box::pin(async move {
            let clue = Clue { kind: "own-mail".into(), value: "all".into() };
            let known = self.store.system().related(self.account, std::slice::from_ref(&clue)).await?;
            let conversation = match known.first() {
                Some(known) => ConversationChoice::Existing(known.conversation),
                None => ConversationChoice::New(0),
            };
            Ok(envelopes.iter().map(|of| row(at, of, conversation, clue.clone())).collect())
        })
    }

    fn text<'a>(&'a self, _: Vec<u8>) -> BoxFuture<'a, Result<String, SyncError>> {
        Box::pin(async { Ok(String::new()) })
    }
}

/// Begins a conversation with each message, and counts them within a batch, as the plugin does.
struct ConversationsOfTheirOwn;

impl Indexing for ConversationsOfTheirOwn {
    fn prepare<'a>(
        &'a self,
        at: Origin<'a>,
        envelopes: &'a [SyncEnvelope],
        _: bool,
    ) -> BoxFuture<'a, Result<Vec<IndexedMessage>, SyncError>> {
        Box::pin(async move {
            let clue =
                |of: &SyncEnvelope| Clue { kind: "subject".into(), value: of.envelope.subject.clone() };
            let rows = (0..)
                .zip(envelopes)
                .map(|(number, of)| row(at, of, ConversationChoice::New(number), clue(of)));
            Ok(rows.collect())
        })
    }

    fn text<'a>(&'a self, _: Vec<u8>) -> BoxFuture<'a, Result<String, SyncError>> {
        Box::pin(async { Ok(String::new()) })
    }
}

fn row(at: Origin<'_>, of: &SyncEnvelope, conversation: ConversationChoice, clue: Clue) -> IndexedMessage {
    let envelope = &of.envelope;
    let from = envelope.from.iter();
    IndexedMessage {
        uid: envelope.uid,
        flags: envelope.flags.clone(),
        identity: identity(of, at.folder.id, at.uid_validity),
        message_id: envelope.message_id.clone().unwrap_or_default(),
        subject: envelope.subject.clone(),
        base_subject: envelope.subject.clone(),
        people: from
            .map(|it| Person { role: PersonRole::From, name: None, address: it.address.clone() })
            .collect(),
        date: envelope.date,
        received: envelope.received,
        size: envelope.size,
        direction: Direction::Incoming,
        kind: Some("ordinary".into()),
        is_quiet: false,
        files: Vec::new(),
        thread_index: None,
        gmail_thread: None,
        clues: vec![clue],
        conversation,
        reason: None,
        is_sure: true,
        partners: Vec::new(),
        documents: Vec::new(),
        proposals: Vec::new(),
        mail: None,
        body_text: None,
    }
}

/// Something that happens to a mailbox. Messages are meant by their place in the folder.
#[derive(Debug, Clone)]
enum Act {
    Arrive {
        folder: u8,
        has_id: bool,
    },
    Move {
        from: u8,
        message: u8,
        to: u8,
    },
    Delete {
        folder: u8,
        message: u8,
    },
    Flag {
        folder: u8,
        message: u8,
        seen: bool,
    },
    Renumber {
        folder: u8,
    },
    LeaveOut {
        folder: u8,
        message: u8,
    },
    /// The connection is lost with a command after this one: within a look, or before it.
    Lose {
        after: u8,
    },
    Look,
}

const FOLDERS: [&str; 3] = ["INBOX", "Sent", "Projects"];

fn folder(number: u8) -> &'static str {
    FOLDERS[usize::from(number) % FOLDERS.len()]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let number = any::<u8>;
    let act = prop_oneof![
        5 => (number(), any::<bool>()).prop_map(|(folder, has_id)| Act::Arrive { folder, has_id }),
        2 => (number(), number(), number()).prop_map(|(from, message, to)| Act::Move { from, message, to }),
        2 => (number(), number()).prop_map(|(folder, message)| Act::Delete { folder, message }),
        2 => (number(), number(), any::<bool>()).prop_map(|(folder, message, seen)| Act::Flag { folder, message, seen }),
        1 => number().prop_map(|folder| Act::Renumber { folder }),
        1 => (number(), number()).prop_map(|(folder, message)| Act::LeaveOut { folder, message }),
        2 => (1..30_u8).prop_map(|after| Act::Lose { after }),
        5 => Just(Act::Look),
    ];
    prop::collection::vec(act, 1..40)
}

fn servers() -> impl Strategy<Value = MemoryServer> {
    let modes = prop_oneof![Just(MemoryMode::Qresync), Just(MemoryMode::Condstore), Just(MemoryMode::Plain)];
    (modes, any::<bool>(), prop::bool::weighted(0.2), prop::bool::weighted(0.1)).prop_map(
        |(mode, idle, reports_all_vanished, omits_modseq)| MemoryServer {
            mode,
            idle,
            reports_all_vanished,
            omits_modseq,
        },
    )
}

impl World {
    /// Finds the uid of a message by its place in a folder.
    fn uid(&self, folder: &str, message: u8) -> Option<u32> {
        let all = self.server.snapshot(&self.name);
        let messages = all.get(folder)?;
        messages.keys().nth(usize::from(message) % messages.len().max(1)).copied()
    }

    async fn act(&mut self, act: &Act) {
        let name = self.name.clone();
        match *act {
            Act::Arrive { folder: of, has_id } => self.deliver(folder(of), has_id),
            Act::Move { from, message, to } => {
                if let Some(uid) = self.uid(folder(from), message).filter(|_| folder(from) != folder(to)) {
                    self.server.move_message(&name, folder(from), uid, folder(to));
                }
            }
            Act::Delete { folder: of, message } => {
                if let Some(uid) = self.uid(folder(of), message) {
                    self.server.delete_message(&name, folder(of), uid);
                }
            }
            Act::Flag { folder: of, message, seen } => {
                if let Some(uid) = self.uid(folder(of), message) {
                    let flags: &[&str] = if seen { &["\\Seen"] } else { &["\\Flagged", "later"] };
                    self.server.replace_flags(&name, folder(of), uid, flags);
                }
            }
            Act::Renumber { folder: of } => self.server.renumber(&name, folder(of)),
            Act::LeaveOut { folder: of, message } => {
                if let Some(uid) = self.uid(folder(of), message) {
                    self.server.leave_out_once(&name, folder(of), uid);
                }
            }
            Act::Lose { after } => self.server.fail_after(&name, u32::from(after)),
            Act::Look => {
                // A connection that is lost ends the look; the next one goes on.
                let _ = self.look().await;
            }
        }
    }
}

/// Runs histories one after another on one store.
fn histories(cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let location = Location::file(folder.path().join("store.db"));
    let store = runtime.block_on(Store::open(&location)).unwrap();
    let number = std::cell::Cell::new(0);
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::with_cases(cases)
    };
    proptest::test_runner::TestRunner::new(config)
        .run(&(acts(), servers()), |(acts, server)| {
            number.set(number.get() + 1);
            let (index, truth) = runtime.block_on(async {
                let mut world = World::open(&store, number.get(), server).await;
                for act in &acts {
                    world.act(act).await;
                }
                world.catch_up().await;
                // On a server that counts no changes, flags of unchanged folders are compared once a day.
                world.now += TimeDelta::hours(25);
                world.catch_up().await;
                (world.index().await, world.truth())
            });
            prop_assert_eq!(index, truth);
            Ok(())
        })
        .unwrap();
}

#[test]
fn in_the_end_the_index_has_what_the_server_has_whatever_happened() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(100);
    histories(cases);
}

#[tokio::test]
async fn one_message_that_no_client_can_read_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Location::file(folder.path().join("store.db"))).await.unwrap();
    let mut world = World::open(&store, 0, MemoryServer::default()).await;
    for _ in 0..300 {
        world.deliver("INBOX", true);
    }
    world.deliver("Sent", true);
    world.server.make_unreadable("box-0", "INBOX", 7);
    world.server.make_unreadable("box-0", "INBOX", 290);
    for _ in 0..3 {
        world.look().await.unwrap();
    }
    world.deliver("INBOX", true);
    world.look().await.unwrap();
    let (index, truth) = (world.index().await, world.truth());
    let missing: Vec<_> = truth.keys().filter(|place| !index.contains_key(*place)).collect();
    assert_eq!(missing, [&("INBOX".to_owned(), 7), &("INBOX".to_owned(), 290)]);
    let folders = store.system().mailbox_folders(world.account).await.unwrap();
    let inbox = folders.iter().find(|row| row.folder.name == "INBOX").unwrap();
    assert!(inbox.fault.as_ref().is_some_and(|fault| fault.contains("does not give")), "{:?}", inbox.fault);
}

#[tokio::test]
async fn new_conversations_of_two_batches_stay_apart() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Location::file(folder.path().join("store.db"))).await.unwrap();
    let mut world = World::open(&store, 0, MemoryServer::default()).await;
    for _ in 0..700 {
        world.deliver("INBOX", true);
    }
    world.look_by(&ConversationsOfTheirOwn).await.unwrap();
    let filter = postroom_store::ConversationFilter { limit: 500, ..Default::default() };
    let admin = world.store.company_store(world.company);
    let first = admin.conversations(&filter).await.unwrap();
    let after = first.last().map(|last| (last.latest, last.id));
    let second = admin.conversations(&postroom_store::ConversationFilter { after, ..filter }).await.unwrap();
    assert_eq!(first.len() + second.len(), 700);
}
