//! How large what a stranger's HTML draws may be, and where: nothing is moved out of its place, over the page around the message or over
//! other words of it, and nothing is so large that the rest can't be found.

/// Thousandths of a pixel in a font's usual size, and so in one `em`.
const FONT: i64 = 16_000;
/// Units of length, in thousandths of a pixel. A unit that is not here is refused.
const UNITS: &[(&str, i64)] = &[
    ("px", 1_000),
    ("pt", 1_333),
    ("pc", 16_000),
    ("in", 96_000),
    ("cm", 38_000),
    ("mm", 3_800),
    ("em", FONT),
    ("rem", FONT),
    ("ex", 8_000),
    ("ch", 8_000),
];
/// What is read of a number that is beyond all bounds, or none.
const HUGE: i64 = i64::MAX / 2;
/// Thousandths of a number in one.
const ONE: i64 = 1_000;

/// Returns the most pixels that a property of a style may name; none where a number in it is no size.
fn most_pixels(property: &str) -> Option<i64> {
    Some(match property {
        "width" | "max-width" | "min-width" | "height" | "max-height" => 2_000,
        "font" | "font-size" => 200,
        "line-height" => 320,
        "letter-spacing" | "word-spacing" => 100,
        "vertical-align" => 50,
        "border" | "border-spacing" => 200,
        "text-indent" => 500,
        name if name.starts_with("margin") || name.starts_with("padding") => 500,
        name if name.starts_with("border-") && !name.ends_with("color") && name != "border-radius" => 200,
        _ => return None,
    })
}

/// Returns a style without the declarations whose sizes are out of bounds.
pub(super) fn bounded_style(style: &str) -> String {
    let is_bounded = |declaration: &&str| {
        declaration.split_once(':').is_some_and(|(property, value)| is_bounded(property, value))
    };
    style.split(';').filter(is_bounded).collect::<Vec<_>>().join(";")
}

fn is_bounded(property: &str, value: &str) -> bool {
    let Some(most) = most_pixels(property) else { return true };
    value.split([' ', ',']).all(|word| {
        let Some((number, unit)) = number(word) else { return true };
        let is_of_font = matches!(property, "font" | "font-size" | "line-height");
        let one = match unit.to_ascii_lowercase().as_str() {
            // The weight of a font.
            "" if property == "font" => return number <= 1_000 * ONE,
            "" if property == "line-height" => FONT,
            "" => 1_000,
            "%" if is_of_font => 160,
            "%" => 10 * most,
            unit => match UNITS.iter().find(|(name, _)| *name == unit) {
                Some((_, one)) => *one,
                None => return false,
            },
        };
        let (size, most) = (number.saturating_mul(one), most * 1_000 * ONE);
        // A letter that stands a little lower is usual; all else that is negative moves over its neighbours.
        size <= most && (number >= 0 || property == "vertical-align" && size >= -most)
    })
}

/// Returns true for an attribute that names no size, or one within bounds.
pub(super) fn is_bounded_attribute(name: &str, value: &str) -> bool {
    let most = match name {
        "width" | "height" => 2_000,
        "border" | "cellpadding" | "cellspacing" | "size" => 200,
        "colspan" | "rowspan" => 1_000,
        _ => return true,
    };
    match number(value.trim_start()) {
        Some((number, unit)) if unit.starts_with('%') => (0..=100 * ONE).contains(&number),
        Some((number, _)) => number <= most * ONE && (number >= 0 || name == "size"),
        None => true,
    }
}

/// Splits a number, in thousandths, from its unit; none where there is no number.
fn number(word: &str) -> Option<(i64, &str)> {
    let digits = word.trim_start_matches(['+', '-']);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let signs = word.len() - digits.len();
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    // An exponent is a part of the number. Mail programs write none: such a size is refused.
    let has_exponent = digits.get(end..).is_some_and(|unit| {
        let mut unit = unit.chars();
        unit.next().is_some_and(|e| e.eq_ignore_ascii_case(&'e'))
            && unit.next().is_some_and(|c| c.is_ascii_digit() || c == '-' || c == '+')
    });
    let (written, unit) = digits.split_at_checked(end)?;
    let (whole, fraction) = written.split_once('.').unwrap_or((written, ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    let thousandths = [whole, &fraction].concat().parse::<u32>();
    let number = thousandths.map_or(HUGE, i64::from);
    let number = if has_exponent { HUGE } else { number };
    Some((if word.get(..signs)?.contains('-') { -number } else { number }, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_within_bounds_stay() {
        for style in [
            "margin:0 auto",
            "margin:0cm 0cm 10.0pt",
            "padding:10px 20px;width:100%;max-width:600px",
            "font:bold 12px Arial, sans-serif",
            "font:700 1.2em -apple-system",
            "font-size:14.0pt;line-height:1.5",
            "line-height:150%",
            "vertical-align:-2px",
            "vertical-align:middle",
            "border:solid #E1E1E1 1.0pt",
            "border-radius:9999px",
            "border-color:rgb(1, 2, 3);color:#fff",
            "font-weight:700",
        ] {
            assert_eq!(bounded_style(style), style);
        }
        for (name, value) in
            [("width", "600"), ("width", "100%"), ("height", "1"), ("size", "-1"), ("dir", "9999")]
        {
            assert!(is_bounded_attribute(name, value), "{name}={value}");
        }
    }

    #[test]
    fn nothing_is_moved_out_of_its_place_or_made_huge() {
        for style in [
            "margin-top:-500px",
            "margin:0 0 0 -9999em",
            "margin:0,-1px",
            "margin-left:--1px",
            "margin-left:-.5em",
            "text-indent:-9999px",
            "letter-spacing:-1em",
            "word-spacing:-5px",
            "vertical-align:-400px",
            "vertical-align:400px",
            "width:99999px",
            "width:1e9px",
            "width:1E+9px",
            "width:101%",
            "height:300vh",
            "max-height:1000in",
            "font-size:5000pt",
            "font-size:9999999",
            "font:bold 900px Arial",
            "line-height:900",
            "line-height:4000px",
            "padding-top:99999px",
            "border:solid 9999px",
            "border-top-width:9999px",
            "border-spacing:9999px",
            "margin:1.2.3px",
        ] {
            assert_eq!(bounded_style(&format!("color:red;{style}")), "color:red", "{style}");
        }
        for (name, value) in [
            ("width", "99999"),
            ("width", " 99999x"),
            ("height", "101%"),
            ("height", "-5"),
            ("border", "5000"),
            ("colspan", "65000"),
            ("cellspacing", "1e9"),
        ] {
            assert!(!is_bounded_attribute(name, value), "{name}={value}");
        }
    }
}
