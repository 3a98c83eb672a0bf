//! Files of a message that an answer or a forward carries on: they are not the user's choice, so that only what could harm the mail is
//! refused, and the size of the whole.

use super::file_name::{self, MAX_BYTES, is_bidi_override};
use super::rules::{self, fault};
use super::{Attachment, AttachmentFault, Format, Role, Rule, Selected};

/// Most files of the original.
pub const MAX_CARRIED: usize = 200;
/// Longest Content-ID, without brackets: it has to fit a line of 998 bytes.
const MAX_CONTENT_ID: usize = 900;

/// A Content-ID without its angle brackets: printable ASCII that can break no header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContentId(String);

impl ContentId {
    /// Reads a Content-ID without brackets; none where no header could hold it.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=MAX_CONTENT_ID).contains(&text.len());
        let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
        (fits && is_plain).then(|| Self(text.to_owned()))
    }

    /// Returns the Content-ID without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A picture that the quote of a letter shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub file: Attachment,
    /// What the quote's link means.
    pub content_id: ContentId,
}

/// A file of the original, and what the quote knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The file.
    pub file: Attachment,
    /// Of a picture that the quote shows.
    pub content_id: Option<ContentId>,
}

/// Checks the files of a letter: those that the user added by every rule on added files, those of the original by name, type, number and
/// total size. Of two pictures with one Content-ID the second is attached.
pub fn check_letter(added: &[Attachment], carried: Vec<Carried>) -> Result<Selected, AttachmentFault> {
    if let Some(other) = added.iter().find(|file| file.role != Role::Added) {
        let detail = format!("a file of a letter has the role \"added\": this has \"{}\"", other.role.name());
        return Err(fault(other, Rule::Role, detail));
    }
    let mut selected = rules::check(added, Format::None)?;
    if let Some(beyond) = carried.get(MAX_CARRIED) {
        let detail =
            format!("at most {MAX_CARRIED} files of a message travel on: these are {}", carried.len());
        return Err(fault(&beyond.file, Rule::Count, detail));
    }
    let mut files = Vec::new();
    for Carried { file, content_id } in carried {
        rules::check_form(&file)?;
        let is_known = |id: &ContentId| selected.pictures.iter().any(|picture| picture.content_id == *id);
        match content_id.filter(|id| file.media_type.starts_with("image/") && !is_known(id)) {
            Some(content_id) => selected.pictures.push(Picture { file, content_id }),
            None => files.push(file),
        }
    }
    // What the original had comes first, as it stood there.
    files.append(&mut selected.files);
    selected.files = files;
    let all = selected.files.iter().chain(selected.pictures.iter().map(|picture| &picture.file));
    rules::check_total(&all.collect::<Vec<_>>())?;
    Ok(selected)
}

/// Makes a name that may travel of one that a stranger gave; `otherwise` where nothing is left of it.
pub fn sendable_name(name: Option<&str>, otherwise: &str) -> String {
    let clean: String = name
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control() && !is_bidi_override(*c) && !matches!(c, '\u{2028}' | '\u{2029}'))
        .map(|c| if matches!(c, '/' | '\\') { '-' } else { c })
        .collect();
    let clean = clean.replace("=?", "= ?");
    let clean = cut(clean.trim());
    match file_name::fault(&clean) {
        None => clean,
        Some(_) => otherwise.to_owned(),
    }
}

/// Cuts a name that is too long before its ending, by which programs know what the file is.
fn cut(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let ending = name.rfind('.').and_then(|at| name.get(at..)).filter(|ending| ending.len() <= 20);
    let ending = ending.unwrap_or_default();
    let (begin, _) = name.split_at(name.floor_char_boundary(MAX_BYTES - ending.len()));
    format!("{}{ending}", begin.trim_end())
}

#[cfg(test)]
mod tests {
    use super::super::{MAX_ADDED_SIZE, MAX_TOTAL_SIZE};
    use super::*;

    fn file(name: &str, size: u64) -> Attachment {
        Attachment {
            handle: 1,
            file_name: name.into(),
            media_type: "image/png".into(),
            size,
            role: Role::Added,
        }
    }

    fn carried(size: u64, id: Option<&str>) -> Carried {
        Carried { file: file("a.png", size), content_id: id.and_then(ContentId::parse) }
    }

    #[test]
    fn the_limits_on_added_files_do_not_concern_those_of_the_original() {
        let large = vec![carried(MAX_ADDED_SIZE + 1, None); 4];
        assert_eq!(check_letter(&[], large.clone()).unwrap().files().len(), 4);
        assert_eq!(check_letter(&[], vec![carried(1, None); 30]).unwrap().files().len(), 30);
        let refused = |added: &[Attachment], carried| check_letter(added, carried).unwrap_err().rule;
        assert_eq!(refused(&[file("b.png", MAX_ADDED_SIZE + 1)], vec![]), Rule::FileSize);
        assert_eq!(refused(&[file("b.png", MAX_TOTAL_SIZE - 4 * MAX_ADDED_SIZE)], large), Rule::TotalSize);
        assert_eq!(refused(&[], vec![carried(1, None); MAX_CARRIED + 1]), Rule::Count);
        assert_eq!(refused(&[Attachment { role: Role::Logo, ..file("l.png", 1) }], vec![]), Rule::Role);
    }

    #[test]
    fn a_picture_of_the_quote_is_shown_and_what_can_not_be_is_attached() {
        let text = Carried {
            file: Attachment { media_type: "text/html".into(), ..file("a.html", 1) },
            ..carried(1, Some("b@x"))
        };
        let selected = check_letter(
            &[file("new.png", 1)],
            vec![carried(1, Some("a@x")), carried(2, Some("a@x")), text, carried(1, Some("a>\r\nBcc: x"))],
        )
        .unwrap();
        assert_eq!(selected.pictures().iter().map(|it| it.content_id.as_str()).collect::<Vec<_>>(), ["a@x"]);
        let names: Vec<_> = selected.files().iter().map(|it| it.file_name.as_str()).collect();
        assert_eq!(names, ["a.png", "a.html", "a.png", "new.png"]);
    }

    #[test]
    fn a_strangers_name_becomes_one_that_may_travel() {
        let long = "é".repeat(200) + ".pdf";
        for (name, wanted) in [
            (Some("offer.pdf"), "offer.pdf"),
            (Some(" a/b\\c\r\n\u{202e}fdp.exe "), "a-b-cfdp.exe"),
            (Some("=?utf-8?Q?x?="), "= ?utf-8?Q?x?="),
            (Some(".."), "attachment"),
            (Some("\u{202e}"), "attachment"),
            (None, "attachment"),
            (Some(&long), &format!("{}.pdf", "é".repeat(125))),
        ] {
            assert_eq!(sendable_name(name, "attachment"), wanted, "{name:?}");
        }
    }
}
