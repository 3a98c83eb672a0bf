//! `imap` for the plugin: mailboxes on their servers.

use super::state::State;
use crate::contract::{attachments, imap, smtp};

type Reply<T> = wasmtime::Result<Result<T, imap::ImapError>>;

fn unknown<T>() -> Reply<T> {
    Ok(Err(imap::ImapError::UnknownAccount))
}

impl imap::Host for State {
    async fn folders(&mut self, _: String) -> Reply<Vec<imap::Folder>> {
        unknown()
    }

    async fn state(&mut self, _: String, _: String) -> Reply<imap::FolderState> {
        unknown()
    }

    async fn search(
        &mut self,
        _: String,
        _: String,
        _: Vec<imap::Criterion>,
        _: Option<u32>,
        _: u32,
    ) -> Reply<imap::Matches> {
        unknown()
    }

    async fn fetch_envelopes(
        &mut self,
        _: String,
        _: String,
        _: u32,
        _: Vec<u32>,
    ) -> Reply<Vec<imap::Envelope>> {
        unknown()
    }

    async fn fetch_headers(
        &mut self,
        _: String,
        _: String,
        _: u32,
        _: Vec<u32>,
        _: Vec<String>,
    ) -> Reply<Vec<imap::Headers>> {
        unknown()
    }

    async fn fetch_message(&mut self, _: String, _: imap::Place, _: u64, _: u32) -> Reply<Vec<u8>> {
        unknown()
    }

    async fn fetch_part(&mut self, _: String, _: imap::Place, _: String) -> Reply<attachments::Handle> {
        unknown()
    }

    async fn append(&mut self, _: String, _: String, _: Vec<imap::Filing>) -> Reply<Vec<imap::Filed>> {
        unknown()
    }

    async fn set_flags(
        &mut self,
        _: String,
        _: String,
        _: u32,
        _: Vec<u32>,
        _: Vec<String>,
        _: Vec<String>,
    ) -> Reply<()> {
        unknown()
    }

    async fn probe(&mut self, account: String) -> wasmtime::Result<imap::ProbeReport> {
        let failure = imap::Failure {
            stage: imap::Stage::Prepare,
            verdict: smtp::Verdict::Permanent,
            code: None,
            words: None,
            detail: format!("there is no account \"{account}\" with a mailbox"),
            retry_after: None,
        };
        Ok(imap::ProbeReport { steps: Vec::new(), failure: Some(failure), capabilities: Vec::new() })
    }
}
