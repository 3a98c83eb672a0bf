//! The host's capabilities as the flows' ports.

use super::bindings::postroom::plugin::attachments;
use crate::flows::{FileError, Files};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The files of the call.
pub(super) struct HostFiles;

impl Files for HostFiles {
    fn read(&mut self, handle: u32, offset: u64, length: u32) -> Result<Vec<u8>, FileError> {
        let block = attachments::read(handle, offset, length).map_err(|e| match e {
            attachments::ReadError::UnknownHandle => FileError::UnknownHandle(handle),
            attachments::ReadError::Unreadable(words) => FileError::Unreadable(words),
        })?;
        match block {
            attachments::Block::Bytes(bytes) => Ok(bytes),
            attachments::Block::Base64(text) => STANDARD
                .decode(text)
                .map_err(|fault| FileError::Unreadable(format!("what was read of it is no base64: {fault}"))),
        }
    }
}

#[cfg(not(feature = "core"))]
pub(super) use submission::{HostSmtp, HostWeb};

#[cfg(not(feature = "core"))]
mod submission {
    use crate::component::bindings::postroom::plugin::{smtp, web};
    use crate::component::{convert, transport};
    use crate::domain::status::{Acceptance, Failure};
    use crate::flows::{Answer, Piece, Request, Smtp, Submission, Web, WebError, WebFailure, WebStage};

    /// The APIs of the host's accounts.
    pub(in crate::component) struct HostWeb;

    impl Web for HostWeb {
        fn call(&mut self, request: Request) -> Result<Answer, WebError> {
            let headers = request.headers.into_iter();
            let request = web::Request {
                account: request.account,
                method: request.method.to_owned(),
                target: request.target,
                headers: headers.map(|(name, value)| web::Header { name: name.to_owned(), value }).collect(),
                body: request.body.into_iter().map(piece_out).collect(),
                range: request.range.map(|(offset, length)| web::Range { offset, length }),
                authorize: request.authorize,
                limit: request.limit,
            };
            web::call(&request).map(answer_in).map_err(error_in)
        }
    }

    fn piece_out(of: Piece) -> web::Piece {
        match of {
            Piece::Text(text) => web::Piece::Text(text),
            Piece::Message(chunks) => web::Piece::Message(convert::chunks_out(chunks)),
            Piece::MessageBase64(chunks) => web::Piece::MessageBase64(convert::chunks_out(chunks)),
            Piece::File(handle) => web::Piece::File(handle),
            Piece::FileBase64(handle) => web::Piece::FileBase64(handle),
        }
    }

    fn answer_in(of: web::Answer) -> Answer {
        Answer {
            status: of.status,
            headers: of.headers.into_iter().map(|header| (header.name, header.value)).collect(),
            body: of.body,
            truncated: of.truncated,
        }
    }

    fn error_in(of: web::WebError) -> WebError {
        match of {
            web::WebError::UnknownAccount => WebError::UnknownAccount,
            web::WebError::Refused(why) => WebError::Refused(why),
            web::WebError::NeedsSignIn(words) => WebError::NeedsSignIn(words),
            web::WebError::Failed(failure) => WebError::Failed(WebFailure {
                stage: match failure.stage {
                    web::Stage::Prepare => WebStage::Prepare,
                    web::Stage::Token => WebStage::Token,
                    web::Stage::Resolve => WebStage::Resolve,
                    web::Stage::Connect => WebStage::Connect,
                    web::Stage::Tls => WebStage::Tls,
                    web::Stage::Request => WebStage::Request,
                    web::Stage::Answer => WebStage::Answer,
                },
                verdict: transport::verdict_in(failure.verdict),
                detail: failure.detail,
                retry_after: failure.retry_after,
            }),
        }
    }

    /// The host's SMTP accounts.
    pub(in crate::component) struct HostSmtp;

    impl Smtp for HostSmtp {
        fn submit(&mut self, submission: Submission) -> Result<Acceptance, Failure> {
            let notify: Vec<String> = submission.notify.iter().map(|n| (*n).to_owned()).collect();
            let recipients = submission.recipients.into_iter();
            let submission = smtp::Submission {
                account: submission.account,
                mail_from: submission.mail_from,
                recipients: recipients
                    .map(|address| smtp::Recipient { address, notify: notify.clone() })
                    .collect(),
                envelope_id: submission.envelope_id,
                smtputf8: submission.smtputf8,
                size: submission.size,
                chunks: convert::chunks_out(submission.chunks),
            };
            let answer = smtp::submit(&submission);
            answer.map(transport::acceptance_in).map_err(transport::failure_in)
        }
    }
}

#[cfg(not(feature = "core"))]
pub(super) use mailboxes::{HostImap, folder_in};

#[cfg(not(feature = "core"))]
mod mailboxes {
    use crate::component::bindings::postroom::plugin::imap;
    use crate::component::convert;
    use crate::domain::sent::Folder;
    use crate::flows::{Criterion, Filing, Found, Imap, Messages, Place};

    /// The host's mailboxes.
    pub(in crate::component) struct HostImap;

    pub(in crate::component) fn folder_in(of: imap::Folder) -> Folder {
        Folder {
            name: of.name,
            delimiter: of.delimiter,
            special_use: of.special_use,
            selectable: of.selectable,
        }
    }

    impl Messages for HostImap {
        type Error = imap::ImapError;

        fn fetch(
            &mut self,
            account: &str,
            at: &Place,
            offset: u64,
            length: u32,
        ) -> Result<Vec<u8>, imap::ImapError> {
            let at = imap::Place { folder: at.folder.clone(), uid_validity: at.uid_validity, uid: at.uid };
            imap::fetch_message(account, &at, offset, length)
        }
    }

    impl Imap for HostImap {
        type Error = imap::ImapError;
        type Filed = imap::Filed;

        fn folders(&mut self, account: &str) -> Result<Vec<Folder>, imap::ImapError> {
            Ok(imap::folders(account)?.into_iter().map(folder_in).collect())
        }

        fn search(
            &mut self,
            account: &str,
            folder: &str,
            criterion: Criterion<'_>,
            limit: u32,
        ) -> Result<Found, imap::ImapError> {
            let criterion = match criterion {
                Criterion::MessageId(ids) => imap::Criterion::MessageId(ids.to_vec()),
                Criterion::Header(name, text) => imap::Criterion::Header((name.to_owned(), text.to_owned())),
            };
            let found = imap::search(account, folder, &[criterion], None, limit)?;
            Ok(Found { uid_validity: found.uid_validity, uids: found.uids })
        }

        fn message_ids(
            &mut self,
            account: &str,
            folder: &str,
            uid_validity: u32,
            uids: &[u32],
        ) -> Result<Vec<(u32, Option<String>)>, imap::ImapError> {
            let envelopes = imap::fetch_envelopes(account, folder, uid_validity, uids)?;
            Ok(envelopes.into_iter().map(|envelope| (envelope.uid, envelope.message_id)).collect())
        }

        fn append(
            &mut self,
            account: &str,
            folder: &str,
            messages: Vec<Filing>,
        ) -> Result<Vec<imap::Filed>, imap::ImapError> {
            let messages = messages.into_iter().map(|message| imap::Filing {
                chunks: convert::chunks_out(message.chunks),
                size: message.size,
                flags: message.flags.iter().map(|flag| (*flag).to_owned()).collect(),
                received: message.received,
            });
            imap::append(account, folder, &messages.collect::<Vec<_>>())
        }

        fn is_missing_folder(error: &imap::ImapError) -> bool {
            matches!(error, imap::ImapError::NoSuchFolder)
        }
    }
}
