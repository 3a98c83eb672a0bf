//! LIST: the folders, with the special use of each (RFC 6154).

use super::connection::{Connection, SMALL};
use super::failure::MailboxError;
use super::mailbox::Folder;
use super::request::Request;
use super::response::Value;
use super::utf7;
use super::wire::Expected;

/// The most folders that are listed.
const MOST: usize = 10_000;

/// Uses of RFC 6154, and Gmail's older names for them (XLIST).
const USES: &[(&str, &str)] = &[
    ("\\All", "all"),
    ("\\AllMail", "all"),
    ("\\Archive", "archive"),
    ("\\Drafts", "drafts"),
    ("\\Flagged", "flagged"),
    ("\\Starred", "flagged"),
    ("\\Important", "important"),
    ("\\Junk", "junk"),
    ("\\Spam", "junk"),
    ("\\Sent", "sent"),
    ("\\Trash", "trash"),
    ("\\Inbox", "inbox"),
];

impl Connection {
    /// Lists the folders, by LIST with RFC 6154's uses, XLIST, or plain LIST, whichever the server has.
    pub(super) async fn folders(&mut self) -> Result<Vec<Folder>, MailboxError> {
        let (words, data) = if self.can("SPECIAL-USE") && self.can("LIST-EXTENDED") {
            (r#"LIST "" "*" RETURN (SPECIAL-USE)"#, &["LIST"])
        } else if self.can("XLIST") && !self.can("SPECIAL-USE") {
            (r#"XLIST "" "*""#, &["XLIST"])
        } else {
            // Servers with SPECIAL-USE and without LIST-EXTENDED send the uses in any case.
            (r#"LIST "" "*""#, &["LIST"])
        };
        let request = Request::fixed(self.tag(), words);
        let limit = self.timeouts.command;
        let response = self.run_request(&request, Expected { data, ..SMALL }, limit).await;
        let response = response.map_err(|error| self.unanswered("listing the folders failed", &error))?;
        self.expect_ok(&response, "the server does not list the folders")?;
        let [name] = data;
        Ok(response.named(name).filter_map(folder).take(MOST).collect())
    }
}

/// `(\HasNoChildren \Sent) "/" "Sent"`.
fn folder(line: &[Value]) -> Option<Folder> {
    let [attributes, delimiter, name, ..] = line else { return None };
    let attributes: Vec<&str> = attributes.list()?.iter().filter_map(Value::atom).collect();
    let has = |wanted: &str| attributes.iter().any(|known| known.eq_ignore_ascii_case(wanted));
    let wire = name.text()?;
    let name = utf7::decode(&wire).unwrap_or(wire);
    let inbox = name.eq_ignore_ascii_case("INBOX");
    let mut special_use: Vec<String> = Vec::new();
    for (attribute, what) in USES {
        if has(attribute) && !special_use.iter().any(|known| known == what) {
            special_use.push((*what).to_owned());
        }
    }
    if inbox && !has("\\Inbox") {
        special_use.insert(0, "inbox".to_owned());
    }
    Some(Folder {
        // The one name that is the same in any case.
        name: if inbox { "INBOX".to_owned() } else { name },
        delimiter: delimiter.text().filter(|text| !text.is_empty()),
        special_use,
        selectable: !has("\\Noselect") && !has("\\NonExistent"),
    })
}
