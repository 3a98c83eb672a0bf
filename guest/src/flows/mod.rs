//! Use cases: what a caller asks for, made of the domain's rules over ports to the outside.

mod addressee;
#[cfg(test)]
mod codes_tests;
mod compose;
mod contents;
mod document_warnings;
mod feedback_id;
mod files;
mod inbound;
mod input;
#[cfg(test)]
mod large_inputs;
mod letter;
mod pixel;
mod refusal;
mod resolve;
#[cfg(test)]
mod sample_tests;
mod sent;
mod submit;
#[cfg(test)]
mod test_job;
mod test_message;
mod vocabulary;
mod void_copy;

pub use compose::{ComposeError, Job, Message, Warning, compose};
pub use files::{FileError, Files, read_whole};
pub use inbound::{Messages, StoredError, classify_stored};
pub use input::{Content, InputError, Source};
pub use letter::{DraftLetter, DraftRequest, Letter, compose_letter, draft_letter};
pub use refusal::{INSISTABLE, REFUSALS, Refusal};
pub use resolve::resolve;
pub use sent::{Criterion, Filing, Found, Imap, Place, SentCopy, SentError, file_sent, find_sent};
pub use submit::{
    LookupResult, OutgoingMail, Piece, Probe, Receipt, Request, Search, Smtp, Submission, SubmissionResult,
    SubmitError, Web, WebError, WebFailure, WebResponse, WebStage, look_in_sent, probe_api, settle_api,
    submit,
};
pub use test_message::{TestFault, TestRequest, test_message};
pub use vocabulary::{SCHEMAS, limits, lists};
