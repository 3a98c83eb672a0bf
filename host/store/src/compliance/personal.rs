//! Which columns may contain data of a person, and which do not: every text column of the schema is in one list or the other,
//! which a test compares with the schema itself.

/// A column that erasing rewrites: an address in it is replaced wherever it stands, and the person's name too where the row
/// is about one of their mails.
#[derive(Debug)]
pub(crate) struct PersonalColumn {
    pub(crate) table: &'static str,
    /// What tells the company's rows from others. `$1` is the company.
    pub(crate) of_company: &'static str,
    /// The row's mail, if it is about one.
    pub(crate) mail: &'static str,
    /// What tells one row from the others.
    pub(crate) id: &'static str,
    pub(crate) column: &'static str,
    /// A person's name is looked for, too. Not in JSON, whose own words it might be, and not in addresses.
    pub(crate) has_names: bool,
}

const OF_MAIL: &str = "mail in (select id from mails where company = $1)";
const OF_COMPANY: &str = "company = $1";
const OF_MAILBOX: &str = "mailbox in (select number from mailboxes where company = $1)";
const OF_MESSAGE: &str = "message in (select mailbox_messages.number from mailbox_messages join mailboxes \
                          on mailboxes.number = mailbox_messages.mailbox where mailboxes.company = $1)";
const OF_CONVERSATION: &str = "conversation in (select conversations.number from conversations join mailboxes \
                               on mailboxes.number = conversations.mailbox where mailboxes.company = $1)";
/// An account that was removed; that of an account in use is a setting, which a person changes.
const OF_REMOVED_ACCOUNT: &str = "company = $1 and name_key is null";

const fn text(
    (table, of_company): (&'static str, &'static str),
    (mail, id): (&'static str, &'static str),
    column: &'static str,
) -> PersonalColumn {
    PersonalColumn { table, of_company, mail, id, column, has_names: true }
}

const fn addresses(
    of: (&'static str, &'static str),
    keys: (&'static str, &'static str),
    column: &'static str,
) -> PersonalColumn {
    PersonalColumn { has_names: false, ..text(of, keys, column) }
}

const MAILS: (&str, &str) = ("mails", OF_COMPANY);
const EVENTS: (&str, &str) = ("events", OF_MAIL);
const ATTEMPTS: (&str, &str) = ("attempts", OF_MAIL);
const SUPPRESSIONS: (&str, &str) = ("suppressions", OF_COMPANY);
const NOTICES: (&str, &str) = ("notices", OF_COMPANY);
const REMOVED: (&str, &str) = ("accounts", OF_REMOVED_ACCOUNT);
const BY_MAIL: (&str, &str) = ("mail", "id");
const ITSELF: (&str, &str) = ("id", "id");
const MAYBE_MAIL: (&str, &str) = ("coalesce(mail, '')", "id");
const SUPPRESSION: (&str, &str) = ("coalesce(mail, '')", "address_key");
const NO_MAIL: (&str, &str) = ("''", "id");

/// The columns that erasing rewrites.
pub(crate) const REWRITTEN: &[PersonalColumn] = &[
    text(MAILS, ITSELF, "subject"),
    text(MAILS, ITSELF, "partner"),
    text(MAILS, ITSELF, "from_name"),
    addresses(MAILS, ITSELF, "from_address"),
    addresses(MAILS, ITSELF, "mail_from"),
    addresses(MAILS, ITSELF, "recipients"),
    addresses(MAILS, ITSELF, "rcpt_to"),
    addresses(EVENTS, BY_MAIL, "recipient"),
    text(EVENTS, BY_MAIL, "code"),
    text(EVENTS, BY_MAIL, "words"),
    text(ATTEMPTS, BY_MAIL, "detail"),
    addresses(ATTEMPTS, BY_MAIL, "provider_ids"),
    text(("outbox", OF_COMPANY), ("mail", "mail"), "reason"),
    text(SUPPRESSIONS, SUPPRESSION, "code"),
    text(SUPPRESSIONS, SUPPRESSION, "words"),
    text(SUPPRESSIONS, SUPPRESSION, "source"),
    text(SUPPRESSIONS, SUPPRESSION, "released_by"),
    text(NOTICES, MAYBE_MAIL, "partner"),
    text(NOTICES, MAYBE_MAIL, "name"),
    text(NOTICES, MAYBE_MAIL, "reason"),
    text(NOTICES, MAYBE_MAIL, "words"),
    text(("records", OF_COMPANY), ("''", "company"), "words"),
    text(("accounts", OF_COMPANY), NO_MAIL, "state_words"),
    text(("pauses", OF_COMPANY), ("''", "account"), "reason"),
    text(("batches", OF_COMPANY), NO_MAIL, "name"),
    text(("batches", OF_COMPANY), NO_MAIL, "name_key"),
    text(("mailbox_folders", OF_MAILBOX), ("''", "cast(number as text)"), "fault"),
    text(("conversation_notes", OF_CONVERSATION), ("''", "cast(number as text)"), "text"),
    text(("bookmarks", OF_MESSAGE), ("''", "cast(number as text)"), "name"),
    text(("partner_addresses", OF_COMPANY), ("''", "address_key"), "partner"),
    text(("partner_addresses", OF_COMPANY), ("''", "address_key"), "name"),
    text(("mailbox_partners", OF_MESSAGE), ("''", "partner"), "partner"),
    text(("mailbox_documents", OF_MESSAGE), ("''", "cast(message as text)"), "partner"),
    text(("mailbox_documents", OF_MESSAGE), ("''", "cast(message as text)"), "reason"),
    text(("conversation_proposals", OF_MESSAGE), ("''", "cast(message as text)"), "reason"),
    addresses(REMOVED, NO_MAIL, "address"),
    text(REMOVED, NO_MAIL, "display_name"),
];

