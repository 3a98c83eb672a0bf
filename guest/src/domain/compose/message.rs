//! The message: its headers in their order, and the tree of its parts.
//!
//! `multipart/mixed` › `multipart/related` › `multipart/alternative`; mixed only where files are attached,
//! related only where the HTML shows pictures: the logo, the code to pay by, those of a quote.

use super::body::{BOUNDARY_MARK, canonical, seven_bit_html};
use super::chunk::{Chunk, ChunkWriter, encode, encoded_len, placeholder};
use super::{Composed, ContentFault, Envelope, MessageContent, Thread, header};
use crate::domain::attachment::{Attachment, Picture, Role};
use chrono::Datelike as _;
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What the HTML calls its pictures. A Content-ID is unique in the world (RFC 2045 §7): `logo.{id}@{domain}`.
const LOGO: &str = "logo";
const PAYMENT_CODE: &str = "payment-code";

/// Makes the message. Equal contents give equal bytes.
pub fn compose(content: &MessageContent<'_>) -> Result<Composed, ContentFault> {
    let id = message_id(content)?;
    let mut writer = ChunkWriter::default();
    built(content, &id, &in_place)?.serialize(&mut writer);
    let chunks = writer.finish();
    let texts = chunks.iter().map(|c| if let Chunk::Text(text) = c { text.len() as u64 } else { 0 });
    let pictures = content.attachments.pictures().iter().map(|picture| &picture.file);
    let files = content.attachments.files().iter().chain(content.attachments.logo()).chain(pictures);
    let size = texts.sum::<u64>() + files.map(|f| encoded_len(f.size)).sum::<u64>();
    let from = std::slice::from_ref(content.from);
    let mut everyone = [from, content.reply_to, content.to, content.cc, content.bcc].into_iter().flatten();
    let needs_smtputf8 = everyone.any(|m| m.address.needs_smtputf8());
    Ok(Composed { message_id: format!("<{id}>"), chunks, size, needs_smtputf8, envelope: envelope(content) })
}

/// Returns the envelope: who the message is sent by and to.
fn envelope(content: &MessageContent<'_>) -> Envelope {
    let mut seen = BTreeSet::new();
    let everyone = [content.to, content.cc, content.bcc].into_iter().flatten().map(|m| &m.address);
    let recipients = everyone.filter(|a| seen.insert((a.local().to_lowercase(), a.ascii_domain())));
    Envelope { recipients: recipients.cloned().collect(), mail_from: content.from.address.clone() }
}

/// Returns the Message-ID without brackets.
fn message_id(content: &MessageContent<'_>) -> Result<String, ContentFault> {
    let domain = content.message_id_domain;
    // A sender's domain may be an address literal, `[192.0.2.1]`.
    let literal = domain.strip_prefix('[').and_then(|d| d.strip_suffix(']'));
    let known =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_') || (literal.is_some() && b == b':');
    let label = |l: &str| !l.is_empty() && l.bytes().all(known);
    let valid = domain.len() <= 253 && literal.unwrap_or(domain).split('.').all(label);
    if valid {
        Ok(format!("{}@{domain}", content.id.as_str()))
    } else {
        Err(ContentFault::MessageIdDomain(domain.chars().take(100).collect()))
    }
}

/// Returns the Content-ID of a picture, without brackets. It stands in a link, too, where an address literal's brackets can't.
fn content_id(content: &MessageContent<'_>, name: &str) -> String {
    let mut atoms = content.message_id_domain.split(['[', ']', ':', '.']).filter(|atom| !atom.is_empty());
    let mut id = format!("{name}.{}@{}", content.id.as_str(), atoms.next().unwrap_or("localhost"));
    for atom in atoms {
        id.push('.');
        id.push_str(atom);
    }
    id
}

/// Replaces the names of pictures in the HTML by their Content-IDs: of those that the message has, since a quote may have links of its own.
fn with_content_ids(content: &MessageContent<'_>) -> String {
    let logo = content.attachments.logo().map(|_| LOGO);
    let names = [logo, content.payment_code.map(|_| PAYMENT_CODE)];
    let mut html = String::with_capacity(content.html.len() + 256);
    let mut rest = content.html;
    while let Some(at) = memchr::memmem::find(rest.as_bytes(), b"cid:") {
        let (before, after) = rest.split_at(at + "cid:".len());
        html.push_str(before);
        rest = after;
        // Within quotes alone: prose has none of those that HTML is made of.
        let quote = before[..at].chars().next_back().filter(|c| matches!(c, '"' | '\''));
        let name = names.into_iter().flatten().find(|name| {
            rest.strip_prefix(name).is_some_and(|end| quote.is_some_and(|quote| end.starts_with(quote)))
        });
        if let Some(name) = name {
            html.push_str(&content_id(content, name));
            rest = &rest[name.len()..];
        }
    }
    html.push_str(rest);
    html
}

