//! Who opened a mail: a person, or one of the programs that fetch every picture of it. Recognised by the request for its pixel, by rules in
//! a fixed order, each with its reason.
//!
//! No rule is certain of a person, since programs imitate them. The rules lean towards the machine: a mail that was read and is shown as
//! Delivered costs less than one that is shown as Read and was not (notes: false opens by proxies).

mod agents;
mod reported;
#[cfg(test)]
mod tests;

use super::status::{Event, EventKind, EventSource};
use chrono::{DateTime, FixedOffset, TimeDelta};

pub use reported::{ReportedOpening, is_click_by_machine, of_provider};

/// People do not read a mail so soon after it left; scanners on the way look at it then.
pub const TOO_SOON: TimeDelta = TimeDelta::seconds(10);

super::status::named! {
    /// Whose network a request came from, by the host's lists of networks.
    Network, "network", {
        /// Apple's own.
        Apple = "apple",
        /// Google's own.
        Google = "google",
        /// Microsoft's, of its mail protection.
        Microsoft = "microsoft",
        /// Yahoo's own.
        Yahoo = "yahoo",
        /// A network that is not of the public internet.
        Private = "private",
        /// Any other.
        Other = "other",
    }
}

/// A request for a pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// HTTP method.
    pub method: String,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// `Purpose` and the like.
    pub purpose: Option<String>,
    /// Whose network.
    pub network: Network,
    /// When the mail left.
    pub sent: Option<DateTime<FixedOffset>>,
    /// When the request came.
    pub at: DateTime<FixedOffset>,
    /// Whom the mail went to.
    pub recipient: String,
}

/// How sure a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Confidence {
    Certain,
    Likely,
}

/// Classifies a request by what it proves.
pub fn classify(fetch: &Fetch) -> Event {
    let (kind, confidence, words) = rule(fetch);
    let code = match confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
    };
    Event {
        recipient: Some(fetch.recipient.clone()),
        kind,
        at: fetch.at,
        source: EventSource::Pixel,
        code: Some(code.to_owned()),
        words: Some(words),
    }
}

fn rule(fetch: &Fetch) -> (EventKind, Confidence, String) {
    use Confidence::{Certain, Likely};
    let machine = |confidence, words: String| (EventKind::MachineOpen, confidence, words);
    let person = |words: &str| (EventKind::Opened, Likely, words.to_owned());
    if fetch.method != "GET" {
        return machine(Certain, "it was asked for without being wanted (HEAD), as scanners do".to_owned());
    }
    if fetch.purpose.as_ref().is_some_and(|it| it.to_ascii_lowercase().contains("prefetch")) {
        return machine(Certain, "a program fetched it ahead of any reader (prefetch)".to_owned());
    }
    if let Some((confidence, words)) = by_name(fetch.user_agent.as_deref()) {
        return machine(confidence, words);
    }
    if fetch.network == Network::Apple {
        return machine(Likely, BY_APPLE.to_owned());
    }
    if let Some(words) = too_soon(fetch.sent, fetch.at) {
        return machine(Likely, words);
    }
    if let Some(proxy) = fetch.user_agent.as_deref().and_then(agents::proxy) {
        return person(&format!("{proxy} fetches pictures when the mail is opened"));
    }
    if fetch.network == Network::Microsoft {
        return machine(
            Likely,
            "Microsoft's mail protection looks at mails before they are delivered".to_owned(),
        );
    }
    person("a mail program or browser fetched it")
}

const BY_APPLE: &str = "Apple's privacy proxy fetches every picture, opened or not";

/// Returns why the name alone, or its absence, proves that it is no person's program.
fn by_name(agent: Option<&str>) -> Option<(Confidence, String)> {
    use Confidence::{Certain, Likely};
    let Some(agent) = agent.map(str::trim).filter(|it| !it.is_empty()) else {
        return Some((Likely, "the program that fetched it does not say what it is".to_owned()));
    };
    if let Some(name) = agents::scanner(agent) {
        return Some((Certain, format!("a scanner or robot fetched it ({name})")));
    }
    if agents::is_bare(agent) {
        return Some((Certain, BY_APPLE.to_owned()));
    }
    agents::is_prefetch(agent).then(|| (Certain, "Gmail fetched it ahead of its user".to_owned()))
}

/// Returns why the time proves that it is no person, where it is known when the mail left.
fn too_soon(sent: Option<DateTime<FixedOffset>>, at: DateTime<FixedOffset>) -> Option<String> {
    let after = at.signed_duration_since(sent?);
    let seconds = after.num_seconds().max(0);
    (after < TOO_SOON)
        .then(|| format!("it was fetched {seconds} s after the mail left, sooner than people read"))
}
