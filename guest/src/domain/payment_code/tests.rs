//! What a banking app would read, and which transfers get no code at all.

use super::*;

fn euros(amount: &str) -> Money {
    Money { amount: amount.parse().unwrap(), currency: Currency::EUR }
}

fn transfer() -> Transfer<'static> {
    Transfer {
        name: "Atelier Nord BV",
        account: "BE71 0961 2345 6769",
        bic: Some("GKCCBEBB"),
        amount: euros("17828.63"),
        reference: "+++120/2600/41743+++",
    }
}

#[test]
fn a_transfer_is_written_field_by_field() {
    let words = "BCD\n002\n1\nSCT\nGKCCBEBB\nAtelier Nord BV\nBE71096123456769\nEUR17828.63\n\n\n+++120/2600/41743+++";
    assert_eq!(transfer().payload().as_deref(), Some(words));
    let structured =
        Transfer { reference: "RF18 5390 0754 7034", bic: None, amount: euros("5"), ..transfer() };
    let words = "BCD\n002\n1\nSCT\n\nAtelier Nord BV\nBE71096123456769\nEUR5.00\n\nRF18539007547034";
    assert_eq!(structured.payload().as_deref(), Some(words));
    let bare = Transfer { reference: " ", bic: Some("no bic"), amount: euros("0.10"), ..transfer() };
    let words = "BCD\n002\n1\nSCT\n\nAtelier Nord BV\nBE71096123456769\nEUR0.10";
    assert_eq!(bare.payload().as_deref(), Some(words));
}

#[test]
fn nothing_that_a_stranger_wrote_moves_to_another_field() {
    let hostile = Transfer {
        name: "Eve\nBE68539007547034\r\nEUR1.00",
        reference: "1\n\nDE89370400440532013000\u{85}x",
        ..transfer()
    };
    let payload = hostile.payload().unwrap();
    let fields: Vec<_> = payload.split('\n').collect();
    assert_eq!(fields.len(), 11, "{payload}");
    assert_eq!((fields[5], fields[6]), ("Eve BE68539007547034 EUR1.00", "BE71096123456769"));
    assert_eq!(fields[10], "1 DE89370400440532013000 x");
    let long = "é".repeat(100);
    let payload = Transfer { name: &long, ..transfer() }.payload().unwrap();
    assert_eq!(payload.split('\n').nth(5).unwrap().chars().count(), 70);
}

#[test]
fn a_transfer_that_no_code_can_hold_has_none() {
    let long = "x".repeat(141);
    let dollars = Money { currency: Currency::parse("USD").unwrap(), ..euros("1") };
    for (why, transfer) in [
        ("a wrong digit", Transfer { account: "BE71 0961 2345 6768", ..transfer() }),
        ("no IBAN", Transfer { account: "12345678", ..transfer() }),
        ("not euros", Transfer { amount: dollars, ..transfer() }),
        ("nothing", Transfer { amount: euros("0"), ..transfer() }),
        ("below nothing", Transfer { amount: euros("-5"), ..transfer() }),
        ("half a cent", Transfer { amount: euros("0.005"), ..transfer() }),
        ("too much", Transfer { amount: euros("1000000000"), ..transfer() }),
        ("beyond counting", Transfer { amount: euros("79228162514264337593543950335"), ..transfer() }),
        ("nobody", Transfer { name: " \n", ..transfer() }),
        ("a reference that would be cut", Transfer { reference: &long, ..transfer() }),
    ] {
        assert_eq!(transfer.payload(), None, "{why}");
        assert_eq!(transfer.png(), None, "{why}");
    }
    assert!(Transfer { amount: euros("999999999.99"), ..transfer() }.png().is_some());
}

#[test]
fn the_longest_transfer_has_a_code() {
    let (name, reference) = ("N".repeat(70), "é".repeat(80));
    let longest = Transfer {
        name: &name,
        reference: &reference,
        account: "MT84MALT011000012345MTLCAST001S",
        amount: euros("999999999.99"),
        ..transfer()
    };
    assert!(longest.payload().unwrap().len() <= 331);
    assert!(longest.png().is_some());
}

#[test]
fn the_picture_is_small_and_the_same_every_time() {
    let png = transfer().png().unwrap();
    assert!(png.len() < 2_000, "{} bytes", png.len());
    assert_eq!(png, transfer().png().unwrap());
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    let side = u32::from_be_bytes(png[16..20].try_into().unwrap());
    assert_eq!(side % 4, 0);
    assert_eq!(png[20..24], side.to_be_bytes());
}

/// The rows of squares of a picture, read by a decoder of deflate's fixed codes.
mod read {
    /// Inflates one block of fixed codes.
    pub(super) fn inflated(zlib: &[u8]) -> Vec<u8> {
        let mut at = 16;
        let mut bits = |count: usize| {
            let value = (0..count).fold(0usize, |v, i| {
                let place = at + i;
                v | usize::from(zlib[place / 8] >> (place % 8) & 1) << i
            });
            at += count;
            value
        };
        assert_eq!(bits(3), 0b011);
        let lengths = [
            3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
            163, 195, 227, 258,
        ];
        let extra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
        let mut out: Vec<u8> = Vec::new();
        loop {
            let mut code = (0..7).fold(0, |c, _| c << 1 | bits(1));
            let symbol = match code {
                0..=0x17 => 256 + code,
                _ => {
                    code = code << 1 | bits(1);
                    match code {
                        0x30..=0xbf => code - 0x30,
                        0xc0..=0xc7 => 280 + code - 0xc0,
                        _ => 144 + (code << 1 | bits(1)) - 0x190,
                    }
                }
            };
            match symbol {
                0..=255 => out.push(symbol as u8),
                256 => return out,
                _ => {
                    let length = lengths[symbol - 257] + bits(extra[symbol - 257]);
                    assert_eq!(bits(5), 0, "distance one");
                    let last = *out.last().unwrap();
                    out.extend(std::iter::repeat_n(last, length));
                }
            }
        }
    }
}

#[test]
fn the_picture_shows_the_squares() {
    for (side, scale) in [(1, 1), (5, 1), (29, 4), (77, 4), (9, 30)] {
        let dark = |x: usize, y: usize| (x * 7 + y * 3) % 5 < 2;
        let png = png::black_and_white(side, scale, dark);
        let length = u32::from_be_bytes(png[33..37].try_into().unwrap()) as usize;
        let rows = read::inflated(&png[41..41 + length]);
        let row_bytes = (side * scale).div_ceil(8) + 1;
        assert_eq!(rows.len(), row_bytes * side * scale, "{side} × {scale}");
        let mut above = vec![0; row_bytes - 1];
        for (y, row) in rows.chunks(row_bytes).enumerate() {
            let pixels: Vec<u8> = match row[0] {
                0 => row[1..].to_vec(),
                2 => row[1..].iter().zip(&above).map(|(byte, above)| byte.wrapping_add(*above)).collect(),
                filter => panic!("filter {filter}"),
            };
            for x in 0..side * scale {
                let is_dark = pixels[x / 8] >> (7 - x % 8) & 1 == 0;
                assert_eq!(is_dark, dark(x / scale, y / scale), "{side} × {scale}: {x}, {y}");
            }
            above = pixels;
        }
    }
}
