//! Who opened a mail or followed a link does not depend on the provider that reports it.

use super::{Provider, read};
use super::{mailgun, postmark, sendgrid, ses};
use crate::domain::opening::{Fetch, Network, classify};
use crate::domain::status::EventKind;
use chrono::DateTime;
use serde_json::{Value, json};

const TIME: &str = "2026-09-21T14:13:20Z";
const JO: &str = "jo@example.com";

/// Names of programs and what they are: whether a person's opening, and whether a person's click.
const AGENTS: &[(&str, bool, bool)] = &[
    ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0", true, true),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36", true, true),
    ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", true, true),
    (
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        true,
        false,
    ),
    ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", true, false),
    ("Mozilla/5.0 OutlookImageProxy", true, false),
    ("Mozilla/5.0", false, false),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/42.0 Safari/537.36 Edge/12.246 Mozilla/5.0",
        false,
        false,
    ),
    ("BarracudaCentral", false, false),
    ("python-requests/2.32.3", false, false),
    ("Python/3.12 aiohttp/3.9.1", false, false),
    ("Go-http-client/1.1", false, false),
    ("GuzzleHttp/7", false, false),
    ("Java/17.0.2", false, false),
    ("AHC/2.1", false, false),
    ("Ruby", false, false),
    ("Mozilla/5.0 (Linux; Android 14; Ruby) Chrome/120.0", true, true),
    ("Embarcadero HTTP client/1.0", false, false),
    ("Mozilla/5.0 (compatible; LinkGuard/2.1; +https://guard.example/about)", false, false),
    ("Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)", true, true),
    ("Mozilla/5.0 (compatible; Mimecast-URL-Protect)", false, false),
    ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0", false, false),
    ("Mozilla/5.0 (compatible; bingbot/2.0)", false, false),
];

fn kind(provider: Provider, body: &Value) -> Option<EventKind> {
    read(provider, &body.to_string()).unwrap().notices.first().map(|notice| notice.event.kind)
}

fn openings(agent: &str) -> [(&'static str, Option<EventKind>); 4] {
    let seen = json!({"Recipient": JO, "ReceivedAt": TIME, "UserAgent": agent});
    [
        (
            "sendgrid",
            kind(Provider::SendGrid, &json!([sendgrid::event("open", json!({"useragent": agent}))])),
        ),
        (
            "mailgun",
            kind(
                Provider::Mailgun,
                &mailgun::body("opened", json!({"client-info": {"user-agent": agent, "bot": ""}})),
            ),
        ),
        ("postmark", kind(Provider::Postmark, &postmark::body("Open", seen))),
        (
            "ses",
            kind(
                Provider::Sns,
                &ses::body("Open", "open", json!({"timestamp": TIME, "userAgent": agent}), &[JO]),
            ),
        ),
    ]
}

fn clicks(agent: &str) -> [(&'static str, Option<EventKind>); 4] {
    let seen = json!({"Recipient": JO, "ReceivedAt": TIME, "UserAgent": agent});
    [
        (
            "sendgrid",
            kind(Provider::SendGrid, &json!([sendgrid::event("click", json!({"useragent": agent}))])),
        ),
        (
            "mailgun",
            kind(Provider::Mailgun, &mailgun::body("clicked", json!({"client-info": {"user-agent": agent}}))),
        ),
        ("postmark", kind(Provider::Postmark, &postmark::body("Click", seen))),
        (
            "ses",
            kind(
                Provider::Sns,
                &ses::body("Click", "click", json!({"timestamp": TIME, "userAgent": agent}), &[JO]),
            ),
        ),
    ]
}

/// Our own pixel.
fn own(agent: &str) -> EventKind {
    let at = DateTime::parse_from_rfc3339(TIME).unwrap();
    classify(&Fetch {
        method: "GET".into(),
        user_agent: Some(agent.into()),
        purpose: None,
        network: Network::Other,
        sent: None,
        at,
        recipient: JO.into(),
    })
    .kind
}

#[test]
fn an_opening_is_a_persons_or_a_machines_whoever_reports_it() {
    for (agent, by_person, _) in AGENTS {
        let wanted = if *by_person { EventKind::Opened } else { EventKind::MachineOpen };
        for (provider, found) in openings(agent) {
            assert_eq!(found, Some(wanted), "{provider}: {agent}");
        }
        assert_eq!(own(agent), wanted, "our own pixel: {agent}");
    }
    for (provider, found) in openings("") {
        assert_eq!(found, Some(EventKind::MachineOpen), "{provider}: no name");
    }
}

#[test]
fn a_program_that_follows_a_link_is_nobody() {
    for (agent, _, by_person) in AGENTS {
        for (provider, found) in clicks(agent) {
            assert_eq!(found, by_person.then_some(EventKind::Clicked), "{provider}: {agent}");
        }
    }
}

#[test]
fn what_a_provider_calls_a_machine_is_one_unless_it_is_a_proxy_that_its_user_set_off() {
    const GMAIL: &str =
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
    use EventKind::{MachineOpen, Opened};
    for (agent, bot, wanted) in [
        (Some(GMAIL), "gmail", Opened),
        (None, "gmail", Opened),
        (Some("Mozilla/5.0 (Macintosh) X"), "apple", MachineOpen),
        (None, "apple", MachineOpen),
        (Some("Mozilla/5.0 (Windows NT 10.0) Firefox/120"), "generic", MachineOpen),
        (Some("python-requests/2"), "gmail", MachineOpen),
    ] {
        let body = mailgun::body("opened", json!({"client-info": {"user-agent": agent, "bot": bot}}));
        assert_eq!(kind(Provider::Mailgun, &body), Some(wanted), "{agent:?} {bot}");
    }
    for (agent, wanted) in [(GMAIL, Opened), ("Mozilla/5.0 (iPhone) Mobile/15E148", MachineOpen)] {
        let open = sendgrid::event("open", json!({"useragent": agent, "sg_machine_open": true}));
        assert_eq!(kind(Provider::SendGrid, &json!([open])), Some(wanted), "{agent}");
    }
}

#[test]
fn sooner_than_people_read_is_a_machine_where_the_report_says_when_the_mail_left() {
    let agent = "Mozilla/5.0 (Windows NT 10.0) Firefox/120";
    for (time, opened, clicked) in [
        ("2026-09-21T14:13:04Z", EventKind::MachineOpen, None),
        ("2026-09-21T14:13:11Z", EventKind::Opened, Some(EventKind::Clicked)),
    ] {
        let seen = json!({"timestamp": time, "userAgent": agent});
        let open = ses::body("Open", "open", seen.clone(), &[JO]);
        let click = ses::body("Click", "click", seen, &[JO]);
        assert_eq!(kind(Provider::Sns, &open), Some(opened), "{time}");
        assert_eq!(kind(Provider::Sns, &click), clicked, "{time}");
    }
}
