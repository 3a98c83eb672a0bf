//! A composed message read back, for the transports that want its parts and not its bytes.

use super::Chunk;
use crate::domain::address::{Address, Mailbox};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders as _, PartType};

/// Fields of the message that concern its place in a conversation, the programs that answer mail, and whose mail complaints are
/// counted for. They travel by every transport.
const KEPT: &[&str] = &[
    "Message-ID",
    "In-Reply-To",
    "References",
    "X-Entity-Ref-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Feedback-ID",
];

/// The parts of a composed message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// From.
    pub from: Mailbox,
    /// Reply-To; empty: answers go to From.
    pub reply_to: Vec<Mailbox>,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Subject, decoded.
    pub subject: String,
    /// Message-ID, conversation and marks of automatic mail: name and value, on one line.
    pub fields: Vec<(String, String)>,
    /// Plain body, decoded.
    pub text: String,
    /// HTML body, decoded.
    pub html: String,
    /// Logo and files, in order.
    pub files: Vec<PartFile>,
    /// Pictures that the message itself holds.
    pub pictures: Vec<PartPicture>,
}

/// A picture of the HTML whose bytes are in the message: the code to pay by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartPicture {
    /// The picture's name.
    pub name: String,
    /// Content-ID, without brackets.
    pub content_id: String,
    /// A PNG.
    pub png: Vec<u8>,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartFile {
    /// The file's handle in the chunks.
    pub handle: u32,
    /// The file's name as the recipient sees it.
    pub name: String,
    /// The media type that its part declares.
    pub media_type: String,
    /// Content-ID of an inline file, without brackets: the logo.
    pub content_id: Option<String>,
}

/// The chunks are none that `compose` made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chunks are not a message as this plugin composes them: {0}")]
pub struct NotComposed(&'static str);

/// Reads a message back. In the place of each file's bytes its handle is put, so that whatever part it is found in
/// is the file's.
pub fn read_back(chunks: &[Chunk]) -> Result<Parts, NotComposed> {
    let mut source = String::new();
    for chunk in chunks {
        match chunk {
            Chunk::Text(text) => source.push_str(text),
            Chunk::Attachment(handle) => STANDARD.encode_string(handle.to_string(), &mut source),
            Chunk::Raw(_) => return Err(NotComposed("it has a file as it is")),
        }
    }
    let message =
        MessageParser::default().parse(source.as_bytes()).ok_or(NotComposed("it has no headers"))?;
    let (mut text, mut html, mut files, mut pictures) = (None, None, Vec::new(), Vec::new());
    for part in &message.parts {
        match &part.body {
            PartType::Multipart(_) => {}
            _ if part.content_disposition().is_some() => match picture(part) {
                Some(picture) => pictures.push(picture),
                None => files.push(file(part)?),
            },
            PartType::Text(body) => text = text.or(Some(body.to_string())),
            PartType::Html(body) => html = html.or(Some(body.to_string())),
            _ => return Err(NotComposed("it has a part that is neither a body nor a file")),
        }
    }
    let expected = chunks.iter().filter(|chunk| matches!(chunk, Chunk::Attachment(_))).count();
    if files.len() != expected {
        return Err(NotComposed("its files are not where they belong"));
    }
    let from = mailboxes(message.from())?.into_iter().next().ok_or(NotComposed("it has no From"))?;
    Ok(Parts {
        from,
        reply_to: mailboxes(message.reply_to())?,
        to: mailboxes(message.to())?,
        cc: mailboxes(message.cc())?,
        subject: message.subject().unwrap_or_default().to_owned(),
        fields: fields(&message),
        text: text.unwrap_or_default(),
        html: html.unwrap_or_default(),
        files,
        pictures,
    })
}

/// Reads a part that holds a picture and not the handle of a file.
fn picture(part: &MessagePart<'_>) -> Option<PartPicture> {
    let png = part.contents();
    let content_id = part.content_id().filter(|_| png.starts_with(b"\x89PNG"))?.to_owned();
    let name = part.attachment_name().unwrap_or("picture.png").to_owned();
    Some(PartPicture { name, content_id, png: png.to_vec() })
}

fn file(part: &MessagePart<'_>) -> Result<PartFile, NotComposed> {
    let handle = std::str::from_utf8(part.contents()).ok().and_then(|digits| digits.trim().parse().ok());
    let kind = part.content_type().ok_or(NotComposed("a file has no type"))?;
    let is_inline = part.content_disposition().is_some_and(|it| it.ctype().eq_ignore_ascii_case("inline"));
    Ok(PartFile {
        handle: handle.ok_or(NotComposed("a file has other content than its handle"))?,
        name: part.attachment_name().unwrap_or("file").to_owned(),
        media_type: format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("octet-stream")),
        content_id: part.content_id().filter(|_| is_inline).map(str::to_owned),
    })
}

fn mailboxes(list: Option<&mail_parser::Address<'_>>) -> Result<Vec<Mailbox>, NotComposed> {
    let each = list.into_iter().flat_map(mail_parser::Address::iter);
    let each = each.filter_map(|one| one.address().map(|address| (one.name(), address)));
    each.map(|(name, address)| {
        let address = Address::parse(address).map_err(|_| NotComposed("an address can't be read"))?;
        Ok(Mailbox { name: name.map(str::to_owned), address })
    })
    .collect()
}

fn fields(message: &Message<'_>) -> Vec<(String, String)> {
    let raw = |name: &&str| {
        let (_, value) = message.headers_raw().find(|(it, _)| it.eq_ignore_ascii_case(name))?;
        let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(((*name).to_owned(), line)).filter(|(_, line)| !line.is_empty())
    };
    KEPT.iter().filter_map(raw).collect()
}
