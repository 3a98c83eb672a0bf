-- The whole schema of a store.
--
-- Ids are UUIDs of version 7 in text: they sort by when they were made. Times in text are RFC 3339 with their zone; times in
-- whole numbers are milliseconds since 1970, where nothing else is written. Names are unique by their key, in lower case; what
-- was removed has no key. Flags are 0 or 1.

-- The least migration that a program must know to work with this store. A later migration that only adds leaves it as it is: a
-- program that does not know that migration goes on. One that changes what there is sets it to its own number: the program
-- refuses.
create table compatibility (least integer not null) strict;
insert into compatibility (least) values (1);

-- One row in a backup, none in a store: no program works with a backup as it works with a store.
create table backups (taken text not null) strict;


-- Companies, their users and accounts.

create table companies (
    id text primary key not null,
    name text not null,
    name_key text not null unique,
    settings text not null,
    logo_name text,
    logo blob,
    fallback_policy text not null check (fallback_policy in ('off', 'ask', 'automatic')),
    -- Seconds that a mail waits for its own account before a fallback is considered.
    patience integer not null check (patience >= 0),
    -- Days that a mail keeps its content after it ended. Null: for ever.
    retention integer check (retention > 0)
) strict;

create table users (
    id text primary key not null,
    company text not null references companies (id) on delete cascade,
    login text not null,
    login_key text not null,
    name text not null,
    address text not null,
    templates text not null,
    unique (company, login_key),
    unique (id, company)
) strict;

-- An account that was removed stays, without key, settings and secrets: the mails that left by it are still the company's.
create table accounts (
    id text primary key not null,
    company text not null references companies (id) on delete cascade,
    name text not null,
    name_key text,
    address text not null,
    display_name text,
    transport text not null,
    mailbox text,
    send_as text not null default '[]',
    state text not null check (state in ('ready', 'needs-sign-in', 'compromised')),
    state_words text,
    state_since text,
    permissions text not null,
    -- Counts the versions of the account's secrets, so that none is used twice.
    secrets_version integer not null default 0,
    check ((state = 'ready') = (state_words is null)),
    check ((state = 'ready') = (state_since is null)),
    unique (company, name_key),
    unique (id, company)
) strict;

-- The account that a company's mails leave by when their own can't send.
create table fallbacks (
    company text primary key not null references companies (id) on delete cascade,
    account text not null,
    foreign key (account, company) references accounts (id, company) deferrable initially deferred
) strict;

create table folders (
    account text not null references accounts (id) on delete cascade,
    used_for text not null,
    folder text not null,
    primary key (account, used_for)
) strict;

-- Which user may use which account. Both are of the same company, whatever the program does.
create table grants (
    company text not null,
    account text not null,
    user_id text not null,
    primary key (account, user_id),
    foreign key (account, company) references accounts (id, company) on delete cascade,
    foreign key (user_id, company) references users (id, company) on delete cascade
) strict;

create index grants_of_user on grants (user_id);

create table user_settings (
    account text not null references accounts (id) on delete cascade,
    user_id text not null references users (id) on delete cascade,
    settings text not null,
    primary key (account, user_id)
) strict;

create index user_settings_of_user on user_settings (user_id);

-- The accounts that a user may use, decided here alone. What is not in it does not exist for that user.
create view reachable as
select
    grants.user_id,
    accounts.id,
    accounts.company,
    accounts.name,
    accounts.name_key,
    accounts.address,
    accounts.display_name,
    accounts.transport,
    accounts.mailbox,
    accounts.send_as,
    accounts.state,
    accounts.state_words,
    accounts.state_since,
    accounts.permissions
from accounts
join grants on grants.account = accounts.id
where accounts.name_key is not null;

-- An address on the platform belongs to one company for ever. It refers to no company: no other company gets it after the
-- company or its account is gone, since mail to it may still be meant for that company.
create table platform_addresses (
    address text primary key not null,
    company text not null,
    since text not null
) strict;

create index platform_addresses_of_company on platform_addresses (company);

-- Invitations to sign in from a browser, each for one user, one account and one mailbox, and used once: `open` until its button
-- is pressed, `begun` until the provider sends the browser back, `used` once the grant is stored.
create table invitations (
    id text primary key not null,
    company text not null,
    account text not null,
    user_id text not null,
    -- The mailbox that may sign in, where an administrator named another than the account's address.
    mailbox text,
    -- Seconds since 1970.
    until integer not null,
    state text not null check (state in ('open', 'begun', 'used')),
    foreign key (account, company) references accounts (id, company) on delete cascade,
    foreign key (user_id, company) references users (id, company) on delete cascade
) strict;

