-- The ledger is the queue: what each mail waits for, who works at it, and how fast an account may send. Files that many
-- mails carry are kept once.

-- What makes a mail one intent: two of the same company, document, revision, recipients and purpose are one, unless
-- somebody said "again", which counts up `resend`. Without a document there is nothing to compare.
alter table mails add column revision text;
alter table mails add column intent bytea;
alter table mails add column resend bigint not null default 0;
alter table mails add column options text not null default '{}';
create unique index mails_by_intent on mails (company, intent, resend);
create index mails_of_document on mails (company, document_number);
create index mails_of_partner on mails (company, partner);

-- Durable before the last bytes of the message leave. An attempt without it has certainly not been taken by a server.
alter table attempts add column released text;

create table contents (
    company text not null references companies (id) on delete cascade,
    sha256 bytea not null,
    content bytea not null,
    primary key (company, sha256)
);

insert into contents (company, sha256, content)
select mails.company, files.sha256, files.content from files
join mails on mails.id = files.mail
where files.content is not null
on conflict do nothing;

create table attached (
    mail text not null references mails (id) on delete cascade,
    handle bigint not null,
    name text not null,
    media_type text not null,
    role text not null,
    size bigint not null,
    sha256 bytea not null,
    path text,
    primary key (mail, handle)
);

insert into attached (mail, handle, name, media_type, role, size, sha256, path)
select mail, handle, name, media_type, role, size, sha256, path from files;
drop table files;
alter table attached rename to files;

-- One row a mail. `due` is in milliseconds since 1970: not before that; for a mail that somebody works at, the end of
-- his lease. So what is due is what may be taken, and a worker that died needs no one to say so.
create table outbox (
    mail text primary key references mails (id) on delete cascade,
    company text not null references companies (id) on delete cascade,
    account text not null,
    state text not null check (state in ('ready', 'held', 'in-doubt', 'sent', 'failed', 'cancelled')),
    due bigint not null,
    send_at text,
    holder text,
    cause text check (cause in ('user', 'account', 'question', 'wait')),
    reason text,
    batch text,
    answer bigint check (answer in (0, 1)),
    -- The copy in Sent, once the mail has left: `due` until it is there. Its time is a lease like the other.
    copy text check (copy in ('due', 'done')),
    copy_due bigint not null default 0,
    copy_tries bigint not null default 0,
    foreign key (account, company) references accounts (id, company) deferrable initially deferred
);

create index outbox_due on outbox (account, state, due, mail);
create index outbox_copies on outbox (account, copy_due) where copy = 'due';
create index outbox_of_batch on outbox (batch, state) where batch is not null;
create index outbox_of_company on outbox (company, state);
create index outbox_of_holder on outbox (holder) where holder is not null;

insert into outbox (mail, company, account, state, due, cause, reason)
select
    mails.id,
    mails.company,
    mails.account,
    case
        when exists (select 1 from attempts where attempts.mail = mails.id and result in ('accepted', 'found')) then 'sent'
        else 'held'
    end,
    0,
    case
        when exists (select 1 from attempts where attempts.mail = mails.id and result in ('accepted', 'found')) then null
        else 'user'
    end,
    case
        when exists (select 1 from attempts where attempts.mail = mails.id and result in ('accepted', 'found')) then null
        else 'kept by an earlier version of this program, which left the next attempt to a person'
    end
from mails;

-- How fast an account may send; what is not said here, the provider's preset says. `next` is when the next mail may
-- leave, in milliseconds since 1970.
create table paces (
    account text primary key references accounts (id) on delete cascade,
    per_minute bigint check (per_minute > 0),
    connections bigint check (connections > 0),
    next bigint not null default 0
);
