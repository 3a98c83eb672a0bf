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
            found.extend(
                address::all(value)
                    .map(|(_, address)| Sender { name: None, address })
                    .take(limits::ADDRESSES),
            );
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
    list.iter()
        .take(limits::ADDRESSES)
        .flat_map(|one| {
            people_of(one.name().map(shown).unwrap_or_default(), one.address().unwrap_or_default())
        })
        .collect()
}

/// Makes people of one entry: of several where programs forgot the comma, and with a name where they forgot the brackets.
fn people_of(name: String, address: &str) -> Vec<Sender> {
    let address = address.trim();
    // A route (RFC 5322 §4.4) is none of the address.
    let address = match address.strip_prefix('@').and_then(|route| route.rsplit_once(':')) {
        Some((_, address)) => address.trim(),
        None => address,
    };
    let person = |name: &str, address: &str| Sender {
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        address: inbound::bounded(address, inbound::ADDRESS).to_owned(),
    };
    if address.starts_with('"') || !address.contains(char::is_whitespace) {
        return if address.is_empty() && name.is_empty() { vec![] } else { vec![person(&name, address)] };
    }
    let words: Vec<&str> = address.split_whitespace().collect();
    if words.iter().any(|word| word.starts_with(['.', '@']) || word.ends_with(['.', '@'])) {
        return vec![person(&name, &words.concat())];
    }
    let (addresses, names): (Vec<&str>, Vec<&str>) = words.into_iter().partition(|word| word.contains('@'));
    let name = if name.is_empty() { names.join(" ") } else { name };
    match addresses.as_slice() {
        [] => vec![person(&name, address)],
        [one] => vec![person(&name, one)],
        several => several.iter().map(|address| person("", address)).collect(),
    }
}

/// Returns a name on one line, without control characters.
fn shown(name: &str) -> String {
    let words: Vec<&str> =
        name.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    inbound::bounded(&words.join(" "), inbound::ADDRESS).to_owned()
}