create index invitations_of_account on invitations (account);
create index invitations_of_user on invitations (user_id);
create index invitations_until on invitations (until);


-- Secrets, sealed by the vault.

-- The owner is `operator`, or the id of a company or an account; each secret is sealed to it and to the places that it may be
-- sent to.
create table secrets (
    owner text not null,
    kind text not null,
    company text,
    account text,
    sealed blob not null,
    version integer not null,
    primary key (owner, kind),
    foreign key (account, company) references accounts (id, company) on delete cascade
) strict;

-- A secret's data key under each master key that may open it: during a rotation under both, so that a program which has one of
-- them alone works on.
create table secret_keys (
    owner text not null,
    kind text not null,
    master_key text not null,
    wrapped_key blob not null,
    primary key (owner, kind, master_key),
    foreign key (owner, kind) references secrets (owner, kind) on delete cascade
) strict;

create index secret_keys_by_key on secret_keys (master_key);

-- Master keys by their ids. One is current: what is written is sealed under it. A former one still opens and seals, until it is
-- retired: no program and no secret uses it any more. A backup may still need it.
create table master_keys (
    id text primary key not null,
    since text not null,
    is_current integer not null check (is_current in (0, 1)),
    retired text,
    check (is_current = 0 or retired is null)
) strict;

create unique index one_current_master_key on master_keys (is_current) where is_current = 1;

-- Programs that use the vault for long, and the master keys that each has.
create table key_users (
    id text primary key not null,
    program text not null,
    host text not null,
    pid integer not null,
    keys text not null,
    until integer not null
) strict;


-- Mails, their files, and the batches that they were asked for in.

create table mails (
    id text primary key not null,
    company text not null references companies (id) on delete cascade,
    account text not null,
    user_id text references users (id) on delete set null,
    created text not null,
    document_kind text,
    document_number text,
    partner text,
    use_case text not null,
    subject text not null,
    from_name text,
    from_address text not null,
    recipients text not null,
    message_id text not null,
    mail_from text not null,
    rcpt_to text not null,
    size integer not null,
    needs_smtputf8 integer not null check (needs_smtputf8 in (0, 1)),
    -- The composed message without its files, packed.
    message_blob blob not null,
    -- Two mails of the same company, document, revision, recipients and purpose have one intent, and are one mail, unless the
    -- user asked for it again, which counts up `resend`. A mail without a document has no intent.
    revision text,
    intent blob,
    resend integer not null default 0,
    options text not null default '{}',
    -- When the content was removed, by retention or at a person's request.
    emptied text,
    foreign key (account, company) references accounts (id, company) deferrable initially deferred
) strict;

create unique index mails_by_intent on mails (company, intent, resend);
create index mails_by_message_id on mails (message_id);
create index mails_of_account on mails (account, id);
create index mails_of_document on mails (company, document_number);
create index mails_of_partner on mails (company, partner);
create index mails_of_user on mails (user_id);
create index mails_whole on mails (company, id) where emptied is null;

-- The files that mails refer to. One without a path is in `contents`.
create table files (
    mail text not null references mails (id) on delete cascade,
    handle integer not null,
    name text not null,
    media_type text not null,
    role text not null,
    size integer not null,
    sha256 blob not null,
    path text,
    primary key (mail, handle)
) strict;

-- The bytes of files, once for a company however many mails carry them.
create table contents (
    company text not null references companies (id) on delete cascade,
    sha256 blob not null,
    content blob not null,
    primary key (company, sha256)
) strict;

-- Mails that were asked for together, under a name that people know them by. A batch is sent as one account, and visible to the
-- users of that account. `outbox.batch` has the id.
create table batches (
    id text primary key not null,
    company text not null,
    account text not null,
    user_id text references users (id) on delete set null,
    name text not null,
    name_key text not null,
    created text not null,
    foreign key (account, company) references accounts (id, company) on delete cascade
) strict;

-- Not unique: an erasure may make two names one.
create index batches_by_name on batches (account, name_key);
create index batches_of_company on batches (company, id);
create index batches_of_user on batches (user_id);

-- How the opening of a mail is checked: by our pixel, or by the provider's own. No row: it is not.
create table checked_opens (
    mail text primary key not null references mails (id) on delete cascade,
    way text not null check (way in ('off', 'pixel', 'provider'))
) strict;


-- The outbox, which is the queue.

