-- What reports need: mails by the Message-IDs that they are known under, and the addresses that are no longer written to.

create index mails_by_message_id on mails (message_id);

-- Message-IDs that providers gave a mail in place of its own.
create table provider_message_ids (
    message_id text not null,
    mail text not null references mails (id) on delete cascade,
    primary key (message_id, mail)
);

create index provider_message_ids_of_mail on provider_message_ids (mail);

-- An address of a company, in the form in which two spellings are one. A released one stays, with who released it.
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
);

create index suppressions_of_mail on suppressions (mail);
