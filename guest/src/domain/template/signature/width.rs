//! How wide a signature may be. A banner or a table as wide as a desktop's window would make the whole mail scroll sideways on a telephone: no
//! element is wider than the card, and pictures and tables shrink with it.

use crate::domain::html::Attributes;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

/// Widest that anything may be, in pixels: the card less its padding.
const WIDEST: u32 = 520;

/// Bounds the widths in an element's attributes and style.
pub(super) fn bound(tag: &str, attributes: &mut Attributes) {
    let pixels = |value: &str| pixels(value).map(|width| width.min(WIDEST));
    let attribute = attributes.iter().find(|(name, _)| *name == "width").and_then(|(_, value)| pixels(value));
    let is_too_wide = attributes.iter().any(|(name, value)| *name == "width" && is_wider(value));
    if is_too_wide {
        // A picture of another width would be shown out of proportion at its old height.
        attributes.retain(|(name, _)| !(*name == "height" && tag == "img"));
        for (_, value) in attributes.iter_mut().filter(|(name, _)| *name == "width") {
            *value = if tag == "img" { WIDEST.to_string() } else { "100%".to_owned() };
        }
    }
    let style = attributes.iter().find(|(name, _)| *name == "style").map(|(_, value)| value.clone());
    let mut declarations: Vec<String> =
        style.iter().flat_map(|s| s.split(';')).filter(|d| !d.is_empty()).map(str::to_owned).collect();
    // What must not break makes a mail wider than a telephone.
    declarations.retain(|declaration| {
        let value = declaration.strip_prefix("white-space:");
        value.is_none_or(|value| value.to_ascii_lowercase().starts_with("pre-"))
    });
    let value_of = |property: &str| {
        let found = declarations.iter().rev().find_map(|d| d.strip_prefix(property)?.strip_prefix(':'));
        found.map(str::to_owned)
    };
    let (width, most) = (value_of("width"), value_of("max-width"));
    let is = |declaration: &str, property: &str| {
        declaration.strip_prefix(property).is_some_and(|rest| rest.starts_with(':'))
    };
    match tag {
        "img" => {
            let height = value_of("height");
            declarations.retain(|d| !["width", "max-width", "height"].iter().any(|property| is(d, property)));
            let width = width.as_deref().and_then(|width| match is_share(width) {
                true => Some(width.to_owned()),
                false => pixels(width).map(|width| format!("{width}px")),
            });
            declarations.extend(width.map(|width| format!("width:{width}")));
            declarations.push("max-width:100%".to_owned());
            // A height alone sizes a picture, too.
            let alone =
                height.filter(|_| attribute.is_none() && !attributes.iter().any(|(n, _)| *n == "width"));
            let alone = alone.filter(|_| !declarations.iter().any(|d| is(d, "width")));
            declarations.push(format!("height:{}", alone.as_deref().unwrap_or("auto")));
        }
        "table" | "div" => {
            let widths = [width.as_deref().and_then(pixels), most.as_deref().and_then(pixels), attribute];
            if let Some(least) = widths.into_iter().flatten().min() {
                declarations.retain(|d| !is(d, "width") && !is(d, "max-width"));
                declarations.push("width:100%".to_owned());
                declarations.push(format!("max-width:{least}px"));
            } else if width.as_deref().is_some_and(|width| !is_share(width)) {
                declarations.retain(|d| !is(d, "width"));
            }
        }
        _ => {
            declarations.retain(|d| {
                let bounded = |property| d.strip_prefix(property).and_then(|rest| rest.strip_prefix(':'));
                let width = bounded("width").or_else(|| bounded("max-width"));
                width.is_none_or(|width| {
                    is_share(width) || (self::pixels(width).is_some() && !is_wider(width))
                })
            });
        }
    }
    let style = declarations.join(";");
    match attributes.iter_mut().find(|(name, _)| *name == "style") {
        Some((_, value)) => *value = style,
        None if style.is_empty() => {}
        None => attributes.push(("style", style)),
    }
    attributes.retain(|(name, value)| !(*name == "style" && value.is_empty()));
}

/// True for a part of what there is, which fits whatever there is.
fn is_share(value: &str) -> bool {
    let share = value.trim().strip_suffix('%').and_then(|number| number.trim().parse::<Decimal>().ok());
    share.is_some_and(|share| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&share))
}

fn is_wider(value: &str) -> bool {
    match pixels(value) {
        Some(width) => width > WIDEST,
        None => !is_share(value) && value.chars().any(|c| c.is_ascii_digit()),
    }
}

/// Reads a length in pixels, of those units that mail programs write; none for another, and for a share.
fn pixels(value: &str) -> Option<u32> {
    let value = value.trim().to_ascii_lowercase();
    let end = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
    let (number, unit) = value.split_at(end);
    // So many pixels are so many of the unit.
    let (pixels, units) = match unit.trim() {
        "" | "px" => (1, 1),
        "pt" => (4, 3),
        "in" => (96, 1),
        "cm" => (9_600, 254),
        "mm" => (960, 254),
        "em" | "rem" => (16, 1),
        _ => return None,
    };
    let number: Decimal = number.parse().ok()?;
    let length = number.checked_mul(Decimal::from(pixels))?.checked_div(Decimal::from(units))?;
    Some(length.round().to_u32().unwrap_or(u32::MAX))
}