-- One row a mail. `due`: not before that time; of a leased mail, the end of the lease. So a mail that is due may be leased, and
-- nothing has to be cleared away after a worker that died.
create table outbox (
    mail text primary key not null references mails (id) on delete cascade,
    company text not null references companies (id) on delete cascade,
    account text not null,
    state text not null check (state in ('ready', 'held', 'in-doubt', 'sent', 'failed', 'cancelled')),
    due integer not null,
    send_at text,
    lease_owner text,
    -- What a mail waits for, and the sentence that a user reads.
    cause text check (cause in ('user', 'account', 'question', 'wait')),
    reason text,
    batch text,
    -- A user's answer to the question whether the mail may leave by the fallback.
    answer integer check (answer in (0, 1)),
    -- The copy in Sent, once the mail has left: `due` until it is filed. Its time is a lease, too.
    copy text check (copy in ('due', 'done')),
    copy_due integer not null default 0,
    copy_tries integer not null default 0,
    -- The time of the backup that the mail came back with, until a person has decided about it: it may have left since.
    restored text,
    foreign key (account, company) references accounts (id, company) deferrable initially deferred
) strict;

create index outbox_due on outbox (account, state, due, mail);
create index outbox_copies on outbox (account, copy_due) where copy = 'due';
create index outbox_of_batch on outbox (batch, state) where batch is not null;
create index outbox_of_company on outbox (company, state);
create index outbox_of_lease_owner on outbox (lease_owner) where lease_owner is not null;

-- How fast an account may send; what is null here, the provider's preset decides.
create table paces (
    account text primary key not null references accounts (id) on delete cascade,
    per_minute integer check (per_minute > 0),
    connections integer check (connections > 0),
    -- Recipients in 24 hours. What an account sent in a day is a range of an index: ids of attempts are times.
    per_day integer check (per_day > 0),
    -- When the next mail may leave.
    next integer not null default 0,
    -- The limits that a server's refusals taught, and when.
    learned_per_minute integer check (learned_per_minute > 0),
    learned_per_day integer check (learned_per_day > 0),
    learned_at integer
) strict;

-- An account that can't send at present: its quota is used up, or something of its own is at fault. Its mails wait until
-- `until`; then one of them tries it. A row whose `until` is null has the time at which the account was last put right.
create table pauses (
    account text primary key not null,
    company text not null,
    cause text not null check (cause in ('quota', 'fault')),
    reason text not null,
    since text not null,
    until integer,
    resumed integer,
    tries integer not null check (tries >= 0),
    foreign key (account, company) references accounts (id, company) on delete cascade
) strict;

create index pauses_of_company on pauses (company);


-- Attempts to send mails, and the facts that are known of mails.

create table attempts (
    id text primary key not null,
    mail text not null references mails (id) on delete cascade,
    account text not null references accounts (id) deferrable initially deferred,
    transport text not null,
    fallback integer not null check (fallback in (0, 1)),
    started text not null,
    -- Durable before the last bytes of the message leave. No server took an attempt without it.
    released text,
    finished text,
    result text,
    -- 1: the mail was taken from the worker after the release. The attempt may still run for as long as an attempt takes. It is in
    -- doubt, and its worker may still report its result.
    interrupted integer not null default 0 check (interrupted in (0, 1)),
    retry_after integer,
    stage text,
    detail text,
    provider_ids text not null,
    check ((finished is null) = (result is null))
) strict;

create index attempts_of_account on attempts (account, id);
create index attempts_of_mail on attempts (mail, id);
-- No attempt begins beside one that is open or in doubt: of two released attempts of a mail the earlier one has a result.
create unique index one_undecided_attempt on attempts (mail) where result is null or result = 'in-doubt';

create table events (
    id text primary key not null,
    mail text not null references mails (id) on delete cascade,
    digest blob not null,
    recipient text,
    kind text not null,
    at text not null,
    source text not null,
    code text,
    words text,
    unique (mail, digest)
) strict;

-- Message-IDs that providers gave a mail in place of its own.
create table provider_message_ids (
    message_id text not null,
    mail text not null references mails (id) on delete cascade,
    primary key (message_id, mail)
) strict;

create index provider_message_ids_of_mail on provider_message_ids (mail);

-- A provider's own ids of the mails that an account gave it: from its API's answer, or its server's reply.
create table reported_ids (
    account text not null references accounts (id) on delete cascade,
    name text not null,
    mail text not null references mails (id) on delete cascade,
    primary key (account, name)
) strict;

create index reported_ids_of_mail on reported_ids (mail);


-- What a company's ERP is notified of.

-- Where a company's records are. No row: the company has none, and nothing of what follows costs anything. `due`: not before
-- that time, after the place did not answer. One lease owner delivers at a time, so that the notices of a document arrive in
-- order.
create table records (
    company text primary key not null references companies (id) on delete cascade,
    place text not null,
    due integer not null default 0,
    tries integer not null default 0,
    words text,
    lease_owner text,
    lease integer not null default 0
) strict;

