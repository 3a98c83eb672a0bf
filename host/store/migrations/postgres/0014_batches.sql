-- Mails that one run of `send-bulk` asked for, under a name that people know them by. A batch is sent as one account, and so is
-- seen by those who may use that account. `outbox.batch` has the id; one that has no row here was made by an earlier program.
create table batches (
    id text primary key not null,
    company text not null,
    account text not null,
    user_id text references users (id) on delete set null,
    name text not null,
    name_key text not null,
    created text not null,
    foreign key (account, company) references accounts (id, company) on delete cascade
);

-- Not unique: erasing a person may make two names one.
create index batches_by_name on batches (account, name_key);
create index batches_of_company on batches (company, id);
create index batches_of_user on batches (user_id);
