//! Addresses in a header, as its readers see them.

use super::limits;
use crate::domain::inbound::fields::Fields;
use crate::domain::inbound::{Sender, address, encoded_word, limits as inbound};
use mail_parser::{Address, HeaderValue, MessageParser};

/// Reads the addresses of every field of this name. A group is its members.
pub(super) fn addresses(header: &Fields, name: &str) -> Vec<Sender> {
    let mut found = vec![];
    for value in header.all(name) {
        let listed = parsed(value);
        if listed.is_empty() {
            found.extend(address::all(value).map(|(_, address)| Sender { name: None, address }).take(limits::ADDRESSES));
        }
        found.extend(listed);
    }
    found.truncate(limits::ADDRESSES);
    found
}

fn parsed(value: &str) -> Vec<Sender> {
    let field = format!("To: {}\r\n\r\n", encoded_word::joined(value));
    let Some(message) = MessageParser::default().parse_headers(field.as_bytes()) else { return vec![] };
    let Some(HeaderValue::Address(list)) = message.header("To") else { return vec![] };
    let list: &Address<'_> = list;
    let people = list.iter().take(limits::ADDRESSES).filter_map(|one| {
        let address = one.address().unwrap_or_default().trim();
        let name = one.name().map(shown).filter(|name| !name.is_empty());
        let is_any = !address.is_empty() || name.is_some();
        is_any.then(|| Sender { name, address: inbound::bounded(address, inbound::ADDRESS).to_owned() })
    });
    people.collect()
}

/// Returns a name on one line, without control characters.
fn shown(name: &str) -> String {
    let words: Vec<&str> = name.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    inbound::bounded(&words.join(" "), inbound::ADDRESS).to_owned()
}
