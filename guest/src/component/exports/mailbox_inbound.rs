//! The export `mailbox-inbound`: what only the full plugin has.

use super::inbound::report_out;
use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::inbound::Report;
use crate::component::bindings::exports::postroom::plugin::mailbox_inbound as wit;
use crate::component::bindings::postroom::plugin::imap;
use crate::component::call;
use crate::component::convert::{at_argument, time_in};
use crate::component::imports::HostImap;
use crate::flows::{self, Place, StoredError};

impl wit::Guest for Component {
    fn classify_stored(
        account: String,
        at: imap::Place,
        own_addresses: Vec<String>,
        now: String,
    ) -> Result<Report, wit::StoredError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_argument("now")).map_err(wit::StoredError::Argument)?;
        let at = Place { folder: at.folder, uid_validity: at.uid_validity, uid: at.uid };
        let report = flows::classify_stored(&account, &at, &own_addresses, now, &mut HostImap);
        report.map(report_out).map_err(|error| match error {
            StoredError::Refused(refused) => wit::StoredError::Refused(refused.0),
            StoredError::Mailbox(error) => wit::StoredError::Imap(error),
        })
    }
}
