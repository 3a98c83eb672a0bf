//! How numbers, money, dates and plurals are written in a language and region.
//!
//! A table of our own (the facts are those of Unicode CLDR, the few deviations are named where they stand),
//! since a library for all the world's locales would be larger than the rest of the plugin.

mod conventions;
mod date;
mod number;
mod plural;

pub use date::{long_date, short_date};
pub use number::{money, number};
pub use plural::{is_one, plural};
