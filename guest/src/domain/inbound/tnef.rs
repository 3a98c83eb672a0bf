//! What Exchange sends in a format of its own (TNEF, `winmail.dat`): its attributes, and of them the class of the message, which distinguishes
//! a receipt or a rule's answer from a person's mail.

/// What the format begins with.
const SIGNATURE: [u8; 4] = [0x78, 0x9F, 0x3E, 0x22];
/// Number and type of the attribute that holds the class.
const CLASS: u32 = 0x0007_8008;
/// Attributes that are looked at: the class is among the first.
const MOST: usize = 64;
/// Bytes of a class.
const LONGEST: usize = 255;

/// An attribute of a file in this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    /// Number and type.
    pub(crate) id: u32,
    /// Its bytes.
    pub(crate) content: &'a [u8],
}

/// Returns the attributes of a file, as far as they are whole; none where it is of another format.
pub(crate) fn attributes(bytes: &[u8]) -> Option<impl Iterator<Item = Attribute<'_>>> {
    let mut rest = bytes.strip_prefix(&SIGNATURE)?.get(2..)?;
    Some(std::iter::from_fn(move || {
        let (head, data) = rest.split_at_checked(9)?;
        let number = |from: usize| head.get(from..from + 4)?.try_into().ok().map(u32::from_le_bytes);
        let length = usize::try_from(number(5)?).ok()?;
        let (content, after) = data.split_at_checked(length)?;
        // A checksum of two bytes follows.
        rest = after.get(2..).unwrap_or_default();
        Some(Attribute { id: number(1)?, content })
    }))
}

/// Reads the class of the message, in lower case; none where the bytes are not of this format.
pub(super) fn message_class(bytes: &[u8]) -> Option<String> {
    let class = attributes(bytes)?.take(MOST).find(|attribute| attribute.id == CLASS)?;
    let end = class.content.iter().position(|b| *b == 0).unwrap_or(class.content.len());
    let class = class.content.get(..end.min(LONGEST))?;
    Some(String::from_utf8_lossy(class).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(id: [u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        [&[1][..], &id, &length, content, &[0, 0]].concat()
    }

    #[test]
    fn the_class_is_found_and_nothing_in_damage() {
        let version = attribute([0x06, 0x90, 0x08, 0x00], &[0, 0, 1, 0]);
        let class = attribute(CLASS.to_le_bytes(), b"REPORT.IPM.Note.IPNRN\0");
        let whole = [&SIGNATURE[..], &[1, 0], &version, &class].concat();
        assert_eq!(message_class(&whole).as_deref(), Some("report.ipm.note.ipnrn"));
        for cut in 0..whole.len() - 2 {
            assert_eq!(message_class(&whole[..cut]), None, "{cut}");
        }
        let endless = [&SIGNATURE[..], &[1, 0], &attribute([0; 4], &[]).repeat(1_000), &class].concat();
        assert_eq!(message_class(&endless), None);
        let long = [&SIGNATURE[..], &[1, 0, 1, 8, 0x80, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF]].concat();
        assert_eq!(message_class(&long), None);
    }
}
