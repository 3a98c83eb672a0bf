-- Where a company's records are, and the news that go there: of statuses, addresses and payments.

-- No row: no records, and nothing of what follows costs anything. Times are in milliseconds since 1970. `due`: not before
-- that, after the place did not answer. Whoever delivers holds the row until the end of his lease, so that what is said
-- about one document arrives in order.
create table records (
    company text primary key references companies (id) on delete cascade,
    place text not null,
    due bigint not null default 0,
    tries bigint not null default 0,
    words text,
    holder text,
    lease bigint not null default 0
);

-- Mails of which something became known that may change a status. `version` counts up with each news, so that what comes
-- while somebody looks is looked at again.
create table news (
    mail text primary key references mails (id) on delete cascade,
    company text not null references companies (id) on delete cascade,
    due bigint not null default 0,
    version bigint not null default 1
);

create index news_due on news (company, due);

-- Here and not in the program: whoever adds a fact, and wherever, adds the news with it or neither.
create function news_of_event() returns trigger as $$
begin
    if exists (select 1 from records) then
        insert into news (mail, company)
        select mails.id, mails.company from mails join records on records.company = mails.company
        where mails.id = new.mail
        on conflict (mail) do update set due = 0, version = news.version + 1;
    end if;
    return null;
end
$$ language plpgsql;

create trigger news_of_events after insert on events
for each row execute function news_of_event();

-- What the records are told. Within a `thread`, which is a document, the order is that of `seq`.
create table notices (
    seq bigint generated always as identity primary key,
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
    state text not null check (state in ('waiting', 'told', 'refused')),
    due bigint not null default 0,
    tries bigint not null default 0,
    words text,
    unique (company, id)
);

create index notices_waiting on notices (company, thread, seq) where state = 'waiting';
create index notices_of_mail on notices (mail, seq);
create index notices_of_company on notices (company, seq);
