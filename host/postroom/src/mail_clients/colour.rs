//! Colours: reading them, how well one can be read on another (WCAG 2.2, contrast ratio), and how Gmail turns them
//! round.

#![allow(clippy::float_arithmetic)] // colours are no amounts of money

/// A colour without transparency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub(super) [u8; 3]);

pub(super) const WHITE: Colour = Colour([255; 3]);
pub(super) const BLACK: Colour = Colour([0; 3]);

const NAMED: [(&str, [u8; 3]); 24] = [
    ("aqua", [0, 255, 255]),
    ("black", [0, 0, 0]),
    ("blue", [0, 0, 255]),
    ("brown", [165, 42, 42]),
    ("cyan", [0, 255, 255]),
    ("darkblue", [0, 0, 139]),
    ("darkgray", [169, 169, 169]),
    ("darkgreen", [0, 100, 0]),
    ("fuchsia", [255, 0, 255]),
    ("gray", [128, 128, 128]),
    ("green", [0, 128, 0]),
    ("grey", [128, 128, 128]),
    ("lightgray", [211, 211, 211]),
    ("lime", [0, 255, 0]),
    ("magenta", [255, 0, 255]),
    ("maroon", [128, 0, 0]),
    ("navy", [0, 0, 128]),
    ("olive", [128, 128, 0]),
    ("orange", [255, 165, 0]),
    ("purple", [128, 0, 128]),
    ("red", [255, 0, 0]),
    ("silver", [192, 192, 192]),
    ("teal", [0, 128, 128]),
    ("white", [255, 255, 255]),
];

impl Colour {
    /// Reads `#rgb`, `#rrggbb`, `rgb(…)` and common names. None for what is transparent or not known.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(digits) = text.strip_prefix('#') {
            let digit = |at: usize| digits.get(at..=at).and_then(|it| u8::from_str_radix(it, 16).ok());
            let part = |index: usize| match digits.len() {
                3 => digit(index).map(|it| it * 17),
                6 => Some(digit(index * 2)? * 16 + digit(index * 2 + 1)?),
                _ => None,
            };
            return Some(Self([part(0)?, part(1)?, part(2)?]));
        }
        if let Some(inside) = text.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')')) {
            let mut parts =
                inside.split([',', ' ']).filter(|part| !part.is_empty()).map(|part| part.trim().parse());
            return match (parts.next(), parts.next(), parts.next(), parts.next()) {
                (Some(Ok(red)), Some(Ok(green)), Some(Ok(blue)), None) => Some(Self([red, green, blue])),
                _ => None,
            };
        }
        NAMED.iter().find(|(name, _)| *name == text).map(|(_, parts)| Self(*parts))
    }

    /// Computes the contrast ratio of two colours, from 1 to 21.
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Returns the colour as Gmail's apps show it in dark mode, approximately: hue and saturation stay, the lightness `l` of HSL
    /// becomes `1 − 0.9·l`. White becomes #1a1a1a, black white, a dark blue a light one. What Gmail does is not published
    /// and differs between its apps; this is the worse of what is seen, since it turns every colour.
    pub(super) fn inverted(self) -> Self {
        let [red, green, blue] = self.0.map(|part| f64::from(part) / 255.0);
        let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
        let (lightness, chroma) = ((most + least) / 2.0, most - least);
        let turned = 0.1 + 0.9 * (1.0 - lightness);
        let room = 1.0 - (2.0 * lightness - 1.0).abs();
        let saturation = if room > 0.0 { chroma / room } else { 0.0 };
        let new_chroma = saturation * (1.0 - (2.0 * turned - 1.0).abs());
        let new_least = turned - new_chroma / 2.0;
        let part = |part: f64| {
            let within = if chroma > 0.0 { (part - least) / chroma } else { 0.0 };
            let value = ((new_least + within * new_chroma) * 255.0).round().clamp(0.0, 255.0);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 255
            let value = value as u8;
            value
        };
        Self([part(red), part(green), part(blue)])
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_compared_as_wcag_does() {
        let of = |text| Colour::read(text).expect("a colour");
        assert_eq!(of("#FFF"), WHITE);
        assert_eq!(of("rgb(10, 88, 214)"), of("#0a58d6"));
        assert_eq!(of("rgb(10 88 214)"), of("#0a58d6"));
        for none in
            ["", "#12", "#12345", "#ggg", "rgb(1,2)", "rgb(300,0,0)", "transparent", "inherit", "#é00"]
        {
            assert_eq!(Colour::read(none), None, "{none}");
        }
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.01);
        assert!((of("#777").contrast(WHITE) - 4.48).abs() < 0.01);
    }

    #[test]
    fn gmail_turns_lightness_round_and_leaves_the_hue() {
        for (from, to) in [("#ffffff", "#1a1a1a"), ("#000000", "#ffffff"), ("#808080", "#8c8c8c")] {
            assert_eq!(Colour::read(from).expect("a colour").inverted().to_string(), to);
        }
        let contrast = |text| Colour::read(text).expect("a colour").inverted().contrast(WHITE.inverted());
        assert!(contrast("#0a58d6") > 4.5, "{}", contrast("#0a58d6"));
        assert!(contrast("#0b5fff") < 3.7, "{}", contrast("#0b5fff"));
    }
}
