-- Companies, users, accounts and who may use them; secrets, sealed by the vault; mails and what became of them.
--
-- Ids are UUIDs of version 7 in text: they sort by when they were made. Times are RFC 3339 with their zone. Names are
-- unique by their key, in lower case; what was removed has none.

create table companies (
    id text primary key not null,
    name text not null,
    name_key text not null unique,
    settings text not null,
    logo_name text,
    logo blob,
    fallback_policy text not null check (fallback_policy in ('off', 'ask', 'automatic')),
    patience integer not null check (patience >= 0)
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
    secrets_version integer not null default 0,
    check ((state = 'ready') = (state_words is null)),
    check ((state = 'ready') = (state_since is null)),
    unique (company, name_key),
    unique (id, company)
) strict;

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

-- Both sides are of the same company, whatever the program says.
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

-- The accounts that a user may use: the one place that says so. What is not in it does not exist for that user.
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

-- The owner is `operator`, or an account's id; the vault seals each secret to it. A version is never used twice for an
-- account: its row counts them.
create table secrets (
    owner text not null,
    kind text not null,
    company text,
    account text,
    master_key text not null,
    wrapped_key blob not null,
    sealed blob not null,
    version integer not null,
    primary key (owner, kind),
    foreign key (account, company) references accounts (id, company) on delete cascade
) strict;

create index secrets_by_key on secrets (master_key);

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
    skeleton blob not null,
    foreign key (account, company) references accounts (id, company) deferrable initially deferred
) strict;

create index mails_of_account on mails (account, id);
create index mails_of_user on mails (user_id);

create table files (
    mail text not null references mails (id) on delete cascade,
    handle integer not null,
    name text not null,
    media_type text not null,
    role text not null,
    size integer not null,
    sha256 blob not null,
    path text,
    content blob,
    primary key (mail, handle),
    check ((path is null) <> (content is null))
) strict;

create table attempts (
    id text primary key not null,
    mail text not null references mails (id) on delete cascade,
    account text not null references accounts (id) deferrable initially deferred,
    transport text not null,
    fallback integer not null check (fallback in (0, 1)),
    started text not null,
    finished text,
    result text,
    retry_after integer,
    stage text,
    detail text,
    provider_ids text not null,
    check ((finished is null) = (result is null))
) strict;

create index attempts_of_mail on attempts (mail, id);
create index attempts_of_account on attempts (account);
-- Whoever begins a second attempt while nobody knows what became of the first is refused.
create unique index one_open_attempt on attempts (mail) where result is null;

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
