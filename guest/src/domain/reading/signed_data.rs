//! The message inside of one that is signed as a whole (S/MIME, `application/pkcs7-mime`): the content of CMS SignedData, RFC 5652. The
//! signature is not verified, and nothing says that it is.
//!
//! What is read is a chain of a few elements in BER; every one is bounded by the one around it, and nothing recurses on their depth but the
//! pieces of a string, to a fixed one.

use super::limits;

/// `1.2.840.113549.1.7.2`.
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
/// `1.2.840.113549.1.9.16.1.9`: CompressedData, which is not read.
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OBJECT: u8 = 0x06;
const STRING: u8 = 0x04;
const STRING_OF_PIECES: u8 = 0x24;
const EXPLICIT: u8 = 0xA0;
/// Strings within each other.
const DEPTH: usize = 4;

/// The kind of a CMS message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cms {
    /// A signed message, with what was signed.
    Signed(Vec<u8>),
    /// A signature alone, whose message is elsewhere.
    Detached,
    /// Something else, or damaged.
    Other,
}

/// Reads a CMS message.
pub(super) fn read(der: &[u8]) -> Cms {
    content(der).unwrap_or(Cms::Other)
}

fn content(der: &[u8]) -> Option<Cms> {
    let mut outer = Elements(Elements(der).next_as(SEQUENCE)?);
    if outer.next_as(OBJECT)? != SIGNED_DATA {
        return None;
    }
    let mut signed = Elements(Elements(outer.next_as(EXPLICIT)?).next_as(SEQUENCE)?);
    signed.next_as(INTEGER)?;
    signed.next_as(SET)?;
    let mut enclosed = Elements(signed.next_as(SEQUENCE)?);
    enclosed.next_as(OBJECT)?;
    let Some(explicit) = enclosed.next_as(EXPLICIT) else { return Some(Cms::Detached) };
    let mut out = vec![];
    strings(explicit, DEPTH, &mut out)?;
    Some(Cms::Signed(out))
}

/// Joins the strings of an element.
fn strings(bytes: &[u8], depth: usize, out: &mut Vec<u8>) -> Option<()> {
    let mut elements = Elements(bytes);
    while let Some((tag, content)) = elements.next_element() {
        match tag {
            STRING => out.extend_from_slice(content),
            STRING_OF_PIECES if depth > 0 => strings(content, depth - 1, out)?,
            0 if content.is_empty() => return Some(()),
            _ => return None,
        }
        if out.len() > limits::SIGNED {
            return None;
        }
    }
    Some(())
}

/// Elements that stand one behind the other.
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    fn next_as(&mut self, wanted: u8) -> Option<&'a [u8]> {
        let (tag, content) = self.next_element()?;
        (tag == wanted).then_some(content)
    }

    /// Takes the next element: its tag and its content. Of one whose end is marked rather than counted, all that is left.
    fn next_element(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, rest) = self.0.split_first()?;
        if tag & 0x1F == 0x1F {
            return None;
        }
        let (first, rest) = rest.split_first()?;
        if *first == 0x80 {
            let length = marked_length(rest)?;
            let (content, after) = rest.split_at_checked(length)?;
            self.0 = after.get(2..).unwrap_or_default();
            return Some((*tag, content));
        }
        let (length, rest) = match first {
            0..=0x7F => (usize::from(*first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                (digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        // A message that was cut is read as far as it goes.
        let (content, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        self.0 = after;
        Some((*tag, content))
    }
}

/// Finds where an element ends whose end is marked: behind every element in it, counted in one pass.
fn marked_length(bytes: &[u8]) -> Option<usize> {
    let mut open = 1_usize;
    let mut at = 0;
    loop {
        let Some(head) = bytes.get(at..at + 2) else { return Some(bytes.len()) };
        let &[tag, first] = head else { return None };
        at += 2;
        match (tag, first) {
            (0, 0) => {
                open -= 1;
                if open == 0 {
                    return Some(at - 2);
                }
            }
            (_, 0x80) => open += 1,
            (_, 0..=0x7F) => at += usize::from(first),
            (_, 0x81..=0x84) => {
                let digits = bytes.get(at..at + usize::from(first & 0x7F))?;
                let length = digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
                at = at.checked_add(digits.len())?.checked_add(length)?;
            }
            _ => return None,
        }
        if at > bytes.len() {
            return Some(bytes.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84][..], &length, content].concat()
    }

    fn marked(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x80][..], content, &[0, 0]].concat()
    }

    type Make = fn(u8, &[u8]) -> Vec<u8>;

    fn signed(make: Make, enclosed: &[u8]) -> Vec<u8> {
        let data = element(OBJECT, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]);
        let inner = make(SEQUENCE, &[data, enclosed.to_vec()].concat());
        let all = [element(INTEGER, &[1]), make(SET, &[]), inner, make(SET, &[])].concat();
        let explicit = make(EXPLICIT, &make(SEQUENCE, &all));
        make(SEQUENCE, &[element(OBJECT, SIGNED_DATA), explicit].concat())
    }

    #[test]
    fn what_was_signed_is_taken_out_in_every_form() {
        let text = b"Content-Type: text/plain\r\n\r\nsigned";
        for make in [element as Make, marked] {
            let whole = make(EXPLICIT, &element(STRING, text));
            assert_eq!(read(&signed(make, &whole)), Cms::Signed(text.to_vec()));
            let pieces = [element(STRING, &text[..10]), element(STRING, &text[10..])].concat();
            let pieces = make(EXPLICIT, &make(STRING_OF_PIECES, &pieces));
            assert_eq!(read(&signed(make, &pieces)), Cms::Signed(text.to_vec()));
            assert_eq!(read(&signed(make, &[])), Cms::Detached);
        }
    }

    #[test]
    fn damage_is_bounded() {
        let whole = signed(marked, &marked(EXPLICIT, &element(STRING, b"text")));
        for cut in 0..whole.len() {
            read(&whole[..cut]);
            let mut turned = whole.clone();
            turned[cut] ^= 0xFF;
            read(&turned);
        }
        let nested = [0x24, 0x80].repeat(100_000);
        assert_eq!(read(&signed(element, &element(EXPLICIT, &nested))), Cms::Other);
        assert_eq!(read(&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]), Cms::Other);
    }
}
