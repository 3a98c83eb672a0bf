//! The export `matching`: conversions around the use cases, no decisions.

use crate::component::bindings::exports::postroom::plugin::inbound::Report;
use crate::component::bindings::exports::postroom::plugin::matching as wit;
use crate::component::bindings::exports::postroom::plugin::tracking::Event;
use crate::component::bindings::postroom::plugin::types::ArgumentError;
use crate::component::claim::{claim_in, claim_without_facts};
use crate::component::convert::event_out;
use crate::component::{Component, call};
use crate::domain::matching::{self, Parties};

impl wit::Guest for Component {
    fn traces(report: Report) -> Vec<wit::Trace> {
        let _call = call::begin();
        let found = matching::traces(&claim_without_facts(report)).into_iter();
        let out = found.map(|trace| wit::Trace {
            kind: trace.kind.name().to_owned(),
            value: trace.value,
            purposes: trace.purposes.iter().map(|purpose| purpose.name().to_owned()).collect(),
        });
        out.collect()
    }

    fn facts(
        report: Report,
        recipients: Vec<String>,
        own_addresses: Vec<String>,
    ) -> Result<Vec<Event>, ArgumentError> {
        let _call = call::begin();
        let facts = matching::facts(&claim_in(report)?, &Parties::new(&recipients, &own_addresses));
        Ok(facts.into_iter().map(event_out).collect())
    }
}
