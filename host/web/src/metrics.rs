//! Counters for Prometheus.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Media type of the text.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteStatus {
    route: String,
    status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Webhook {
    provider: String,
    result: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Fact {
    source: String,
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Opening {
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Waiting {
    state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConnectionEnd {
    reason: String,
}

/// Counters of the server. Labels are from closed lists: nothing that a stranger wrote becomes one.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RouteStatus, Counter>,
    webhooks: Family<Webhook, Counter>,
    notices: Family<Webhook, Counter>,
    events: Family<Fact, Counter>,
    openings: Family<Opening, Counter>,
    queue: Family<Waiting, Gauge>,
    closed: Family<ConnectionEnd, Counter>,
    untrusted_proxies: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("postroom");
        let requests = Family::default();
        registry.register("http_requests", "Requests by route and status", requests.clone());
        let webhooks = Family::default();
        registry.register("webhooks", "Reports of providers by what came of them", webhooks.clone());
        let notices = Family::default();
        registry.register("webhook_notices", "Facts in reports by what came of them", notices.clone());
        let events = Family::default();
        registry.register(
            "events_kept",
            "Facts that were kept, the same ones again included",
            events.clone(),
        );
        let openings = Family::default();
        registry.register("pixel_opens", "Fetched pixels by what they prove", openings.clone());
        let queue = Family::default();
        registry.register("queue_mails", "Mails in the outbox by their state", queue.clone());
        let closed = Family::default();
        registry.register("http_connections_closed", "Connections closed by reason", closed.clone());
        let untrusted_proxies = Counter::default();
        registry.register(
            "untrusted_proxy_requests",
            "Requests with X-Forwarded-For of a peer that is not among trusted_proxies",
            untrusted_proxies.clone(),
        );
        Self { registry, requests, webhooks, notices, events, openings, queue, closed, untrusted_proxies }
    }
}

impl Metrics {
    pub(super) fn request(&self, route: &str, status: u16) {
        self.requests
            .get_or_create(&RouteStatus { route: route.to_owned(), status: status.to_string() })
            .inc();
    }

    pub(super) fn webhook(&self, provider: &str, result: &str) {
        self.webhooks
            .get_or_create(&Webhook { provider: provider.to_owned(), result: result.to_owned() })
            .inc();
    }

    pub(super) fn notices(&self, provider: &str, result: &str, count: u64) {
        if count > 0 {
            let of = Webhook { provider: provider.to_owned(), result: result.to_owned() };
            self.notices.get_or_create(&of).inc_by(count);
        }
    }

    pub(super) fn event(&self, source: &str, kind: &str) {
        self.events.get_or_create(&Fact { source: source.to_owned(), kind: kind.to_owned() }).inc();
    }

    pub(super) fn opening(&self, kind: &str) {
        self.openings.get_or_create(&Opening { kind: kind.to_owned() }).inc();
    }

    /// Counts a connection that the server closed, by its reason: silent, made-room or too-many.
    pub(super) fn connection_closed(&self, reason: &'static str) {
        self.connections_closed()(reason);
    }

    /// Gives what [`Self::connection_closed`] does, for a task that outlives the borrow.
    pub(super) fn connections_closed(&self) -> impl Fn(&'static str) + Send + use<> {
        let closed = self.closed.clone();
        move |reason| {
            closed.get_or_create(&ConnectionEnd { reason: reason.to_owned() }).inc();
        }
    }

    /// Counts a request that came through a proxy that is not trusted.
    pub(super) fn untrusted_proxy(&self) {
        self.untrusted_proxies.inc();
    }

    /// Writes the text that Prometheus reads, with the depths of the queue as they are now.
    pub(super) fn text(&self, queue: &[(String, u64)]) -> Result<String, std::fmt::Error> {
        for (state, count) in queue {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            self.queue.get_or_create(&Waiting { state: state.clone() }).set(count);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_written_as_prometheus_reads_it() {
        let metrics = Metrics::default();
        metrics.request("/o/{*token}", 200);
        metrics.request("/o/{*token}", 200);
        metrics.webhook("sendgrid", "taken");
        metrics.notices("sendgrid", "kept", 3);
        metrics.event("webhook", "delivered");
        metrics.opening("machine-open");
        let text = metrics.text(&[("due".to_owned(), 7)]).unwrap();
        for line in [
            "postroom_http_requests_total{route=\"/o/{*token}\",status=\"200\"} 2",
            "postroom_webhooks_total{provider=\"sendgrid\",result=\"taken\"} 1",
            "postroom_webhook_notices_total{provider=\"sendgrid\",result=\"kept\"} 3",
            "postroom_events_kept_total{source=\"webhook\",kind=\"delivered\"} 1",
            "postroom_pixel_opens_total{kind=\"machine-open\"} 1",
            "postroom_queue_mails{state=\"due\"} 7",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
        }
    }
}
