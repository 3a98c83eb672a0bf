//! The mails as those who read them get them: in a browser at every width, in dark mode and with large letters, by the
//! rules of accessibility, by a spam filter, by a strict parser. What each measure may be stands in `budgets.txt`.
//!
//! The lint for mail clients runs with `cargo test`; what needs a browser, SpamAssassin or Python is ignored there, and
//! run by `cargo xtask test clients`, which installs them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that can't go on has failed
#![allow(clippy::float_arithmetic)] // widths and scores are no amounts of money

mod browser;
mod budgets;
#[allow(dead_code)] // the snapshots use all of it
#[path = "../snapshot/cases.rs"]
mod cases;
mod lint;
mod samples;
mod sheet;
mod spam;
mod syntax;
