//! The log of `postroom serve`: events of our own crates as lines on standard error. What a dependency logs about a connection
//! may hold anything, so it is not shown.

use super::output::printable;
use chrono::{Local, SecondsFormat};
use std::fmt::Debug;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Begins to write events as lines.
pub(super) fn begin() {
    // It fails only if this process logs already, as a test may.
    let _ = tracing::subscriber::set_global_default(Lines);
}

/// Writes a line with the local time.
pub(super) fn write(line: &str) {
    let time = Local::now().to_rfc3339_opts(SecondsFormat::Millis, false);
    eprintln!("{time} {}", printable(line));
}

/// Writes the message of each event as a line.
struct Lines;

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with("postroom") && *metadata.level() <= Level::INFO
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message::default();
        event.record(&mut message);
        write(&message.0);
    }

    // No span is enabled.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The message of an event.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
