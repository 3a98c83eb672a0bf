//! Every method of the store that a person's command can reach, called with another's ids. The methods are read from
//! the source: one that is added later must join the lists below.

use super::fixture::{LEASE, new_mail, parse};
use super::mailbox_matrix::{mailbox_as_administrator, mailbox_as_user};
use crate::*;
use postroom_model::*;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) fn now() -> chrono::DateTime<chrono::FixedOffset> {
    chrono::Local::now().fixed_offset()
}

/// Ids of another's things that a user found out, or invented.
pub(super) struct Foreign {
    pub(super) account: AccountId,
    pub(super) account_name: Name,
    pub(super) user: UserId,
    pub(super) login: Name,
    /// In every state that a mail can have.
    pub(super) mails: Vec<MailId>,
    pub(super) batch: BatchId,
    pub(super) batch_name: Name,
    /// The number of a document that a mail is about.
    pub(super) number: String,
    /// Of a mailbox.
    pub(super) folder: FolderId,
    pub(super) message: IndexedMessageId,
    /// Two of one account.
    pub(super) conversations: [ConversationId; 2],
    pub(super) bookmark: BookmarkId,
    /// A word that a message has.
    pub(super) word: String,
    /// A partner and their address, from a mail that the account sent.
    pub(super) partner: String,
    pub(super) contact: MailAddress,
}

impl Foreign {
    /// Ids that never were.
    pub(super) fn nothing(like: &Self) -> Self {
        Self {
            account: AccountId::new(),
            account_name: parse("never-was"),
            user: UserId::new(),
            login: parse("nobody"),
            mails: like.mails.iter().map(|_| MailId::new()).collect(),
            batch: BatchId::new(),
            batch_name: parse("no batch of this name"),
            number: "NEVER-WAS".into(),
            folder: FolderId::from_number(i64::MAX - 1),
            message: IndexedMessageId::from_number(i64::MAX - 2),
            conversations: [3, 4].map(|it| ConversationId::from_number(i64::MAX - it)),
            bookmark: BookmarkId::from_number(i64::MAX - 5),
            word: "neverwas".into(),
            partner: "Never was".into(),
            contact: parse(&format!("nobody@{}.example", like.word)),
        }
    }

    pub(super) fn ids(&self) -> Vec<String> {
        let own = [self.account.to_string(), self.user.to_string(), self.batch.to_string()];
        self.mails.iter().map(ToString::to_string).chain(own).collect()
    }

    /// Ids of a mailbox.
    fn numbers(&self) -> Vec<String> {
        let [one, other] = self.conversations;
        let numbers = [self.message.number(), one.number(), other.number(), self.bookmark.number()];
        // A folder's is short, and stands in errors alone.
        numbers.map(|it| it.to_string()).into_iter().chain([format!("\"{}\"", self.folder)]).collect()
    }

    /// A text in which none of this can be told from anything else.
    pub(super) fn hidden(&self, text: &str) -> String {
        let names = [&self.account_name, &self.login, &self.batch_name].map(ToString::to_string);
        let names = names.into_iter().chain([self.number.clone(), self.contact.to_string()]);
        let names = names.chain(self.numbers()).collect::<Vec<_>>();
        self.ids().iter().chain(&names).fold(text.to_owned(), |text, id| text.replace(id, "?"))
    }
}

/// What came of calling a method: its error, or what it found. Neither may differ from what is not there.
pub(super) type Called = (String, String);

pub(super) fn describe<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Ok(found) => format!("found {found:?}"),
        Err(error) => {
            assert!(!error.is_transient(), "{error}");
            format!("{error:?}: {error}")
        }
    }
}

fn filters(of: &Foreign) -> Vec<Filter> {
    let filter = || Filter { limit: 10, ..Filter::default() };
    let mut all = vec![
        Filter { account: Some(of.account), ..filter() },
        Filter { batch: Some(of.batch), ..filter() },
        Filter { search: Some(of.number.clone()), ..filter() },
    ];
    all.extend(of.mails.iter().map(|mail| Filter { search: Some(mail.to_string()), ..filter() }));
    all
}

