//! A company to test with: Lotte may use the account "office", Marc may not; next door another company has an account of
//! the same name, and Eve uses that.

use crate::*;
use postroom_model::*;

pub(super) struct Fixture {
    pub(super) store: SystemStore,
    pub(super) company: Company,
    pub(super) lotte: User,
    pub(super) marc: User,
    pub(super) account: Account,
    pub(super) next_door: Company,
    pub(super) eve: User,
    pub(super) theirs: Account,
    /// A program at work, and what writes for it.
    pub(super) lease_owner: LeaseOwner,
    pub(super) journal: GroupCommitWriter,
}

/// How long a mail that a test took is its holder's.
pub(super) const LEASE: std::time::Duration = std::time::Duration::from_secs(60);

pub(super) fn parse<T: std::str::FromStr<Err = Unusable>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(super) fn new_user(login: &str) -> NewUser {
    NewUser {
        login: parse(login),
        name: parse(login),
        address: parse(&format!("{login}@ateliernord.example")),
    }
}

pub(super) fn new_account(name: &str) -> NewAccount {
    let authentication = Authentication::Password {
        login: parse("office@ateliernord.example"),
        mechanism: PasswordMechanism::Auto,
    };
    let server = SmtpServer::new(parse("smtp.example.com"), Security::Tls, authentication.clone());
    let mailbox = ImapServer::new(parse("imap.example.com"), Security::Ssl, authentication);
    NewAccount {
        display_name: Some(parse("Atelier Nord")),
        mailbox: Some(mailbox),
        ..NewAccount::new(parse(name), parse("office@ateliernord.example"), Transport::Smtp(server))
    }
}

impl Fixture {
    pub(super) async fn open(store: Store) -> Self {
        let company = store.create_company(&NewCompany::named(parse("Atelier Nord"))).await.unwrap();
        let admin = store.company_store(company.id);
        let lotte = admin.add_user(&new_user("lotte")).await.unwrap();
        let marc = admin.add_user(&new_user("marc")).await.unwrap();
        let account = admin.add_account(&new_account("office")).await.unwrap();
        admin.grant(account.id, lotte.id).await.unwrap();
        let next_door = store.create_company(&NewCompany::named(parse("Next Door"))).await.unwrap();
        let admin = store.company_store(next_door.id);
        let eve = admin.add_user(&new_user("eve")).await.unwrap();
        let theirs = admin.add_account(&new_account("office")).await.unwrap();
        admin.grant(theirs.id, eve.id).await.unwrap();
        let store = store.system();
        let (lease_owner, journal) = (LeaseOwner::new("command"), GroupCommitWriter::new(&store));
        Self { store, company, lotte, marc, account, next_door, eve, theirs, lease_owner, journal }
    }

    pub(super) fn user_store(&self) -> UserStore<'_> {
        self.store.user_store(&self.lotte)
    }

    pub(super) fn admin(&self) -> CompanyStore<'_> {
        self.store.company_store(self.company.id)
    }

    /// A mail that Lotte sends as the account, kept.
    pub(super) async fn mail(&self) -> NewMail {
        let mail = new_mail(self.account.id);
        self.enqueue(&mail).await.unwrap();
        mail
    }

    /// Lotte asks for a mail, to be sent by any worker.
    pub(super) async fn enqueue(&self, mail: &NewMail) -> Result<Enqueued, StoreError> {
        Ok(self.user_store().enqueue(std::slice::from_ref(mail), &Order::default()).await?[0])
    }

    /// Takes a mail.
    pub(super) async fn take(&self, mail: MailId) {
        let now = chrono::Local::now().fixed_offset();
        let taken = self.user_store().take(&self.lease_owner, mail, now, LEASE).await.unwrap();
        assert!(taken.is_ok(), "somebody else has it: {taken:?}");
    }

    /// Takes a mail and begins an attempt by its own account.
    pub(super) async fn attempt(&self, mail: MailId) -> AttemptId {
        self.begin(mail, &new_attempt(self.account.id)).await.unwrap()
    }

    /// Takes a mail and begins an attempt.
    pub(super) async fn begin(&self, mail: MailId, attempt: &NewAttempt) -> Result<AttemptId, StoreError> {
        self.take(mail).await;
        self.journal.begin(mail, attempt, &self.lease_owner).await
    }

    /// Keeps what came of an attempt.
    pub(super) async fn finish(&self, attempt: AttemptId, completion: &Completion, events: &[Event]) {
        assert_eq!(self.journal.finish(attempt, completion, events, None).await, Ok(None), "{completion:?}");
    }
}

pub(super) fn at(text: &str) -> chrono::DateTime<chrono::FixedOffset> {
    text.parse().unwrap()
}

pub(super) fn new_mail(account: AccountId) -> NewMail {
    let party = |address: &str| Party { name: None, address: address.to_owned() };
    let pdf = AttachedFile {
        handle: 1,
        name: "F-2026-001.pdf".into(),
        media_type: "application/pdf".into(),
        role: "pdf".into(),
        size: 3,
        sha256: [7; 32],
        place: FilePlace::Disk(std::path::absolute("F-2026-001.pdf").unwrap()),
    };
    let logo = AttachedFile {
        handle: 2,
        name: "logo.png".into(),
        media_type: "image/png".into(),
        role: "logo".into(),
        place: FilePlace::Stored(vec![0, 1, 255]),
        ..pdf.clone()
    };
    NewMail {
        id: MailId::new(),
        account,
        created: at("2026-11-23T10:00:00.123456+01:00"),
        document: Some(DocumentRef {
            kind: "invoice".into(),
            number: "F-2026-001".into(),
            partner: "Müller".into(),
        }),
        use_case: "new".into(),
        subject: "Invoice F-2026-001 \u{1f4e6}".into(),
        from: Party { name: Some("Accounting".into()), address: "office@ateliernord.example".into() },
        recipients: vec![
            Recipient::new("to", party("e@example.com")),
            Recipient::new("bcc", party("lotte@ateliernord.example")),
        ],
        message: Message {
            message_id: "<1@ateliernord.example>".into(),
            mail_from: "office@ateliernord.example".into(),
            rcpt_to: vec!["e@example.com".into(), "lotte@ateliernord.example".into()],
            pieces: vec![
                Piece::Text("From: …\r\n\r\n".into()),
                Piece::File(1),
                Piece::Text("\r\n--x--\r\n".into()),
                Piece::File(2),
            ],
            size: 5_000_000_000,
            needs_smtputf8: true,
            html: "<p>Hello</p>".into(),
            text: "Hello".into(),
        },
        files: vec![pdf, logo],
        revision: None,
        options: SendOptions::default(),
        open_check: OpenCheck::Off,
    }
}

pub(super) fn new_attempt(account: AccountId) -> NewAttempt {
    NewAttempt {
        started: at("2026-11-23T10:00:01+01:00"),
        account,
        transport: "smtp".into(),
        fallback: false,
    }
}

pub(super) fn completion(result: AttemptResult) -> Completion {
    Completion {
        finished: at("2026-11-23T10:00:02+01:00"),
        result,
        stage: Some("connect".into()),
        detail: Some("smtp.example.com answered \"421 later\"".into()),
        provider_ids: vec![("message".into(), "18f0".into())],
    }
}

pub(super) fn event(kind: &str) -> Event {
    Event {
        recipient: Some("e@example.com".into()),
        kind: kind.into(),
        at: at("2026-11-23T10:00:02+01:00"),
        source: "smtp".into(),
        code: Some("2.0.0".into()),
        words: Some("queued as 4711".into()),
    }
}
