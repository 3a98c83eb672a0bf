//! A source file as the checks read it: code, comments and string literals apart, each with its line. A check of names must
//! not stumble over the words of a mail, nor a check of prose over code.

/// What a stretch of a source file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    Comment,
    Literal,
}

/// A stretch of one kind, on one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) line: usize,
    pub(super) kind: Kind,
    pub(super) text: &'a str,
}

/// Splits Rust into parts: line and nested block comments, strings, raw strings and characters.
pub(super) fn rust_parts(source: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut line = 1;
    let mut rest = source;
    while !rest.is_empty() {
        let (kind, length) = next_part(rest, source.len() - rest.len(), source);
        let (text, after) = rest.split_at(length);
        for (number, text) in text.split('\n').enumerate() {
            if !text.is_empty() {
                parts.push(Part { line: line + number, kind, text });
            }
        }
        line += text.matches('\n').count();
        rest = after;
    }
    parts
}

/// Splits a text whose only comments begin with `mark` and end with their line (WIT, SQL). Literals count as code.
pub(super) fn line_comment_parts<'a>(source: &'a str, mark: &str) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (number, text) in source.lines().enumerate() {
        let (code, comment) = text.split_at(text.find(mark).unwrap_or(text.len()));
        for (kind, text) in [(Kind::Code, code), (Kind::Comment, comment)] {
            if !text.is_empty() {
                parts.push(Part { line: number + 1, kind, text });
            }
        }
    }
    parts
}

/// How a script's language writes comments and strings.
pub(super) struct Script {
    comment: &'static str,
    /// Longer quotes first.
    quotes: &'static [&'static str],
}

pub(super) const PYTHON: Script = Script { comment: "#", quotes: &["\"\"\"", "'''", "\"", "'"] };
pub(super) const JAVASCRIPT: Script = Script { comment: "//", quotes: &["\"", "'", "`"] };

/// Splits a script. A string in simple quotes ends with its line at the latest; block comments are those of C.
pub(super) fn script_parts<'a>(source: &'a str, language: &Script) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let (mut line, mut rest) = (1, source);
    while !rest.is_empty() {
        let quote = language.quotes.iter().find(|quote| rest.starts_with(**quote));
        let (kind, length) = if rest.starts_with(language.comment) {
            (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (Kind::Comment, rest.find("*/").map_or(rest.len(), |end| end + 2))
        } else if let Some(quote) = quote {
            (Kind::Literal, script_string(rest, quote))
        } else {
            let ends = |at: usize| {
                let next = &rest[at..];
                let quote = language.quotes.iter().any(|quote| next.starts_with(*quote));
                quote || next.starts_with(language.comment) || next.starts_with("/*")
            };
            let end = rest.char_indices().skip(1).map(|(at, _)| at).find(|at| ends(*at));
            (Kind::Code, end.unwrap_or(rest.len()))
        };
        let (text, after) = rest.split_at(length);
        let pieces = text.split('\n').enumerate().filter(|(_, text)| !text.is_empty());
        parts.extend(pieces.map(|(number, text)| Part { line: line + number, kind, text }));
        line += text.matches('\n').count();
        rest = after;
    }
    parts
}

fn script_string(rest: &str, quote: &str) -> usize {
    let over_lines = quote.len() > 1 || quote == "`";
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(quote.len()) {
        match c {
            '\n' if !over_lines => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if rest[at..].starts_with(quote) => return at + quote.len(),
            _ => {}
        }
    }
    rest.len()
}

/// Gives what stands between backticks on one line.
pub(super) fn in_backticks(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Gives the identifiers of code with the byte that each begins at, `-` counted as a letter where the language does so.
pub(super) fn identifiers(code: &str, with_hyphen: bool) -> impl Iterator<Item = (usize, &str)> {
    let is_letter = move |c: char| c.is_alphanumeric() || c == '_' || (with_hyphen && c == '-');
    let mut next = 0;
    code.split(move |c: char| !is_letter(c))
        .map(move |word| {
            let at = code[next..].find(word).map_or(next, |found| next + found);
            next = at + word.len();
            (at + (word.len() - word.trim_start_matches('-').len()), word.trim_matches('-'))
        })
        .filter(|(_, word)| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

fn next_part(rest: &str, at: usize, source: &str) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment(rest));
    }
    if let Some(length) = literal(rest, at, source) {
        return (Kind::Literal, length);
    }
    let first = rest.chars().next().map_or(1, char::len_utf8);
    let mut length = first;
    for (offset, c) in rest.char_indices().skip(1) {
        if matches!(c, '/' | '"' | '\'')
            || (matches!(c, 'r' | 'b' | 'c') && !inside_word(source, at + offset))
        {
            break;
        }
        length = offset + c.len_utf8();
    }
    (Kind::Code, length)
}

