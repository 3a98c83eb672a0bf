//! Text whose lines a program broke to join them again (format=flowed, RFC 3676).

/// Joins the lines that belong together. `deletes_space`: the space that marks the break is none of the text.
pub(super) fn joined(text: &str, deletes_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let content = line.get(depth..).unwrap_or_default();
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_delimiter = content == "-- ";
        let goes_on = open == Some(depth) && !is_delimiter;
        if !goes_on {
            if !out.is_empty() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        let is_flowed = content.ends_with(' ') && !is_delimiter;
        out.push_str(if is_flowed && deletes_space { content.trim_end_matches(' ') } else { content });
        open = is_flowed.then_some(depth);
    }
    if text.ends_with('\n') {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_within_their_depth() {
        let text = "One \ntwo\n\n> three \n> four \nfive\n>> six\n-- \nme\n from\n";
        assert_eq!(joined(text, false), "One two\n\n> three four \nfive\n>> six\n-- \nme\nfrom\n");
        assert_eq!(joined("日本 \n語\n", true), "日本語\n");
    }
}
