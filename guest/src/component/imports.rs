//! The host's capabilities as the flows' ports.

use super::bindings::postroom::plugin::attachments;
use crate::flows::{FileError, Files};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The files of the call.
pub(super) struct HostFiles;

impl Files for HostFiles {
    fn read(&mut self, handle: u32, offset: u64, length: u32) -> Result<Vec<u8>, FileError> {
        // Beyond what a handle can mean: nothing is there.
        let Ok(offset) = u32::try_from(offset) else { return Ok(Vec::new()) };
        let block = attachments::read(handle, offset, length).map_err(|e| match e {
            attachments::ReadError::UnknownHandle => FileError::UnknownHandle(handle),
            attachments::ReadError::Unreadable(words) => FileError::Unreadable(words),
        })?;
        bytes_of(block)
            .map_err(|fault| FileError::Unreadable(format!("what was read of it is no base64: {fault}")))
    }
}

/// Reads the bytes of a block, whichever form its host chose.
fn bytes_of(block: attachments::Block) -> Result<Vec<u8>, base64::DecodeError> {
    match block {
        attachments::Block::Bytes(bytes) => Ok(bytes),
        attachments::Block::Base64(text) => STANDARD.decode(text),
    }
}

pub(super) use submission::{HostSmtp, HostWeb};

mod submission {
    use crate::component::bindings::postroom::plugin::{smtp, web};
    use crate::component::{convert, transport};
    use crate::domain::status::{Acceptance, Failure, Verdict};
    use crate::flows::{Piece, Request, Smtp, Submission, Web, WebError, WebFailure, WebResponse, WebStage};

    /// The APIs of the host's accounts.
    pub(in crate::component) struct HostWeb;

    impl Web for HostWeb {
        fn call(&mut self, request: Request) -> Result<WebResponse, WebError> {
            let headers = request.headers.into_iter();
            let request = web::Request {
                account_name: request.account,
                method: request.method.to_owned(),
                target: request.target,
                headers: headers.map(|(name, value)| web::Header { name: name.to_owned(), value }).collect(),
                body: request.body.into_iter().map(piece_out).collect(),
                range: request.range.map(|(offset, length)| web::Range {
                    offset: convert::bytes_out(offset),
                    length: convert::bytes_out(length),
                }),
                authorize: request.authorize,
                limit: request.limit,
            };
            web::call(&request).map_err(error_in).and_then(response_in)
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

    /// Reads a response; a body that is not valid base64 counts as a response that was not read.
    fn response_in(of: web::Response) -> Result<WebResponse, WebError> {
        let body = super::bytes_of(of.body).map_err(|fault| {
            WebError::Failed(WebFailure {
                stage: WebStage::WebResponse,
                verdict: Verdict::InDoubt,
                detail: format!("the host gave a response's body that is no base64: {fault}"),
                retry_after: None,
            })
        })?;
        Ok(WebResponse {
            status: of.status,
            headers: of.headers.into_iter().map(|header| (header.name, header.value)).collect(),
            body,
            truncated: of.truncated,
        })
    }

    fn error_in(of: web::WebError) -> WebError {
        match of {
            web::WebError::UnknownAccount => WebError::UnknownAccount,
            web::WebError::Refused(why) => WebError::Refused(why),
            web::WebError::NeedsSignIn(words) => WebError::NeedsSignIn(words),
            web::WebError::Failed(failure) => transport::web_failure_in(failure),
        }
    }

    /// The host's SMTP accounts.
    pub(in crate::component) struct HostSmtp;

    impl Smtp for HostSmtp {
        fn submit(&mut self, submission: Submission) -> Result<Acceptance, Failure> {
            let notify: Vec<String> = submission.notify.iter().map(|n| (*n).to_owned()).collect();
            let recipients = submission.recipients.into_iter();
            let submission = smtp::Submission {
                account_name: submission.account,
                mail_from: submission.mail_from,
                recipients: recipients
                    .map(|address| smtp::Recipient { address, notify: notify.clone() })
                    .collect(),
                envelope_id: submission.envelope_id,
                smtputf8: submission.smtputf8,
                size: convert::bytes_out(submission.size),
                chunks: convert::chunks_out(submission.chunks),
            };
            let answer = smtp::submit(&submission);
            answer.map(transport::acceptance_in).map_err(transport::submission_failure_in)
        }
    }
}

pub(super) use mailboxes::{HostImap, folder_in};

mod mailboxes {
    use crate::component::bindings::postroom::plugin::imap;
    use crate::component::bindings::postroom::plugin::transport::{Failure, Stage, Verdict};
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

    /// Makes the error for an answer of the host that breaks the contract.
    fn unreadable(fault: &str) -> imap::ImapError {
        imap::ImapError::Failed(Failure {
            stage: Stage::Command,
            verdict: Verdict::Permanent,
            code: None,
            words: None,
            detail: format!("the host gave a message that is no base64: {fault}"),
            retry_after: None,
        })
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
            let block = imap::fetch_message(account, &at, convert::bytes_out(offset), length)?;
            super::bytes_of(block).map_err(|fault| unreadable(&fault.to_string()))
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
            let (name, values) = match criterion {
                Criterion::MessageId(ids) => ("message-id", ids.to_vec()),
                Criterion::Header(name, text) => ("header", vec![name.to_owned(), text.to_owned()]),
            };
            let criterion = imap::Criterion { name: name.to_owned(), values };
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
                size: convert::bytes_out(message.size),
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
