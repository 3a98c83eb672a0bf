//! Where a use case reports what is not part of its result: lines of the plugin's log, and faults that did not stop it.

use crate::engine::LogSink;
use crate::outbox::Notices;

/// Receivers of what happens beside a use case.
#[derive(Clone)]
pub struct Diagnostics {
    /// Lines of the plugin's log.
    pub log: LogSink,
    /// Sentences in English about what went wrong without ending the use case.
    pub notices: Notices,
}

impl std::fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Diagnostics(…)")
    }
}
