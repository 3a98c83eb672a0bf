//! A message taken apart: its header, its text, the reports in it, and what it returns of another message.
//!
//! Only the message itself counts. What is inside an attached message was written to another reader: a person who forwards a bounce has not
//! bounced anything.

use super::charset;
use super::encoded_word;
use super::fields::{self, Fields};
use super::limits::{self, bounded_bytes};
use super::model::{Refused, Sender};
use super::phrases;
use super::tnef;
use aho_corasick::AhoCorasick;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::html::html_to_text;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders as _, PartType};
use std::borrow::Cow;
use std::sync::LazyLock;

/// A message that came in.
#[derive(Debug, Default)]
pub(super) struct InboundMessage {
    /// The message's header, values unfolded but not decoded.
    pub(super) header: Fields,
    /// Subject, decoded.
    pub(super) subject: String,
    /// The address in From; of several the first.
    pub(super) sender: Option<Sender>,
    /// `Date`, RFC 3339, where there is a possible one.
    pub(super) date: Option<String>,
    /// The root is `multipart/report`.
    pub(super) is_report: bool,
    /// The text of the message as plain text, in the order of its parts.
    pub(super) text: String,
    /// Bodies of `message/delivery-status`.
    pub(super) delivery: Vec<String>,
    /// Body of `message/disposition-notification`.
    pub(super) disposition: Option<String>,
    /// Body of `message/feedback-report`.
    pub(super) feedback: Option<String>,
    /// Header of the message that it returns.
    pub(super) returned: Option<Fields>,
    /// Beginning of the returned message's own text.
    pub(super) returned_text: String,
    /// Class that Exchange gives a message in its own format (TNEF), in lower case.
    pub(super) message_class: Option<String>,
}

/// What makes a message deep or long to read, wherever it stands.
static NESTING: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let marks = ["message/rfc822", "message/global", "boundary="];
    AhoCorasick::builder().ascii_case_insensitive(true).build(marks).ok()
});

