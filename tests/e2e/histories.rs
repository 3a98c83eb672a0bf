//! Random histories of a mailbox at Dovecot: whatever arrives, moves, goes, is flagged and is cut, in the end the index has what the server
//! has, message by message. `POSTROOM_HISTORIES` says how many; 20 otherwise.

use crate::other_program::{Messages, OtherProgram};
use crate::relay::Relay;
use crate::servers::servers;
use chrono::{DateTime, FixedOffset, TimeDelta};
use postroom::mailbox::{FolderProgress, Indexing, MailboxSync, Origin, SyncError};
use postroom::model;
use postroom::store::{
    Clue, ConversationChoice, ConversationFilter, Direction, IndexedMessage, LeaseOwner, Location,
    MailboxLease, Store,
};
use postroom::transport::BoxFuture;
use postroom::transport::imap::{
    Account, ImapClient, Login, Mechanism, Secret, Security, SyncEnvelope, SyncMailboxes as _,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const FOLDERS: [&str; 3] = ["INBOX", "Gesendet", "Projects"];
/// Looks until the index has caught up.
const LOOKS: usize = 12;

/// Something that happens to a mailbox. Messages are meant by their place in the folder.
#[derive(Debug, Clone)]
enum Act {
    Arrive {
        folder: u8,
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
    /// The folder of projects is deleted and made anew.
    Recreate,
    /// The next connection is cut after so many bytes.
    Cut {
        after: u16,
    },
    Look,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let number = any::<u8>;
    let act = prop_oneof![
        5 => number().prop_map(|folder| Act::Arrive { folder }),
        2 => (number(), number(), number()).prop_map(|(from, message, to)| Act::Move { from, message, to }),
        2 => (number(), number()).prop_map(|(folder, message)| Act::Delete { folder, message }),
        2 => (number(), number(), any::<bool>()).prop_map(|(folder, message, seen)| Act::Flag { folder, message, seen }),
        1 => Just(Act::Recreate),
        3 => (1..12_000_u16).prop_map(|after| Act::Cut { after }),
        4 => Just(Act::Look),
    ];
    prop::collection::vec(act, 1..30)
}

/// What Dovecot seems not to have.
fn hidden() -> impl Strategy<Value = &'static [&'static str]> {
    prop_oneof![
        3 => Just(&[][..]),
        1 => Just(&["QRESYNC"][..]),
        1 => Just(&["QRESYNC", "CONDSTORE"][..]),
        1 => Just(&["QRESYNC", "CONDSTORE", "ESEARCH", "IDLE", "LIST-EXTENDED"][..]),
    ]
}

/// A mailbox at Dovecot with its index, and the time.
struct World {
    store: Store,
    company: model::CompanyId,
    account: model::AccountId,
    lease: MailboxLease,
    relay: Relay,
    server: Account,
    other: OtherProgram,
    now: DateTime<FixedOffset>,
    arrived: u32,
}

impl World {
    async fn open(store: &Store, number: usize, hidden: &'static [&'static str]) -> Self {
        let name = format!("history-{number}");
        let user = format!("{name}@west.test");
        let company = store.create_company(&model::NewCompany::named(parse(&name))).await.expect("a company");
        let new = model::NewAccount {
            mailbox: Some(model::ImapServer::new(
                parse("localhost"),
                model::Security::None,
                model::Authentication::None,
            )),
            ..model::NewAccount::new(parse(&name), parse(&user), model::Transport::MailClient)
        };
        let account = store.company_store(company.id).add_account(&new).await.expect("an account");
        let now = DateTime::parse_from_rfc3339("2026-11-30T09:00:00+01:00").expect("a time");
        let (system, owner) = (store.system(), LeaseOwner::new("tests"));
        let lease = system.claim_mailbox(&owner, account.id, now, Duration::from_secs(86_400));
        let lease = lease.await.expect("a store").expect("a lease");
        let relay = Relay::open(servers().imap, hidden);
        let secret = Secret::password(&servers().reader);
        let login = Login { user: user.clone(), secret, mechanism: Mechanism::Auto };
        let server = Account {
            port: relay.port,
            allow_private: model::AllowList::loopback(),
            allow_cleartext_login: true,
            ..Account::new(&name, "localhost", Security::None, login)
        };
        let mut other = OtherProgram::log_in(servers().imap, &user, &servers().reader);
        other.run("CREATE Projects");
        Self {
            store: store.clone(),
            company: company.id,
            account: account.id,
            lease,
            relay,
            server,
            other,
            now,
            arrived: 0,
        }
    }

    fn act(&mut self, act: &Act) {
        let folder = |number: u8| FOLDERS[usize::from(number) % FOLDERS.len()];
        match *act {
            Act::Arrive { folder: number } => {
                self.arrived += 1;
                let number_of = self.arrived;
                let message = format!(
                    "Message-ID: <{number_of}@example>\nSubject: number {number_of}\nFrom: ann@customer.test\n\nbody\n"
                );
                self.other.file(folder(number), "", &message);
            }
            Act::Move { from, message, to } if folder(from) != folder(to) => {
                if let Some(uid) = self.uid(folder(from), message) {
                    self.other.run(&format!("UID MOVE {uid} {}", folder(to)));
                }
            }
            Act::Delete { folder: of, message } => {
                if let Some(uid) = self.uid(folder(of), message) {
                    self.other.remove(folder(of), uid);
                }
            }
            Act::Flag { folder: of, message, seen } => {
                if let Some(uid) = self.uid(folder(of), message) {
                    self.other.flag(
                        folder(of),
                        uid,
                        "FLAGS",
                        if seen { "\\Seen" } else { "\\Flagged later" },
                    );
                }
            }
            Act::Recreate => {
                for command in ["SELECT INBOX", "DELETE Projects", "CREATE Projects"] {
                    self.other.run(command);
                }
            }
            Act::Cut { after } => self.relay.cut_after(Some(after.into())),
            Act::Move { .. } | Act::Look => {}
        }
    }

    fn uid(&mut self, folder: &str, message: u8) -> Option<u32> {
        let uids = self.other.uids(folder);
        uids.get(usize::from(message) % uids.len().max(1)).copied()
    }

    /// Looks at the mailbox on a new connection, as after a restart.
    async fn look(&mut self) -> Result<(), SyncError> {
        self.now += TimeDelta::minutes(1);
        let mut session = ImapClient::default().sync_session(&self.server).await?;
        let system = self.store.system();
        let indexing = OneConversation { store: &self.store, account: self.account };
        let mut sync = MailboxSync {
            session: session.as_mut(),
            store: &system,
            lease: &self.lease,
            indexing: &indexing,
            intake: None,
            gone: &mut BTreeSet::new(),
        };
        let looked = sync.look(self.now, false, &mut |_: FolderProgress<'_>| {}).await;
        session.close().await;
        looked.map(|_| ())
    }

    /// Looks until the index has what the server has.
    async fn catch_up(&mut self) {
        self.relay.cut_after(None);
        for _ in 0..LOOKS {
            self.look().await.expect("no connection is cut");
            if self.index().await == self.truth() {
                // Nor does the next look undo it.
                self.look().await.expect("no connection is cut");
                return;
            }
        }
    }

    async fn index(&self) -> BTreeMap<&'static str, Messages> {
        let admin = self.store.company_store(self.company);
        let filter = ConversationFilter { limit: 10, ..ConversationFilter::default() };
        let mut found: BTreeMap<&'static str, Messages> = FOLDERS.map(|name| (name, Messages::new())).into();
        for row in admin.conversations(&filter).await.expect("conversations") {
            for message in admin.conversation(row.id).await.expect("a conversation").messages {
                for place in message.places {
                    let folder =
                        FOLDERS.into_iter().find(|name| *name == place.name).expect("a known folder");
                    let mut flags = place.flags;
                    flags.sort();
                    found.entry(folder).or_default().insert(place.uid, (message.subject.clone(), flags));
                }
            }
        }
        found
    }

    fn truth(&mut self) -> BTreeMap<&'static str, Messages> {
        FOLDERS.map(|name| (name, self.other.messages(name))).into()
    }
}

fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("it is well-formed")
}

/// Puts all messages into one conversation, without the plugin.
struct OneConversation<'a> {
    store: &'a Store,
    account: model::AccountId,
}

impl Indexing for OneConversation<'_> {
    fn prepare<'a>(
        &'a self,
        _: Origin<'a>,
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
            Ok(envelopes.iter().map(|of| row(of, conversation, clue.clone())).collect())
        })
    }

    fn text<'a>(&'a self, _: Vec<u8>) -> BoxFuture<'a, Result<String, SyncError>> {
        Box::pin(async { Ok(String::new()) })
    }
}

fn row(of: &SyncEnvelope, conversation: ConversationChoice, clue: Clue) -> IndexedMessage {
    let envelope = &of.envelope;
    let message_id = envelope.message_id.clone().unwrap_or_default();
    IndexedMessage {
        uid: envelope.uid,
        flags: envelope.flags.clone(),
        identity: Sha256::digest(&message_id).into(),
        message_id,
        subject: envelope.subject.clone(),
        base_subject: envelope.subject.clone(),
        people: Vec::new(),
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

#[test]
fn in_the_end_the_index_has_what_dovecot_has_whatever_happened() {
    let cases = std::env::var("POSTROOM_HISTORIES").ok().and_then(|it| it.parse().ok()).unwrap_or(20);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let location = Location::file(folder.path().join("store.db"));
    let store = runtime.block_on(Store::open(&location)).expect("a store");
    let number = std::cell::Cell::new(0);
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 60,
        ..ProptestConfig::with_cases(cases)
    };
    let checked = TestRunner::new(config).run(&(acts(), hidden()), |(acts, hidden)| {
        number.set(number.get() + 1);
        let (index, truth) = runtime.block_on(async {
            let mut world = World::open(&store, number.get(), hidden).await;
            for act in &acts {
                world.act(act);
                if matches!(act, Act::Look) {
                    // A connection that is cut ends the look; the next one goes on.
                    let _ = world.look().await;
                }
            }
            world.catch_up().await;
            // On a server that counts no changes, flags of unchanged folders are compared once a day.
            world.now += TimeDelta::hours(25);
            world.catch_up().await;
            (world.index().await, world.truth())
        });
        prop_assert_eq!(index, truth);
        Ok(())
    });
    checked.expect("the index has what the server has");
}
