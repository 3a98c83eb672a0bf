//! Folder names as they are on the wire: modified UTF-7 (RFC 3501 §5.1.3).

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

const SHIFTED: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// Encodes a name.
pub(super) fn encode(name: &str) -> String {
    let mut wire = String::with_capacity(name.len());
    let mut rest = name;
    while !rest.is_empty() {
        let plain = rest.find(|c: char| !(' '..='~').contains(&c)).unwrap_or(rest.len());
        let (ascii, later) = rest.split_at(plain);
        wire.push_str(&ascii.replace('&', "&-"));
        let shifted = later.find(|c: char| (' '..='~').contains(&c)).unwrap_or(later.len());
        let (other, later) = later.split_at(shifted);
        if !other.is_empty() {
            let units: Vec<u8> = other.encode_utf16().flat_map(u16::to_be_bytes).collect();
            wire.push('&');
            wire.push_str(&SHIFTED.encode(units));
            wire.push('-');
        }
        rest = later;
    }
    wire
}

/// Decodes a name; none for text that is no encoded name.
pub(super) fn decode(wire: &str) -> Option<String> {
    let mut name = String::with_capacity(wire.len());
    let mut rest = wire;
    while let Some((plain, later)) = rest.split_once('&') {
        name.push_str(plain);
        let (shifted, later) = later.split_once('-')?;
        if shifted.is_empty() {
            name.push('&');
        } else {
            let bytes = SHIFTED.decode(shifted).ok()?;
            let (pairs, odd) = bytes.as_chunks::<2>();
            if !odd.is_empty() {
                return None;
            }
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            name.push_str(&String::from_utf16(&units).ok()?);
        }
        rest = later;
    }
    name.push_str(rest);
    (encode(&name) == wire).then_some(name)
}
