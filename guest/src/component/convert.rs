//! Between the words of the contract and those of the domain: equal records, one of each generated.

use super::bindings::exports::postroom::plugin::{documents, recipients, tracking};
use super::bindings::postroom::plugin::{attachments, types};
use super::imports::HostFiles;
use crate::domain::address::Mailbox;
use crate::domain::compose::Chunk;
use crate::domain::document::{DocumentError, DocumentFault, limits};
use crate::domain::language::{Language, Locale};
use crate::domain::reason::Reason;
use crate::domain::recipients::Field;
use crate::domain::settings::SettingsError;
use crate::domain::status::{Event, EventKind, EventSource};
use crate::flows::{Content, Source, read_whole};
use chrono::{DateTime, FixedOffset, SecondsFormat};

pub(super) fn source_in(source: documents::Source) -> Result<Source, DocumentError> {
    let content = match source.content {
        documents::Content::Text(text) => Content::Text(text),
        documents::Content::Bytes(bytes) => Content::Bytes(bytes),
        documents::Content::File(handle) => {
            let read = read_whole(&mut HostFiles, handle, limits::MAX_BYTES);
            Content::Bytes(
                read.map_err(|fault| DocumentError::whole(DocumentFault::Unreadable, fault.to_string()))?,
            )
        }
    };
    Ok(Source { media_type: source.media_type, content })
}

pub(super) fn document_error_out(error: DocumentError) -> documents::DocumentError {
    documents::DocumentError {
        fault: match error.fault {
            DocumentFault::Unsupported => documents::DocumentFault::Unsupported,
            DocumentFault::Refused => documents::DocumentFault::Refused,
            DocumentFault::Malformed => documents::DocumentFault::Malformed,
            DocumentFault::Invalid => documents::DocumentFault::Invalid,
            DocumentFault::Unreadable => documents::DocumentFault::Unreadable,
        },
        path: error.path,
        line: error.line,
        detail: error.detail,
    }
}

pub(super) fn field_in(field: recipients::Field) -> Field {
    match field {
        recipients::Field::To => Field::To,
        recipients::Field::Cc => Field::Cc,
        recipients::Field::Bcc => Field::Bcc,
        recipients::Field::ReplyTo => Field::ReplyTo,
    }
}

pub(super) fn field_out(field: Field) -> recipients::Field {
    match field {
        Field::To => recipients::Field::To,
        Field::Cc => recipients::Field::Cc,
        Field::Bcc => recipients::Field::Bcc,
        Field::ReplyTo => recipients::Field::ReplyTo,
    }
}

/// Reads a time of the contract: RFC 3339 with an offset.
pub(super) fn time_in(text: &str) -> Result<DateTime<FixedOffset>, String> {
    DateTime::parse_from_rfc3339(text).map_err(|_| {
        let shown: String = text.chars().take(60).collect();
        format!("\"{shown}\" is not a time with an offset, such as 2026-11-22T09:30:00+01:00")
    })
}

pub(super) fn time_out(time: DateTime<FixedOffset>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

pub(super) fn chunks_out(chunks: Vec<Chunk>) -> Vec<attachments::Chunk> {
    let out = |chunk| match chunk {
        Chunk::Text(text) => attachments::Chunk::Text(text),
        Chunk::Attachment(handle) => attachments::Chunk::Attachment(handle),
        Chunk::Raw(handle) => attachments::Chunk::Raw(handle),
    };
    chunks.into_iter().map(out).collect()
}

pub(super) fn chunks_in(chunks: Vec<attachments::Chunk>) -> Vec<Chunk> {
    let inward = |chunk| match chunk {
        attachments::Chunk::Text(text) => Chunk::Text(text),
        attachments::Chunk::Attachment(handle) => Chunk::Attachment(handle),
        attachments::Chunk::Raw(handle) => Chunk::Raw(handle),
    };
    chunks.into_iter().map(inward).collect()
}

/// Reads a fact; its path is asked for where something is wrong with it.
pub(super) fn event_in(
    event: tracking::Event,
    path: impl Fn() -> String,
) -> Result<Event, types::ArgumentError> {
    let at_field = |field: &str, detail: String| argument_error(format!("{}.{field}", path()), detail);
    Ok(Event {
        recipient: event.recipient,
        kind: EventKind::named(&event.kind).map_err(|e| at_field("kind", e.to_string()))?,
        at: time_in(&event.at).map_err(|detail| at_field("at", detail))?,
        source: EventSource::named(&event.source).map_err(|e| at_field("source", e.to_string()))?,
        code: event.code,
        words: event.words,
    })
}

pub(super) fn events_in(events: Vec<tracking::Event>) -> Result<Vec<Event>, types::ArgumentError> {
    events_at(events, "events")
}

/// Reads the facts that stand at this path.
pub(super) fn events_at(
    events: Vec<tracking::Event>,
    path: &str,
) -> Result<Vec<Event>, types::ArgumentError> {
    let numbered = events.into_iter().enumerate();
    numbered.map(|(index, event)| event_in(event, || format!("{path}[{index}]"))).collect()
}

/// Makes the error for a wrong argument, by its path.
pub(super) fn argument_error(argument: impl Into<String>, detail: impl Into<String>) -> types::ArgumentError {
    types::ArgumentError { argument: argument.into(), detail: detail.into() }
}

/// Makes an adapter that turns any error about one argument into an [`ArgumentError`] with its path.
pub(super) fn at_argument<E: std::fmt::Display>(argument: &str) -> impl Fn(E) -> types::ArgumentError {
    let argument = argument.to_owned();
    move |error| argument_error(&argument, error.to_string())
}

/// Makes an adapter for errors in an argument that is JSON: the path goes on inside, `settings.layout.accent` for `$.layout.accent`.
pub(super) fn json_error(argument: &str, fault: SettingsError) -> types::ArgumentError {
    let inside = fault.path.strip_prefix('$').unwrap_or(&fault.path);
    argument_error(format!("{argument}{inside}"), fault.detail)
}

/// Returns the language of a text for the user: English where there are no texts.
pub(super) fn language_in(tag: &str) -> Language {
    Locale::parse(tag).map_or(Language::En, |locale| locale.language)
}

pub(super) fn reason_out(of: Reason) -> types::Reason {
    types::Reason { code: of.code.to_owned(), detail: of.detail }
}

pub(super) fn address_out(of: &Mailbox) -> types::Address {
    types::Address { name: of.name.clone(), address: of.address.to_string() }
}

/// Returns a number of bytes as the contract has it; what is beyond is refused long before.
pub(super) fn bytes_out(size: u64) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

pub(super) fn event_out(event: Event) -> tracking::Event {
    tracking::Event {
        recipient: event.recipient,
        kind: event.kind.name().to_owned(),
        at: time_out(event.at),
        source: event.source.name().to_owned(),
        code: event.code,
        words: event.words,
    }
}
