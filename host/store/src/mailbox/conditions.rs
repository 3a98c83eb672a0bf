//! The conditions of a person's lists, with what is bound to them.

use crate::mailbox::access::ReachableMailbox;
use crate::mailbox::contacts::{NOT_REMOVED, known_to};
use crate::mailbox::full_text::{matching, numbers_of};
use crate::mailbox::words::WordQuery;
use crate::sql::digest::address_digest;
use crate::sql::row::without_zeros;
use crate::sql::rows::JsonRows;
use crate::sql::scope::Scope;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

/// The condition on messages `m` that are unread.
pub(crate) const UNREAD: &str = "m.direction = 'incoming' and m.is_quiet = 0 \
     and exists (select 1 from mailbox_places as unseen where unseen.message = m.number and unseen.is_seen = 0) \
     and not exists (select 1 from mailbox_places as seen where seen.message = m.number and seen.is_seen = 1)";

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Number(i64),
}

/// A statement's conditions. The owner of the scope is parameter 1.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    scope: Scope,
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Begins with the condition that rows of this name are a mailbox's, and within the scope.
    pub(crate) fn on_conversations(scope: Scope, table: &str, mailbox: ReachableMailbox) -> Self {
        let mut conditions = Self { scope, sql: scope.on_conversations(table, 1), values: Vec::new() };
        let number = conditions.number(mailbox.number);
        conditions.and(&format!("{table}.mailbox = {number}"));
        conditions
    }

    /// Begins with the condition that messages `m` are within the scope.
    pub(crate) fn on_messages(scope: Scope) -> Self {
        Self { scope, sql: scope.on_messages("m", 1), values: Vec::new() }
    }

    pub(crate) fn and(&mut self, condition: &str) {
        self.sql.push_str(" and ");
        self.sql.push_str(condition);
    }

    /// Binds a text, and returns its parameter.
    pub(crate) fn text(&mut self, text: &str) -> String {
        self.values.push(Value::Text(without_zeros(text)));
        format!("${}", self.values.len() + 1)
    }

    /// Binds a number, and returns its parameter.
    pub(crate) fn number(&mut self, number: i64) -> String {
        self.values.push(Value::Number(number));
        format!("${}", self.values.len() + 1)
    }

    /// Adds that messages `m` have these words.
    pub(crate) fn with_words(&mut self, each: JsonRows, query: &WordQuery, mailbox: ReachableMailbox) {
        let next = u8::try_from(self.values.len() + 2).unwrap_or(u8::MAX);
        let (sql, query) = matching(each, query, next);
        let (low, high) = numbers_of(mailbox.number);
        self.text(&query);
        self.number(low);
        self.number(high);
        self.and(&format!("m.number in ({sql})"));
    }

    /// Adds that messages `m` belong to a partner.
    pub(crate) fn with_partner(&mut self, partner: &str, mailbox: ReachableMailbox) {
        let known = known_to(&self.text(&mailbox.account.to_string()));
        let (partner, mailbox) = (self.text(partner), self.number(mailbox.number));
        self.and(&format!(
            "m.number in (select message from mailbox_partners where partner = {partner} \
             union select mailbox_people.message from partner_addresses join mailbox_people \
             on mailbox_people.mailbox = {mailbox} and mailbox_people.address = partner_addresses.address_digest \
             where partner_addresses.company = (select company from mailboxes where number = {mailbox}) \
             and partner_addresses.partner = {partner} and {known} and {NOT_REMOVED})"
        ));
    }

    /// Adds that messages `m` belong to any partner.
    pub(crate) fn with_any_partner(&mut self) {
        let known = known_to("mailboxes.account");
        self.and(&format!(
            "(exists (select 1 from mailbox_partners where mailbox_partners.message = m.number) \
             or exists (select 1 from mailbox_people join mailboxes on mailboxes.number = mailbox_people.mailbox \
             join partner_addresses on partner_addresses.company = mailboxes.company \
             and partner_addresses.address_digest = mailbox_people.address \
             where mailbox_people.message = m.number and {known} and {NOT_REMOVED}))"
        ));
    }

    /// Adds that messages `m` have an address in one of their fields.
    pub(crate) fn with_address(&mut self, address: &str, mailbox: ReachableMailbox) {
        let (mailbox, address) = (self.number(mailbox.number), self.number(address_digest(address)));
        self.and(&format!(
            "m.number in (select message from mailbox_people where mailbox = {mailbox} and address = {address})"
        ));
    }

    /// Adds that messages `m` are unread: by the index of places without the flag `\Seen`.
    pub(crate) fn that_are_unread(&mut self, mailbox: ReachableMailbox) {
        let (low, high) = numbers_of(mailbox.number);
        let (low, high) = (self.number(low), self.number(high));
        self.and(&format!(
            "m.number in (select message from mailbox_places where is_seen = 0 and message between {low} and {high}) and {UNREAD}"
        ));
    }

    /// Adds that messages `m` are in a folder that has few.
    pub(crate) fn with_small_folder(&mut self, folder: i64) {
        let folder = self.number(folder);
        self.and(&format!("m.number in (select message from mailbox_places where folder = {folder})"));
    }

    /// Adds that messages `m` are in a folder.
    pub(crate) fn with_folder(&mut self, folder: i64) {
        let folder = self.number(folder);
        self.and(&format!(
            "exists (select 1 from mailbox_places where mailbox_places.message = m.number and mailbox_places.folder = {folder})"
        ));
    }

    /// Adds that messages `m` have a bookmark which the person sees.
    pub(crate) fn with_bookmark(&mut self) {
        let theirs = match self.scope {
            Scope::User(_) => "(bookmarks.user_id is null or bookmarks.user_id = $1)",
            Scope::Company(_) => "bookmarks.user_id is null",
        };
        self.and(&format!("m.number in (select message from bookmarks where {theirs})"));
    }

    /// Takes the conditions on messages `m` out of a list's own, so that they can stand within another condition.
    pub(crate) fn within(&mut self, add: impl FnOnce(&mut Self)) -> String {
        let outer = std::mem::take(&mut self.sql);
        self.sql = self.scope.sees("m", 1);
        add(self);
        std::mem::replace(&mut self.sql, outer)
    }

    /// Builds the statement: `before`, the conditions, `after`.
    pub(crate) fn query(self, before: &str, after: &str) -> Query<'static, Any, AnyArguments> {
        let sql = format!("{before} where {} {after}", self.sql);
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(self.scope.owner());
        for value in self.values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
            };
        }
        query
    }
}
