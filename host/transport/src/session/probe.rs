//! What a connection test reports, collected while the connection is opened.

/// A stage of a connection test that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeStep<S> {
    /// The stage.
    pub stage: S,
    /// What happened, with the server's words in quotes.
    pub detail: String,
}

/// The result of a connection test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeReport<S, F> {
    /// Each stage that succeeded, in order.
    pub steps: Vec<ProbeStep<S>>,
    /// The first stage that failed; none where the account works.
    pub failure: Option<F>,
    /// What the server announced last, one item for each of SMTP's extensions with its parameters or of IMAP's
    /// capabilities.
    pub capabilities: Vec<String>,
}

/// The steps of a connection that is being opened.
#[derive(Debug)]
pub(crate) struct ProbeLog<S> {
    pub(crate) steps: Vec<ProbeStep<S>>,
    pub(crate) capabilities: Vec<String>,
}

impl<S> Default for ProbeLog<S> {
    fn default() -> Self {
        Self { steps: Vec::new(), capabilities: Vec::new() }
    }
}

impl<S> ProbeLog<S> {
    /// Adds a stage that succeeded.
    pub(crate) fn step(&mut self, stage: S, detail: impl Into<String>) {
        self.steps.push(ProbeStep { stage, detail: detail.into() });
    }

    /// Ends the test.
    pub(crate) fn report<F>(self, failure: Option<F>) -> ProbeReport<S, F> {
        ProbeReport { steps: self.steps, failure, capabilities: self.capabilities }
    }
}