-- Mails whose status may have changed. `version` counts up with each fact, so that a fact which arrives during a review leads to
-- another review.
create table status_changes (
    mail text primary key not null references mails (id) on delete cascade,
    company text not null references companies (id) on delete cascade,
    due integer not null default 0,
    version integer not null default 1
) strict;

create index status_changes_due on status_changes (company, due);

-- A trigger, so that no statement adds a fact without it.
create trigger status_change_of_event after insert on events
when exists (select 1 from records)
begin
    insert into status_changes (mail, company)
    select mails.id, mails.company from mails join records on records.company = mails.company where mails.id = new.mail
    on conflict (mail) do update set due = 0, version = status_changes.version + 1;
end;

-- Notices to the records. Within a `thread`, which is a document, they are delivered in the order of `seq`.
create table notices (
    seq integer primary key autoincrement not null,
    id text not null,
    company text not null references companies (id) on delete cascade,
    mail text references mails (id) on delete cascade,
    thread text not null,
    kind text not null check (kind in ('status', 'address', 'payment')),
    document_kind text,
    document_number text,
    partner text,
    recipient text,
    name text,
    status text,
    label text,
    amount text,
    currency text,
    reason text,
    at text not null,
    state text not null check (state in ('waiting', 'delivered', 'refused')),
    due integer not null default 0,
    tries integer not null default 0,
    words text,
    unique (company, id)
) strict;

create index notices_of_company on notices (company, seq);
create index notices_of_mail on notices (mail, seq);
create index notices_waiting on notices (company, thread, seq) where state = 'waiting';


-- Addresses that are no longer written to, erased addresses, and the log of who did what.

-- An address of a company, in the form in which two spellings are one. A released one stays, with the person who released it.
create table suppressions (
    company text not null references companies (id) on delete cascade,
    address_key text not null,
    kind text not null check (kind in ('hard-bounce', 'complaint', 'by-hand')),
    address text not null,
    since text not null,
    mail text references mails (id) on delete set null,
    code text,
    words text,
    source text not null,
    released text,
    released_by text,
    primary key (company, address_key, kind),
    check ((released is null) = (released_by is null))
) strict;

create index suppressions_of_mail on suppressions (mail);

-- The pseudonyms of the addresses that were erased: a text that arrives later is compared with them.
create table erased (
    company text not null references companies (id) on delete cascade,
    pseudonym text not null,
    primary key (company, pseudonym)
) strict, without rowid;

-- Rows are added and stay, for as long as their company is here. No address and no name of a recipient is in them: an erasure
-- changes nothing here. A mail is not referred to by the database: its row here outlives it. `number` counts a company's entries
-- from 1, and `hash` is the SHA-256 of the entry and of the hash before it. Without a rowid, so that no entry can be replaced by
-- its rowid.
create table audit (
    id text primary key not null,
    company text not null references companies (id) on delete cascade,
    at integer not null,
    actor text not null,
    action text not null,
    mail text,
    recipients integer,
    detail text,
    number integer not null,
    hash text not null,
    unique (company, number)
) strict, without rowid;

create index audit_of_company on audit (company, id);
create index audit_of_mail on audit (mail) where mail is not null;

-- The last entry of each company's chain.
create table audit_heads (
    company text primary key not null references companies (id) on delete cascade,
    number integer not null,
    hash text not null
) strict, without rowid;

create trigger audit_is_not_changed before update on audit
begin
    select raise(abort, 'the audit log is only added to');
end;

create trigger audit_is_not_shortened before delete on audit
when exists (select 1 from companies where companies.id = old.company)
begin
    select raise(abort, 'the audit log is only added to');
end;

-- REPLACE deletes what is in its way without a trigger for it.
create trigger audit_is_not_replaced before insert on audit
when exists (select 1 from audit where id = new.id)
    or exists (select 1 from audit where company = new.company and number = new.number)
begin
    select raise(abort, 'the audit log is only added to');
end;

create trigger audit_head_moves_on before update on audit_heads
when new.company <> old.company or new.number < old.number
begin
    select raise(abort, 'the head of the audit log only moves on');
end;

create trigger audit_head_stays before delete on audit_heads
when exists (select 1 from companies where companies.id = old.company)
begin
    select raise(abort, 'the head of the audit log only moves on');
end;

create trigger audit_head_is_not_replaced before insert on audit_heads
when exists (select 1 from audit_heads where company = new.company)
begin
    select raise(abort, 'the head of the audit log only moves on');
end;
