//! What a company's ERP is notified of: changed statuses, addresses and payments.
//!
//! Invariant: a notice is on disk before it is delivered, is delivered at least once under an id of its own, and in order for each
//! document: one lease owner at a time delivers to a company.

pub(crate) mod notices;
pub(crate) mod records;
pub(crate) mod status_changes;
