//! The export `webhooks`: conversions around the use cases, no decisions.

use crate::component::bindings::exports::postroom::plugin::webhooks as wit;
use crate::component::bindings::postroom::plugin::types::ArgumentError;
use crate::component::convert::{argument_error, at_argument, event_out};
use crate::component::{Component, call};
use crate::domain::webhook::{self, Notice, Provider, Reference};

impl wit::Guest for Component {
    fn read(provider: String, body: String) -> Result<wit::Reading, ArgumentError> {
        let _call = call::begin();
        let provider = Provider::named(&provider).map_err(at_argument("provider"))?;
        let reading = webhook::read(provider, &body).map_err(|fault| {
            let inside = fault.path.strip_prefix('$').unwrap_or(fault.path);
            argument_error(format!("body{inside}"), fault.detail)
        })?;
        Ok(wit::Reading {
            notices: reading.notices.into_iter().map(notice_out).collect(),
            passed_over: reading.passed_over,
        })
    }
}

fn notice_out(of: Notice) -> wit::Notice {
    let reference = |of: Reference| match of {
        Reference::Attempt(token) => wit::Reference::Attempt(token),
        Reference::MessageId(id) => wit::Reference::MessageId(id),
        Reference::ProviderId(id) => wit::Reference::ProviderId(id),
    };
    wit::Notice {
        id: of.id,
        references: of.references.into_iter().map(reference).collect(),
        fact: event_out(of.event),
        lasting: of.lasting,
    }
}