/// Of a list, by which accounts its mails are.
fn accounts_of(listed: Result<Vec<Listed>, StoreError>) -> Result<Vec<AccountId>, StoreError> {
    Ok(listed?.into_iter().map(|it| it.mail.account).collect())
}

/// Every method of a user that takes an id or a text, with these.
pub(super) async fn as_user(user_store: UserStore<'_>, of: &Foreign) -> Vec<Called> {
    let mut called: Vec<Called> = Vec::new();
    let mut add = |method: &str, answer: String| called.push((method.to_owned(), answer));
    let account = of.account;
    add("account", describe(user_store.account(&of.account_name).await));
    add("settings", describe(user_store.settings(account).await));
    add("set_settings", describe(user_store.set_settings(account, &UserSettings::default()).await));
    add("sent", describe(user_store.sent(account, None, 10).await));
    add("pace", describe(user_store.pace(account).await));
    add("sent_in_a_day", describe(user_store.sent_in_a_day(account, now()).await));
    let own = new_mail(account);
    add("enqueue", describe(user_store.enqueue(std::slice::from_ref(&own), &Order::default()).await));
    add("asked_before", describe(user_store.asked_before(&[&own]).await));
    for filter in filters(of) {
        add("listed", describe(accounts_of(user_store.listed(&filter).await)));
    }
    add("counts", describe(user_store.counts(Some(of.batch)).await));
    add("active", describe(user_store.active(of.batch, now()).await));
    add("open_batch", describe(user_store.open_batch(account, &of.batch_name, now()).await));
    for name in [of.batch_name.to_string(), of.batch.to_string()] {
        add("batches_called", describe(user_store.batches_called(&name).await));
    }
    add("not_again", describe(user_store.not_again(&of.mails).await));
    let again = of.mails.iter().map(|mail| Again { of: *mail, mail: new_mail(account) }).collect::<Vec<_>>();
    add("enqueue_again", describe(user_store.enqueue_again(&again, &Order::default()).await));
    add("outbox_rows", describe(user_store.outbox_rows(&of.mails).await));
    for mail in &of.mails {
        let mail = *mail;
        add("mail", describe(user_store.mail(mail).await));
        for word in [MailCommand::Hold, MailCommand::Release, MailCommand::Cancel] {
            add("apply_command", describe(user_store.apply_command(mail, word, now()).await));
            add("apply_commands", describe(user_store.apply_commands(&[mail], word, now()).await));
        }
        add("take", describe(user_store.take(&LeaseOwner::new("command"), mail, now(), LEASE).await));
        add("set_answer", describe(user_store.set_answer(mail, true).await));
        add("note_sent_again", describe(user_store.note_sent_again(mail, now()).await));
    }
    mailbox_as_user(user_store, of, &mut called).await;
    called
}

/// Methods of a user that take nothing by which something of another could be named.
pub(super) const USERS_OWN: &[&str] = &[
    "user",
    "company",
    "logo",
    "accounts",
    "batches",
    // A partner of the user's own company, by a name that may well be known to two.
    "add_contact",
];

