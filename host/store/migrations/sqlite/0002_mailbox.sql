-- The index of the mailboxes: what stands where on the IMAP servers, who wrote to whom, and which messages are a conversation.
-- The servers are the record, and no body is in it.
--
-- Ids of messages, conversations, notes and bookmarks are numbers: the mailbox's number in the upper half, a count within the
-- mailbox in the lower. So a row refers to another one by a few bytes, the full text has ids that it can use, and the ids of one
-- mailbox do not show how much mail another one has.

-- An account whose mailbox is followed. One lease owner does so at a time.
create table mailboxes (
    number integer primary key autoincrement not null,
    account text not null unique,
    company text not null,
    -- The last id within the mailbox.
    last integer not null default 0,
    -- 1: the words of bodies are indexed, too. The bodies themselves are not stored.
    index_bodies integer not null default 0 check (index_bodies in (0, 1)),
    lease_owner text,
    lease integer not null default 0,
    foreign key (account, company) references accounts (id, company) on delete cascade
) strict;

create index mailboxes_of_company on mailboxes (company);

-- The folders of a mailbox, each with its cursor: all that exists from `floor` up to below `uid_next` is indexed.
create table mailbox_folders (
    number integer primary key autoincrement not null,
    mailbox integer not null references mailboxes (number) on delete cascade,
    name text not null,
    special_use text not null,
    delimiter text,
    selectable integer not null check (selectable in (0, 1)),
    -- The name under which people see the folder; null: it is not among the mapped ones.
    mapped text,
    position integer not null default 0,
    uid_validity integer,
    uid_next integer,
    floor integer,
    highest_modseq integer,
    -- How many messages the server counted last.
    on_server integer,
    looked_at integer,
    compared_at integer,
    -- What the last comparison put right, in JSON.
    healed text,
    fault text,
    -- Since when the server does not list the folder any more.
    gone integer,
    unique (mailbox, name)
) strict;

create table conversations (
    number integer primary key not null,
    mailbox integer not null references mailboxes (number) on delete cascade,
    -- The time of the last of its messages that are not private, where there are some.
    latest integer not null,
    is_done integer not null default 0 check (is_done in (0, 1)),
    -- The last id within the mailbox when a person marked it done: no message up to it opens it again.
    done_up_to integer,
    assignee text references users (id) on delete set null,
    -- 1: only `private_to` sees it, and administrators.
    is_private integer not null default 0 check (is_private in (0, 1)),
    private_to text references users (id) on delete set null,
    answering text references users (id) on delete set null,
    answering_until integer not null default 0
) strict;

create index conversations_by_time on conversations (mailbox, latest, number);
create index conversations_of_assignee on conversations (assignee) where assignee is not null;
create index conversations_of_private_user on conversations (private_to) where private_to is not null;
create index conversations_private on conversations (mailbox) where is_private = 1;
create index conversations_of_answering_user on conversations (answering) where answering is not null;

-- A message, once for a mailbox however many folders it is in.
create table mailbox_messages (
    number integer primary key not null,
    mailbox integer not null references mailboxes (number) on delete cascade,
    conversation integer not null references conversations (number) deferrable initially deferred,
    -- The first half of the digest by which two messages are one.
    identity blob not null,
    message_id text not null,
    subject text not null,
    -- Null: it is the subject.
    base_subject text,
    -- In JSON, a list of lists: role, name, address.
    people text not null,
    date integer not null,
    received integer not null,
    size integer not null,
    direction text not null check (direction in ('incoming', 'outgoing')),
    -- The contract's name; null: it was not classified yet.
    kind text,
    -- 1: it is not unread, whether it was read or not. Bounces, receipts and automatic answers are not.
    is_quiet integer not null default 0 check (is_quiet in (0, 1)),
    files text,
    thread_index text,
    gmail_thread text,
    is_private integer not null default 0 check (is_private in (0, 1)),
    private_to text references users (id) on delete set null,
    -- 1: a person put it into its conversation.
    by_hand integer not null default 0 check (by_hand in (0, 1)),
    -- Why it is in its conversation.
    reason text,
    is_sure integer not null default 1 check (is_sure in (0, 1)),
    -- Our mail that it is a copy of, or an answer to.
    mail text references mails (id) on delete set null,
    has_body integer not null default 0 check (has_body in (0, 1)),
    -- Since when it is in no folder.
    unplaced integer,
    unique (mailbox, identity)
) strict;

