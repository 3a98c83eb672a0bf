-- What the web server asks: which mail a provider's report is about, and how the opening of a mail is checked.

-- A provider's own ids of the mails that an account gave it: from its API's answer, or its server's words.
create table reported_ids (
    account text not null references accounts (id) on delete cascade,
    name text not null,
    mail text not null references mails (id) on delete cascade,
    primary key (account, name)
) strict;

create index reported_ids_of_mail on reported_ids (mail);

-- `off`, `pixel` (ours), `provider` (the provider's own). No row: as the user has set it for the account.
create table checked_opens (
    mail text primary key not null references mails (id) on delete cascade,
    way text not null check (way in ('off', 'pixel', 'provider'))
) strict;
