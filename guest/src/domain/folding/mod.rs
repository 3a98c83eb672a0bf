//! Folding of a mail's text: the new words, the quotation that they answer, and the signature.
//!
//! Marks that no language matters for count first: what the HTML of a mail program says ([`Mark`]), `>` before lines, a date and an address
//! in angle brackets before a colon. Then the words of `phrases`, in many languages. In doubt a text is shown: text that is folded away
//! wrongly is not read, a quotation too many is only long. For that
//!
//! - a forwarded message is a part of what its sender says, and stays;
//! - quoted lines with answers between them stay, with the answers;
//! - where nothing would be left, all of it is shown.

mod attribution;
mod header_block;
mod line;
mod phrases;
mod signature;
#[cfg(test)]
mod tests;

pub use line::{Line, Mark};

use line::{is_blank, is_quoted, is_rule};

/// Bytes of a text that are folded; what is behind stays.
pub const TEXT: usize = 1 << 20;
/// Lines that are looked at.
const LINES: usize = 50_000;

/// A text without what it repeats.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// The new words. Empty only for an empty text.
    pub reply: String,
    /// The quotation that was folded away.
    pub quoted: Option<String>,
    /// The signature that was folded away.
    pub signature: Option<String>,
}

/// What a line is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    New,
    Quoted,
    Signature,
}

/// What a line is by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Text,
    /// A quoted line, or one that introduces quoted lines.
    Quoted,
}

/// Folds a text. `is_forward`: its subject is that of a message that is passed on.
pub fn fold_text(text: &str, is_forward: bool) -> Folded {
    let (head, tail) = text.split_at(text.floor_char_boundary(TEXT));
    let lines: Vec<Line> = head.lines().map(Line::plain).collect();
    let mut folded = fold(&lines, is_forward);
    folded.reply.push_str(tail);
    folded
}

/// Folds the lines of a text.
pub fn fold(lines: &[Line], is_forward: bool) -> Folded {
    let parts = parts(lines, is_forward);
    let join = |wanted: Part| {
        let chosen = lines.iter().zip(&parts).filter(|(_, part)| **part == wanted);
        let mut text = String::new();
        for (line, _) in chosen {
            text.push_str(line.text.trim_end());
            text.push('\n');
        }
        without_blank_ends(&text).to_owned()
    };
    let some = |text: String| (!text.is_empty()).then_some(text);
    Folded {
        reply: join(Part::New),
        quoted: some(join(Part::Quoted)),
        signature: some(join(Part::Signature)),
    }
}

/// Removes the empty lines at both ends, and keeps how far the first line is indented.
fn without_blank_ends(text: &str) -> &str {
    let text = text.trim_end();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !is_blank(line) {
            break;
        }
        start += line.len();
    }
    text.get(start..).unwrap_or_default()
}

/// Says of each line what it is a part of.
fn parts(lines: &[Line], is_forward: bool) -> Vec<Part> {
    let mut parts = vec![Part::New; lines.len()];
    let looked_at = lines.get(..LINES).unwrap_or(lines);
    let found = Kinds::of(looked_at, is_forward);
    let kinds = found.kinds.as_slice();
    let mut end = found.quotation.unwrap_or(lines.len().min(LINES));
    // A rule over the quotation is a part of it.
    while end > 0
        && found.quotation.is_some()
        && at(lines, end - 1).is_some_and(|line| is_blank(line) || is_rule(line))
    {
        end -= 1;
    }
    let has_text =
        |range: std::ops::Range<usize>| kinds.get(range).is_some_and(|kinds| kinds.contains(&Kind::Text));
    if !has_text(0..end) {
        return parts;
    }
    let mut mark = |from: usize, to: usize, as_part: Part| {
        parts.iter_mut().take(to).skip(from).for_each(|part| *part = as_part);
    };
    if found.quotation.is_some() {
        mark(end, lines.len(), Part::Quoted);
    } else if lines.len() > LINES || found.is_forward {
        return parts;
    }
    // From the end upwards: quotations and signatures behind which nothing new stands.
    while let Some(last) =
        kinds.get(..end).and_then(|kinds| kinds.iter().rposition(|kind| *kind != Kind::Blank))
    {
        let is_text = kinds.get(last) == Some(&Kind::Text);
        let other = |kind: &Kind| if is_text { *kind == Kind::Quoted } else { *kind == Kind::Text };
        let start = kinds.get(..last).and_then(|kinds| kinds.iter().rposition(other)).map_or(0, |at| at + 1);
        if is_text {
            let tail = looked_at.get(start..=last).unwrap_or_default();
            let Some(signature) = signature::start(tail).map(|at| start + at) else { break };
            if !has_own_words(looked_at.get(..signature).unwrap_or_default(), kinds) {
                break;
            }
            mark(signature, end, Part::Signature);
            end = signature;
        } else {
            if !has_text(0..start) {
                break;
            }
            mark(start, end, Part::Quoted);
            end = start;
        }
    }
    // One quotation over the answer to it, introduced by a line of its own. Without such a line it is the question that is answered.
    let shown = kinds.get(..end).unwrap_or_default();
    let first_text = shown.iter().position(|kind| *kind == Kind::Text).unwrap_or(0);
    let first_quoted = shown.iter().take(first_text).position(|kind| *kind == Kind::Quoted);
    let is_only = shown.iter().skip(first_text).all(|kind| *kind != Kind::Quoted);
    if is_only && first_quoted.and_then(|quoted| at(lines, quoted)).is_some_and(|line| !is_quoted(line)) {
        mark(0, first_text, Part::Quoted);
    }
    parts
}

