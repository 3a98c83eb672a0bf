//! The company's colour where people can read it: on buttons and in links, in light and in dark (WCAG 2.2, 1.4.3).

/// The colour of a company that set none; what Gmail's dark mode makes of it is readable, too.
pub(in crate::domain::template) const DEFAULT_ACCENT: &str = "#0a58d6";
/// Contrast of words on their ground, in hundredths.
const READABLE: u64 = 450;
/// The lightest ground of links in dark mode: the box in the card.
const DARK_BOX: [u8; 3] = [0x28, 0x2c, 0x33];
/// The lightest ground of links, but for white: the box in the card.
const BOX: [u8; 3] = [0xf5, 0xf7, 0xf9];
const WHITE: [u8; 3] = [255; 3];
const BLACK: [u8; 3] = [0; 3];

/// The colours of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Colours {
    /// The edge of the card, and the button.
    pub(super) accent: String,
    /// Words on the button.
    pub(super) on_accent: &'static str,
    /// Links on white.
    pub(super) link: String,
    /// Links in dark mode.
    pub(super) tint: String,
}

impl Colours {
    /// Derives the colours that follow from the company's.
    pub(super) fn of(accent: &str) -> Self {
        let (accent, rgb) = match parse(accent) {
            Some(rgb) => (accent, rgb),
            None => (DEFAULT_ACCENT, parse(DEFAULT_ACCENT).unwrap_or(BLACK)),
        };
        let carries_white = contrast(rgb, WHITE) >= READABLE;
        let link = if contrast(rgb, BOX) >= READABLE { accent } else { DEFAULT_ACCENT };
        Self {
            accent: accent.to_owned(),
            // Whatever does not carry white carries black.
            on_accent: if carries_white { "#ffffff" } else { "#000000" },
            link: link.to_owned(),
            tint: tint(rgb),
        }
    }
}

/// Returns the colour as bright as its hue is, with as much white as makes it readable on dark grounds.
fn tint(rgb: [u8; 3]) -> String {
    let brightest = u32::from(rgb.into_iter().max().unwrap_or(0)).max(1);
    let bright = rgb.map(|c| (u32::from(c) * 255 / brightest) as u8);
    let mixed = |parts: u32| bright.map(|c| c + ((255 - u32::from(c)) * parts / 20) as u8);
    let readable = |colour: &[u8; 3]| contrast(*colour, DARK_BOX) >= READABLE + 50;
    let [r, g, b] = (0..20).map(mixed).find(readable).unwrap_or(WHITE);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Reads `#rrggbb`.
fn parse(colour: &str) -> Option<[u8; 3]> {
    let digits =
        colour.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let at = |from: usize| u8::from_str_radix(digits.get(from..from + 2)?, 16).ok();
    Some([at(0)?, at(2)?, at(4)?])
}

/// Computes the contrast ratio of two colours in hundredths, 100 to 2100. In whole numbers: equal on every machine.
fn contrast(one: [u8; 3], other: [u8; 3]) -> u64 {
    // A twentieth, of light that is scattered.
    let (a, b) = (luminance(one) + ONE / 20, luminance(other) + ONE / 20);
    a.max(b) * 100 / a.min(b)
}

/// One, in units of 2⁻³⁰.
const ONE: u64 = 1 << 30;

/// Computes the relative luminance of sRGB, up to [`ONE`].
fn luminance([r, g, b]: [u8; 3]) -> u64 {
    (2126 * linear(r) + 7152 * linear(g) + 722 * linear(b)) / 10_000
}

/// Returns how much light a channel gives: ((c/255 + 0.055) / 1.055)^2.4, the darkest in proportion.
fn linear(channel: u8) -> u64 {
    let c = u64::from(channel);
    if c <= 10 {
        return c * ONE * 10 / 32_946;
    }
    let x = (c * 1_000 + 14_025) * ONE / 269_025;
    let square = (x * x) >> 30;
    // x^2.4 is the square and the fifth root of it, which is found bit by bit in units of 2⁻¹².
    let root = (0..=12).rev().fold(0u64, |root, bit| {
        let more = root | 1 << bit;
        if more.pow(5) <= square << 30 { more } else { root }
    });
    (square * root) >> 12
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_colour_is_used_as_far_as_it_can_be_read() {
        for (accent, button, words, link) in [
            ("#1f4e79", "#1f4e79", "#ffffff", "#1f4e79"),
            ("#AA0033", "#AA0033", "#ffffff", "#AA0033"),
            ("#ffcc00", "#ffcc00", "#000000", DEFAULT_ACCENT),
            ("#ffffff", "#ffffff", "#000000", DEFAULT_ACCENT),
            ("#000000", "#000000", "#ffffff", "#000000"),
            ("red;}</style>", DEFAULT_ACCENT, "#ffffff", DEFAULT_ACCENT),
            ("#12345é", DEFAULT_ACCENT, "#ffffff", DEFAULT_ACCENT),
            ("", DEFAULT_ACCENT, "#ffffff", DEFAULT_ACCENT),
        ] {
            let colours = Colours::of(accent);
            assert_eq!(
                (colours.accent.as_str(), colours.on_accent, colours.link.as_str()),
                (button, words, link)
            );
        }
    }

    #[test]
    fn contrast_is_as_wcag_defines_it() {
        for (colour, ground, expected) in [
            ("#000000", "#ffffff", 2100),
            ("#767676", "#ffffff", 454),
            ("#0a58d6", "#ffffff", 621),
            ("#ffffff", "#ffffff", 100),
            ("#0a0a0a", "#000000", 106),
            ("#b42318", "#f5f7f9", 612),
            ("#ff8a80", "#282c33", 613),
        ] {
            let found = contrast(parse(colour).unwrap(), parse(ground).unwrap());
            assert!(found.abs_diff(expected) <= 1, "{colour} on {ground}: {found}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_colour_words_and_links_can_be_read(rgb in any::<[u8; 3]>()) {
            let [r, g, b] = rgb;
            let colours = Colours::of(&format!("#{r:02x}{g:02x}{b:02x}"));
            let of = |colour: &str| parse(colour).unwrap();
            prop_assert!(contrast(of(colours.on_accent), of(&colours.accent)) >= READABLE, "{colours:?}");
            prop_assert!(contrast(of(&colours.link), WHITE) >= READABLE, "{colours:?}");
            prop_assert!(contrast(of(&colours.link), BOX) >= READABLE, "{colours:?}");
            for ground in ["#1d2025", "#282c33", "#121417"] {
                prop_assert!(contrast(of(&colours.tint), of(ground)) >= READABLE, "{colours:?} on {ground}");
            }
        }
    }
}
