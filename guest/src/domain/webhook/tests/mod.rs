//! Each provider's bodies, as it sends them, and what must come of them; garbage; order.

mod garbage;
mod mailgun;
mod order;
mod postmark;
mod refusals;
mod seen;
mod sendgrid;
mod ses;
mod ses_types;

use super::{Notice, Provider, Reading, Reference, read};
use serde_json::Value;

/// The Message-ID of the mail that all the bodies are about.
const MESSAGE_ID: &str = "<01983f1a-0000-7000-8000-00000000002a@nord.example>";

fn reading(provider: Provider, body: &Value) -> Reading {
    read(provider, &body.to_string()).unwrap_or_else(|error| panic!("{body}: {error}"))
}

/// The only notice of a body.
fn one(provider: Provider, body: &Value) -> Notice {
    let reading = reading(provider, body);
    assert_eq!((reading.notices.len(), reading.passed_over), (1, 0), "{body}");
    reading.notices.into_iter().next().unwrap()
}

/// Kind, code and words, and whether it lasts.
fn summary(notice: &Notice) -> (&'static str, &str, &str, bool) {
    let text = |text: &'_ Option<String>| text.clone().unwrap_or_default().leak() as &str;
    (notice.event.kind.name(), text(&notice.event.code), text(&notice.event.words), notice.lasting)
}

fn names_the_mail(notice: &Notice) -> bool {
    notice.references.contains(&Reference::MessageId(MESSAGE_ID.into()))
}

fn passed_over(provider: Provider, body: &Value) {
    let reading = reading(provider, body);
    assert_eq!((reading.notices.len(), reading.passed_over), (0, 1), "{body}");
}
