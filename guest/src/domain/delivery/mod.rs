//! The rules of sending: what to do next with a mail, given what became of it so far.
//!
//! [`decide`] is the whole of it. It asks no clock and keeps no state, so every business system sends by the
//! same rules, and a test needs nothing but facts. Deliberately absent: a way to submit while it is unknown
//! whether an earlier attempt arrived.

mod decide;
mod facts;
mod memo;
mod schedule;
mod settle;
mod why;

pub use decide::decide;
pub use facts::{
    Action, Attempt, AttemptResult, Facts, FallbackPolicy, GivingUp, Pause, PauseAsked, PauseCause, Route,
    Transport,
};
pub use memo::{Memo, MemoFault};
pub use schedule::{FIRST_WAITS, LATER_WAIT, WINDOW};
pub use settle::{AnswerFault, Lookup, Settlement, check_answer, settle, settle_doubt, settle_interruption};
pub use why::{Decision, REASONS, Why};

#[cfg(test)]
mod tests;
