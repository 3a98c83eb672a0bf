//! Options that make a mail which the plugin refuses with a reason.

use clap::Args;

/// Refusals that the user overrides. Each option is named as the refusal's code.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Insist {
    /// Remind of a document of which nothing is open.
    #[arg(long)]
    nothing_open: bool,
    /// Remind of a document whose due date has not passed.
    #[arg(long)]
    not_yet_due: bool,
}

impl Insist {
    /// Codes of the refusals, as the plugin names them.
    pub(super) fn codes(&self) -> Vec<String> {
        let all = [(self.nothing_open, "nothing-open"), (self.not_yet_due, "not-yet-due")];
        all.into_iter().filter(|(given, _)| *given).map(|(_, code)| code.to_owned()).collect()
    }
}
