//! Use cases: what a caller asks for, made of the domain's rules over ports to the outside.

mod compose;
mod input;
mod resolve;
mod submit;

pub use compose::{ComposeError, FileError, Files, Job, Message, Mode, Warning, compose};
pub use input::{InputError, Source};
pub use resolve::resolve;
pub use submit::{
    Answer, Outcome, Parcel, Piece, Receipt, Request, Search, Sighting, Smtp, Submission, SubmitError, Web,
    WebError, WebFailure, WebStage, look_in_sent, submit,
};
