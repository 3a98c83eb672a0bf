//! How large a picture is, by its file's own header: PNG, GIF and JPEG, the formats of a logo.

/// Most segments of a JPEG before the one that has its size.
const MOST_SEGMENTS: usize = 100;

/// Reads width and height of a picture in pixels. `read` gives at most so many bytes from an offset; none of a file that ends before, or
/// has no size.
pub fn picture_size(media_type: &str, read: &mut dyn FnMut(u64, u32) -> Vec<u8>) -> Option<(u32, u32)> {
    let size = match media_type {
        "image/png" => {
            let head = read(0, 24);
            let is_header = head.get(12..16)? == b"IHDR";
            is_header.then_some((big_endian(head.get(16..20)?), big_endian(head.get(20..24)?)))
        }
        "image/gif" => {
            let head = read(0, 10);
            let side = |at: usize| Some(u32::from(*head.get(at)?) | u32::from(*head.get(at + 1)?) << 8);
            Some((side(6)?, side(8)?))
        }
        "image/jpeg" => jpeg(read),
        _ => None,
    };
    size.filter(|(width, height)| *width > 0 && *height > 0)
}

/// Reads a JPEG from segment to segment (ITU-T T.81, annex B): the frame's header has the size, and a camera writes much before it.
fn jpeg(read: &mut dyn FnMut(u64, u32) -> Vec<u8>) -> Option<(u32, u32)> {
    let mut offset = 2;
    for _ in 0..MOST_SEGMENTS {
        let segment = read(offset, 9);
        let marker = match segment.get(..2)? {
            // Padding.
            [0xff, 0xff] => {
                offset += 1;
                continue;
            }
            [0xff, marker] => *marker,
            _ => return None,
        };
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return Some((big_endian(segment.get(7..9)?), big_endian(segment.get(5..7)?)));
        }
        // Neither has the scan of a picture begun, nor has the file ended.
        if matches!(marker, 0xd8..=0xda) {
            return None;
        }
        offset += 2 + u64::from(big_endian(segment.get(2..4)?));
    }
    None
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |all, byte| all << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(media_type: &str, file: &[u8]) -> Option<(u32, u32)> {
        picture_size(media_type, &mut |offset, length| {
            let from = usize::try_from(offset).unwrap().min(file.len());
            file[from..(from + length as usize).min(file.len())].to_vec()
        })
    }

    #[test]
    fn a_picture_says_its_size_in_each_format() {
        let png = [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..], &[0, 0, 1, 0x2c, 0, 0, 0, 0x64, 8, 6]].concat();
        let frame = [0xff, 0xc2, 0, 17, 8, 0, 0x50, 0x01, 0x40, 3];
        let camera = [&[0xff, 0xe1, 0x40, 0x00][..], &vec![0xff; 0x3ffe]].concat();
        for (media_type, file, expected) in [
            ("image/png", png.clone(), Some((300, 100))),
            ("image/png", png[..20].to_vec(), None),
            ("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIDAT\0\0\x01\x2c\0\0\0\x64".to_vec(), None),
            ("image/gif", b"GIF89a\x2c\x01\x64\0\x80".to_vec(), Some((300, 100))),
            ("image/gif", b"GIF89a\0\0\x64\0\x80".to_vec(), None),
            ("image/jpeg", [&[0xff, 0xd8][..], &frame].concat(), Some((320, 80))),
            ("image/jpeg", [&[0xff, 0xd8][..], &camera, &[0xff], &frame].concat(), Some((320, 80))),
            ("image/jpeg", [&[0xff, 0xd8][..], &[0xff, 0xc4, 0, 2], &[0xff, 0xda, 0, 2]].concat(), None),
            ("image/jpeg", [&[0xff, 0xd8][..], &[0xff, 0xe0, 0, 0].repeat(500)].concat(), None),
            ("image/webp", b"RIFF".to_vec(), None),
        ] {
            assert_eq!(size(media_type, &file), expected, "{media_type} of {} bytes", file.len());
        }
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_file_its_size_is_read_or_not(file in prop::collection::vec(any::<u8>(), 0..300)) {
            for media_type in ["image/png", "image/gif", "image/jpeg"] {
                let _ = size(media_type, &file);
            }
        }
    }
}
