//! The company's colour where people can read it: on buttons and in links, in light and in dark (WCAG 2.2, 1.4.3).

/// The colour of a company that set none; what Gmail's dark mode makes of it is readable, too.
pub(in crate::domain::template) const DEFAULT_ACCENT: &str = "#0a58d6";
/// Contrast of words on their ground.
const READABLE: f64 = 4.5;
/// Grounds of links in dark mode: the card, the box in it, and what lies around them.
const DARK_GROUNDS: [&str; 3] = ["#1d2025", "#282c33", "#121417"];
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
    /// The colours that follow from the company's.
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

/// The colour as bright as its hue is, with as much white as makes it readable on every dark ground.
fn tint(rgb: [u8; 3]) -> String {
    let grounds = DARK_GROUNDS.map(|ground| parse(ground).unwrap_or(BLACK));
    let brightest = u32::from(rgb.into_iter().max().unwrap_or(0)).max(1);
    let bright = rgb.map(|c| (u32::from(c) * 255 / brightest) as u8);
    let mixed = |parts: u32| bright.map(|c| c + ((255 - u32::from(c)) * parts / 20) as u8);
    let readable = |colour: &[u8; 3]| grounds.iter().all(|ground| contrast(*colour, *ground) >= 5.0);
    let [r, g, b] = (0..20).map(mixed).find(readable).unwrap_or(WHITE);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// `#rrggbb`.
fn parse(colour: &str) -> Option<[u8; 3]> {
    let digits =
        colour.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let at = |from: usize| u8::from_str_radix(digits.get(from..from + 2)?, 16).ok();
    Some([at(0)?, at(2)?, at(4)?])
}

/// Contrast ratio of two colours, 1 to 21.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance of sRGB.
fn luminance([r, g, b]: [u8; 3]) -> f64 {
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
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
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 0.01);
        assert!((contrast(parse("#767676").unwrap(), WHITE) - 4.54).abs() < 0.01);
        assert!(contrast(parse(DEFAULT_ACCENT).unwrap(), WHITE) >= 6.0);
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
            for ground in DARK_GROUNDS {
                prop_assert!(contrast(of(&colours.tint), of(ground)) >= READABLE, "{colours:?} on {ground}");
            }
        }
    }
}
