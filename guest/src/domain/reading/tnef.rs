//! What is in a file of Outlook's own format (TNEF, `winmail.dat`, MS-OXTNEF): the names, types and sizes of its files, and the plain text of
//! its message. Each attribute is bounded by the file, each property by its attribute, and their number by the limits.

use super::limits;
use crate::domain::inbound::charset;
use crate::domain::inbound::tnef::{Attribute, attributes};

/// Attributes: a file begins; its title; its bytes; its properties; the message's text.
const FILE: u32 = 0x0006_9002;
const TITLE: u32 = 0x0001_8010;
const DATA: u32 = 0x0006_800F;
const PROPERTIES: u32 = 0x0006_9005;
const BODY: u32 = 0x0002_800C;
/// Properties: the long name of a file, its short one, its media type, its Content-ID.
const LONG_NAME: u16 = 0x3707;
const SHORT_NAME: u16 = 0x3704;
const MEDIA_TYPE: u16 = 0x370E;
const CONTENT_ID: u16 = 0x3712;

/// Bytes that are read of a file's name, before what a name must not have is taken from it.
const NAME: usize = 4 << 10;

/// A file in a file of this format.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TnefFile<'a> {
    pub(super) name: Option<String>,
    pub(super) media_type: Option<String>,
    pub(super) content_id: Option<String>,
    pub(super) data: &'a [u8],
}

/// The contents of a file of this format.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tnef<'a> {
    pub(super) files: Vec<TnefFile<'a>>,
    pub(super) text: Option<String>,
}

/// Reads a file of this format; none where it is of another.
pub(super) fn read(bytes: &[u8]) -> Option<Tnef<'_>> {
    let mut found = Tnef::default();
    for Attribute { id, content } in attributes(bytes)?.take(limits::TNEF) {
        match id {
            FILE if found.files.len() < limits::FILES => found.files.push(TnefFile::default()),
            FILE => break,
            BODY => {
                found.text.get_or_insert_with(|| text(content));
            }
            _ => {
                let Some(file) = found.files.last_mut() else { continue };
                match id {
                    TITLE => {
                        file.name.get_or_insert_with(|| text(bounded(content)));
                    }
                    DATA => file.data = content,
                    PROPERTIES => file.take_properties(content),
                    _ => {}
                }
            }
        }
    }
    Some(found)
}

/// Returns the begin of what names a file: names of many files are held at once.
fn bounded(bytes: &[u8]) -> &[u8] {
    bytes.get(..NAME).unwrap_or(bytes)
}

/// Decodes a text that a zero ends.
fn text(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    let bytes = bytes.get(..end.min(limits::TEXT)).unwrap_or(bytes);
    charset::decode(Some("windows-1252"), bytes)
}

impl TnefFile<'_> {
    fn take_properties(&mut self, bytes: &[u8]) {
        let mut rest = Rest(bytes);
        let count = rest.number().unwrap_or(0);
        for _ in 0..count.min(limits::TNEF) {
            let Some((id, value)) = rest.property() else { return };
            let value = value.filter(|value| !value.is_empty());
            match id {
                LONG_NAME => self.name = value.or(self.name.take()),
                SHORT_NAME if self.name.is_none() => self.name = value,
                MEDIA_TYPE => self.media_type = value,
                CONTENT_ID => self.content_id = value,
                _ => {}
            }
        }
    }
}

/// What is not read yet of the properties of an attribute.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        let bytes: [u8; 4] = self.take(4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }

    /// Takes the bytes of a value, which are padded to four.
    fn value(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        let value = self.take(length)?;
        self.take(length.wrapping_neg() & 3);
        Some(value)
    }

    /// Takes a property: its number, and its value where that is a text.
    fn property(&mut self) -> Option<(u16, Option<String>)> {
        let tag = self.number()?;
        let (kind, id) = (tag & 0xFFFF, u16::try_from(tag >> 16 & 0xFFFF).ok()?);
        if id >= 0x8000 {
            self.take(16)?;
            match self.number()? {
                0 => self.number().map(|_| ())?,
                _ => self.value().map(|_| ())?,
            }
        }
        let count = if kind & 0x1000 != 0 { self.number()? } else { 1 };
        let mut first = None;
        for at in 0..count.min(limits::TNEF) {
            let found = match kind & 0xFFF {
                // Booleans and short numbers are padded.
                0x02 | 0x03 | 0x04 | 0x0A | 0x0B => self.take(4).map(|_| None)?,
                0x05 | 0x06 | 0x07 | 0x14 | 0x40 => self.take(8).map(|_| None)?,
                0x48 => self.take(16).map(|_| None)?,
                0x0D | 0x1E | 0x1F | 0x102 => {
                    let values = if kind & 0x1000 != 0 { 1 } else { self.number()? };
                    let mut found = None;
                    for _ in 0..values.min(limits::TNEF) {
                        let value = self.value()?;
                        found = found.or(match kind & 0xFFF {
                            0x1E => Some(text(bounded(value))),
                            0x1F => Some(wide_text(value)),
                            _ => None,
                        });
                    }
                    found
                }
                _ => return None,
            };
            if at == 0 {
                first = found;
            }
        }
        Some((id, first))
    }
}

/// Decodes UTF-16 that a zero ends.
fn wide_text(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    });
    char::decode_utf16(units.take_while(|unit| *unit != 0).take(NAME))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(level: u8, id: u32, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        [&[level][..], &id.to_le_bytes(), &length, content, &[0, 0]].concat()
    }

    pub(super) fn winmail() -> Vec<u8> {
        let long: Vec<u8> = "Angebot für Sie.pdf\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut properties = 1_u32.to_le_bytes().to_vec();
        properties.extend(0x3707_001F_u32.to_le_bytes());
        properties.extend(1_u32.to_le_bytes());
        properties.extend(u32::try_from(long.len()).unwrap().to_le_bytes());
        properties.extend(&long);
        properties.resize(properties.len().next_multiple_of(4), 0);
        [
            vec![0x78, 0x9F, 0x3E, 0x22, 1, 0],
            attribute(1, BODY, b"The text.\0"),
            attribute(2, FILE, &[0; 14]),
            attribute(2, TITLE, b"ANGEBO~1.PDF\0"),
            attribute(2, DATA, b"%PDF-1.7"),
            attribute(2, PROPERTIES, &properties),
            attribute(2, FILE, &[0; 14]),
            attribute(2, TITLE, b"b.txt\0"),
            attribute(2, DATA, b"b"),
        ]
        .concat()
    }

    #[test]
    fn files_are_found_with_their_long_names() {
        let bytes = winmail();
        let found = read(&bytes).unwrap();
        let names: Vec<_> =
            found.files.iter().map(|file| (file.name.as_deref().unwrap(), file.data.len())).collect();
        assert_eq!(names, [("Angebot für Sie.pdf", 8), ("b.txt", 1)]);
        assert_eq!(found.text.as_deref(), Some("The text."));
        for at in 0..bytes.len() {
            read(&bytes[..at]);
            let mut turned = bytes.clone();
            turned[at] ^= 0xFF;
            read(&turned);
        }
        assert_eq!(read(b"PK"), None);
    }
}
