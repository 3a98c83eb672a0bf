//! Criteria of a search as keys of SEARCH.

use io_imap::types::IntoStatic;
use io_imap::types::core::{AString, Atom, Vec1};
use io_imap::types::datetime::NaiveDate;
use io_imap::types::flag::Flag;
use io_imap::types::search::SearchKey;
use io_imap::types::sequence::SequenceSet;

use super::mailbox::Criterion;

/// The most keys in one search.
const MOST_KEYS: usize = 1_000;
/// The most bytes of text in one search.
const MOST_TEXT: usize = 64 << 10;

/// A search as the codec takes it.
#[derive(Debug)]
pub(super) enum Search {
    /// Nothing can meet these criteria.
    Nothing,
    Keys {
        keys: Vec1<SearchKey<'static>>,
        /// A text is not ASCII.
        unicode: bool,
        /// Changed after this modification sequence.
        changed_since: Option<u64>,
    },
}

type Key = SearchKey<'static>;

/// Converts criteria to keys, or returns which of them is impossible.
pub(super) fn search(criteria: &[Criterion], before: Option<u32>) -> Result<Search, String> {
    let mut gathered = Gathered::default();
    let mut keys = Vec::new();
    for criterion in criteria {
        match gathered.key(criterion)? {
            Asked::Key(key) => keys.push(key),
            Asked::Nothing => return Ok(Search::Nothing),
            Asked::Everything => {}
        }
    }
    match before {
        None => {}
        Some(0 | 1) => return Ok(Search::Nothing),
        Some(before) => keys.push(uids(1, before - 1)?),
    }
    if keys.is_empty() {
        keys.push(SearchKey::All);
    }
    let keys = Vec1::try_from(keys).map_err(|_| "nothing is searched for".to_owned())?;
    Ok(Search::Keys { keys, unicode: gathered.unicode, changed_since: gathered.changed_since })
}

enum Asked {
    Key(Key),
    Nothing,
    Everything,
}

#[derive(Default)]
struct Gathered {
    unicode: bool,
    keys: usize,
    text: usize,
    changed_since: Option<u64>,
}

impl Gathered {
    fn key(&mut self, criterion: &Criterion) -> Result<Asked, String> {
        let header = |name: &'static str| move |text| SearchKey::Header(Atom::unvalidated(name).into(), text);
        Ok(match criterion {
            Criterion::Address(all) => {
                let fields: [&dyn Fn(AString<'static>) -> Key; 5] =
                    [&SearchKey::From, &SearchKey::To, &SearchKey::Cc, &SearchKey::Bcc, &header("Reply-To")];
                self.any(all, &fields)?
            }
            Criterion::Sender(all) => self.any(all, &[&SearchKey::From])?,
            Criterion::Receiver(all) => self.any(all, &[&SearchKey::To, &SearchKey::Cc, &SearchKey::Bcc])?,
            Criterion::Subject(text) => Asked::Key(SearchKey::Subject(self.text(text)?)),
            Criterion::Body(text) => Asked::Key(SearchKey::Body(self.text(text)?)),
            Criterion::Text(text) => Asked::Key(SearchKey::Text(self.text(text)?)),
            Criterion::MessageId(all) => self.any(all, &[&header("Message-ID")])?,
            Criterion::RefersTo(all) => self.any(all, &[&header("In-Reply-To"), &header("References")])?,
            Criterion::Header(name, text) => {
                if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
                    return Err(format!("\"{}\" is no name of a header field", name.escape_debug()));
                }
                let name = self.text(name)?;
                Asked::Key(SearchKey::Header(name, self.text(text)?))
            }
            Criterion::Since(day) => Asked::Key(SearchKey::Since(date(*day)?)),
            Criterion::Before(day) => Asked::Key(SearchKey::Before(date(*day)?)),
            Criterion::Uids(first, last) if first > last || *last == 0 => Asked::Nothing,
            Criterion::Uids(first, last) => Asked::Key(uids((*first).max(1), *last)?),
            Criterion::Flagged(flag) => Asked::Key(flagged(flag)?),
            Criterion::Unflagged(flag) => Asked::Key(SearchKey::Not(Box::new(flagged(flag)?))),
            // IMAP4rev1 counts to 4 GiB, and no message is larger.
            Criterion::Larger(bytes) => {
                u32::try_from(*bytes).map_or(Asked::Nothing, |bytes| Asked::Key(SearchKey::Larger(bytes)))
            }
            Criterion::ChangedSince(sequence) => {
                self.changed_since = self.changed_since.max(Some(*sequence));
                Asked::Everything
            }
        })
    }

    /// Any of these texts in any of these fields.
    fn any(
        &mut self,
        texts: &[String],
        fields: &[&dyn Fn(AString<'static>) -> Key],
    ) -> Result<Asked, String> {
        let mut keys = Vec::new();
        for text in texts {
            let text = self.text(text)?;
            keys.extend(fields.iter().map(|field| field(text.clone())));
            self.keys += fields.len();
            if self.keys > MOST_KEYS {
                return Err(format!("more than {MOST_KEYS} conditions in one search"));
            }
        }
        Ok(either(&mut keys).map_or(Asked::Nothing, Asked::Key))
    }

    fn text(&mut self, text: &str) -> Result<AString<'static>, String> {
        self.text += text.len();
        if self.text > MOST_TEXT {
            return Err(format!("more than {MOST_TEXT} bytes of text in one search"));
        }
        self.unicode |= !text.is_ascii();
        AString::try_from(text.to_owned()).map_err(|_| format!("\"{}\" holds a NUL", text.escape_debug()))
    }
}

/// OR takes two: a balanced tree, so that a long list is not deep.
fn either(keys: &mut Vec<Key>) -> Option<Key> {
    match keys.len() {
        0 | 1 => keys.pop(),
        count => {
            let mut others = keys.split_off(count / 2);
            let (one, other) = (either(keys)?, either(&mut others)?);
            Some(SearchKey::Or(Box::new(one), Box::new(other)))
        }
    }
}

fn flagged(flag: &str) -> Result<Key, String> {
    let parsed = Flag::try_from(flag).map_err(|_| format!("\"{}\" is no flag", flag.escape_debug()))?;
    match parsed.into_static() {
        Flag::Answered => Ok(SearchKey::Answered),
        Flag::Deleted => Ok(SearchKey::Deleted),
        Flag::Draft => Ok(SearchKey::Draft),
        Flag::Flagged => Ok(SearchKey::Flagged),
        Flag::Seen => Ok(SearchKey::Seen),
        Flag::Keyword(keyword) => Ok(SearchKey::Keyword(keyword)),
        Flag::Extension(_) => Err(format!("\"{flag}\" can't be searched for")),
    }
}

fn date(day: chrono::NaiveDate) -> Result<NaiveDate, String> {
    NaiveDate::try_from(day).map_err(|_| format!("{day} can't be searched for"))
}

fn uids(first: u32, last: u32) -> Result<Key, String> {
    SequenceSet::try_from(format!("{first}:{last}").as_str())
        .map(SearchKey::Uid)
        .map_err(|_| format!("{first}:{last} are no uids"))
}
