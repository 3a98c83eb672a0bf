//! A PNG of squares in black and white (PNG 3rd edition, RFC 1950, RFC 1951).
//!
//! One kind of picture needs no library: a row of squares is written once and repeated by the filter "as above", whose zeros
//! deflate writes as one match. That is a third of a library's size, and smaller than bytes stored as they are.

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Longest match of deflate.
const MATCH: usize = 258;

/// Draws a picture of `side` × `side` squares of `scale` × `scale` pixels each.
pub(super) fn black_and_white(side: usize, scale: usize, dark: impl Fn(usize, usize) -> bool) -> Vec<u8> {
    let pixels = side * scale;
    let mut rows = Vec::with_capacity(pixels * (pixels / 8 + 2));
    for y in 0..side {
        // Filter 0: the row as it is.
        rows.push(0);
        for byte in 0..pixels.div_ceil(8) {
            let light = |bit: usize| {
                let x = (byte * 8 + bit) / scale;
                x >= side || !dark(x, y)
            };
            rows.push((0..8).fold(0, |all, bit| all << 1 | u8::from(light(bit))));
        }
        for _ in 1..scale {
            // Filter 2: the difference from the row above, which is none.
            rows.push(2);
            rows.extend(std::iter::repeat_n(0, pixels.div_ceil(8)));
        }
    }
    let size = u32::try_from(pixels).unwrap_or_default().to_be_bytes();
    // One bit a pixel, grey, no interlace.
    let header = [&size[..], &size[..], &[1, 0, 0, 0, 0]].concat();
    let mut png = SIGNATURE.to_vec();
    push_chunk(&mut png, *b"IHDR", &header);
    push_chunk(&mut png, *b"IDAT", &zlib(&rows));
    push_chunk(&mut png, *b"IEND", &[]);
    png
}

fn push_chunk(png: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let checked = [&name[..], data].concat();
    png.extend(u32::try_from(data.len()).unwrap_or_default().to_be_bytes());
    png.extend(&checked);
    png.extend(crc32(&checked).to_be_bytes());
}

/// Compresses into one block of deflate with its fixed codes; runs of a byte are a literal and matches of distance one.
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut out = Bits { bytes: vec![0x78, 0x01], pending: 0, count: 0 };
    // The last block, fixed codes.
    out.push(0b011, 3);
    let mut rest = data;
    while let Some((&byte, after)) = rest.split_first() {
        out.literal(byte);
        let run = after.iter().take_while(|next| **next == byte).count();
        let mut left = run;
        while left >= 3 {
            // So that no one or two are left that would need literals.
            let length = if left > MATCH && left < MATCH + 3 { MATCH - 3 } else { left.min(MATCH) };
            out.repeat(length);
            left -= length;
        }
        rest = &after[run - left..];
    }
    out.code(0, 7);
    let mut bytes = out.finish();
    bytes.extend(adler32(data).to_be_bytes());
    bytes
}

struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    /// Appends bits of a number, the lowest first.
    fn push(&mut self, bits: u32, count: u32) {
        self.pending |= bits << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(self.pending.to_le_bytes()[0]);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    /// Appends bits of a code, the highest first.
    fn code(&mut self, code: u32, count: u32) {
        self.push(code.reverse_bits() >> (32 - count), count);
    }

    fn literal(&mut self, byte: u8) {
        match byte {
            0..=143 => self.code(0x30 + u32::from(byte), 8),
            _ => self.code(0x190 + u32::from(byte) - 144, 9),
        }
    }

    /// Repeats the last byte `length` times, 3 to 258.
    fn repeat(&mut self, length: usize) {
        /// Shortest length of each code from 257, and how many bits select one.
        const LENGTHS: [(usize, u32); 29] = [
            (3, 0),
            (4, 0),
            (5, 0),
            (6, 0),
            (7, 0),
            (8, 0),
            (9, 0),
            (10, 0),
            (11, 1),
            (13, 1),
            (15, 1),
            (17, 1),
            (19, 2),
            (23, 2),
            (27, 2),
            (31, 2),
            (35, 3),
            (43, 3),
            (51, 3),
            (59, 3),
            (67, 4),
            (83, 4),
            (99, 4),
            (115, 4),
            (131, 5),
            (163, 5),
            (195, 5),
            (227, 5),
            (258, 0),
        ];
        let at = LENGTHS.iter().rposition(|(least, _)| *least <= length).unwrap_or_default();
        let (least, bits) = LENGTHS[at];
        let symbol = 257 + u32::try_from(at).unwrap_or_default();
        match symbol {
            ..=279 => self.code(symbol - 256, 7),
            _ => self.code(0xc0 + symbol - 280, 8),
        }
        self.push(u32::try_from(length - least).unwrap_or_default(), bits);
        // Distance one.
        self.code(0, 5);
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.push(0, 8 - self.count);
        }
        self.bytes
    }
}

fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}
