//! What the host logs, as events with the fields of their spans. Tests run at the same time in one program and workers on several
//! threads, so all events of the program are captured; a test selects those of its own company.

use crate::test_worker::TestWorker;
use postroom::model::{AllowList, CompanyId};
use postroom::transport::smtp::{self, Login, Mechanism, Secret, SmtpClient, Submitter};
use postroom_tests::scripted::{At, How, server};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, Once};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

static EVENTS: Mutex<Vec<Fields>> = Mutex::new(Vec::new());

/// Fields by their names, `message` among them.
type Fields = BTreeMap<String, String>;

/// Begins to capture events, once for the program.
pub(crate) fn capture() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        tracing::subscriber::set_global_default(Registry::default().with(Capture)).unwrap();
    });
}

/// The events of a company, and those that are of none.
pub(crate) fn events(company: CompanyId) -> Vec<Fields> {
    let company = company.to_string();
    let events = EVENTS.lock().unwrap();
    events.iter().filter(|it| it.get("company").is_none_or(|of| *of == company)).cloned().collect()
}

/// The sentences of a company's events.
pub(crate) fn messages(company: CompanyId) -> Vec<String> {
    let of_company = events(company).into_iter().filter(|it| it.contains_key("company"));
    of_company.filter_map(|mut it| it.remove("message")).collect()
}

struct Capture;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("postroom") || metadata.target() == "plugin"
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut fields = Visited::default();
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Visited::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            fields.0.extend(span.extensions().get::<Visited>().unwrap().0.clone());
        }
        event.record(&mut fields);
        EVENTS.lock().unwrap().push(fields.0);
    }
}

#[derive(Default)]
struct Visited(Fields);

impl Visit for Visited {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_on_the_way_of_a_mail_names_it_and_its_account_and_no_secret() {
    const SECRET: &str = "correct-horse-battery-staple";
    let shop = TestWorker::new().await;
    let mail = shop.queue_to("els@customer.example").await;
    let port = server(At::Login, How::Replies("535 5.7.8 wrong password"), &["AUTH PLAIN LOGIN"]);
    let login = Login {
        user: "office".into(),
        secret: Secret::password(SECRET.to_owned()),
        mechanism: Mechanism::Auto,
    };
    let account = smtp::Account {
        port,
        allow_private: AllowList::loopback(),
        allow_cleartext_login: true,
        login: Some(login),
        ..smtp::Account::new("office", "127.0.0.1", smtp::Security::None)
    };
    let client: Arc<dyn Submitter> = Arc::new(SmtpClient::default());
    shop.work_at(&client, account).await;
    let events = events(shop.account.company);
    let wanted = [
        ("company", shop.account.company.to_string()),
        ("account", shop.account.id.to_string()),
        ("mail", mail.to_string()),
    ];
    let of_mail = |it: &&Fields| wanted.iter().all(|(name, value)| it.get(*name) == Some(value));
    let attempted = events.iter().filter(of_mail).any(|it| it.contains_key("attempt"));
    assert!(attempted, "{events:#?}");
    let text = format!("{events:?}");
    for secret in [SECRET, &base64(SECRET), &base64(&format!("\0office\0{SECRET}"))] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
