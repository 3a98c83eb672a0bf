//! Use cases: what a caller asks for, made of the domain's rules over ports to the outside.

mod compose;
mod input;
mod resolve;
mod submit;

pub use compose::{ComposeError, FileError, Files, Job, Message, Warning, compose};
pub use input::{InputError, Source};
pub use resolve::resolve;
pub use submit::{Outcome, Parcel, Smtp, Submission, SubmitError, TRANSPORT, submit};
