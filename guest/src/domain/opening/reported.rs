//! Openings and clicks that a provider saw with a pixel and links of its own: classified by the rules of our own pixel, as far as the
//! provider passes on what they need, so that a proxy or scanner is recognised alike at every provider.

use super::{agents, by_name, too_soon};
use crate::domain::status::EventKind;
use chrono::{DateTime, FixedOffset};

/// A provider's report of a request for its pixel or one of its links.
#[derive(Debug, Clone, Copy)]
pub struct ReportedOpening<'a> {
    /// `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// The provider calls it a machine's.
    pub is_flagged: bool,
    /// When the mail left, where the report has it.
    pub sent: Option<DateTime<FixedOffset>>,
    /// When the request came.
    pub at: DateTime<FixedOffset>,
}

/// Classifies an opening. A proxy that fetches when its user opens the mail is the user, whatever the provider calls it.
pub fn of_provider(seen: ReportedOpening<'_>) -> EventKind {
    let is_proxy = seen.user_agent.is_some_and(|agent| agents::proxy(agent).is_some());
    let is_machine = by_name(seen.user_agent).is_some()
        || (seen.is_flagged && !is_proxy)
        || too_soon(seen.sent, seen.at).is_some();
    if is_machine { EventKind::MachineOpen } else { EventKind::Opened }
}

/// Classifies a click: whether a program followed the link. Image proxies follow none; a click without a name is a person's, since
/// providers leave the name out.
pub fn is_click_by_machine(seen: ReportedOpening<'_>) -> bool {
    let agent = seen.user_agent.map(str::trim).filter(|it| !it.is_empty());
    let is_named =
        agent.is_some_and(|agent| by_name(Some(agent)).is_some() || agents::proxy(agent).is_some());
    is_named || seen.is_flagged || too_soon(seen.sent, seen.at).is_some()
}
