//! Where a list comes apart. Separators inside quotes, comments and brackets are none, but only where these are closed on their line: one
//! stray quote must not swallow the addresses after it.

/// Bytes of a quoted text, comment or bracket.
const REGION_LIMIT: usize = 512;
/// Comments within a comment.
const DEPTH_LIMIT: usize = 8;

/// The text between two chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// Commas.
    Comma,
    /// Tabs: the next cell.
    Tab,
    /// A line end or the end of the list, or nothing but the `>` of the chunk before.
    Line,
    /// Semicolons.
    Semicolon,
}

/// A stretch between separators: not empty, trimmed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk<'a> {
    /// The stretch.
    pub(super) text: &'a str,
    /// What follows.
    pub(super) after: Separator,
}

/// Splits at separators, and after the `>` of an address where another name follows.
pub(super) fn split(text: &str) -> Vec<Chunk<'_>> {
    let mut chunks: Vec<Chunk<'_>> = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut complete = false;
    while let Some(c) = text[at..].chars().next() {
        let next = at + c.len_utf8();
        if let Some(separator) = separator(c) {
            cut(&mut chunks, &text[start..at], separator);
            (start, at, complete) = (next, next, false);
        } else if complete && c != ' ' && c != '(' {
            cut(&mut chunks, &text[start..at], Separator::Line);
            (start, complete) = (at, false);
        } else if let Some(end) = region(text, at) {
            complete |= matches!(c, '<' | '[') && text[at..end].contains('@');
            at = end;
        } else {
            at = next;
        }
    }
    cut(&mut chunks, &text[start..], Separator::Line);
    chunks
}

fn separator(c: char) -> Option<Separator> {
    match c {
        // Those of Arabic, Chinese and Japanese too.
        ',' | '\u{60C}' | '\u{3001}' | '\u{FF0C}' => Some(Separator::Comma),
        ';' | '\u{61B}' | '\u{FF1B}' => Some(Separator::Semicolon),
        '\t' => Some(Separator::Tab),
        '\n' => Some(Separator::Line),
        _ => None,
    }
}

/// Adds the chunk; an empty one only strengthens the separator before it (`,` then a line end).
fn cut<'a>(chunks: &mut Vec<Chunk<'a>>, text: &'a str, after: Separator) {
    let text = text.trim();
    if !text.is_empty() {
        chunks.push(Chunk { text, after });
    } else if let Some(last) = chunks.last_mut() {
        last.after = match (last.after, after) {
            (Separator::Semicolon, _) | (_, Separator::Semicolon) => Separator::Semicolon,
            (Separator::Line, _) | (_, Separator::Line) => Separator::Line,
            (Separator::Comma, _) | (_, Separator::Comma) => Separator::Comma,
            _ => Separator::Tab,
        };
    }
}

/// Returns where the quoted text, comment or bracket that opens at `at` ends, if it is one that does.
pub(super) fn region(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    let opener = rest.chars().next()?;
    let word = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || ",;:<([".contains(c));
    match opener {
        '"' | '“' | '”' | '„' | '‟' | '«' if word => {
            let end = at + quote_end(rest, opener)?;
            let follows = text[end..].chars().next();
            follows.is_none_or(|c| c.is_whitespace() || ",;<@()[]>".contains(c)).then_some(end)
        }
        '(' => Some(at + comment_end(rest)?),
        '<' => Some(at + angle_end(rest)?),
        '[' if word => Some(at + bracket_end(rest)?),
        _ => None,
    }
}

/// Returns characters of a region after its opener, up to the end of the line.
fn inside(rest: &str) -> impl Iterator<Item = (usize, char)> {
    rest.char_indices().skip(1).take_while(|(at, c)| *at < REGION_LIMIT && *c != '\n')
}

fn quote_end(rest: &str, opener: char) -> Option<usize> {
    let closes = |c: char| match opener {
        '"' => c == '"',
        '«' => c == '»',
        _ => matches!(c, '”' | '“' | '‟' | '"'),
    };
    let mut escaped = false;
    for (at, c) in inside(rest) {
        if !escaped && closes(c) {
            return Some(at + c.len_utf8());
        }
        escaped = !escaped && c == '\\';
    }
    None
}

fn comment_end(rest: &str) -> Option<usize> {
    let (mut depth, mut escaped) = (1, false);
    for (at, c) in inside(rest) {
        match c {
            '(' if !escaped => depth += 1,
            ')' if !escaped => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        } else if depth > DEPTH_LIMIT {
            return None;
        }
        escaped = !escaped && c == '\\';
    }
    None
}

fn angle_end(rest: &str) -> Option<usize> {
    let mut resume = 1;
    for (at, c) in inside(rest) {
        if at < resume {
            continue;
        }
        match c {
            '>' => return Some(at + 1),
            '"' => resume = region(rest, at).unwrap_or(at),
            '<' | ',' | ';' | '\t' => return None,
            _ => {}
        }
    }
    None
}

fn bracket_end(rest: &str) -> Option<usize> {
    inside(rest).find(|(_, c)| matches!(c, ']' | '[' | ';')).filter(|(_, c)| *c == ']').map(|(at, _)| at + 1)
}
