//! Header fields: those of an envelope decoded, others as they stand.

use chrono::{DateTime, FixedOffset};
use mail_parser::{HeaderName, HeaderValue, Message, MessageParser, MimeHeaders};

use super::mailbox::{Address, Envelope};

/// The fields that an envelope is made of, for `BODY[HEADER.FIELDS (…)]`.
pub(super) const OF_ENVELOPE: &[&str] =
    &["Date", "Subject", "From", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References"];
/// The longest decoded text that is stored, in characters.
const LONGEST: usize = 1_000;
/// The most addresses of a field, and the most Message-IDs.
const MOST: usize = 500;

/// Builds an envelope from the header of a message; what is not in the header is empty.
pub(super) fn envelope(uid: u32, received: DateTime<FixedOffset>, header: &[u8]) -> Envelope {
    let mut envelope = Envelope {
        uid,
        flags: Vec::new(),
        received,
        date: None,
        subject: String::new(),
        from: Vec::new(),
        reply_to: Vec::new(),
        to: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        message_id: None,
        in_reply_to: Vec::new(),
        references: Vec::new(),
        size: 0,
        parts: Vec::new(),
    };
    let Some(message) = MessageParser::default().parse_headers(header) else { return envelope };
    envelope.date = message.date().and_then(|date| DateTime::parse_from_rfc3339(&date.to_rfc3339()).ok());
    envelope.subject = message.subject().map(bounded).unwrap_or_default();
    envelope.from = addresses(&message, HeaderName::From);
    envelope.reply_to = addresses(&message, HeaderName::ReplyTo);
    if envelope.reply_to == envelope.from {
        envelope.reply_to.clear();
    }
    envelope.to = addresses(&message, HeaderName::To);
    envelope.cc = addresses(&message, HeaderName::Cc);
    envelope.bcc = addresses(&message, HeaderName::Bcc);
    envelope.message_id = ids(message.header(HeaderName::MessageId)).pop();
    envelope.in_reply_to = ids(message.header(HeaderName::InReplyTo));
    envelope.references = ids(message.header(HeaderName::References));
    envelope
}

fn bounded(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

fn addresses(message: &Message<'_>, field: HeaderName<'static>) -> Vec<Address> {
    let values = message.header_values(field).filter_map(HeaderValue::as_address);
    let all = values.flat_map(mail_parser::Address::iter).take(MOST);
    all.filter_map(|found| {
        let name = found.name.as_deref().map(bounded).filter(|name| !name.trim().is_empty());
        match (found.address.as_deref().map(bounded), name) {
            (Some(address), name) => Some(Address { name, address }),
            // A name alone is what stands there in place of an address.
            (None, Some(name)) => Some(Address { name: None, address: name }),
            (None, None) => None,
        }
    })
    .collect()
}

/// The ids of a field, the last of them where there are too many: they are the nearest.
fn ids(value: Option<&HeaderValue<'_>>) -> Vec<String> {
    let all = value.and_then(HeaderValue::as_text_list).unwrap_or_default();
    let ids = all.iter().map(|id| format!("<{}>", id.trim_matches(['<', '>'])));
    let fitting: Vec<String> = ids.filter(|id| id.len() > 2 && id.len() <= LONGEST).collect();
    fitting.get(fitting.len().saturating_sub(MOST)..).unwrap_or_default().to_vec()
}

/// Returns name and value of each field, unfolded, in order. A field that was cut off at the end is left out.
pub(super) fn fields(header: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(header);
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let Some(line) = line.strip_suffix('\n') else {
            // The field that is cut off, or the last line of one.
            if line.starts_with([' ', '\t']) {
                fields.pop();
            }
            break;
        };
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            break;
        }
        match (line.starts_with([' ', '\t']), fields.last_mut(), line.split_once(':')) {
            (true, Some((_, value)), _) => value.push_str(line),
            (false, _, Some((name, value))) => {
                fields.push((name.trim_end().to_owned(), value.trim_start().to_owned()));
            }
            _ => {}
        }
    }
    fields
}

/// Decodes the name of a file from the parameters of Content-Disposition or Content-Type: RFC 2231 and
/// RFC 2047 both, as programs mix them.
pub(super) fn file_name(parameters: &[(String, String)], name: &str) -> Option<String> {
    let mut field = b"Content-Disposition: attachment".to_vec();
    for (key, value) in parameters.iter().take(50) {
        let key = key.to_ascii_lowercase();
        // `filename`, `filename*`, `filename*0*`.
        let Some(rest) = key.strip_prefix(name) else { continue };
        if !(rest.is_empty() || rest.starts_with('*')) {
            continue;
        }
        let value: String = value.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        field.extend_from_slice(format!("; filename{rest}=\"{value}\"").as_bytes());
    }
    field.extend_from_slice(b"\r\n\r\n");
    let message = MessageParser::default().parse_headers(&field)?;
    let name = message.content_disposition()?.attribute("filename").map(bounded)?;
    Some(name).filter(|name| !name.is_empty())
}
