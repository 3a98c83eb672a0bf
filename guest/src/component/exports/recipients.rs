//! The export `recipients`: conversions around the use cases, no decisions.

use crate::component::bindings::exports::postroom::plugin::documents::Source;
use crate::component::bindings::exports::postroom::plugin::recipients as wit;
use crate::component::bindings::postroom::plugin::types;
use crate::component::convert::{
    address_out, argument_error, document_error_out, field_out, json_error, source_in,
};
use crate::component::{Component, call};
use crate::domain::address::read_list;
use crate::domain::recipients::{Entry, Invalid, UserOverrides};
use crate::flows::{self, InputError};

impl wit::Guest for Component {
    fn resolve(
        document: Source,
        use_case: String,
        settings: String,
        user: wit::Overrides,
    ) -> Result<wit::Resolution, wit::RecipientsError> {
        let _call = call::begin();
        let overrides = UserOverrides { to: user.to, cc: user.cc, bcc: user.bcc, reply_to: user.reply_to };
        let source =
            source_in(document).map_err(|e| wit::RecipientsError::Document(document_error_out(e)))?;
        let resolved = flows::resolve(&source, &use_case, &settings, &overrides);
        let resolution = resolved.map_err(|e| match e {
            InputError::Document(e) => wit::RecipientsError::Document(document_error_out(e)),
            InputError::Settings(e) => wit::RecipientsError::Argument(json_error("settings", e)),
            InputError::UseCase(e) => {
                wit::RecipientsError::Argument(argument_error("use-case", e.to_string()))
            }
        })?;
        Ok(wit::Resolution {
            entries: resolution.entries.into_iter().map(entry_out).collect(),
            invalid: resolution.invalid.into_iter().map(invalid_out).collect(),
            needs_smtputf8: resolution.needs_smtputf8,
        })
    }

    fn parse(text: String, field: wit::Field) -> wit::Parsed {
        let _call = call::begin();
        let list = read_list(&text);
        let invalid = list.invalid.into_iter().map(|piece| wit::Invalid {
            field,
            text: piece.text,
            detail: piece.fault.to_string(),
        });
        let addresses = list.mailboxes.iter().map(address_out).collect();
        wit::Parsed { addresses, invalid: invalid.collect() }
    }
}

fn entry_out(of: Entry) -> wit::Entry {
    wit::Entry {
        field: field_out(of.field),
        address: address_out(&of.mailbox),
        reason: types::Reason { code: of.reason.name().to_owned(), detail: of.detail },
    }
}

fn invalid_out(of: Invalid) -> wit::Invalid {
    wit::Invalid { field: field_out(of.field), text: of.text, detail: of.detail }
}
