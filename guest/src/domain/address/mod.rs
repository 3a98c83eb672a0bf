//! E-mail addresses as parsed types: nothing else in the plugin handles an address as text.

mod mailbox;

pub use mailbox::{Address, AddressFault, Mailbox};
