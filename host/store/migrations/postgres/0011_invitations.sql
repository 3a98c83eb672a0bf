-- Invitations to sign in from a browser. Each is for one user, one account and one mailbox, and is used once: `open` until
-- its button is pressed, `begun` until the provider sends the browser back, `used` once the grant is kept.
create table invitations (
    id text primary key not null,
    company text not null,
    account text not null,
    user_id text not null,
    -- The mailbox that may sign in, where an administrator named another than the account's address.
    mailbox text,
    -- Seconds since 1970.
    until bigint not null,
    state text not null check (state in ('open', 'begun', 'used')),
    foreign key (account, company) references accounts (id, company) on delete cascade,
    foreign key (user_id, company) references users (id, company) on delete cascade
);

create index invitations_of_account on invitations (account);
create index invitations_of_user on invitations (user_id);
create index invitations_until on invitations (until);