/// Returns true if the lines have a letter or a digit of their own.
fn has_own_words(lines: &[Line], kinds: &[Kind]) -> bool {
    let own = lines.iter().zip(kinds).filter(|(_, kind)| **kind == Kind::Text);
    own.into_iter().any(|(line, _)| line.text.chars().any(char::is_alphanumeric))
}

fn at(lines: &[Line], index: usize) -> Option<&str> {
    lines.get(index).map(|line| line.text.as_str())
}

/// The kinds of the lines of a text, up to where a quotation begins that goes on to its end.
struct Kinds {
    kinds: Vec<Kind>,
    /// First line of what is quoted without a mark on each line.
    quotation: Option<usize>,
    /// A forwarded message follows, which is not looked into.
    is_forward: bool,
}

impl Kinds {
    fn of(lines: &[Line], is_forward: bool) -> Self {
        let mut found = Self { kinds: Vec::with_capacity(lines.len()), quotation: None, is_forward: false };
        while let Some(line) = lines.get(found.kinds.len()) {
            let index = found.kinds.len();
            let rest = lines.get(index..).unwrap_or_default();
            let text = line.text.as_str();
            if is_blank(text) {
                found.kinds.push(Kind::Blank);
            } else if is_quoted(text) {
                found.kinds.push(Kind::Quoted);
            } else if header_block::is_forward(text) {
                found.pass_on(lines.len());
            } else if line.mark == Some(Mark::Quoted) {
                found.kinds.push(Kind::Quoted);
            } else if header_block::is_reply_above(text) {
                found.quotation = Some(index);
                break;
            } else if line.mark == Some(Mark::RestQuoted)
                || header_block::is_original(rest)
                || header_block::is_header(rest)
            {
                if is_forward {
                    found.pass_on(lines.len());
                } else {
                    found.quotation = Some(index);
                    break;
                }
            } else if let Some(count) = attribution::lines(rest) {
                let behind = rest.iter().skip(count).find(|line| !is_blank(&line.text));
                if behind.is_some_and(|line| is_quoted(&line.text) || line.mark == Some(Mark::Quoted)) {
                    found.kinds.extend(std::iter::repeat_n(Kind::Quoted, count));
                } else {
                    found.quotation = Some(index);
                    break;
                }
            } else {
                found.kinds.push(Kind::Text);
            }
        }
        found.join_wrapped(lines);
        found.join_rules(lines);
        found
    }

    /// Takes a rule over quoted lines for a part of the quotation.
    fn join_rules(&mut self, lines: &[Line]) {
        let mut is_quoted_below = false;
        for index in (0..self.kinds.len()).rev() {
            let Some(kind) = self.kinds.get_mut(index) else { continue };
            if *kind == Kind::Text && is_quoted_below && at(lines, index).is_some_and(is_rule) {
                *kind = Kind::Quoted;
            }
            if *kind != Kind::Blank {
                is_quoted_below = *kind == Kind::Quoted;
            }
        }
    }

    /// Takes all that follows for text.
    fn pass_on(&mut self, lines: usize) {
        self.is_forward = true;
        self.kinds.resize(lines, Kind::Text);
    }

    /// Takes the ends of quoted lines that a program broke, and did not mark as quoted, for quoted ones.
    fn join_wrapped(&mut self, lines: &[Line]) {
        for index in 1..self.kinds.len() {
            let around = self.kinds.get(index - 1..=index + 1);
            let Some([Kind::Quoted, Kind::Text, Kind::Quoted]) = around else { continue };
            let (Some(before), Some(text)) = (at(lines, index - 1), at(lines, index)) else { continue };
            if line::is_wrapped(before, text)
                && let Some(kind) = self.kinds.get_mut(index)
            {
                *kind = Kind::Quoted;
            }
        }
    }
}