/// Every method of an administrator that takes an id or a text, with these. `own` are an account and a user of the company's.
pub(super) async fn as_administrator(
    admin: CompanyStore<'_>,
    own: (&Account, &User, &Company),
    of: &Foreign,
) -> Vec<Called> {
    let mut called: Vec<Called> = Vec::new();
    let mut add = |method: &str, answer: String| called.push((method.to_owned(), answer));
    let (account, user) = (of.account, of.user);
    let none = UserSettings::default();
    let fallback = Fallback { account: Some(account), ..Fallback::default() };
    add("update_company", describe(admin.update_company(&Company { fallback, ..own.2.clone() }).await));
    add("user", describe(admin.user(&of.login).await));
    for (account, user) in [(account, own.1.id), (account, user), (own.0.id, user)] {
        let new = NewInvitation { account, user, mailbox: None, until: 4_000_000_000 };
        add("invite", describe(admin.invite(&new).await));
    }
    add("update_user", describe(admin.update_user(&User { id: user, ..own.1.clone() }).await));
    add("remove_user", describe(admin.remove_user(user).await));
    add("account", describe(admin.account(&of.account_name).await));
    add("update_account", describe(admin.update_account(&Account { id: account, ..own.0.clone() }).await));
    let on_platform = Account { id: account, ..own.0.clone() };
    add("update_platform_account", describe(admin.update_platform_account(&on_platform, &[]).await));
    add("set_account_state", describe(admin.set_account_state(account, &AccountState::Ready).await));
    add("remove_account", describe(admin.remove_account(account).await));
    add("grant", describe(admin.grant(account, own.1.id).await));
    add("grant", describe(admin.grant(own.0.id, user).await));
    add("revoke", describe(admin.revoke(account, user).await));
    add("revoke", describe(admin.revoke(own.0.id, user).await));
    add("granted", describe(admin.granted(account).await));
    add("settings", describe(admin.settings(account, user).await));
    add("settings", describe(admin.settings(own.0.id, user).await));
    add("set_settings", describe(admin.set_settings(account, user, &none).await));
    add("set_settings", describe(admin.set_settings(account, own.1.id, &none).await));
    add("set_settings", describe(admin.set_settings(own.0.id, user, &none).await));
    add("pace", describe(admin.pace(account).await));
    add("set_pace", describe(admin.set_pace(account, Pace { per_day: Some(1), ..Pace::default() }).await));
    for filter in filters(of) {
        add("listed", describe(accounts_of(admin.listed(&filter).await)));
    }
    add("counts", describe(admin.counts(Some(of.batch)).await));
    for name in [of.batch_name.to_string(), of.batch.to_string()] {
        add("batches_called", describe(admin.batches_called(&name).await));
    }
    for mail in &of.mails {
        let mail = *mail;
        add("mail", describe(admin.mail(mail).await));
        for word in [MailCommand::Hold, MailCommand::Release, MailCommand::Cancel] {
            add("apply_command", describe(admin.apply_command(mail, word, now()).await));
            add("apply_commands", describe(admin.apply_commands(&[mail], word, now()).await));
        }
        add("take", describe(admin.take(&LeaseOwner::new("command"), mail, now(), LEASE).await));
    }
    let filter = AuditFilter { actor: Some(of.login.clone()), limit: 10, since: None };
    add("audit", describe(admin.audit(&filter).await));
    let filter = NoticeFilter { document: Some(of.number.clone()), open: false, limit: 10 };
    add("notices", describe(admin.notices(&filter).await));
    mailbox_as_administrator(admin, own.1.id, of, &mut called).await;
    called
}

/// Methods of an administrator that take nothing by which something of another company could be named.
pub(super) const COMPANYS_OWN: &[&str] = &[
    "company",
    "logo",
    "set_logo",
    "users",
    "add_user",
    "accounts",
    "batches",
    "add_account",
    "note_export",
    "audit_head",
    "verify_audit",
    "retention",
    "set_retention",
    "records",
    "set_records",
    "notify_again",
    // A partner of the company's own, by a name that may well be known to two.
    "add_contact",
    // An address, which may well be known to two companies: see `isolation.rs`.
    "erase",
    // Addresses of the platform: whose they are is tested by themselves, see `platform.rs`.
    "add_platform_account",
    "rename_on_platform",
    "hold_platform_address",
    "platform_addresses",
];

/// Every method of the store itself that takes a company and something of it, with another company's.
pub(super) async fn as_company(store: &Store, company: CompanyId, of: &Foreign) -> Vec<Called> {
    let mut called: Vec<Called> = Vec::new();
    let mut add = |method: &str, answer: String| called.push((method.to_owned(), answer));
    let expired = AccountState::NeedsSignIn { reason: "expired".into(), since: now() };
    add("account", describe(store.account(company, of.account).await));
    let everything = Permissions { allow_cleartext_login: true, ..Permissions::default() };
    add("set_permissions", describe(store.set_permissions(company, of.account, &everything).await));
    add("set_account_state", describe(store.set_account_state(company, of.account, &expired).await));
    add("account_pause", describe(store.account_pause(company, of.account).await));
    let pause = super::pauses::wrong_password(now());
    add("pause_account", describe(store.pause_account(company, of.account, &pause, now()).await));
    add("resume_account", describe(store.resume_account(company, of.account, now()).await));
    add("learned_pace", describe(store.learned_pace(company, of.account, now()).await));
    called
}

