//! E-mail addresses as parsed types: nothing else in the plugin handles an address as text.

mod characters;
mod codepoint;
mod domain;
mod fault;
mod list;
mod local;
mod mailbox;
mod match_key;
mod name;
#[cfg(test)]
mod tests;

pub use characters::is_unseen;
pub use fault::{AddressFault, Part};
pub use list::{AddressList, ListFault, Unreadable, read_line, read_list};
pub use mailbox::{Address, Mailbox};
pub use match_key::match_key;
pub use name::clean_name;
