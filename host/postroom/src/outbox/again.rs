//! A mail that failed for all recipients, once more: the same document, text and files, as a mail of its own. What a report or an
//! answer names a mail by must be the new mail's: its Message-ID, and where the platform sends, its return path and Reply-To. Its
//! Date is that of the new submission: a mail that is weeks old when it arrives looks like spam.

use super::facts::Time;
use super::stored_message::{self, FileError};
use postroom_store::{Mail, MailId, NewMail, OpenCheck, Piece};
use postroom_transport::attachments::FileDigests;

/// The end of a message's header.
const END_OF_HEADER: &str = "\r\n\r\n";

/// The field's name.
const DATE: &str = "date:";

/// Why a kept mail can't be sent once more as it is.
#[derive(Debug, thiserror::Error)]
pub enum AgainError {
    /// A file of it.
    #[error(transparent)]
    File(#[from] FileError),
    /// It has no message any more.
    #[error("its content was removed: send the document again")]
    Removed,
    /// What it names itself by is not what this program would write today.
    #[error("its message names the mail that failed, and can't be changed: send the document again")]
    Named,
}

/// The ids of a mail in its message, of the old mail and of the new one.
#[derive(Debug, Clone)]
pub struct Renamed {
    /// In the header of the old mail.
    pub from: String,
    /// There instead.
    pub to: String,
}

/// Makes a new mail of a kept one, its files compared with their digests. `reply_to` and `mail_from` are for an account that
/// names the mail in its addresses.
pub async fn again(
    mail: &Mail,
    id: MailId,
    created: Time,
    reply_to: Option<Renamed>,
    mail_from: Option<String>,
) -> Result<NewMail, AgainError> {
    stored_message::files(mail, &FileDigests::default()).await?;
    let mut new = NewMail { id, created, ..mail.mail.clone() };
    if new.message.pieces.is_empty() {
        return Err(AgainError::Removed);
    }
    let own = mail.mail.message.message_id.as_str();
    let (from, to) = (mail.mail.id.to_string(), id.to_string());
    if !own.starts_with(&format!("<{from}@")) {
        return Err(AgainError::Named);
    }
    new.message.message_id = own.replacen(&from, &to, 1);
    let names = [Renamed { from: own.to_owned(), to: new.message.message_id.clone() }];
    for renamed in names.into_iter().chain(reply_to) {
        rename(&mut new.message.pieces, &renamed)?;
    }
    let grown = date(&mut new.message.pieces, created)?;
    new.message.size = new.message.size.saturating_add_signed(grown);
    if let Some(mail_from) = mail_from {
        new.message.mail_from = mail_from;
    }
    // The pixel is in an encoded part, and tells of the mail that failed.
    if new.open_check == OpenCheck::Pixel {
        new.open_check = OpenCheck::Off;
    }
    Ok(new)
}

/// Replaces a name in the message's header, where it must be. Both are of one length: nothing else of the message changes.
fn rename(pieces: &mut [Piece], of: &Renamed) -> Result<(), AgainError> {
    let Some(Piece::Text(text)) = pieces.first_mut() else { return Err(AgainError::Removed) };
    let end = text.find(END_OF_HEADER).ok_or(AgainError::Named)?;
    let (header, body) = text.split_at(end);
    if of.from.len() != of.to.len() || !header.contains(&of.from) {
        return Err(AgainError::Named);
    }
    *text = header.replace(&of.from, &of.to) + body;
    Ok(())
}

/// Replaces the date in the message's header, where there is one. Gives by how many bytes the message has grown: a day has one
/// digit or two.
fn date(pieces: &mut [Piece], at: Time) -> Result<i64, AgainError> {
    let Some(Piece::Text(text)) = pieces.first_mut() else { return Err(AgainError::Removed) };
    let end = text.find(END_OF_HEADER).ok_or(AgainError::Named)?;
    let lines = std::iter::once(0).chain(text[..end].match_indices("\r\n").map(|(at, end)| at + end.len()));
    let is_date =
        |from: usize| text.get(from..from + DATE.len()).is_some_and(|it| it.eq_ignore_ascii_case(DATE));
    let Some(from) = lines.into_iter().find(|from| *from <= end && is_date(*from)) else { return Ok(0) };
    // Up to the next line that does not go on with it.
    let mut ends = text[from..end].match_indices("\r\n").map(|(at, _)| from + at);
    let goes_on = |at: &usize| text[at + 2..].starts_with([' ', '\t']);
    let until = ends.find(|at| !goes_on(at)).unwrap_or(end);
    let line = format!("Date: {}", at.to_rfc2822());
    let grown = i64::try_from(line.len()).unwrap_or(0) - i64::try_from(until - from).unwrap_or(0);
    text.replace_range(from..until, &line);
    Ok(grown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<Piece> {
        vec![Piece::Text(text.to_owned()), Piece::File(1), Piece::Text("old".into())]
    }

    fn renamed(text: &str, from: &str, to: &str) -> Option<String> {
        let mut pieces = pieces(text);
        let renamed = rename(&mut pieces, &Renamed { from: from.into(), to: to.into() });
        assert_eq!(pieces[1..], self::pieces("")[1..]);
        match (renamed, pieces.swap_remove(0)) {
            (Ok(()), Piece::Text(text)) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn a_name_is_replaced_in_the_header_and_nowhere_else() {
        let text = "Message-ID: <old@x>\r\nSubject: 1\r\n\r\nIn <old@x>\r\n\r\n<old@x>";
        let wanted = "Message-ID: <new@x>\r\nSubject: 1\r\n\r\nIn <old@x>\r\n\r\n<old@x>";
        assert_eq!(renamed(text, "<old@x>", "<new@x>").as_deref(), Some(wanted));
        for (text, from, to) in [
            ("Subject: 1\r\n\r\n<old@x>", "<old@x>", "<new@x>"),
            ("Message-ID: <old@x>", "<old@x>", "<new@x>"),
            ("Message-ID: <old@x>\r\n\r\n", "<old@x>", "<newer@x>"),
            ("", "<old@x>", "<new@x>"),
        ] {
            assert_eq!(renamed(text, from, to), None, "{text:?}");
        }
    }

    #[test]
    fn the_date_is_that_of_the_new_submission_and_the_size_goes_with_it() {
        let at: Time = "2026-12-15T10:00:00+01:00".parse().unwrap();
        let new = "Date: Tue, 15 Dec 2026 10:00:00 +0100";
        for old in [
            "Date: Tue, 1 Dec 2026 09:00:00 +0100",
            "date:x",
            "Date: Tue,\r\n 1 Dec 2026\r\n\t09:00:00 +0100",
        ] {
            for (before, after) in
                [("", "\r\nSubject: 1"), ("Subject: 1\r\n", ""), ("A: Date: 1\r\n", "\r\nDate: 2")]
            {
                let body = "\r\n\r\nDate: in the text";
                let mut pieces = pieces(&format!("{before}{old}{after}{body}"));
                let grown = date(&mut pieces, at).unwrap();
                assert_eq!(pieces[0], Piece::Text(format!("{before}{new}{after}{body}")), "{old:?}");
                assert_eq!(grown, new.len() as i64 - old.len() as i64);
                assert_eq!(pieces[1..], self::pieces("")[1..]);
            }
        }
        for none in ["Subject: 1\r\n\r\nDate: 1", "Up-Date: 1\r\nX: a\r\n Date: 1\r\n\r\n", "é\r\n\r\n"] {
            let mut pieces = pieces(none);
            assert_eq!(date(&mut pieces, at).unwrap(), 0);
            assert_eq!(pieces, self::pieces(none));
        }
        assert!(date(&mut pieces("Date: 1"), at).is_err());
        assert!(date(&mut [], at).is_err());
    }
}