type Headers<'x> = Vec<(Cow<'x, str>, HeaderType<'x>)>;
/// Makes the part of a file from its headers.
type FilePart<'x, 'p> = &'p dyn Fn(Headers<'x>, &Attachment) -> MimePart<'x>;

/// Returns the part of a file whose bytes are elsewhere.
fn in_place<'x>(headers: Headers<'x>, file: &Attachment) -> MimePart<'x> {
    let contents = BodyPart::Binary(placeholder(file.handle, file.size).to_vec().into());
    MimePart { headers, contents }.transfer_encoding("base64")
}

/// Builds the message with its files as `part` makes them.
pub(super) fn built<'x>(
    content: &MessageContent<'x>,
    message_id: &'x str,
    part: FilePart<'x, '_>,
) -> Result<MessageBuilder<'x>, ContentFault> {
    Ok(MessageBuilder { headers: headers(content, message_id)?, ..MessageBuilder::new() }
        .body(body(content, part)))
}

/// Builds the headers of the message but for the last two, which mail-builder adds: MIME-Version and Content-Type.
fn headers<'x>(content: &MessageContent<'x>, message_id: &'x str) -> Result<Headers<'x>, ContentFault> {
    if !(1900..=9999).contains(&content.date.year()) {
        return Err(ContentFault::Date(content.date));
    }
    let mut headers: Headers<'x> = Vec::with_capacity(12);
    let mut add = |name: &'static str, value: HeaderType<'x>| headers.push((name.into(), value));
    add("Date", Raw::new(content.date.to_rfc2822()).into());
    add("From", header::mailbox(content.from).into());
    if !content.reply_to.is_empty() {
        add("Reply-To", header::mailboxes(content.reply_to));
    }
    if !content.to.is_empty() {
        add("To", header::mailboxes(content.to));
    } else if content.cc.is_empty() {
        // Filters distrust a mail without recipients.
        add("To", Raw::new("undisclosed-recipients:;").into());
    }
    if !content.cc.is_empty() {
        add("Cc", header::mailboxes(content.cc));
    }
    add("Subject", header::subject(header::one_line(content.subject)));
    add("Message-ID", header::message_ids(&[message_id]));
    if let Some(thread) = content.thread {
        if let Some(parent) = &thread.in_reply_to {
            add("In-Reply-To", header::message_ids(&[parent.as_str()]));
        }
        let references = references(thread);
        if !references.is_empty() {
            add("References", header::message_ids(&references));
        }
    }
    if let Some(reference) = content.reference.map(header::token).filter(|it| !it.is_empty()) {
        // Gmail folds mails of one subject into one unless these differ; those about one document belong together.
        add("X-Entity-Ref-ID", Raw::new(reference).into());
    }
    if let Some(feedback_id) = content.feedback_id {
        add("Feedback-ID", Raw::new(feedback_id).into());
    }
    if content.automatic {
        add("Auto-Submitted", Raw::new("auto-generated").into());
        // Exchange answers automatic mail unless a header forbids it. Not `All`: that would silence its delivery reports too, which the
        // status of the mail is made of.
        add("X-Auto-Response-Suppress", Raw::new("OOF, AutoReply").into());
    }
    Ok(headers)
}

/// Returns the references with the parent at their end, where RFC 5322 §3.6.4 wants it.
fn references(thread: &Thread) -> Vec<&str> {
    let mut ids: Vec<&str> = thread.references.iter().map(|id| id.as_str()).collect();
    let parent = thread.in_reply_to.as_ref().map(|id| id.as_str());
    ids.extend(parent.filter(|parent| !thread.references.iter().any(|id| id.as_str() == *parent)));
    ids
}

/// Builds the tree of parts.
fn body<'x>(content: &MessageContent<'x>, part: FilePart<'x, '_>) -> MimePart<'x> {
    let parts = vec![body_part("text/plain", content.text), html_part(&with_content_ids(content))];
    let mut body = MimePart::new(multipart(content, "alternative"), parts);
    let logo = content.attachments.logo().map(|logo| file_part(content, logo, part));
    let code = content.payment_code.map(|png| code_part(content, png));
    let pictures = content.attachments.pictures();
    if logo.is_some() || code.is_some() || !pictures.is_empty() {
        let related = multipart(content, "related").attribute("type", "multipart/alternative");
        let own = [Some(body), logo, code].into_iter().flatten();
        let parts = own.chain(pictures.iter().map(|picture| picture_part(picture, part)));
        body = MimePart::new(related, parts.collect::<Vec<_>>());
    }
    let files = content.attachments.files();
    if !files.is_empty() {
        let mut parts = Vec::with_capacity(files.len() + 1);
        parts.push(body);
        parts.extend(files.iter().map(|file| file_part(content, file, part)));
        body = MimePart::new(multipart(content, "mixed"), parts);
    }
    body
}

