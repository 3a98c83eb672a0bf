//! A mail that failed for everybody, once more: the same document, text and files, as a mail of its own. What a report or an
//! answer names a mail by must be the new mail's: its Message-ID, and where the platform sends, its return path and Reply-To.

use super::facts::Time;
use super::kept::{self, FileError};
use crate::store::{Mail, MailId, NewMail, OpenCheck, Piece};

/// The end of a message's header.
const END_OF_HEADER: &str = "\r\n\r\n";

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

/// What names a mail in its message, of the old mail and of the new one.
#[derive(Debug, Clone)]
pub struct Renamed {
    /// In the header of the old mail.
    pub from: String,
    /// There instead.
    pub to: String,
}

/// Makes a new mail of a kept one, its files compared with their digests. `reply_to` and `mail_from` are for an account that
/// names the mail in its addresses.
///
/// # Errors
/// [`AgainError`].
pub async fn again(
    mail: &Mail,
    id: MailId,
    created: Time,
    reply_to: Option<Renamed>,
    mail_from: Option<String>,
) -> Result<NewMail, AgainError> {
    kept::files(mail).await?;
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
}
