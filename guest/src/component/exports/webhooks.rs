//! `webhooks`.

use crate::component::bindings::exports::postroom::plugin::webhooks as wit;
use crate::component::convert::event_out;
use crate::component::{Component, call};
use crate::domain::webhook::{self, Notice, Provider, Reference};

impl wit::Guest for Component {
    fn read(provider: String, body: String) -> Result<wit::Reading, wit::WebhookError> {
        let _call = call::begin();
        let known = || Provider::ALL.iter().map(|provider| provider.name().to_owned()).collect();
        let provider = Provider::named(&provider).map_err(|_| wit::WebhookError::UnknownProvider(known()))?;
        let reading = webhook::read(provider, &body);
        let reading = reading.map_err(|e| wit::WebhookError::Malformed(e.to_string()))?;
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
        event: event_out(of.event),
        lasting: of.lasting,
    }
}