/// Returns Content-Type of a level. Boundaries differ in their third character, so none begins another; with an id of 64 they have 68
/// characters of the 70 allowed.
fn multipart<'x>(content: &MessageContent<'x>, level: &'static str) -> ContentType<'x> {
    let boundary = format!("{BOUNDARY_MARK}{}_{}", &level[..1], content.id.as_str());
    ContentType::new(format!("multipart/{level}")).attribute("boundary", boundary)
}

/// Builds the part of the HTML body: in ASCII where that is possible, which is nearly always.
fn html_part<'x>(html: &str) -> MimePart<'x> {
    let Some(ascii) = seven_bit_html(html) else { return body_part("text/html", html) };
    let content_type = ContentType::new("text/html").attribute("charset", "utf-8");
    MimePart::new(content_type, BodyPart::Binary(ascii.into_bytes().into())).transfer_encoding("7bit")
}

/// Builds the part of a text body.
fn body_part<'x>(media_type: &'static str, text: &str) -> MimePart<'x> {
    let body = canonical(text);
    let content_type = ContentType::new(media_type).attribute("charset", "utf-8");
    if !body.like_a_boundary {
        return MimePart::new(content_type, BodyPart::Text(body.text.into()));
    }
    let mut encoded = Vec::new();
    encode(body.text.as_bytes(), &mut encoded);
    MimePart::new(content_type, BodyPart::Binary(encoded.into())).transfer_encoding("base64")
}

/// Builds the part of a file, or of the logo. Text is attached as bytes, too: base64 keeps its line ends as they are.
fn file_part<'x>(content: &MessageContent<'x>, file: &'x Attachment, part: FilePart<'x, '_>) -> MimePart<'x> {
    let mut headers: Headers<'x> = Vec::with_capacity(4);
    headers.push(("Content-Type".into(), header::file_type(sent_type(file), &file.file_name)));
    let kind = if file.role == Role::Logo {
        headers.push(("Content-ID".into(), Raw::new(format!("<{}>", content_id(content, LOGO))).into()));
        "inline"
    } else {
        "attachment"
    };
    headers.push(("Content-Disposition".into(), header::disposition(kind, &file.file_name)));
    part(headers, file)
}

/// Builds the part of a picture that a quote shows, under the Content-ID that the quote knows it by.
fn picture_part<'x>(picture: &'x Picture, part: FilePart<'x, '_>) -> MimePart<'x> {
    let file = &picture.file;
    let headers: Headers<'x> = vec![
        ("Content-Type".into(), header::file_type(sent_type(file), &file.file_name)),
        ("Content-ID".into(), Raw::new(format!("<{}>", picture.content_id.as_str())).into()),
        ("Content-Disposition".into(), header::disposition("inline", &file.file_name)),
    ];
    part(headers, file)
}

/// Builds the part of the payment code. Its bytes are made here and are few, so that they travel with the text.
fn code_part<'x>(content: &MessageContent<'x>, png: &[u8]) -> MimePart<'x> {
    let name = "payment-code.png";
    let headers: Headers<'x> = vec![
        ("Content-Type".into(), header::file_type("image/png", name)),
        ("Content-ID".into(), Raw::new(format!("<{}>", content_id(content, PAYMENT_CODE))).into()),
        ("Content-Disposition".into(), header::disposition("inline", name)),
    ];
    let mut encoded = Vec::with_capacity(png.len() / 2 * 3);
    encode(png, &mut encoded);
    MimePart { headers, contents: BodyPart::Binary(encoded.into()) }.transfer_encoding("base64")
}

/// Returns the media type that the part declares. `message/…` and `multipart/…` must not be base64 (RFC 2045 §6.4): such a file is attached
/// as bytes, and its name shows what it is.
fn sent_type(file: &Attachment) -> &str {
    match file.media_type.as_str() {
        _ if file.role == Role::Ubl => "application/xml",
        t if t.starts_with("message/") || t.starts_with("multipart/") => "application/octet-stream",
        t => t,
    }
}
