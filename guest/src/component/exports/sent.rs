//! The export `sent`: what only the full plugin has.

use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::sent as wit;
use crate::component::bindings::postroom::plugin::imap;
use crate::component::call;
use crate::component::convert::{argument_error, chunks_in, time_in};
use crate::component::imports::{HostImap, folder_in};
use crate::domain::sent::{Plan, SentAccount, plan};
use crate::flows::{self, Place, SentCopy, SentError};

impl wit::Guest for Component {
    fn plan(account: wit::MailboxAccount, folders: Vec<imap::Folder>) -> wit::FilingPlan {
        let _call = call::begin();
        let folders: Vec<_> = folders.into_iter().map(folder_in).collect();
        match plan(&account_in(account), &folders) {
            Plan::ByProvider => wit::FilingPlan::ByProvider,
            Plan::Append(folder) => wit::FilingPlan::Append(folder),
            Plan::Choose(candidates) => wit::FilingPlan::Choose(candidates),
        }
    }

    fn file(
        account: wit::MailboxAccount,
        folder: String,
        copies: Vec<wit::SentMail>,
    ) -> Result<Vec<imap::Filed>, wit::SentError> {
        let _call = call::begin();
        let numbered = copies.into_iter().enumerate();
        let copies = numbered.map(|(index, copy)| {
            let at = time_in(&copy.at).map_err(|detail| {
                wit::SentError::Argument(argument_error(format!("copies[{index}].at"), detail))
            })?;
            Ok(SentCopy { chunks: chunks_in(copy.chunks), size: copy.size.into(), at })
        });
        let copies = copies.collect::<Result<Vec<_>, _>>()?;
        flows::file_sent(&account_in(account), &folder, copies, &mut HostImap).map_err(error_out)
    }

    fn find(
        account: wit::MailboxAccount,
        message_ids: Vec<String>,
    ) -> Result<Vec<Option<imap::Place>>, wit::SentError> {
        let _call = call::begin();
        let found = flows::find_sent(&account_in(account), &message_ids, &mut HostImap).map_err(error_out)?;
        Ok(found.into_iter().map(|place| place.map(place_out)).collect())
    }
}

fn account_in(of: wit::MailboxAccount) -> SentAccount {
    SentAccount {
        name: of.account_name,
        transport: of.transport,
        provider: of.provider,
        sent_folder: of.sent_folder,
    }
}

fn place_out(of: Place) -> imap::Place {
    imap::Place { folder: of.folder, uid_validity: of.uid_validity, uid: of.uid }
}

fn error_out(of: SentError<imap::ImapError>) -> wit::SentError {
    match of {
        SentError::Imap(error) => wit::SentError::Imap(error),
        SentError::Argument(field, detail) => wit::SentError::Argument(argument_error(field, detail)),
    }
}
