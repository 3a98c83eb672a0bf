//! The export `suppressions`: conversions around the use cases, no decisions.

use crate::component::bindings::exports::postroom::plugin::inbound::Report;
use crate::component::bindings::exports::postroom::plugin::suppressions as wit;
use crate::component::bindings::exports::postroom::plugin::tracking::Event;
use crate::component::bindings::exports::postroom::plugin::webhooks::Notice;
use crate::component::bindings::postroom::plugin::types::ArgumentError;
use crate::component::claim::claim_in;
use crate::component::convert::{event_in, events_in, time_out};
use crate::component::{Component, call};
use crate::domain::matching::{Parties, TraceKind};
use crate::domain::suppression::{self, Suppression};
use crate::domain::webhook;

impl wit::Guest for Component {
    fn of_events(
        events: Vec<Event>,
        recipients: Vec<String>,
        own_addresses: Vec<String>,
    ) -> Result<Vec<wit::Suppression>, ArgumentError> {
        let _call = call::begin();
        let found = suppression::of_events(&events_in(events)?, &Parties::new(&recipients, &own_addresses));
        Ok(found.into_iter().map(suppression_out).collect())
    }

    fn of_report(
        report: Report,
        proof: String,
        recipients: Vec<String>,
        own_addresses: Vec<String>,
    ) -> Result<Vec<wit::Suppression>, ArgumentError> {
        let _call = call::begin();
        let (claim, proof) = (claim_in(report)?, TraceKind::named(&proof).ok());
        let found = suppression::of_report(&claim, proof, &Parties::new(&recipients, &own_addresses));
        Ok(found.into_iter().map(suppression_out).collect())
    }

    fn of_notice(
        notice: Notice,
        recipients: Vec<String>,
        own_addresses: Vec<String>,
    ) -> Result<Option<wit::Suppression>, ArgumentError> {
        let _call = call::begin();
        let event = event_in(notice.fact, || "notice.fact".to_owned())?;
        // What it calls the mail has done its work.
        let notice = webhook::Notice { id: notice.id, references: vec![], event, lasting: notice.lasting };
        let found = suppression::of_notice(&notice, &Parties::new(&recipients, &own_addresses));
        Ok(found.map(suppression_out))
    }
}

fn suppression_out(of: Suppression) -> wit::Suppression {
    wit::Suppression {
        address: of.address,
        kind: of.kind.name().to_owned(),
        since: time_out(of.since),
        code: of.code,
        words: of.words,
        source: of.source.to_owned(),
    }
}
