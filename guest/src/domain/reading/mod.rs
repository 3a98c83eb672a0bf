//! Reading a message that came in: what a person sees of it, whatever its shape, and nothing that a stranger could do to them by it.
//!
//! The way: `walk` goes through the parts and finds the body and the files; HTML is parsed into a tree, from which `html_policy` lets safe
//! HTML be generated, and from which the readable text is made; [`folding`] finds the new words. What the message is
//! says [`inbound`], once for all. Everything is bounded by `limits`, and what is left out is named in a note.

mod described;
mod entity;
mod flowed;
mod html_policy;
mod html_sizes;
mod limits;
mod model;
mod notes;
mod parameters;
mod people;
mod segment;
mod signed_data;
#[cfg(test)]
mod tests;
mod tnef;
mod transfer;
mod walk;

pub use model::{AttachedFile, Reading};
pub use notes::Note;

use crate::domain::folding::{self, Folded};
use crate::domain::html::{
    Generated, Policy, ReadableText, Tree, generate, parse, push_escaped, push_linked, to_lines,
};
use crate::domain::inbound::{
    self, Refused, conversation, encoded_word, limits as inbound_limits, without_envelope_line,
};
use chrono::{DateTime, FixedOffset};
use entity::Entity;
use html_policy::POLICY;
use segment::Segment;
use std::borrow::Cow;
use walk::Walk;

/// Reads a message. `own_addresses` are those that our mail is sent from.
///
/// # Errors
/// [`Refused`]: it is beyond the [`limits`](crate::domain::inbound::limits) of all that comes in.
pub fn read(raw: &[u8], own_addresses: &[String], now: DateTime<FixedOffset>) -> Result<Reading, Refused> {
    let report = inbound::read(raw, own_addresses, now)?;
    let raw = with_line_ends(without_envelope_line(raw));
    let mut walk = Walk::new(raw.len());
    let entity = Entity::read(&raw, None);
    let body = walk.message(&entity);
    let header = &entity.header;
    let shown = Shown::of(&body, inbound::is_passed_on(&report.subject));
    if shown.is_html_cut {
        walk.notes.add(Note::HtmlCut);
    }
    if shown.is_text_cut {
        walk.notes.add(Note::TextCut);
    }
    let ids = |name: &str| {
        let mut found: Vec<String> = header.all(name).flat_map(conversation::ids).collect();
        let before = found.len().saturating_sub(inbound_limits::REFERENCES);
        found.drain(..before);
        found
    };
    let subject = header.get("subject").map(encoded_word::decode).unwrap_or_default();
    Ok(Reading {
        message_id: report.message_id,
        in_reply_to: ids("in-reply-to"),
        references: ids("references"),
        subject: inbound_limits::bounded(&subject, inbound_limits::SUBJECT).to_owned(),
        from: people::addresses(header, "from"),
        sender: people::addresses(header, "sender").into_iter().next(),
        to: people::addresses(header, "to"),
        cc: people::addresses(header, "cc"),
        reply_to: people::addresses(header, "reply-to"),
        date: report.date,
        class: report.class,
        text: shown.text,
        folded: shown.folded,
        html: shown.html,
        remote_images: shown.remote_images,
        files: walk.files,
        notes: walk.notes.into_list(),
    })
}

/// Folds a text that came without its message.
pub fn fold_text(text: &str) -> Folded {
    folding::fold_text(text, false)
}

/// Generates safe HTML anew, and the text of it.
pub fn safe_html(html: &str) -> (Generated, String) {
    let tree = tree_of(html, limits::NODES);
    (generate(&tree, &POLICY), to_lines(&tree, POLICY.dropped).text())
}

/// Generates safe HTML anew for the quote of a letter: about `most` bytes, and links to pictures that travel with the message where those
/// travel with the letter, too. Returns false where some of it is left out.
pub fn quoted_html(html: &str, most: usize, has_pictures: bool) -> (String, bool) {
    let tree = tree_of(html, limits::NODES);
    let source_schemes = if has_pictures { POLICY.source_schemes } else { html_policy::WITHOUT_FILES };
    let generated = generate(&tree, &Policy { most, source_schemes, ..POLICY });
    (generated.html, !generated.is_cut)
}

fn tree_of(html: &str, nodes_left: usize) -> Tree {
    parse(html, &limits::html(html.len().min(limits::HTML), nodes_left))
}

/// Replaces the line ends of a program that knew CR alone.
fn with_line_ends(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', raw).is_some() || memchr::memchr(b'\r', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(raw.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect())
}

/// A body as it is shown.
#[derive(Debug, Default)]
struct Shown {
    text: String,
    folded: Folded,
    html: Option<String>,
    remote_images: u32,
    is_html_cut: bool,
    is_text_cut: bool,
}

impl Shown {
    fn of(body: &[Segment], is_forward: bool) -> Self {
        let mut shown = Self::default();
        let has_html = body.iter().any(|segment| segment.html.is_some());
        let mut html = String::new();
        let mut readable = ReadableText::default();
        let (mut text_left, mut nodes_left) = (limits::TEXT, limits::NODES);
        // The HTML goes on where the text is cut; no text of a later piece stands behind a gap.
        let mut is_text_full = false;
        for segment in body {
            let plain = segment.plain.as_deref().filter(|text| !text.trim().is_empty());
            let lines = match &segment.html {
                Some(source) => {
                    let tree = tree_of(source, nodes_left);
                    nodes_left = nodes_left.saturating_sub(tree.node_count());
                    let room = limits::SAFE_HTML.saturating_sub(html.len());
                    let generated = generate(&tree, &Policy { most: room, ..POLICY });
                    shown.remote_images = shown.remote_images.saturating_add(generated.remote_images);
                    shown.is_html_cut |= generated.is_cut;
                    html.push_str(&generated.html);
                    if is_text_full {
                        continue;
                    }
                    to_lines(&tree, POLICY.dropped)
                }
                None => {
                    if has_html && let Some(plain) = plain {
                        html.push_str("<div style=\"white-space:pre-wrap\">");
                        shown.is_html_cut |= !push_linked(&mut html, plain, limits::SAFE_HTML, push_escaped);
                        html.push_str("</div>");
                    }
                    if is_text_full {
                        continue;
                    }
                    ReadableText::of(plain.unwrap_or_default())
                }
            };
            if !shown.text.is_empty() && !shown.text.ends_with('\n') {
                shown.text.push('\n');
            }
            match plain {
                Some(plain) => shown.text.push_str(plain),
                None => shown.text.push_str(&lines.text()),
            }
            readable.has_marks |= lines.has_marks;
            for line in lines.lines {
                if line.text.len() >= text_left {
                    (shown.is_text_cut, is_text_full) = (true, true);
                    break;
                }
                text_left -= line.text.len() + 1;
                readable.lines.push(line);
            }
        }
        let start = shown.text.len() - shown.text.trim_start_matches(['\n', '\u{feff}']).len();
        shown.text.drain(..start);
        let end = shown.text.trim_end().len();
        shown.is_text_cut |= end > limits::TEXT;
        shown.text.truncate(shown.text.floor_char_boundary(end.min(limits::TEXT)));
        // What a mail program marks in its HTML counts before words.
        let is_marked = readable.has_marks
            || body.iter().all(|segment| segment.plain.as_deref().is_none_or(|text| text.trim().is_empty()));
        shown.folded = if is_marked {
            folding::fold(&readable.lines, is_forward)
        } else {
            folding::fold_text(&shown.text, is_forward)
        };
        shown.html = has_html.then(|| html.trim().to_owned());
        shown
    }
}
