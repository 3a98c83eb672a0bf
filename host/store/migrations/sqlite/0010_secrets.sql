-- Secrets and the places that they may go to; master keys that change while programs work; addresses on the platform.

-- An address on the platform belongs to one company for ever. No reference: it is given to nobody else after the company or
-- its account is gone either, since what is sent to it may still be meant for that company.
create table platform_addresses (
    address text primary key not null,
    company text not null,
    since text not null
) strict;

create index platform_addresses_of_company on platform_addresses (company);

-- Server, domain and selector are the operator's, and only the operator's settings name them.
update accounts set transport = json_remove(transport, '$.domain', '$.relay', '$.dkim')
where json_extract(transport, '$.transport') = 'platform';

-- Master keys by their ids. One is current: what is written is sealed under it. A former one still opens and seals, until it is
-- retired: no program and no secret uses it any more. What a backup has may still need it.
create table master_keys (
    id text primary key not null,
    since text not null,
    is_current integer not null check (is_current in (0, 1)),
    retired text,
    check (is_current = 0 or retired is null)
) strict;

create unique index one_current_master_key on master_keys (is_current) where is_current = 1;

-- A secret's data key under each master key that may open it: during a rotation under both, so that a program which knows one
-- of them alone works on.
create table secret_keys (
    owner text not null,
    kind text not null,
    master_key text not null,
    wrapped_key blob not null,
    primary key (owner, kind, master_key),
    foreign key (owner, kind) references secrets (owner, kind) on delete cascade
) strict;

create index secret_keys_by_key on secret_keys (master_key);

-- Programs that work with the vault for long, and the keys that each has. Times are in milliseconds since 1970.
create table key_holders (
    id text primary key not null,
    program text not null,
    host text not null,
    pid integer not null,
    keys text not null,
    until integer not null
) strict;

insert into secret_keys (owner, kind, master_key, wrapped_key) select owner, kind, master_key, wrapped_key from secrets;

drop index secrets_by_key;
alter table secrets drop column master_key;
alter table secrets drop column wrapped_key;

-- 0: sealed before a secret was sealed with its places. It is sealed anew before anybody reads it.
alter table secrets add column bound integer not null default 0 check (bound in (0, 1));

create index unbound_secrets on secrets (bound) where bound = 0;

-- An earlier program would read rows that it does not understand.
update compatibility set least = 10 where least < 10;