impl InboundMessage {
    /// Reads a message. Bytes that are none give an empty message.
    pub(super) fn read(raw: &[u8]) -> Result<Self, Refused> {
        if raw.len() > limits::MESSAGE {
            return Err(Refused(format!("it has {} bytes, more than {}", raw.len(), limits::MESSAGE)));
        }
        let nested = NESTING.as_ref().map_or(0, |marks| marks.find_iter(raw).take(limits::PARTS + 1).count());
        if nested > limits::PARTS {
            return Err(Refused(format!("it has more than {} nested parts", limits::PARTS)));
        }
        let raw = with_bounded_header(without_envelope_line(raw));
        let Some(parsed) = MessageParser::default().parse(raw) else { return Ok(Self::default()) };
        if parsed.parts.len() > limits::PARTS {
            return Err(Refused(format!("it has more than {} parts", limits::PARTS)));
        }
        let header = header_of(&parsed);
        let mut message = Self {
            subject: subject_of(&header),
            sender: sender_of(&header),
            date: date_of(&header),
            header,
            is_report: parsed.content_type().is_some_and(|kind| {
                kind.ctype().eq_ignore_ascii_case("multipart")
                    && kind.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case("report"))
            }),
            ..Self::default()
        };
        let has_plain = parsed.parts.iter().any(|part| matches!(&part.body, PartType::Text(text) if kind_of(part) != "text/rfc822-headers" && !text.trim().is_empty()));
        for part in &parsed.parts {
            message.take(part, &parsed, has_plain);
        }
        Ok(message)
    }

    fn take(&mut self, part: &MessagePart<'_>, of: &Message<'_>, has_plain: bool) {
        let kind = kind_of(part);
        let decoded = || match &part.body {
            PartType::Text(text) | PartType::Html(text) => {
                text_of(part, bounded_bytes(text, limits::TEXT), &of.raw_message)
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                charset::decode_unlabelled(bytes.get(..limits::TEXT).unwrap_or(bytes), None)
            }
            _ => Cow::Borrowed(""),
        };
        if let PartType::Binary(bytes) | PartType::InlineBinary(bytes) = &part.body
            && self.message_class.is_none()
        {
            self.message_class = tnef::message_class(bytes);
        }
        match kind.as_str() {
            "message/delivery-status" | "message/global-delivery-status" => {
                if self.delivery.len() < limits::RECIPIENTS {
                    self.delivery.push(decoded().into_owned());
                }
            }
            "message/disposition-notification" | "message/global-disposition-notification" => {
                self.disposition.get_or_insert_with(|| decoded().into_owned());
            }
            "message/feedback-report" => {
                self.feedback.get_or_insert_with(|| decoded().into_owned());
            }
            "text/rfc822-headers" | "text/rfc822-header" | "message/global-headers" => {
                self.returned.get_or_insert_with(|| fields::header(&decoded()));
            }
            _ => match &part.body {
                PartType::Message(message) => self.take_returned(message),
                // A multipart whose boundary can't be found is read as it stands.
                PartType::Binary(_) | PartType::InlineBinary(_) if kind.starts_with("multipart/") => {
                    self.push_text(&decoded());
                }
                PartType::Text(_) => self.push_text(&decoded()),
                PartType::Html(text) if !has_plain => {
                    let html = text_of(part, bounded_bytes(text, 4 * limits::TEXT), &of.raw_message);
                    self.push_text(&html_to_text(&html));
                }
                _ => {}
            },
        }
    }

    fn push_text(&mut self, text: &str) {
        let left = limits::ANSWER.saturating_sub(self.text.len());
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.push_str(bounded_bytes(text, left));
    }

    fn take_returned(&mut self, message: &Message<'_>) {
        if self.returned.is_none() {
            self.returned = Some(header_of(message));
            let text = message.body_text(0).unwrap_or_default();
            self.returned_text = bounded_bytes(&text, limits::TEXT).to_owned();
        }
    }

    /// Returns the text up to where it repeats the message that it is about.
    pub(super) fn own_text(&self) -> &str {
        let text = self.text.as_str();
        let mut at = 0;
        let mut lines = 0;
        for line in text.split_inclusive('\n') {
            let plain = phrases::plain(limits::bounded(line, 80));
            let bare = plain.trim_start_matches(['-', '=', '*', '_', '>', '|', '#', ' ']);
            if lines > 0 && phrases::ORIGINAL.begins(bare) {
                return text.get(..at).unwrap_or(text);
            }
            lines += usize::from(bare.chars().any(char::is_alphanumeric));
            at += line.len();
        }
        text
    }

    /// Returns true where the envelope's sender was empty, as far as the last server wrote it down.
    pub(super) fn has_null_return_path(&self) -> bool {
        self.header.all("return-path").chain(self.header.all("x-envelope-from")).any(|path| {
            let path: String = path.chars().filter(|c| !c.is_whitespace()).collect();
            path == "<>"
        })
    }
}

/// Removes `From sender date`, with which mailboxes of one file begin a message; and the mark with which some programs begin a text in
/// UTF-8, which would be a part of the first field's name.
pub(crate) fn without_envelope_line(raw: &[u8]) -> &[u8] {
    let raw = raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw).trim_ascii_start();
    if raw.starts_with(b"From ") {
        let end = memchr::memchr(b'\n', raw).map_or(raw.len(), |end| end + 1);
        return raw.get(end..).unwrap_or_default();
    }
    raw
}

/// Cuts a message whose header has no end to the beginning of the header, without what may follow.
fn with_bounded_header(raw: &[u8]) -> &[u8] {
    let begin = raw.get(..limits::HEADER).unwrap_or(raw);
    let ends =
        memchr::memmem::find(begin, b"\n\n").is_some() || memchr::memmem::find(begin, b"\n\r\n").is_some();
    if ends { raw } else { begin }
}

fn kind_of(part: &MessagePart<'_>) -> String {
    part.content_type().map_or_else(String::new, |kind| {
        format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase()
    })
}

