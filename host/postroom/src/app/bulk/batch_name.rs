//! What a batch is called where the user names none: what people recognise it by.

use super::BatchSource;
use crate::app::{AppError, Session};
use chrono::{DateTime, FixedOffset};
use postroom_model::{Name, Unusable, is_control_or_bidi};
use postroom_store::UserStore;
use std::path::Path;

/// Characters before the time; a name has 64.
const MOST: usize = 38;

/// Batches that one second may have.
const MOST_AT_ONCE: u32 = 100;

/// Composes a batch's name of the folder's, the first document's, or the words of the query; and the time, so that only a name that was
/// given joins an earlier batch.
pub(super) async fn of(
    session: &Session,
    of: Option<&BatchSource>,
    at: DateTime<FixedOffset>,
) -> Result<Name, AppError> {
    let what = match of {
        Some(BatchSource::Records(query)) => query.clone(),
        Some(BatchSource::Files(first)) => source(first),
        None => String::new(),
    };
    unused_batch_name(&session.user_store(), title(&what, at)?).await
}

/// Gives a name that no batch has yet: one that is used already gets a number.
pub async fn unused_batch_name(user_store: &UserStore<'_>, plain: Name) -> Result<Name, AppError> {
    let mut name = plain.clone();
    for number in 2..MOST_AT_ONCE {
        if user_store.batches_called(name.as_str()).await?.is_empty() {
            break;
        }
        name = format!("{plain} ({number})").parse()?;
    }
    Ok(name)
}

/// A folder's own name, also of `.`; of a document that of its folder.
fn source(first: &Path) -> String {
    let whole = std::fs::canonicalize(first).unwrap_or_else(|_| first.to_owned());
    let folder = if whole.is_dir() { Some(whole.as_path()) } else { whole.parent() };
    let name = folder.and_then(Path::file_name).or_else(|| whole.file_name());
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn title(what: &str, at: DateTime<FixedOffset>) -> Result<Name, Unusable> {
    let plain = |c: char| if is_control_or_bidi(c) || "\"\\/<>".contains(c) { ' ' } else { c };
    let what: String = what.chars().map(plain).take(MOST).collect();
    let what = what.trim_matches(|c: char| c.is_whitespace() || c == '-');
    let time = at.format("%Y-%m-%d %H:%M:%S");
    format!("{what} {time}").parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_called_after_its_folder_and_the_time() {
        let at = "2026-11-30T10:05:07+01:00".parse().unwrap();
        let time = "2026-11-30 10:05:07";
        for (what, name) in [
            ("november", "november 2026-11-30 10:05:07"),
            ("Rechnungen März", "Rechnungen März 2026-11-30 10:05:07"),
            ("--yes", "yes 2026-11-30 10:05:07"),
            ("a/b\\c\"<d>\u{1b}[2J", "a b c  d  [2J 2026-11-30 10:05:07"),
            ("", time),
            ("\u{202e}evil", "evil 2026-11-30 10:05:07"),
        ] {
            assert_eq!(title(what, at).unwrap().as_str(), name, "{what:?}");
        }
        for long in ["x".repeat(500), "\u{1f4e6}".repeat(500), "é".repeat(500)] {
            assert!(title(&long, at).unwrap().as_str().ends_with(time), "{long}");
        }
        let folder = tempfile::tempdir().unwrap();
        let november = folder.path().join("november");
        std::fs::create_dir(&november).unwrap();
        std::fs::write(november.join("F-1.json"), "{}").unwrap();
        assert_eq!(source(&november), "november");
        assert_eq!(source(&november.join("F-1.json")), "november");
    }
}
