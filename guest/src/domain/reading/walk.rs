//! The way through the parts of a message: which of them are its body, in plain text and in HTML, and which are files.

use super::described::{Described, content_id, enclosed_name, media_type, media_type_of};
use super::entity::{self, Entity};
use super::flowed;
use super::limits;
use super::model::AttachedFile;
use super::notes::{Note, Notes};
use super::parameters::file_name;
use super::segment::{Segment, alternatives, clean, declared_charset, without_commands};
use super::signed_data::{self, Cms};
use super::tnef;
use crate::domain::inbound::charset;
use sha2::{Digest as _, Sha256};

/// The files and notes found on the way, and the limits left.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) files: Vec<AttachedFile>,
    pub(super) notes: Notes,
    parts: usize,
    text_left: usize,
    html_left: usize,
    /// Bytes that may still be decoded of signed messages.
    signed_left: usize,
    /// Signed messages around this place.
    signatures: usize,
    /// Bytes that may still be searched for boundaries.
    search_left: usize,
    /// The first charset that a part names: that of fields without one.
    charset: Option<String>,
}

/// Where an entity stands.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    /// Its number; empty or ending in a colon for a whole message.
    number: &'a str,
    depth: usize,
    /// Media type where none is named.
    default_type: &'static str,
    /// It may be a body by its place: it is no part beside the root of a `multipart/related`.
    may_be_body: bool,
    /// It is the first of its message or multipart.
    is_first: bool,
}

impl Place<'_> {
    /// Returns the number of an entity without parts.
    fn leaf_number(&self) -> String {
        match self.number {
            "" => "1".to_owned(),
            number if number.ends_with(':') => format!("{number}1"),
            number => number.to_owned(),
        }
    }

    fn part_number(&self, index: usize) -> String {
        match self.number {
            "" => format!("{}", index + 1),
            number if number.ends_with(':') => format!("{number}{}", index + 1),
            number => format!("{number}.{}", index + 1),
        }
    }
}