/// Reads the header from the raw message. The library's own list of fields is not used: a field that it can't read to the end, such as a
/// date in a zone that it does not know, takes the next one with it.
fn header_of(message: &Message<'_>) -> Fields {
    let Some(root) = message.parts.first() else { return Fields::default() };
    let (start, end) = (root.offset_header as usize, root.offset_body as usize);
    let header = message.raw_message.get(start..end).unwrap_or_default();
    decoded_header(header, message.parts.iter().find_map(charset_of))
}

/// Reads a header. Bytes beyond ASCII are decoded by the charset `around`, where they are not UTF-8.
pub(crate) fn decoded_header(header: &[u8], around: Option<&str>) -> Fields {
    let header = header.get(..4 * limits::TEXT).unwrap_or(header);
    if header.is_ascii() && memchr::memchr(0x1B, header).is_none() {
        return fields_of(&String::from_utf8_lossy(header));
    }
    // Each field by itself: programs on the way add theirs in other charsets.
    let mut text = String::with_capacity(2 * header.len());
    let mut from = 0;
    while let Some(rest) = header.get(from..).filter(|rest| !rest.is_empty()) {
        let ends = memchr::memchr_iter(b'\n', rest).map(|end| end + 1);
        let is_folded = |end: &usize| matches!(rest.get(*end), Some(b' ' | b'\t'));
        let end = ends.into_iter().find(|end| !is_folded(end)).unwrap_or(rest.len());
        text.push_str(&charset::decode_unlabelled(rest.get(..end).unwrap_or(rest), around));
        from += end;
    }
    fields_of(&text)
}

/// Reads the fields of a header. A line of white space ends none: programs write one inside a field that they fold.
fn fields_of(header: &str) -> Fields {
    let is_blank = |line: &str| line.trim().is_empty();
    if !header.lines().any(is_blank) {
        return fields::header(header);
    }
    let lines: Vec<&str> = header.lines().filter(|line| !is_blank(line)).collect();
    fields::header(&lines.join("\n"))
}

/// Returns the charset of a part, as it is named.
fn charset_of<'m>(part: &'m MessagePart<'_>) -> Option<&'m str> {
    part.content_type()?.attribute("charset")
}

/// Decodes the text of a part anew from its bytes where the library does not know the charset, or none is named.
fn text_of<'t>(part: &MessagePart<'_>, text: &'t str, raw: &[u8]) -> Cow<'t, str> {
    let label = charset_of(part);
    if !charset::is_misread(label, text) {
        return Cow::Borrowed(text);
    }
    let raw = raw.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default();
    let raw = raw.get(..8 * limits::TEXT).unwrap_or(raw);
    let bytes = match part.encoding {
        Encoding::Base64 => base64_decode(raw).map(Cow::Owned),
        Encoding::QuotedPrintable => quoted_printable_decode(raw).map(Cow::Owned),
        Encoding::None => Some(Cow::Borrowed(raw)),
    };
    let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else { return Cow::Borrowed(text) };
    Cow::Owned(charset::decode(label, &bytes))
}

/// Parses one field alone with the library.
fn alone<T>(name: &str, value: &str, take: impl FnOnce(&Message<'_>) -> Option<T>) -> Option<T> {
    let field = format!("{name}: {value}\r\n\r\n");
    MessageParser::default().parse_headers(field.as_bytes()).and_then(|message| take(&message))
}

fn subject_of(header: &Fields) -> String {
    let subject = header.get("subject").map(encoded_word::decode).unwrap_or_default();
    limits::bounded(&subject, limits::SUBJECT).to_owned()
}

fn date_of(header: &Fields) -> Option<String> {
    alone("Date", header.get("date")?, |message| {
        message.date().filter(|date| date.is_valid()).map(mail_parser::DateTime::to_rfc3339)
    })
}

fn sender_of(header: &Fields) -> Option<Sender> {
    let value = encoded_word::joined(header.any(&["from", "sender"])?);
    alone("From", &value, |message| {
        let from = message.from()?.first()?;
        let name = from.name().map(str::trim).filter(|name| !name.is_empty());
        Some(Sender {
            name: name.map(|name| limits::bounded(name, limits::ADDRESS).to_owned()),
            address: limits::bounded(from.address().unwrap_or_default().trim(), limits::ADDRESS).to_owned(),
        })
    })
}
