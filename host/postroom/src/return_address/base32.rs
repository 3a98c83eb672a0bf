//! Base32 (RFC 4648 §6) without padding, in lower case; read in either case. Whole groups of five bytes only, so that
//! no two texts but for their case are the same bytes.

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Bytes of a group.
const GROUP: usize = 5;
/// Characters of a group.
const CHARACTERS: usize = 8;

/// Encodes groups of five bytes; what is left over is not encoded.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(GROUP) * CHARACTERS);
    for group in bytes.chunks_exact(GROUP) {
        let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in (0..CHARACTERS).rev() {
            let index = usize::try_from(bits >> (5 * place) & 31).unwrap_or_default();
            text.push(char::from(ALPHABET[index]));
        }
    }
    text
}

/// Decodes the bytes; none if the text is not whole groups of these characters.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let groups = text.as_bytes().chunks_exact(CHARACTERS);
    if !groups.remainder().is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / CHARACTERS * GROUP);
    for group in groups {
        let mut bits = 0_u64;
        for character in group {
            let character = character.to_ascii_lowercase();
            let value = ALPHABET.iter().position(|known| *known == character)?;
            bits = bits << 5 | value as u64;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[8 - GROUP..]);
    }
    Some(bytes)
}
