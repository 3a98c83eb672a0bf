//! What needs no server. The flows are tested over HTTP in `tests/oauth`.

mod garbage;
mod providers;
mod words;
