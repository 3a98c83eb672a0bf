//! The export `openings`: conversions around the use cases, no decisions.

use crate::component::bindings::exports::postroom::plugin::openings as wit;
use crate::component::bindings::postroom::plugin::types::ArgumentError;
use crate::component::convert::{at_argument, event_out, time_in};
use crate::component::{Component, call};
use crate::domain::opening::{self, Network};

impl wit::Guest for Component {
    fn classify_fetch(fetch: wit::Fetch) -> Result<wit::Event, ArgumentError> {
        let _call = call::begin();
        let time = |field: &str, text: &str| time_in(text).map_err(at_argument(field));
        let fetch = opening::Fetch {
            network: Network::named(&fetch.network).unwrap_or(Network::Other),
            sent: fetch.sent.as_deref().map(|sent| time("fetch.sent", sent)).transpose()?,
            at: time("fetch.at", &fetch.at)?,
            method: fetch.method,
            user_agent: fetch.user_agent,
            purpose: fetch.purpose,
            recipient: fetch.recipient,
        };
        Ok(event_out(opening::classify(&fetch)))
    }
}
