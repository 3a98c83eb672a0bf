//! Inline style: declarations of listed properties whose values can neither load nor escape anything.

/// Returns the declarations of `style` that have a listed property and a plain value, as `property:value;property:value`.
pub(super) fn allowed(style: &str, properties: &[&str]) -> String {
    let mut declarations = Vec::new();
    for declaration in style.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let (property, value) = (property.trim().to_ascii_lowercase(), without_priority(value.trim()));
        if properties.contains(&property.as_str()) && (is_plain(value) || is_rgb(value)) {
            declarations.push(format!("{property}:{value}"));
        }
    }
    declarations.join(";")
}

/// Removes `!important`: nothing here is more important than the page around it.
fn without_priority(value: &str) -> &str {
    match value.rsplit_once('!') {
        Some((before, priority)) if priority.trim().eq_ignore_ascii_case("important") => before.trim_end(),
        _ => value,
    }
}

/// True for a value without a function, an escape, a comment, an address or anything that could end the declaration.
fn is_plain(value: &str) -> bool {
    let is_closed = |quote: char| value.matches(quote).count().is_multiple_of(2);
    !value.contains(['(', ')', '\\', '<', '>', '@', '{', '}', '/', '*', ':', '&', '!'])
        && is_closed('"')
        && is_closed('\'')
        && !value.contains(char::is_control)
}

/// True for a colour written as `rgb(…)` or `rgba(…)`, the functions that mail programs write.
fn is_rgb(value: &str) -> bool {
    let Some((function, arguments)) = value.split_once('(') else { return false };
    let is_number = |c: char| c.is_ascii_digit() || " .,%".contains(c);
    ["rgb", "rgba"].iter().any(|name| function.eq_ignore_ascii_case(name))
        && arguments.strip_suffix(')').is_some_and(|arguments| arguments.chars().all(is_number))
}
