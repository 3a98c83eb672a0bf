-- What a business system keeps to send its mail by postroom.wasm: seven tables beside its own.
--
-- Written for SQLite (3.24 or later) and PostgreSQL (12 or later) alike; running it again changes nothing. In SQLite each
-- connection needs `PRAGMA foreign_keys = ON`.
--
--   Texts that the plugin gives and takes back (a mail, a memo) are stored unchanged. No query looks into them.
--   Times are UTC to the second, 2026-11-22T08:30:00Z, so that their order as text is their order in time. In PostgreSQL
--   they may as well be TIMESTAMPTZ.
--   BYTEA is PostgreSQL's name for bytes; SQLite takes any name. MySQL has LONGBLOB, and needs VARCHAR for keys.
--   `company` is the one of your companies that a row belongs to. Every query names it: a report that came to one company
--   finds no mail of another.
--
-- Two rules prevent that a mail leaves twice:
--
--   1. Commit what is about to be done before doing it. A row of `mail_attempt` without a memo is an attempt that runs, or
--      whose process died: the mail may have left. No network call happens inside a transaction: a framework that runs a
--      failed transaction again (Tryton, Odoo) would send the mail again.
--   2. Every change of a mail's state names the `revision` that was read, and counts it up. Where no row changes, another
--      worker or a person was faster: do nothing, and read again. One thing asks for no revision: a server's answer that
--      comes late is recorded all the same, and the mail is decided anew.

-- Accounts to send by. Hosts, ports and secrets belong elsewhere.
CREATE TABLE IF NOT EXISTS mail_account (
    company       TEXT    NOT NULL,
    -- The plugin's `route.account-name`.
    name          TEXT    NOT NULL,
    -- smtp, gmail, graph, sendgrid.
    transport     TEXT    NOT NULL,
    -- The account to fall back to, and whether to: off, ask, automatic; seconds of patience before.
    fallback      TEXT,
    fallback_policy TEXT  NOT NULL DEFAULT 'off' CHECK (fallback_policy IN ('off', 'ask', 'automatic')),
    patience      INTEGER NOT NULL DEFAULT 0,
    -- Set by an administrator: the credentials are not to be used.
    compromised   BOOLEAN NOT NULL DEFAULT FALSE,
    -- Its Sent folder or its provider can be asked for a Message-ID.
    can_look_in_sent BOOLEAN NOT NULL DEFAULT FALSE,
    -- The account can't send until `pause_until` (`settlement.pause`): all of its mails wait. At the end one mail tries it,
    -- that of the worker who moves `pause_until` ahead by compare-and-set.
    pause_cause   TEXT,
    pause_since   TEXT,
    pause_until   TEXT,
    -- Tries at the end of a pause that failed, too. Each doubles the next pause, to a day at most.
    pause_failures INTEGER NOT NULL DEFAULT 0,
    -- What to do about it, for the account's page: a code for `info.explain`.
    pause_advice  TEXT,
    PRIMARY KEY (company, name)
);

-- Mails. Each is composed once, when it is wanted; what is stored here is what leaves.
CREATE TABLE IF NOT EXISTS mail (
    -- `job.id`, from which the Message-ID follows: random, 64 bits or more, never a number of yours.
    id            TEXT    NOT NULL PRIMARY KEY,
    company       TEXT    NOT NULL,
    -- Your document, and the use case: new, reminder-1, …
    document      TEXT    NOT NULL,
    use_case      TEXT    NOT NULL,
    -- What asked for the mail: an id of the form that the button stands on, the day of a run of reminders. One request gives
    -- one mail, however often the button is pressed or the transaction runs.
    request       TEXT    NOT NULL,
    created       TEXT    NOT NULL,
    -- `composing.outgoing-mail` as JSON; beside it what reports are matched by, and what lists show.
    outgoing      TEXT    NOT NULL,
    message_id    TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    -- The return path of this mail alone (VERP), where your domain takes `bounces+ANYTHING@`: `return_path` of the job's
    -- options. The part after the + is random and stored here, so that it needs no signature. A report that came to it is
    -- about this mail. It serves the purpose `bounce` of `matching.trace`, since servers alone see it; a Reply-To that
    -- names the mail (purpose `reply`) is another address, in a column of its own.
    return_path   TEXT,
    account       TEXT    NOT NULL,
    -- Not before.
    send_at       TEXT,
    -- A person holds it.
    held          BOOLEAN NOT NULL DEFAULT FALSE,
    -- A person's answer to `ask-fallback`; none: not asked, or not answered.
    fallback_answer TEXT CHECK (fallback_answer IN ('yes', 'no')),
    -- The last answer of `schedule.decide`, with the code and the words of its reason:
    --   due       decide again at `next_at`: queued, waiting, or asking about the fallback
    --   person    wait for a person: to answer `question`, or to do what the reason says
    --   done      it left, or was given up
    state         TEXT    NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'person', 'done')),
    question      TEXT CHECK (question IN ('fallback', 'in-doubt')),
    -- The code is one of `action-reasons`, for `info.explain` in the user's language, or `suppressed`, which is ours: a
    -- recipient is in `mail_suppression`.
    reason_code   TEXT,
    reason_detail TEXT,
    next_at       TEXT    NOT NULL,
    -- A worker has the mail until then. Longer than an attempt can last: past it, the worker is taken for dead.
    claimed_until TEXT,
    revision      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (company, document, use_case, request),
    FOREIGN KEY (company, account) REFERENCES mail_account (company, name)
);
-- Each round of the loop asks for these.
CREATE INDEX IF NOT EXISTS mail_due ON mail (state, next_at);
-- Reports are matched by these.
CREATE UNIQUE INDEX IF NOT EXISTS mail_by_message_id ON mail (company, message_id);
CREATE UNIQUE INDEX IF NOT EXISTS mail_by_return_path ON mail (company, return_path);

