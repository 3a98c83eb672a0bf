//! Options to make a mail although the plugin refuses it with a reason, or with a file that it leaves out.

use clap::Args;
use postroom::app::WITHOUT_DOCUMENT;

/// Refusals that the user overrides. Each option is named as the plugin's code.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Overrides {
    /// Remind of a document of which nothing is open.
    #[arg(long)]
    nothing_open: bool,
    /// Remind of a document whose due date has not passed.
    #[arg(long)]
    not_yet_due: bool,
    /// Make the mail although the document's own PDF or UBL file is missing.
    #[arg(long)]
    without_document: bool,
    /// Attach the document's own file to the mail that says that it is cancelled.
    #[arg(long)]
    void_copy: bool,
}

impl Overrides {
    /// Returns the plugin's codes of what is overridden.
    pub(super) fn codes(&self) -> Vec<String> {
        let all = [
            (self.nothing_open, "nothing-open"),
            (self.not_yet_due, "not-yet-due"),
            (self.without_document, WITHOUT_DOCUMENT),
            (self.void_copy, "void-copy"),
        ];
        all.into_iter().filter(|(given, _)| *given).map(|(_, code)| code.to_owned()).collect()
    }
}