fn inside_word(source: &str, at: usize) -> bool {
    source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of the string or character that begins here, if one does.
fn literal(rest: &str, at: usize, source: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r"].into_iter().find(|p| {
        rest.starts_with(p) && rest[p.len()..].starts_with(['"', '#', '\'']) && !inside_word(source, at)
    });
    let skipped = prefix.map_or(0, str::len);
    let body = &rest[skipped..];
    if prefix.is_some_and(|p| p.contains('r')) {
        let hashes = body.len() - body.trim_start_matches('#').len();
        // `r#name` is an identifier.
        let text = body[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = text.find(&end).map_or(text.len(), |found| found + end.len());
        return Some(skipped + hashes + 1 + length);
    }
    match body.chars().next()? {
        '"' => Some(skipped + quoted(body, '"')),
        // A character ends with a quote after one character or an escape; a lifetime does not.
        '\'' => {
            let mut inside = body.chars().skip(1);
            let (first, second) = (inside.next()?, inside.next()?);
            (first == '\\' || second == '\'').then(|| skipped + quoted(body, '\''))
        }
        _ => None,
    }
}

fn quoted(body: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, c) in body.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return offset + 1,
            _ => {}
        }
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_kind(source: &str, kind: Kind) -> Vec<(usize, &str)> {
        rust_parts(source).into_iter().filter(|p| p.kind == kind).map(|p| (p.line, p.text)).collect()
    }

    #[test]
    fn comments_are_told_from_code_and_from_strings_that_look_like_comments() {
        let source = "//! Why.\nlet a = \"// no\"; // yes\n/* one\n/* two */ */ let b = 'x';\n";
        assert_eq!(
            of_kind(source, Kind::Comment),
            [(1, "//! Why."), (2, "// yes"), (3, "/* one"), (4, "/* two */ */")]
        );
        assert_eq!(of_kind(source, Kind::Literal), [(2, "\"// no\""), (4, "'x'")]);
    }

    #[test]
    fn raw_strings_escapes_and_lifetimes_end_where_they_do() {
        let source = r####"fn f<'a>(b: &'a str) { g(r#"a " b"#, "\"//", '\'', b'"', br"x\"); } // end"####;
        let literals: Vec<_> = of_kind(source, Kind::Literal).into_iter().map(|(_, text)| text).collect();
        assert_eq!(literals, [r####"r#"a " b"#"####, r#""\"//""#, r"'\''", "b'\"'", r#"br"x\""#]);
        assert_eq!(of_kind(source, Kind::Comment), [(1, "// end")]);
    }

    #[test]
    fn every_byte_is_in_one_part_but_line_ends() {
        for source in ["", "\n", "'", "r#type", "\"open", "/* open", "é/x'é' // ü"] {
            let joined: String = rust_parts(source).into_iter().map(|p| p.text).collect();
            assert_eq!(joined, source.replace('\n', ""));
        }
    }

    #[test]
    fn a_slash_alone_is_code() {
        assert!(of_kind("let a = b / c / d;", Kind::Comment).is_empty());
    }

    #[test]
    fn strings_and_docstrings_of_scripts_are_literals() {
        let of = |source, language, kind| -> Vec<&str> {
            script_parts(source, language).into_iter().filter(|p| p.kind == kind).map(|p| p.text).collect()
        };
        let python = "def a():  # why\n    \"\"\"It said\n    so.\"\"\"\n    b = 'it\\'s' + c\n";
        assert_eq!(of(python, &PYTHON, Kind::Comment), ["# why"]);
        assert_eq!(of(python, &PYTHON, Kind::Literal), ["\"\"\"It said", "    so.\"\"\"", "'it\\'s'"]);
        let script = "/** It\n said. */\nconst a = `b`; // c\n";
        assert_eq!(of(script, &JAVASCRIPT, Kind::Comment), ["/** It", " said. */", "// c"]);
        assert_eq!(of(script, &JAVASCRIPT, Kind::Code), ["const a = ", "; "]);
    }

    #[test]
    fn identifiers_of_wit_may_have_hyphens() {
        let found: Vec<_> = identifiers("list-all: func(a: u32) -> list<outgoing-mail>;", true).collect();
        assert_eq!(found.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 10, 15, 18, 26, 31]);
        assert_eq!(
            found.into_iter().map(|(_, word)| word).collect::<Vec<_>>(),
            ["list-all", "func", "a", "u32", "list", "outgoing-mail"]
        );
    }
}