/// Columns that erasing changes by a statement of their own: they are compared as addresses, not searched as texts.
#[cfg(test)]
pub(crate) const REPLACED_WHOLE: &[(&str, &[&str])] = &[
    ("suppressions", &["address_key", "address"]),
    ("notices", &["recipient", "thread"]),
    // Messages that name the person are taken out of the index, whole, and a conversation has the subject of one that is left.
    (
        "mailbox_messages",
        &["message_id", "subject", "base_subject", "people", "files", "thread_index", "reason"],
    ),
    ("conversations", &["subject"]),
    ("partner_addresses", &["address_key", "address"]),
];

/// Columns that hold nothing of a person, and columns of which `erase` says that the address is still in them.
#[cfg(test)]
pub(crate) const IMPERSONAL: &[(&str, &[&str])] = &[
    // Settings that a person wrote and changes: `erase` names those that hold the address.
    ("companies", &["id", "name", "name_key", "settings", "logo_name", "fallback_policy"]),
    ("users", &["id", "company", "login", "login_key", "name", "address", "templates"]),
    (
        "accounts",
        &[
            "id",
            "company",
            "name",
            "name_key",
            "transport",
            "mailbox",
            "send_as",
            "state",
            "state_since",
            "permissions",
        ],
    ),
    ("user_settings", &["account", "user_id", "settings"]),
    ("folders", &["account", "used_for", "folder"]),
    // Of companies.
    ("platform_addresses", &["address", "company", "since"]),
    ("invitations", &["id", "company", "account", "user_id", "mailbox", "state"]),
    ("fallbacks", &["company", "account"]),
    ("grants", &["company", "account", "user_id"]),
    ("paces", &["account"]),
    ("pauses", &["account", "company", "cause", "since"]),
    ("batches", &["id", "company", "account", "user_id", "created"]),
    // Sealed.
    ("secrets", &["owner", "kind", "company", "account"]),
    ("secret_keys", &["owner", "kind", "master_key"]),
    ("master_keys", &["id", "since", "retired"]),
    ("key_users", &["id", "program", "host", "keys"]),
    // Numbers of documents stay for the books (`docs/operations.md`).
    (
        "mails",
        &[
            "id",
            "company",
            "account",
            "user_id",
            "created",
            "document_kind",
            "document_number",
            "use_case",
            "message_id",
            "revision",
            "options",
            "emptied",
        ],
    ),
    // Files of a mail to the person are gone; those of others are what others were sent.
    ("files", &["mail", "name", "media_type", "role", "path"]),
    ("contents", &["company"]),
    (
        "attempts",
        &["id", "mail", "account", "transport", "started", "finished", "result", "stage", "released"],
    ),
    ("events", &["id", "mail", "kind", "at", "source"]),
    (
        "outbox",
        &[
            "mail",
            "company",
            "account",
            "state",
            "send_at",
            "lease_owner",
            "cause",
            "batch",
            "copy",
            "restored",
        ],
    ),
    ("checked_opens", &["mail", "way"]),
    // Ids that servers gave: of characters that make no address, or a Message-ID.
    ("provider_message_ids", &["message_id", "mail"]),
    ("reported_ids", &["account", "name", "mail"]),
    ("suppressions", &["company", "kind", "since", "mail", "released"]),
    ("erased", &["company", "pseudonym"]),
    // No recipient is named in it; it can't be changed.
    ("audit", &["id", "company", "actor", "action", "mail", "detail", "hash"]),
    ("audit_heads", &["company", "hash"]),
    ("backups", &["taken"]),
    ("records", &["company", "place", "lease_owner"]),
    ("status_changes", &["mail", "company"]),
    (
        "notices",
        &[
            "id",
            "company",
            "mail",
            "kind",
            "document_kind",
            "document_number",
            "status",
            "label",
            "amount",
            "currency",
            "at",
            "state",
        ],
    ),
    ("mailboxes", &["account", "company", "lease_owner"]),
    // `erase` names those that hold the address.
    ("mailbox_folders", &["name", "special_use", "delimiter", "mapped", "healed"]),
    ("conversations", &["assignee", "private_to", "answering"]),
    ("mailbox_messages", &["direction", "kind", "gmail_thread", "private_to", "mail"]),
    ("mailbox_places", &["flags"]),
    ("partner_addresses", &["company", "account", "source"]),
    ("mailbox_documents", &["document_kind", "document_number"]),
    ("conversation_notes", &["user_id"]),
    ("bookmarks", &["user_id"]),
];
