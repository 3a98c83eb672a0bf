//! The artefact `postroom-misbehave.wasm`, for the tests of the limits that a host sets: the plugin, whose `compose` goes wrong
//! on request. What ships is built without, and a test looks for that.

#![cfg(target_family = "wasm")]
#![allow(unsafe_code)] // the generated export table

mod misbehaviour;

use postroom_plugin::component::bindings::exports::postroom::plugin::composing::{
    Chunk, ComposeError, File, Guest, Job, Message,
};
use postroom_plugin::component::bindings::postroom::plugin::types::ArgumentError;
use postroom_plugin::component::{self, Component};
use postroom_plugin::export_interfaces;

/// Says which world this is; its types are not used, the library has them.
#[allow(dead_code, missing_docs, unreachable_pub, clippy::all)]
mod world {
    wit_bindgen::generate!({ path: "../../wit", world: "plugin" });
}

/// What goes wrong where the use case of a mail asks for it.
struct Misbehaving;

impl Guest for Misbehaving {
    fn compose(job: Job) -> Result<Message, ComposeError> {
        let call = component::begin();
        if let Some(answer) = misbehaviour::on_request(&job.use_case) {
            return Err(ComposeError::Argument(ArgumentError {
                argument: "use-case".to_owned(),
                detail: answer,
            }));
        }
        drop(call);
        Component::compose(job)
    }

    fn assemble(chunks: Vec<Chunk>, files: Vec<File>) -> Result<Vec<u8>, u32> {
        Component::assemble(chunks, files)
    }
}

export_interfaces!(Misbehaving: composing);
export_interfaces!(Component:
    accounts delivery documents drafts inbound info letters mailbox mailbox_inbound matching openings reading recipients schedule sent
    suppressions templates tracking webhooks
);
