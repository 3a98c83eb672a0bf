//! The host's capabilities as the flows' ports, and the panic hook.

use super::bindings::postroom::plugin::{attachments, log};
use crate::flows::{FileError, Files};
use std::sync::Once;

/// The files of the call.
pub(super) struct HostFiles;

impl Files for HostFiles {
    fn read(&mut self, handle: u32, offset: u64, length: u32) -> Result<Vec<u8>, FileError> {
        attachments::read(handle, offset, length).map_err(|e| match e {
            attachments::ReadError::UnknownHandle => FileError::UnknownHandle(handle),
            attachments::ReadError::Unreadable(words) => FileError::Unreadable(words),
        })
    }
}

/// Makes a panic say its message in the host's log before it traps. Each export calls this first.
pub(super) fn speak_before_trapping() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| log::write(log::Level::Error, &format!("panic: {info}"))));
    });
}

#[cfg(not(feature = "renderer"))]
pub(super) use submission::HostSmtp;

#[cfg(not(feature = "renderer"))]
mod submission {
    use crate::component::bindings::postroom::plugin::smtp;
    use crate::component::convert;
    use crate::domain::status::{Acceptance, Failure};
    use crate::flows::{Smtp, Submission};

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
            answer.map(convert::acceptance_in).map_err(convert::failure_in)
        }
    }
}
