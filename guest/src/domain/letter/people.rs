//! People of a message as a quote names them.

use super::subject::one_line;
use crate::domain::address::{Address, Mailbox, clean_name};
use crate::domain::inbound::Sender;

/// Most people of one field.
const MOST: usize = 50;
/// Bytes of what was given as an address and is none.
const TEXT: usize = 200;

/// Lists the people of a field by name; none where there are none.
pub(super) fn named(list: &[Sender]) -> Option<String> {
    let mut names: Vec<String> = list.iter().take(MOST).map(person).filter(|name| !name.is_empty()).collect();
    if list.len() > MOST {
        names.push("…".to_owned());
    }
    (!names.is_empty()).then(|| names.join(", "))
}

/// Writes a person: as a header would, else by what stands there.
fn person(of: &Sender) -> String {
    if let Ok(address) = Address::parse(of.address.trim()) {
        return Mailbox::new(of.name.as_deref(), address).to_string();
    }
    let name = clean_name(of.name.as_deref().unwrap_or_default());
    if !name.is_empty() {
        return name;
    }
    let (text, _) = of.address.split_at(of.address.floor_char_boundary(TEXT));
    one_line(text)
}