-- The files of a mail as they were when it was composed, under the handles that its chunks name. They do not change when the
-- document is printed anew.
CREATE TABLE IF NOT EXISTS mail_file (
    mail          TEXT    NOT NULL REFERENCES mail (id) ON DELETE CASCADE,
    handle        INTEGER NOT NULL,
    file_name     TEXT    NOT NULL,
    media_type    TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    content       BYTEA   NOT NULL,
    PRIMARY KEY (mail, handle)
);

-- Recipients, as in the envelope. The status follows from the events (`tracking.fold`); it is stored for lists, and written
-- anew with every event. In transit for 25 days it becomes unknown: fold those again each night.
CREATE TABLE IF NOT EXISTS mail_recipient (
    mail          TEXT    NOT NULL REFERENCES mail (id) ON DELETE CASCADE,
    place         INTEGER NOT NULL,
    address       TEXT    NOT NULL,
    status        TEXT    NOT NULL DEFAULT 'in-transit',
    reason_code   TEXT,
    reason_detail TEXT,
    PRIMARY KEY (mail, place)
);
CREATE INDEX IF NOT EXISTS mail_recipient_by_address ON mail_recipient (address);

-- Attempts. A row is committed before the network is used. The memo (`settlement.memo`) is added when the attempt has ended,
-- and given back to `decide` unchanged. What a lookup or a person finds out about an attempt in doubt replaces it.
CREATE TABLE IF NOT EXISTS mail_attempt (
    mail          TEXT    NOT NULL REFERENCES mail (id) ON DELETE CASCADE,
    number        INTEGER NOT NULL,
    at            TEXT    NOT NULL,
    account       TEXT    NOT NULL,
    transport     TEXT    NOT NULL,
    -- ENVID, which comes back in reports: random, new for every attempt.
    envelope_id   TEXT    NOT NULL UNIQUE,
    memo          TEXT,
    -- `settlement.outcome` and `settlement.detail`, for lists; by the first the attempt in doubt is found.
    outcome       TEXT,
    detail        TEXT,
    -- From an API's receipt: the Message-ID that replaced ours, and the provider's own id.
    provider_message_id TEXT,
    provider_id   TEXT,
    PRIMARY KEY (mail, number)
);
CREATE INDEX IF NOT EXISTS mail_attempt_by_message_id ON mail_attempt (provider_message_id);
CREATE INDEX IF NOT EXISTS mail_attempt_by_provider_id ON mail_attempt (provider_id);

-- Facts (`tracking.event`), a set: one that comes again is the same row, and no row is ever changed. `digest` is the SHA-256 of
-- the fields, since a key over servers' texts would be too long, and NULL equals nothing in a UNIQUE. `at` is the time as the
-- plugin wrote it, with its zone.
CREATE TABLE IF NOT EXISTS mail_event (
    mail          TEXT    NOT NULL REFERENCES mail (id) ON DELETE CASCADE,
    digest        TEXT    NOT NULL,
    recipient     TEXT,
    kind          TEXT    NOT NULL,
    at            TEXT    NOT NULL,
    source        TEXT    NOT NULL,
    code          TEXT,
    words         TEXT,
    PRIMARY KEY (mail, digest)
);

-- Addresses that are not written to any more (`suppressions`); looked up before each attempt. The address is in lower case.
-- A person may release an entry; after that only newer evidence counts.
CREATE TABLE IF NOT EXISTS mail_suppression (
    company       TEXT    NOT NULL,
    address       TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    since         TEXT    NOT NULL,
    code          TEXT,
    words         TEXT,
    source        TEXT    NOT NULL,
    -- The mail that it is known from; none once that is deleted.
    mail          TEXT REFERENCES mail (id) ON DELETE SET NULL,
    released      TEXT,
    PRIMARY KEY (company, address)
);
