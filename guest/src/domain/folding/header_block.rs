//! The header of the message that is answered, copied over it: `From: … Sent: … To: … Subject: …` in any language, with or without a rule
//! and a title over it.

use super::line::{Line, is_blank};
use super::phrases::{COPY, DATE, FORWARDED, FROM, ORIGINAL, REPLY_ABOVE, SUBJECT, TO};
use crate::domain::phrases::plain;

/// Lines of such a header, those included that go on with the one before.
const LINES: usize = 14;
/// Characters of a label.
const LABEL: usize = 25;
/// Characters of a title.
const TITLE: usize = 100;

/// Returns true for the title over a message that is passed on.
pub(super) fn is_forward(line: &str) -> bool {
    title(line).is_some_and(|(title, is_ruled)| {
        FORWARDED.begins(&title) && (is_ruled || FORWARDED.is(title.trim_end_matches([':', '：', ' '])))
    })
}

/// Returns true if the lines begin with the title under which a message is repeated.
pub(super) fn is_original(lines: &[Line]) -> bool {
    let Some(first) = lines.first() else { return false };
    let Some((title, is_ruled)) = title(&first.text) else { return false };
    let title = title.trim_end_matches([':', '：', ' ']);
    if !ORIGINAL.is(title) {
        return false;
    }
    // Without dashes the title needs a header under it.
    is_ruled
        || lines
            .iter()
            .skip(1)
            .find(|line| !is_blank(&line.text))
            .is_some_and(|line| label(&line.text).is_some())
}

/// Returns true for the line that asks to write over it: what is under it was sent before.
pub(super) fn is_reply_above(line: &str) -> bool {
    line.len() <= 2 * TITLE && REPLY_ABOVE.is_in(&plain(line))
}

/// Returns what stands between the dashes of a line in plain form, and whether there are dashes.
fn title(line: &str) -> Option<(String, bool)> {
    if line.len() > 4 * TITLE {
        return None;
    }
    let text = plain(line);
    let bare = text.trim_matches(|c: char| c.is_whitespace() || "-_=*~<>|+#.—–─[]".contains(c));
    let before =
        text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || "-_=*~|+#—–─".contains(c)).len();
    let is_short = !bare.is_empty() && bare.chars().count() <= TITLE;
    is_short.then(|| (bare.to_owned(), before >= 2))
}

/// What a field of a header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    From,
    Date,
    To,
    Copy,
    Subject,
}

/// Splits a line into a field that is known and its value.
fn label(line: &str) -> Option<(Field, String)> {
    let (name, value) = pair(line)?;
    let fields = [
        (Field::From, &FROM),
        (Field::Date, &DATE),
        (Field::Subject, &SUBJECT),
        (Field::To, &TO),
        (Field::Copy, &COPY),
    ];
    let known = fields.into_iter().find(|(_, words)| words.contains(name.as_str()));
    known.map(|(field, _)| (field, value))
}

/// Splits a line into a short label and a value, both in plain form.
fn pair(line: &str) -> Option<(String, String)> {
    let line = line.get(..line.floor_char_boundary(600)).unwrap_or(line);
    let (name, value) = line.split_once([':', '：'])?;
    let strip = |c: char| c.is_whitespace() || "*_|>\u{200e}\u{200f}\u{202a}\u{202c}".contains(c);
    let name = plain(name.trim_matches(strip));
    let is_label = !name.is_empty()
        && name.chars().count() <= LABEL
        && name.chars().next().is_some_and(char::is_alphabetic);
    is_label.then(|| (name, plain(value.trim_matches(strip))))
}

/// Returns true if the lines begin with a header.
pub(super) fn is_header(lines: &[Line]) -> bool {
    let Some(first) = lines.first() else { return false };
    pair(&first.text).is_some() && (is_known_header(lines) || is_header_by_shape(lines))
}

fn is_known_header(lines: &[Line]) -> bool {
    let Some((first, value)) = lines.first().and_then(|line| label(&line.text)) else { return false };
    let mut kinds = vec![first];
    let mut text = value;
    let mut loose = 0;
    for line in lines.iter().take(LINES).skip(1) {
        if is_blank(&line.text) {
            break;
        }
        match label(&line.text) {
            Some((kind, value)) => {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
                text.push_str(&value);
                loose = 0;
            }
            None if pair(&line.text).is_some() || line.text.contains(['@', ',', ';']) || loose == 0 => {
                text.push_str(&plain(&line.text));
                loose += 1;
                if loose > 4 {
                    break;
                }
            }
            None => break,
        }
    }
    let has = |kind: Field| kinds.contains(&kind);
    let has_address = text.contains('@');
    let has_digit = text.chars().any(char::is_numeric);
    let is_dated = has(Field::Date) && has_digit;
    let known =
        [Field::From, Field::Date, Field::To, Field::Subject].into_iter().filter(|kind| has(*kind)).count();
    // A journey has a from, a to and a date as well: what makes it a header is an address, or its subject.
    match first {
        Field::From | Field::Date => {
            (known >= 3 && has(Field::From) && (has_address || (has(Field::Subject) && is_dated)))
                || (known == 2 && has(Field::From) && is_dated && has_address)
                || (known == 2 && has(Field::From) && has(Field::Subject) && has_address)
        }
        _ => known >= 3 && has(Field::From) && (has_address || is_dated),
    }
}

/// True for a header in a language that is not known: labels and values, an address in the first, and a day with a time in another.
fn is_header_by_shape(lines: &[Line]) -> bool {
    let pairs: Vec<(String, String)> = lines.iter().take(8).map_while(|line| pair(&line.text)).collect();
    let is_short = |(name, _): &(String, String)| name.split(' ').count() <= 2;
    let first_has_address =
        pairs.first().is_some_and(|(_, value)| value.contains('@') && value.contains(['<', '[']));
    let has_time = |(_, value): &(String, String)| {
        let has_year = value
            .split(|c: char| !c.is_ascii_digit())
            .any(|number| number.len() == 4 && number.starts_with("20"));
        has_year && value.contains(':')
    };
    let others_have_address = pairs.iter().skip(1).any(|(_, value)| value.contains('@'));
    pairs.len() >= 4
        && others_have_address
        && pairs.iter().all(is_short)
        && first_has_address
        && pairs.iter().skip(1).any(has_time)
}
