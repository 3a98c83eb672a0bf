//! What an instance can reach during a call: the implementation of the contract's imports over the host's
//! capabilities. No decisions here, and no secret ever passes through.

use super::capabilities::Capabilities;
use super::convert;
use super::limits::ComputeClock;
use postroom_contract::{attachments, log, smtp, transport, types};
use postroom_transport::BeforeFinalDot;
use postroom_transport::attachments::AttachmentSource;
use postroom_transport::http_api as api;
use postroom_transport::smtp as wire;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmtime::StoreLimits;

/// Receives the plugin's log lines: company, level, text. The text may hold addresses.
pub type LogSink = Arc<dyn Fn(&str, log::Level, &str) + Send + Sync>;

/// SMTP accounts by the name that the plugin uses for them.
pub type Accounts = BTreeMap<String, wire::Account>;

/// Accounts at providers with an API, by the name that the plugin uses for them.
pub type Apis = BTreeMap<String, api::Account>;

/// Longest log line kept, in bytes.
const LOG_LINE: usize = 8_192;

/// The files of one call, by handle; for a submission also the hook that is called before its last bytes leave.
#[derive(Clone, Default)]
pub struct Files {
    sources: BTreeMap<u32, AttachmentSource>,
    gate: Option<Arc<dyn BeforeFinalDot>>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").field("sources", &self.sources).finish_non_exhaustive()
    }
}

impl Files {
    /// Adds a file and gives it the next handle.
    pub fn add(&mut self, source: AttachmentSource) -> attachments::Handle {
        let handle = self.sources.keys().next_back().map_or(1, |last| last + 1);
        self.sources.insert(handle, source);
        handle
    }

    /// Adds a file under a handle of the caller's, in place of an earlier one.
    pub fn insert(&mut self, handle: attachments::Handle, source: AttachmentSource) {
        self.sources.insert(handle, source);
    }

    /// Lists every file: its handle and its size in bytes.
    pub fn sizes(&self) -> impl Iterator<Item = (attachments::Handle, u32)> {
        let size = |source: &AttachmentSource| u32::try_from(source.size()).unwrap_or(u32::MAX);
        self.sources.iter().map(move |(handle, source)| (*handle, size(source)))
    }

    /// Sets the hook that a submission of these files calls before its last bytes leave.
    #[must_use]
    pub fn with_hook(self, gate: Arc<dyn BeforeFinalDot>) -> Self {
        Self { gate: Some(gate), ..self }
    }

    /// Gives that hook.
    pub(super) fn gate(&self) -> Option<Arc<dyn BeforeFinalDot>> {
        self.gate.clone()
    }

    /// Returns the file of a handle.
    pub fn get(&self, handle: attachments::Handle) -> Option<&AttachmentSource> {
        self.sources.get(&handle)
    }
}

/// Everything behind the imports of one instance.
pub(super) struct State {
    pub(super) limits: StoreLimits,
    pub(super) clock: ComputeClock,
    pub(super) company: String,
    pub(super) files: Files,
    pub(super) capabilities: Capabilities,
    /// What providers gave during this call.
    pub(super) given: api::GivenUrls,
    /// Message of a panic, for the error of the call that it ends.
    pub(super) panic: Option<String>,
}

impl log::Host for State {
    async fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let mut end = message.len().min(LOG_LINE);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        let line = message.get(..end).unwrap_or_default();
        if level == log::Level::Error
            && let Some(panic) = line.strip_prefix("panic: ")
        {
            self.panic = Some(panic.to_owned());
        }
        (self.capabilities.log)(&self.company, level, line);
        Ok(())
    }
}

impl attachments::Host for State {
    async fn read(
        &mut self,
        file: attachments::Handle,
        offset: u32,
        length: u32,
    ) -> wasmtime::Result<Result<attachments::Block, attachments::ReadError>> {
        let Some(source) = self.files.get(file) else {
            return Ok(Err(attachments::ReadError::UnknownHandle));
        };
        let read = source.read(offset.into(), length).await;
        let read = read.map_err(|e| attachments::ReadError::Unreadable(e.to_string()));
        Ok(read.map(attachments::Block::Bytes))
    }
}

/// Types alone.
impl transport::Host for State {}

/// Types alone.
impl types::Host for State {}

impl smtp::Host for State {
    async fn submit(
        &mut self,
        message: smtp::Submission,
    ) -> wasmtime::Result<Result<transport::Acceptance, transport::SubmissionFailure>> {
        let Some(account) = self.capabilities.accounts.get(&message.account_name) else {
            return Ok(Err(convert::not_submitted(unknown_account(&message.account_name))));
        };
        let submission = match convert::submission(message, &self.files) {
            Ok(submission) => submission,
            Err(handle) => {
                let failure = convert::refused(format!("the message refers to an unknown file {handle}"));
                return Ok(Err(convert::not_submitted(failure)));
            }
        };
        let answer = self.capabilities.submitter.submit(account, &submission).await;
        Ok(answer.map(convert::acceptance).map_err(convert::submission_failure))
    }

    async fn probe(&mut self, account: String) -> wasmtime::Result<transport::ProbeReport> {
        let Some(known) = self.capabilities.accounts.get(&account) else {
            let failure = Some(unknown_account(&account));
            return Ok(transport::ProbeReport { steps: Vec::new(), failure, capabilities: Vec::new() });
        };
        Ok(convert::probe_report(self.capabilities.submitter.probe(known).await))
    }
}

/// The account is at fault, not the mail.
fn unknown_account(name: &str) -> transport::Failure {
    let failure = convert::refused(format!("there is no account \"{name}\""));
    transport::Failure { stage: transport::Stage::Login, ..failure }
}
