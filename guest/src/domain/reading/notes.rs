//! What could not be read of a message, and limits that were reached.

use super::limits;
use crate::domain::reason::{Reason, reasons};

reasons! {
    /// Why not all of a message is shown.
    Note, {
        TextCut = "text-cut", "the text is longer than what is read of it";
        HtmlCut = "html-cut", "the HTML is longer than what is read of it";
        PartsLeftOut = "parts-left-out", "the message has more parts, or deeper ones, than are read";
        FilesLeftOut = "files-left-out", "the message has more files than are listed";
        PartDamaged = "part-damaged", "a part is not encoded as it is said to be";
        MessageCut = "message-cut", "the message ends in the middle";
        PartsNotFound = "parts-not-found", "the boundary between the parts can't be found";
        UnknownCharset = "unknown-charset", "a charset is not known";
        Encrypted = "encrypted", "the message is encrypted";
        SignedUnreadable = "signed-unreadable", "the signed message can't be taken out of its signature";
        OutlookFormat = "outlook-format", "files are in Outlook's own format (TNEF)";
    }
}

/// Notes, each once.
#[derive(Debug, Default)]
pub(super) struct Notes(Vec<Reason>);

impl Notes {
    /// Adds a note without particulars.
    pub(super) fn add(&mut self, note: Note) {
        self.push(note.into());
    }

    /// Adds a note with particulars.
    pub(super) fn add_with(&mut self, note: Note, detail: String) {
        self.push(Reason { code: note.code(), detail });
    }

    fn push(&mut self, note: Reason) {
        if self.0.len() < limits::NOTES && !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    pub(super) fn into_list(self) -> Vec<Reason> {
        self.0
    }
}
