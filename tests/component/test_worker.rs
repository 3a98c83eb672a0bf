//! Workers at a store, with a submitter in memory and a clock that the test moves.

use crate::logged;
use crate::test_host::shipped;
use chrono::{Duration, Local};
use postroom::engine::{Accounts, Capabilities, CompanyPlugin};
use postroom::model::{
    Account, Authentication, Company, NewAccount, NewCompany, NewUser, PasswordMechanism, Security,
    SmtpServer, Transport, User,
};
use postroom::outbox::{Clock, OutboxHandle, PluginProvider, Tally, Unreachable, Worker, WorkerOptions};
use postroom::store::{
    Location, MailId, Message, NewMail, OpenCheck, Order, OutboxRow, Party, Piece, Recipient, SendOptions,
    Store, SystemStore,
};
use postroom::transport::BoxFuture;
use postroom::transport::smtp::{self, Submitter};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const ADDRESS: &str = "office@ateliernord.example";

/// A store with an account, and the workers for it.
pub(crate) struct TestWorker {
    pub(crate) store: SystemStore,
    pub(crate) account: Account,
    lotte: User,
    /// How far the clock is ahead of this machine's.
    ahead: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

impl TestWorker {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::file(folder.path().join("store.db"))).await.unwrap();
        let company =
            store.create_company(&NewCompany::named("Atelier Nord".parse().unwrap())).await.unwrap();
        let admin = store.company_store(company.id);
        let lotte = NewUser {
            login: "lotte".parse().unwrap(),
            name: "Lotte".parse().unwrap(),
            address: "lotte@ateliernord.example".parse().unwrap(),
        };
        let lotte = admin.add_user(&lotte).await.unwrap();
        let login =
            Authentication::Password { login: ADDRESS.parse().unwrap(), mechanism: PasswordMechanism::Auto };
        let server = SmtpServer::new("mail.ateliernord.example".parse().unwrap(), Security::Tls, login);
        let account =
            NewAccount::new("office".parse().unwrap(), ADDRESS.parse().unwrap(), Transport::Smtp(server));
        let account = admin.add_account(&account).await.unwrap();
        admin.grant(account.id, lotte.id).await.unwrap();
        let ahead = Arc::default();
        logged::capture();
        let store = store.system();
        Self { store, account, lotte, ahead, _folder: folder }
    }

    /// The clock, which the test moves.
    pub(crate) fn clock(&self) -> Clock {
        let ahead = Arc::clone(&self.ahead);
        Clock::new(move || {
            (Local::now() + Duration::milliseconds(ahead.load(Ordering::Relaxed))).fixed_offset()
        })
    }

    /// Lets time pass, or takes some of it back.
    pub(crate) fn pass(&self, time: Duration) {
        self.ahead.fetch_add(time.num_milliseconds(), Ordering::Relaxed);
    }

    /// Puts mails into the outbox, one recipient each.
    pub(crate) async fn queue(&self, count: usize) -> Vec<MailId> {
        let mails = (0..count).map(|number| self.mail(&format!("{number}@customer.example"), None));
        self.keep(mails.collect()).await
    }

    /// Puts a mail into the outbox.
    pub(crate) async fn queue_to(&self, to: &str) -> MailId {
        self.keep(vec![self.mail(to, None)]).await[0]
    }

    /// Puts a mail into the outbox that has a blind copy to the user who made it.
    pub(crate) async fn queue_with_own_copy(&self, to: &str, copy: &str) -> MailId {
        self.keep(vec![self.mail(to, Some(copy))]).await[0]
    }

    fn mail(&self, to: &str, copy: Option<&str>) -> NewMail {
        let party = |address: &str| Party { name: None, address: address.to_owned() };
        let id = MailId::new();
        let message_id = format!("<{id}@ateliernord.example>");
        let text = format!("From: {ADDRESS}\r\nTo: {to}\r\nMessage-ID: {message_id}\r\n\r\nHello.\r\n");
        let copies = copy.map(|copy| Recipient { is_own_copy: true, ..Recipient::new("bcc", party(copy)) });
        NewMail {
            id,
            account: self.account.id,
            created: self.clock().now(),
            document: None,
            use_case: "new".into(),
            subject: "Invoice".into(),
            from: party(ADDRESS),
            recipients: [Recipient::new("to", party(to))].into_iter().chain(copies).collect(),
            message: Message {
                message_id,
                mail_from: ADDRESS.into(),
                rcpt_to: [to].into_iter().chain(copy).map(str::to_owned).collect(),
                size: text.len() as u64,
                pieces: vec![Piece::Text(text)],
                needs_smtputf8: false,
                html: String::new(),
                text: "Hello.".into(),
            },
            files: vec![],
            revision: None,
            options: SendOptions::default(),
            open_check: OpenCheck::Off,
        }
    }

    async fn keep(&self, mails: Vec<NewMail>) -> Vec<MailId> {
        self.store.user_store(&self.lotte).enqueue(&mails, &Order::default()).await.unwrap();
        mails.into_iter().map(|mail| mail.id).collect()
    }

    /// A worker works until nothing is due.
    pub(crate) async fn work(&self, submitter: &Arc<dyn Submitter>) -> Arc<Tally> {
        let account = smtp::Account::new("office", "mail.ateliernord.example", smtp::Security::Tls);
        self.work_at(submitter, account).await
    }

    /// The same, with the account at this server.
    pub(crate) async fn work_at(&self, submitter: &Arc<dyn Submitter>, server: smtp::Account) -> Arc<Tally> {
        let worker = Worker::new(
            OutboxHandle::open(&self.store, "worker", self.clock()),
            Arc::new(Reached { submitter: Arc::clone(submitter), server }),
            WorkerOptions { drain: true, ..WorkerOptions::default() },
        );
        let tally = worker.tally();
        worker.run(std::future::pending()).await.unwrap();
        tally
    }

    /// What workers logged.
    pub(crate) fn log(&self) -> Vec<String> {
        logged::messages(self.account.company)
    }

    /// Where a mail stands, and its label.
    pub(crate) async fn row(&self, mail: MailId) -> (OutboxRow, &'static str) {
        let row = self.store.outbox_row(mail).await.unwrap();
        let label = row.label(self.clock().now());
        (row, label)
    }
}

/// The plugin, able to reach every account at this server by this submitter.
struct Reached {
    submitter: Arc<dyn Submitter>,
    server: smtp::Account,
}

impl PluginProvider for Reached {
    fn open<'a>(
        &'a self,
        _: &'a Company,
        accounts: &'a [(Account, u32)],
    ) -> BoxFuture<'a, Result<(CompanyPlugin, Vec<Unreachable>), String>> {
        let accounts: Accounts = accounts
            .iter()
            .map(|(account, _)| {
                let name = account.name.to_string();
                (name.clone(), smtp::Account { name, ..self.server.clone() })
            })
            .collect();
        let capabilities = Capabilities {
            accounts: Arc::new(accounts),
            submitter: Arc::clone(&self.submitter),
            ..Capabilities::default()
        };
        Box::pin(async move { Ok((shipped().company_plugin("atelier-nord", capabilities), Vec::new())) })
    }

    fn reading(&self) -> Result<CompanyPlugin, String> {
        Ok(shipped().company_plugin("", Capabilities::default()))
    }
}
