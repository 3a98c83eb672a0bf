//! Which files of the original travel with a letter.

use super::model::{CarriedPart, LetterKind, Original};
use crate::domain::attachment::{ContentId, MAX_CARRIED, sendable_name};
use crate::domain::reading::AttachedFile;
use std::collections::BTreeSet;

/// Bytes of the pictures of a quote, all together. An answer is made without larger ones: they are in the original.
const PICTURES: u64 = 5_000_000;
/// Most links to pictures that are looked at.
const LINKS: usize = 1_000;

/// Returns the files that travel: with a forward all, with an answer the pictures that its quote shows.
///
/// What is inside a file of another format travels in that file.
pub fn carried_parts(kind: LetterKind, original: &Original) -> Vec<CarriedPart> {
    let linked = linked_pictures(original.html.as_deref().unwrap_or_default());
    let mut shown = BTreeSet::new();
    let parts =
        original.files.iter().filter(|file| !file.part.contains(':')).enumerate().map(|(at, file)| {
            let content_id =
                picture(file).filter(|id| linked.contains(id.as_str()) && shown.insert(id.clone()));
            CarriedPart {
                part: file.part.clone(),
                file_name: sendable_name(file.name.as_deref(), &format!("attachment-{}", at + 1)),
                media_type: file.media_type.clone(),
                size: file.size,
                content_id,
            }
        });
    match kind {
        LetterKind::New => Vec::new(),
        LetterKind::Forward => parts.collect(),
        LetterKind::Reply | LetterKind::ReplyAll => {
            let pictures: Vec<_> = parts.filter(|part| part.content_id.is_some()).collect();
            let size = pictures.iter().fold(0_u64, |sum, part| sum.saturating_add(part.size));
            if size <= PICTURES && pictures.len() <= MAX_CARRIED { pictures } else { Vec::new() }
        }
    }
}

/// Returns what a link means a picture by.
fn picture(file: &AttachedFile) -> Option<ContentId> {
    let id = file.content_id.as_deref().filter(|_| file.media_type.starts_with("image/"));
    id.and_then(ContentId::parse)
}

/// Finds the pictures that safe HTML shows. Their links are percent-encoded, or not (RFC 2392).
fn linked_pictures(html: &str) -> BTreeSet<String> {
    const LINK: &str = "src=\"cid:";
    let links = memchr::memmem::find_iter(html.as_bytes(), LINK).take(LINKS);
    let mut found = BTreeSet::new();
    for at in links {
        let id = html.get(at + LINK.len()..).and_then(|rest| rest.split_once('"')).map(|(id, _)| id);
        let Some(id) = id.filter(|id| id.len() <= 2_000) else { continue };
        let id = id.replace("&amp;", "&").replace("&#x27;", "'");
        found.insert(percent_decoded(&id));
        found.insert(id);
    }
    found
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let byte = digits.and_then(|two| u8::from_str_radix(str::from_utf8(two).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
