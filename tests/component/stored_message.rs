//! A store with one mail in it, to find reports for.

use crate::test_host::{TestHost, shipped};
use chrono::{DateTime, FixedOffset};
use postroom::inbound::{ReportIntake, Taken};
use postroom::model::{
    Authentication, Company, NewAccount, NewCompany, NewUser, PasswordMechanism, Security, SmtpServer,
    Transport,
};
use postroom::return_address::ReturnAddresses;
use postroom::store::{
    AttemptId, Event, GroupCommitWriter, LeaseOwner, Location, MailId, Message, NewAttempt, NewMail,
    OpenCheck, Order, Party, Recipient, SendOptions, Store, SystemStore,
};
use std::path::PathBuf;

/// As in the fixtures.
pub(crate) const MESSAGE_ID: &str = "<0193a.2026-0417@ateliernord.example>";

pub(crate) fn now() -> DateTime<FixedOffset> {
    "2026-11-27T09:00:00+01:00".parse().unwrap()
}

/// A store with a mail in it, to these recipients, and an attempt.
pub(crate) struct Enqueued {
    pub(crate) store: SystemStore,
    pub(crate) company: Company,
    pub(crate) mail: MailId,
    pub(crate) attempt: AttemptId,
    pub(crate) host: TestHost,
    folder: tempfile::TempDir,
}

/// A message of which only the envelope matters.
pub(crate) fn message(message_id: &str, mail_from: &str, rcpt_to: &[&str]) -> Message {
    Message {
        message_id: message_id.to_owned(),
        mail_from: mail_from.to_owned(),
        rcpt_to: rcpt_to.iter().map(|to| (*to).to_owned()).collect(),
        pieces: vec![],
        size: 1,
        needs_smtputf8: false,
        html: String::new(),
        text: String::new(),
    }
}

impl Enqueued {
    pub(crate) async fn new(rcpt_to: &[&str]) -> Self {
        Self::with_own_copy(rcpt_to, None).await
    }

    /// The same, one of the recipients being the blind copy to the user who made it.
    pub(crate) async fn with_own_copy(rcpt_to: &[&str], copy: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::file(folder.path().join("store.db"))).await.unwrap();
        let company =
            store.create_company(&NewCompany::named("Atelier Nord".parse().unwrap())).await.unwrap();
        let admin = store.company_store(company.id);
        let address = "office@ateliernord.example";
        let user = NewUser {
            login: "lotte".parse().unwrap(),
            name: "Lotte".parse().unwrap(),
            address: "lotte@ateliernord.example".parse().unwrap(),
        };
        let lotte = admin.add_user(&user).await.unwrap();
        let login =
            Authentication::Password { login: address.parse().unwrap(), mechanism: PasswordMechanism::Auto };
        let server = SmtpServer::new("smtp.example.com".parse().unwrap(), Security::Tls, login);
        let account =
            NewAccount::new("office".parse().unwrap(), address.parse().unwrap(), Transport::Smtp(server));
        let account = admin.add_account(&account).await.unwrap();
        admin.grant(account.id, lotte.id).await.unwrap();
        let user_store = store.user_store(&lotte);
        let party = |address: &str| Party { name: None, address: address.to_owned() };
        let mail = NewMail {
            id: MailId::new(),
            account: account.id,
            created: now(),
            document: None,
            use_case: "new".into(),
            subject: "Invoice 2026-0417".into(),
            from: party(address),
            recipients: rcpt_to
                .iter()
                .map(|to| match copy == Some(*to) {
                    true => Recipient { is_own_copy: true, ..Recipient::new("bcc", party(to)) },
                    false => Recipient::new("to", party(to)),
                })
                .collect(),
            message: message(MESSAGE_ID, address, rcpt_to),
            files: vec![],
            revision: None,
            options: SendOptions::default(),
            open_check: OpenCheck::Off,
        };
        let lease_owner = LeaseOwner::new("worker");
        // Its lease has ended: a person may say what becomes of it.
        let lease = Some((lease_owner.clone(), now() - chrono::Duration::minutes(1)));
        user_store.enqueue(std::slice::from_ref(&mail), &Order { lease, ..Order::default() }).await.unwrap();
        let attempt =
            NewAttempt { started: now(), account: account.id, transport: "smtp".into(), fallback: false };
        let store = store.system();
        let attempt = GroupCommitWriter::new(&store).begin(mail.id, &attempt, &lease_owner).await.unwrap();
        let host = TestHost::new(shipped());
        Self { store, company, mail: mail.id, attempt, host, folder }
    }

    pub(crate) async fn take_with(&self, raw: Vec<u8>, addresses: Option<&ReturnAddresses>) -> Taken {
        let inbox =
            ReportIntake::new(&self.store, &self.host.company_plugin, Some(self.company.id), addresses)
                .await
                .unwrap();
        inbox.take(raw, now()).await.unwrap()
    }

    pub(crate) async fn take(&self, raw: Vec<u8>) -> Taken {
        self.take_with(raw, None).await
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        self.store.mail(self.mail).await.unwrap().events
    }

    pub(crate) async fn suppressed(&self) -> Vec<String> {
        let all = self.store.suppressions(self.company.id).await.unwrap();
        all.into_iter().map(|it| it.address).collect()
    }

    /// Where the store is.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }
}
