//! From a document to a mail that left: what `cli` and any embedding program call.
//!
//! A [`Draft`] is a document with the choices around it; [`Draft::compose`] composes the mail in the sandbox. A program with a
//! store of its own then makes single attempts ([`Ready::send`]). This host's own store enqueues the mail first
//! ([`Ready::to_enqueue`]), and a [`Dispatch`] sends it step by step: ask the plugin what to do, record it, do it, record the
//! result.

mod again;
mod attempt;
mod dispatch;
mod draft;
mod erp_notifier;
mod error;
mod facts;
mod message;
mod options;
mod outbox_handle;
mod pace;
mod pending_status;
mod reconcile;
mod refusals;
mod retry;
mod sender;
mod sent_copy;
mod spans;
mod status;
mod step;
mod stored_message;
mod taken;
mod waiting;
mod worker;

pub use again::{AgainError, Renamed, again};
pub use attempt::{Attempt, Sent};
pub use dispatch::{Answers, Copies, Dispatch};
pub use draft::{Draft, Ready, opened_file};
pub use erp_notifier::{Delivered, ErpNotifier, NotifierContext, RecordsAccess};
pub use error::{DraftError, OutboxError};
pub use facts::transport;
pub use message::WriteError;
pub use options::{Edits, Mode, Portal, SendAs, SubmissionOptions, Thread};
pub use outbox_handle::{Clock, LEASE, OutboxHandle};
pub use pace::limits;
pub use refusals::suppress_refused;
pub(crate) use retry::Backoff;
pub use sent_copy::SentCopy;
pub use status::timeline;
pub use step::{Made, Step};
pub use stored_message::{FileError, Keeping, LetterParts, letter, plain};
pub use taken::Taken;
pub use waiting::{CurrentPause, Wait};
pub use worker::{AccountContext, OpenError, PluginProvider, Tally, Unreachable, Worker, WorkerOptions};
