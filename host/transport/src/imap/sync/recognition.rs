//! What a message is recognised, threaded and classified by beside its envelope: read from the header fields that are
//! fetched with it.

use sha2::{Digest, Sha256};

use super::super::header::{self, OF_ENVELOPE};
use super::super::mailbox::Envelope;
use super::types::SyncEnvelope;

/// The fields that are fetched beside those of the envelope.
const BESIDE: &[&str] =
    &["Thread-Index", "Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "List-Id", "Content-Type"];
/// The longest `Thread-Index` that is stored, in characters. Outlook adds five bytes per answer.
const LONGEST: usize = 1_000;

/// Returns the names of the fields that are fetched.
pub(in crate::imap) fn field_names() -> Vec<&'static str> {
    OF_ENVELOPE.iter().chain(BESIDE).copied().collect()
}

/// Describes a message by its envelope and its header, of which only the fields that are fetched count.
pub(in crate::imap) fn recognized(envelope: Envelope, header: &[u8]) -> SyncEnvelope {
    let mut fields = header::fields(header);
    let names = field_names();
    fields.retain(|(name, _)| names.iter().any(|known| known.eq_ignore_ascii_case(name)));
    let values = |name: &'static str| {
        fields
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    let first_word = |value: String| value.split([';', '(', ' ', '\t']).next().unwrap_or_default().to_owned();
    let is_automatic = values("Auto-Submitted").map(first_word).any(|word| !word.is_empty() && word != "no");
    let is_bulk = values("Precedence")
        .map(first_word)
        .any(|word| matches!(word.as_str(), "bulk" | "junk" | "auto_reply" | "list"));
    let is_marked = ["X-Auto-Response-Suppress", "List-Id"]
        .iter()
        .any(|name| values(name).any(|value| !value.is_empty()));
    let is_report =
        values("Content-Type").map(first_word).next().is_some_and(|media| media == "multipart/report");
    let thread_index = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("Thread-Index"));
    let thread_index: Option<String> =
        thread_index.map(|(_, value)| value.chars().filter(char::is_ascii_graphic).take(LONGEST).collect());
    SyncEnvelope {
        envelope,
        modseq: None,
        gmail_thread: None,
        thread_index: thread_index.filter(|index| !index.is_empty()),
        auto_submitted: is_automatic || is_bulk || is_marked,
        is_report,
        header_digest: digest(&fields),
    }
}

/// SHA-256 of fields, which servers send in any order and fold anew.
fn digest(fields: &[(String, String)]) -> [u8; 32] {
    let mut lines: Vec<(String, &str)> =
        fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str())).collect();
    lines.sort_by(|one, other| one.0.cmp(&other.0));
    let mut digest = Sha256::new();
    for (name, value) in lines {
        digest.update(name);
        digest.update(b":");
        for word in value.split_ascii_whitespace() {
            digest.update(word);
            digest.update(b" ");
        }
        digest.update(b"\n");
    }
    digest.finalize().into()
}
