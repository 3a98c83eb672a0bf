//! What a report has for consequences beyond the mail that it is about.

use crate::accounts::CompanyId;
use crate::store::{Event, Store};

/// An address bounced for good, or its owner complained: a further mail would harm the sender's standing.
///
/// The place where suppression is connected (`store.suppress(company, recipient, …)`); it is called once for each such
/// report that is new and matched. Until then nothing happens here.
pub(super) async fn address_failed(_store: &Store, _company: CompanyId, _recipient: &str, _event: &Event) {}
