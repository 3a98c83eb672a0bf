//! `openings`.

use crate::component::bindings::exports::postroom::plugin::openings as wit;
use crate::component::convert::{event_out, time_in};
use crate::component::{Component, call};
use crate::domain::opening::{self, Network};

impl wit::Guest for Component {
    fn judge(fetch: wit::Fetch) -> Result<wit::Event, (String, String)> {
        let _call = call::begin();
        let time = |field: &str, text: &str| time_in(text).map_err(|detail| (field.to_owned(), detail));
        let fetch = opening::Fetch {
            network: Network::named(&fetch.network).unwrap_or(Network::Other),
            sent: fetch.sent.as_deref().map(|sent| time("sent", sent)).transpose()?,
            at: time("at", &fetch.at)?,
            method: fetch.method,
            user_agent: fetch.user_agent,
            purpose: fetch.purpose,
            recipient: fetch.recipient,
        };
        Ok(event_out(opening::judge(&fetch)))
    }
}
