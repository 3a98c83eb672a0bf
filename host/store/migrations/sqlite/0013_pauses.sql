-- That an account can't send at present: what it may send is used up, or something of its own is at fault. Its mails wait until
-- `until`; then one of them tries it. A row whose `until` is null says when the account was last put right.
create table pauses (
    account text primary key not null,
    company text not null,
    cause text not null check (cause in ('quota', 'fault')),
    reason text not null,
    since text not null,
    -- Milliseconds since 1970, both.
    until integer,
    mended integer,
    tries integer not null check (tries >= 0),
    foreign key (account, company) references accounts (id, company) on delete cascade
) strict;

create index pauses_of_company on pauses (company);

-- What a server's refusals taught of an account's limits, and when (milliseconds since 1970).
alter table paces add column learned_per_minute integer check (learned_per_minute > 0);
alter table paces add column learned_per_day integer check (learned_per_day > 0);
alter table paces add column learned_at integer;

-- Attempts have a result that earlier programs do not know.
update compatibility set least = 13 where least < 13;