create index mailbox_messages_of_conversation on mailbox_messages (conversation);
create index mailbox_messages_by_time on mailbox_messages (mailbox, date);
create index mailbox_messages_of_mail on mailbox_messages (mail) where mail is not null;
create index mailbox_messages_unclassified on mailbox_messages (mailbox, number) where kind is null;
create index mailbox_messages_unplaced on mailbox_messages (mailbox, unplaced) where unplaced is not null;
create index mailbox_messages_of_private_user on mailbox_messages (private_to) where private_to is not null;
create index mailbox_messages_private on mailbox_messages (mailbox) where is_private = 1;

-- Where a message stands on the server. Without a message: one that was taken out of the index, by an erasure or by retention,
-- and is not to be indexed again.
create table mailbox_places (
    folder integer not null references mailbox_folders (number) on delete cascade,
    uid integer not null,
    message integer references mailbox_messages (number) on delete set null,
    flags text not null,
    is_seen integer not null check (is_seen in (0, 1)),
    primary key (folder, uid)
) strict, without rowid;

create index mailbox_places_of_message on mailbox_places (message);
create index mailbox_places_unseen on mailbox_places (message) where is_seen = 0;

-- Identities of messages that an erasure took out of the index, wherever they turn up.
create table mailbox_withheld (
    mailbox integer not null references mailboxes (number) on delete cascade,
    identity blob not null,
    primary key (mailbox, identity)
) strict, without rowid;

-- What conversations are found by: Message-IDs and the like, as digests of their kinds and values.
create table mailbox_clues (
    mailbox integer not null references mailboxes (number) on delete cascade,
    clue integer not null,
    message integer not null references mailbox_messages (number) on delete cascade,
    primary key (mailbox, clue, message)
) strict, without rowid;

create index mailbox_clues_of_message on mailbox_clues (message);

-- Who is in which message, by digests of their addresses.
create table mailbox_people (
    mailbox integer not null references mailboxes (number) on delete cascade,
    address integer not null,
    message integer not null references mailbox_messages (number) on delete cascade,
    primary key (mailbox, address, message)
) strict, without rowid;

create index mailbox_people_of_message on mailbox_people (message);

-- The partners that a message belongs to beside those whose addresses are in it.
create table mailbox_partners (
    partner text not null,
    message integer not null references mailbox_messages (number) on delete cascade,
    primary key (partner, message)
) strict, without rowid;

create index mailbox_partners_of_message on mailbox_partners (message);

-- The addresses of partners: from mails that an account sent to them, and by hand, without an account. One that a person removed
-- stays as such, so that no later mail brings it back.
create table partner_addresses (
    company text not null references companies (id) on delete cascade,
    partner text not null,
    address_key text not null,
    -- The digest of the key.
    address_digest integer not null,
    address text not null,
    name text,
    account text not null,
    source text not null check (source in ('mail', 'hand', 'removed')),
    primary key (company, partner, address_key, account)
) strict;

create index partner_addresses_by_digest on partner_addresses (company, address_digest);

-- The documents that a message is about, with the reason.
create table mailbox_documents (
    message integer not null references mailbox_messages (number) on delete cascade,
    document_kind text not null,
    document_number text not null,
    partner text,
    reason text not null,
    is_sure integer not null check (is_sure in (0, 1)),
    primary key (message, document_kind, document_number)
) strict;

create index mailbox_documents_by_number on mailbox_documents (document_number);

-- Conversations that a message may belong to, for a person to decide.
create table conversation_proposals (
    message integer not null references mailbox_messages (number) on delete cascade,
    conversation integer not null references conversations (number) on delete cascade,
    reason text not null,
    primary key (message, conversation)
) strict;

create index conversation_proposals_of_conversation on conversation_proposals (conversation);

create table conversation_notes (
    number integer primary key not null,
    conversation integer not null references conversations (number) on delete cascade,
    user_id text references users (id) on delete set null,
    at integer not null,
    text text not null
) strict;

create index conversation_notes_of_conversation on conversation_notes (conversation);
create index conversation_notes_of_user on conversation_notes (user_id) where user_id is not null;

-- Bookmarks refer to messages, not to places: they survive moves. Without a user one is shared by all users of the account.
create table bookmarks (
    number integer primary key not null,
    message integer not null references mailbox_messages (number) on delete cascade,
    user_id text references users (id) on delete cascade,
    name text not null
) strict;

create index bookmarks_of_message on bookmarks (message);
create index bookmarks_of_user on bookmarks (user_id) where user_id is not null;

-- The words of messages. Nothing can be read from it: it has where words stand, not what was written.
create virtual table mailbox_words using fts5 (
    subject, people, files, numbers, body,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);

create trigger mailbox_words_of_message after delete on mailbox_messages
begin
    delete from mailbox_words where rowid = old.number;
end;