impl Walk {
    /// Starts a way through a message of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            files: vec![],
            notes: Notes::default(),
            parts: 0,
            text_left: limits::TEXT,
            html_left: limits::HTML,
            signed_left: limits::SIGNED,
            signatures: 0,
            search_left: bytes.saturating_mul(limits::SEARCHES).saturating_add(1 << 20),
            charset: None,
        }
    }

    /// Leaves so many bytes that may be decoded of signed messages.
    #[cfg(test)]
    pub(super) fn leave_signed(&mut self, bytes: usize) {
        self.signed_left = bytes;
    }

    /// Goes through a whole message. Returns the pieces of its body.
    pub(super) fn message(&mut self, entity: &Entity<'_>) -> Vec<Segment> {
        let place =
            Place { number: "", depth: 0, default_type: "text/plain", may_be_body: true, is_first: true };
        self.entity(entity, place)
    }

    fn entity(&mut self, entity: &Entity<'_>, place: Place<'_>) -> Vec<Segment> {
        self.parts += 1;
        if self.parts > limits::PARTS {
            self.notes.add(Note::PartsLeftOut);
            return vec![];
        }
        let described = Described::of(entity, place.default_type);
        if self.charset.is_none() {
            self.charset = described.content_type.get("charset").map(str::to_owned);
        }
        if let Some(subtype) = described.media_type.strip_prefix("multipart/") {
            if let Some(found) = self.multipart(entity, &described, subtype, place) {
                return found;
            }
            self.notes.add(Note::PartsNotFound);
            return self.text(entity, &Described { media_type: "text/plain".to_owned(), ..described });
        }
        if described.is_body(place.may_be_body, place.is_first) {
            return self.text(entity, &described);
        }
        self.file(entity, &described, place)
    }

    /// Goes through the parts of a multipart; none where they can't be found.
    fn multipart(
        &mut self,
        entity: &Entity<'_>,
        described: &Described,
        subtype: &str,
        place: Place<'_>,
    ) -> Option<Vec<Segment>> {
        if place.depth >= limits::DEPTH || self.search_left < entity.body.len() {
            self.notes.add(Note::PartsLeftOut);
            return Some(vec![]);
        }
        self.search_left -= entity.body.len();
        let most = limits::PARTS;
        let mut found = described
            .content_type
            .get("boundary")
            .map(|boundary| entity::parts(entity.body, boundary.trim_end(), most))
            .unwrap_or_default();
        if found.parts.is_empty() {
            let boundary = entity::guessed_boundary(entity.body)?;
            found = entity::parts(entity.body, &boundary, most);
        }
        if found.parts.is_empty() {
            return None;
        }
        if !found.is_complete {
            self.notes.add(Note::MessageCut);
        }
        if subtype == "encrypted" {
            self.notes.add(Note::Encrypted);
        }
        let default_type = if subtype == "digest" { "message/rfc822" } else { "text/plain" };
        let mut bodies = Vec::with_capacity(found.parts.len().min(16));
        for (index, raw) in found.parts.iter().enumerate() {
            let number = place.part_number(index);
            let may_be_body = place.may_be_body && (subtype != "related" || index == 0);
            let inner = Place {
                number: &number,
                depth: place.depth + 1,
                default_type,
                may_be_body,
                is_first: index == 0,
            };
            let part = Entity::read(raw, self.charset.as_deref());
            // Web pages for one program, beside those for all.
            if subtype == "alternative" && media_type_of(&part) == "text/x-amp-html" {
                continue;
            }
            bodies.push(self.entity(&part, inner));
        }
        Some(match subtype {
            "alternative" => alternatives(bodies),
            _ => bodies.into_iter().flatten().collect(),
        })
    }

    /// Reads a text that is a part of the body.
    fn text(&mut self, entity: &Entity<'_>, described: &Described) -> Vec<Segment> {
        let is_html = described.media_type == "text/html";
        let left = if is_html { self.html_left } else { self.text_left };
        // A byte is at most three in UTF-8.
        let (bytes, is_whole, is_longer) = described.encoding.decode_bounded(entity.body, left);
        if !is_whole {
            self.notes.add(Note::PartDamaged);
        }
        if is_longer {
            self.notes.add(if is_html { Note::HtmlCut } else { Note::TextCut });
        }
        let text = self.decoded(&bytes, described, is_html);
        let text = text.get(..text.floor_char_boundary(left)).unwrap_or_default();
        let text = clean(text);
        if is_html {
            self.html_left = self.html_left.saturating_sub(text.len());
            return vec![Segment { plain: None, html: Some(text) }];
        }
        self.text_left = self.text_left.saturating_sub(text.len());
        let text = match described.media_type.as_str() {
            "text/enriched" | "text/richtext" => without_commands(&text),
            _ if described
                .content_type
                .get("format")
                .is_some_and(|format| format.eq_ignore_ascii_case("flowed")) =>
            {
                let deletes = described
                    .content_type
                    .get("delsp")
                    .is_some_and(|delsp| delsp.eq_ignore_ascii_case("yes"));
                flowed::joined(&text, deletes)
            }
            _ => text,
        };
        vec![Segment { plain: Some(text), html: None }]
    }

    /// Decodes a text by its charset: the one that is named, unless the bytes are certainly UTF-8.
    fn decoded(&mut self, bytes: &[u8], described: &Described, is_html: bool) -> String {
        let declared = || is_html.then(|| declared_charset(bytes)).flatten();
        let label = described.content_type.get("charset").map(str::to_owned).or_else(declared);
        if let Some(label) = &label
            && !charset::is_known(label)
        {
            self.notes.add_with(
                Note::UnknownCharset,
                format!("the charset \"{}\" is not known", label.chars().take(60).collect::<String>()),
            );
        }
        // Programs name the charset of Western Europe that wrote another: only UTF-8 looks like UTF-8.
        let is_western = label.as_deref().is_some_and(charset::is_western);
        if is_western
            && !bytes.is_ascii()
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            return text.to_owned();
        }
        charset::decode(label.as_deref(), bytes)
    }

    /// Lists a file, and looks into it where a message is inside.
    fn file(&mut self, entity: &Entity<'_>, described: &Described, place: Place<'_>) -> Vec<Segment> {
        let number = place.leaf_number();
        if matches!(described.media_type.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime") {
            let kind = described.content_type.get("smime-type").unwrap_or_default().to_ascii_lowercase();
            match self.cms(entity, described) {
                Cms::Signed(inner) => return self.enclosed(&inner, &number, place),
                Cms::Detached => {}
                Cms::Other if self.signed_left == 0 => {}
                Cms::Other if kind.starts_with("signed") => self.notes.add(Note::SignedUnreadable),
                Cms::Other => self.notes.add(Note::Encrypted),
            }
        }
        let mut hash = Sha256::new();
        let mut size = 0_u64;
        let is_whole = described.encoding.decode(entity.body, &mut |piece| {
            hash.update(piece);
            size += piece.len() as u64;
        });
        if !is_whole {
            self.notes.add(Note::PartDamaged);
        }
        let name = described.name.clone().or_else(|| enclosed_name(&described.media_type, entity.body));
        self.list(AttachedFile {
            part: number.clone(),
            name,
            media_type: described.media_type.clone(),
            size,
            is_inline: described.is_inline,
            content_id: described.content_id.clone(),
            sha256: hex(&hash.finalize()),
        });
        if described.may_be_tnef() { self.tnef(entity, described, &number) } else { vec![] }
    }

    /// Reads a CMS message. What was decoded for it is freed before what was signed is read.
    fn cms(&mut self, entity: &Entity<'_>, described: &Described) -> Cms {
        let (bytes, _, is_longer) = described.encoding.decode_bounded(entity.body, self.signed_left);
        self.signed_left = self.signed_left.saturating_sub(bytes.len());
        if is_longer {
            self.notes.add(Note::PartsLeftOut);
        }
        signed_data::read(&bytes)
    }

    /// Reads the message inside of a signed one.
    fn enclosed(&mut self, raw: &[u8], number: &str, place: Place<'_>) -> Vec<Segment> {
        if place.depth >= limits::DEPTH || self.signatures >= limits::SIGNATURES {
            self.notes.add(Note::PartsLeftOut);
            return vec![];
        }
        self.signatures += 1;
        let inner = Entity::read(raw, self.charset.as_deref());
        let number = format!("{number}:");
        let found = self.entity(
            &inner,
            Place { number: &number, depth: place.depth + 1, default_type: "text/plain", ..place },
        );
        self.signatures -= 1;
        found
    }

    /// Lists what is in a file of Outlook's own format. Returns its text.
    fn tnef(&mut self, entity: &Entity<'_>, described: &Described, number: &str) -> Vec<Segment> {
        let (bytes, ..) = described.encoding.decode_bounded(entity.body, limits::SIGNED);
        let Some(found) = tnef::read(&bytes) else { return vec![] };
        self.notes.add(Note::OutlookFormat);
        for (index, file) in found.files.into_iter().enumerate() {
            self.list(AttachedFile {
                part: format!("{number}:{}", index + 1),
                name: file.name.as_deref().and_then(file_name),
                media_type: file
                    .media_type
                    .map(|kind| media_type(&kind))
                    .unwrap_or_else(|| "application/octet-stream".to_owned()),
                size: file.data.len() as u64,
                is_inline: false,
                content_id: file.content_id.as_deref().and_then(content_id),
                sha256: hex(&Sha256::digest(file.data)),
            });
        }
        let Some(text) = found.text.filter(|text| !text.trim().is_empty()) else { return vec![] };
        let mut text = clean(&text);
        if text.len() > self.text_left {
            self.notes.add(Note::TextCut);
            text.truncate(text.floor_char_boundary(self.text_left));
        }
        self.text_left -= text.len();
        vec![Segment { plain: Some(text), html: None }]
    }

    fn list(&mut self, file: AttachedFile) {
        if self.files.len() < limits::FILES {
            self.files.push(file);
        } else {
            self.notes.add(Note::FilesLeftOut);
        }
    }
}

fn hex(digest: &[u8]) -> String {
    let mut out = String::with_capacity(2 * digest.len());
    for byte in digest {
        out.extend([byte >> 4, byte & 15].into_iter().filter_map(|digit| char::from_digit(digit.into(), 16)));
    }
    out
}
