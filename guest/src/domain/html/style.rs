//! Inline style: declarations of listed properties whose values can neither load nor escape anything.

/// Returns the declarations of `style` that have a listed property and a plain value, as `property:value;property:value`.
pub(super) fn allowed(style: &str, properties: &[&str]) -> String {
    let mut declarations = Vec::new();
    for declaration in style.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let (property, value) = (property.trim().to_ascii_lowercase(), value.trim());
        if properties.contains(&property.as_str()) && (is_plain(value) || is_rgb(value)) {
            declarations.push(format!("{property}:{value}"));
        }
    }
    declarations.join(";")
}

/// True for a value without a function, an escape, a comment, an address or anything that could end the declaration.
fn is_plain(value: &str) -> bool {
    !value.contains(['(', ')', '\\', '<', '>', '@', '{', '}', '/', '*', ':', '&'])
}

/// True for a colour written as `rgb(…)`, the one function that mail programs write.
fn is_rgb(value: &str) -> bool {
    const FUNCTION: &str = "rgb(";
    let arguments = value.get(FUNCTION.len()..);
    value.get(..FUNCTION.len()).is_some_and(|f| f.eq_ignore_ascii_case(FUNCTION))
        && arguments.is_some_and(|rest| !rest.contains(['\\', '<', ':', '@', '/', '&']))
}
