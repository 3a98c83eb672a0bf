//! What the header of an entity says of it: type, name, place, encoding.

use super::entity::Entity;
use super::parameters::{Parameterized, file_name};
use super::transfer::Encoding;
use crate::domain::inbound::encoded_word;

/// The description of an entity in its header.
pub(super) struct Described {
    pub(super) media_type: String,
    pub(super) content_type: Parameterized,
    pub(super) name: Option<String>,
    pub(super) is_attachment: bool,
    pub(super) is_inline: bool,
    pub(super) content_id: Option<String>,
    pub(super) encoding: Encoding,
}

impl Described {
    /// Reads the header of an entity.
    pub(super) fn of(entity: &Entity<'_>, default_type: &str) -> Self {
        let header = &entity.header;
        let content_type = Parameterized::read(header.get("content-type").unwrap_or_default());
        let media_type = match content_type.value.as_str() {
            "" => default_type.to_owned(),
            "text" => "text/plain".to_owned(),
            "html" => "text/html".to_owned(),
            named => media_type(named),
        };
        let disposition = Parameterized::read(header.get("content-disposition").unwrap_or_default());
        let location = || {
            header
                .get("content-location")
                .map(encoded_word::decode)
                .filter(|_| !media_type.starts_with("text/"))
        };
        let name = ["filename", "name"].iter().find_map(|name| disposition.get(name)).map(str::to_owned);
        let name = name
            .or_else(|| {
                ["name", "filename"].iter().find_map(|name| content_type.get(name)).map(str::to_owned)
            })
            .or_else(location);
        let content_id = header.get("content-id").and_then(content_id);
        let is_attachment = disposition.value.starts_with("attach");
        Self {
            name: name.as_deref().and_then(file_name),
            is_inline: disposition.value == "inline"
                || (disposition.value.is_empty() && content_id.is_some()),
            is_attachment,
            content_id,
            encoding: Encoding::named(header.get("content-transfer-encoding").unwrap_or_default()),
            media_type,
            content_type,
        }
    }

    /// Returns true for a file that may be in Outlook's own format.
    pub(super) fn may_be_tnef(&self) -> bool {
        matches!(self.media_type.as_str(), "application/ms-tnef" | "application/vnd.ms-tnef")
            || self.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"))
    }

    /// Returns true for a text that is shown: one that is neither marked nor named as a file.
    pub(super) fn is_body(&self, may_be_body: bool, is_first: bool) -> bool {
        let is_shown = matches!(
            self.media_type.as_str(),
            "text/plain"
                | "text/html"
                | "text/enriched"
                | "text/richtext"
                | "text/markdown"
                | "text/x-markdown"
                | "application/xhtml+xml"
        );
        let is_named = self.name.is_some() && (self.is_attachment || !is_first);
        is_shown
            && may_be_body
            && !self.is_attachment
            && !is_named
            && !(self.content_id.is_some() && !is_first && self.name.is_some())
    }
}

/// Returns the media type that an entity names.
pub(super) fn media_type_of(entity: &Entity<'_>) -> String {
    Parameterized::read(entity.header.get("content-type").unwrap_or_default()).value
}

/// Returns a media type in its form; `application/octet-stream` for what has none.
pub(super) fn media_type(value: &str) -> String {
    let is_token = |part: &str| {
        !part.is_empty()
            && part.len() <= 100
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    match value.split_once('/') {
        Some((kind, subtype)) if is_token(kind) && is_token(subtype) => value.to_ascii_lowercase(),
        _ => "application/octet-stream".to_owned(),
    }
}

/// Returns a Content-ID without its brackets.
pub(super) fn content_id(value: &str) -> Option<String> {
    let bare = value.trim().trim_start_matches('<').trim_end_matches('>');
    (!bare.is_empty() && bare.len() <= 900 && !bare.contains(|c: char| c.is_control() || c.is_whitespace()))
        .then(|| bare.to_owned())
}

/// Makes the name of a message that is attached without one: its subject.
pub(super) fn enclosed_name(media_type: &str, body: &[u8]) -> Option<String> {
    if !matches!(media_type, "message/rfc822" | "message/global") {
        return None;
    }
    let subject = Entity::read(body, None).header.get("subject").map(encoded_word::decode)?;
    let subject = subject.replace(['/', '\\'], "-");
    file_name(&format!("{}.eml", subject.chars().take(100).collect::<String>()))
}
