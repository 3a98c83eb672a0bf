//! The conversation that an answer belongs to (RFC 5322 §3.6.4).

use super::model::{LetterKind, Original};
use crate::domain::compose::{MessageId, Thread};

/// Most references that an answer begins with: the first of the conversation and the newest.
const MOST: usize = 50;

/// Returns what an answer answers and refers to. A message that is passed on begins a conversation of its own: it is no answer.
pub fn thread_of(kind: LetterKind, original: &Original) -> Thread {
    if !kind.is_answer() {
        return Thread::default();
    }
    let usable = |text: &String| MessageId::parse(text).ok();
    let in_reply_to = original.message_id.as_ref().and_then(usable);
    // Where a program left out the references, what it answered says where it belongs, if that is one message.
    let earlier = match (&original.references[..], &original.in_reply_to[..]) {
        ([], [only]) => std::slice::from_ref(only),
        (references, _) => references,
    };
    let mut references: Vec<MessageId> = Vec::new();
    for id in earlier.iter().filter_map(usable).chain(in_reply_to.clone()) {
        // The newest place of an id counts: a program may have repeated its parent.
        references.retain(|known| *known != id);
        references.push(id);
    }
    if references.len() > MOST {
        let surplus = references.len() - MOST;
        references.drain(1..=surplus);
    }
    Thread { in_reply_to, references }
}