/// Methods of the store that take no id, or a company that the operator chose.
pub(super) const OPERATORS: &[&str] = &[
    "open",
    "place",
    "close",
    "user_store",
    "company_store",
    "system",
    "create_company",
    "companies",
    "company",
    "company_named",
    "remove_company",
    "suppress",
    "suppressed",
    "suppressions",
    "release",
    "back_up",
    "mark_restored",
    "apply_retention",
    "scrub",
    "lend_pseudonym_key",
    "audit_heads",
    "check_version",
    "ping",
    "depths",
    "notify_workers",
    "wakes",
];

/// Methods of the store for the vault and for sign-ins. What passes through them is sealed, and no command has their arguments.
pub(super) const VAULTS: &[&str] = &[
    "add_wrapped_key",
    "register_key_user",
    "begin_invitation",
    "begin_master_key",
    "current_master_key",
    "drop_sealed",
    "forget_sealed",
    "former_master_keys",
    "invitation",
    "key_users",
    "keys_in_use",
    "unregister_key_user",
    "master_keys",
    "owner_of",
    "put_sealed",
    "redeem_invitation",
    "reopen_invitation",
    "retire_master_key",
    "sealed",
    "secrets_not_under",
    "secrets_without",
    "set_current_master_key",
];

/// Public methods of a type, as the source has them.
fn methods(of: &str) -> BTreeSet<String> {
    fn read(folder: &Path, of: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
                read(&path, of, found);
            }
            if path.extension().is_none_or(|it| it != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for block in text.split(&format!("\nimpl {of} {{\n")).skip(1) {
                let block = block.split("\n}\n").next().unwrap();
                for line in block.lines().map(str::trim_start) {
                    let after = line.strip_prefix("pub async fn ").or_else(|| line.strip_prefix("pub fn "));
                    found.extend(after.and_then(|it| it.split(['(', '<']).next()).map(str::to_owned));
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), of, &mut found);
    assert!(!found.is_empty(), "{of}");
    found
}

pub(super) fn all_are_called(of: &str, called: &[Called], own: &[&str]) {
    let called: BTreeSet<String> = called.iter().map(|(method, _)| method.clone()).collect();
    let listed: BTreeSet<String> = called.into_iter().chain(own.iter().map(|it| (*it).to_owned())).collect();
    assert_eq!(
        methods(of),
        listed,
        "left: in the source; right: called with somebody else's ids, or listed as taking none"
    );
}

/// The unscoped methods are on a type of their own. Their names are here so that the author of another one has decided that no
/// person's command needs it.
#[test]
fn what_takes_an_id_without_its_owner_is_the_systems_alone() {
    let system = methods("SystemStore");
    let wanted = [
        "account_of_any_company",
        "add_events",
        "claim",
        "claim_copies",
        "claim_mailbox",
        "claim_with_mails",
        "claimed_mails",
        "claiming",
        "copies_done",
        "copies_due",
        "copies_later",
        "due",
        "extend",
        "folder_counts",
        "indexed_uids",
        "indexes_bodies",
        "lease_records",
        "mail",
        "mail_of_attempt",
        "mail_of_message_id",
        "mailbox_folders",
        "mailboxes_to_follow",
        "mails",
        "mails_of_message",
        "merge_conversations",
        "note_compared",
        "note_folder_fault",
        "note_folder_looked_at",
        "notices_due",
        "notify",
        "open_attempts",
        "outbox_row",
        "own_addresses",
        "pace",
        "partners_of",
        "purge_unplaced",
        "recipient_of",
        "record_body",
        "record_changes",
        "record_give_up",
        "record_messages",
        "record_notifications",
        "record_report",
        "record_status_changes",
        "records_due",
        "related",
        "release_leases",
        "release_mailbox",
        "release_records",
        "renew_mailbox",
        "repair_due_times",
        "reported",
        "reported_mail",
        "restart_folder",
        "set_kind",
        "set_mailbox_folders",
        "status_changes",
        "tracked",
        "unclassified",
        "without_body",
    ];
    assert_eq!(system.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
}
