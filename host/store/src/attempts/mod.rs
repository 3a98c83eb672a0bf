//! Attempts to send a mail, the facts that follow from them, and what reports say later.
//!
//! Invariant: an attempt is on disk before it is made, and moves by compare-and-set alone. Of two attempts of a mail the earlier
//! one has a result before the later one begins. Facts are a set that is only added to.

pub(crate) mod attribution;
pub(crate) mod completion;
pub(crate) mod contradiction;
pub(crate) mod events;
pub(crate) mod group_commit;
pub(crate) mod interruption;
pub(crate) mod late;
pub(crate) mod lifecycle;
pub(crate) mod recording;
pub(crate) mod reported;
pub(crate) mod reports;
