//! A person or a machine: a table of what requests look like in the field.

use super::*;
use proptest::prelude::*;

const OUTLOOK: &str = "Mozilla/4.0 (compatible; ms-office; MSOffice 16)";
const THUNDERBIRD: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148";
const GMAIL: &str =
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
const PREFETCH: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0";
const YAHOO: &str = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html";

fn at(seconds: i64) -> DateTime<FixedOffset> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap().fixed_offset()
}

fn fetch(agent: &str) -> Fetch {
    Fetch {
        method: "GET".into(),
        user_agent: Some(agent.into()),
        purpose: None,
        network: Network::Other,
        sent: Some(at(0)),
        at: at(3_600),
        recipient: "jo@example.com".into(),
    }
}

#[test]
fn requests_are_told_apart_by_what_is_known_of_them() {
    use EventKind::{MachineOpen, Opened};
    let network = |agent, network| Fetch { network, ..fetch(agent) };
    let after = |agent, seconds| Fetch { at: at(seconds), ..fetch(agent) };
    let table = [
        (fetch(OUTLOOK), Opened, "likely", "mail program"),
        (fetch(THUNDERBIRD), Opened, "likely", "mail program"),
        (fetch(IPHONE), Opened, "likely", "mail program"),
        (network(GMAIL, Network::Google), Opened, "likely", "Gmail's image proxy"),
        (network(YAHOO, Network::Yahoo), Opened, "likely", "Yahoo's image proxy"),
        (network("OutlookImageProxy", Network::Microsoft), Opened, "likely", "Outlook's image proxy"),
        (fetch(PREFETCH), MachineOpen, "certain", "ahead of its user"),
        (fetch("Mozilla/5.0 (X11) Thunderbird Mozilla/5.0.1"), Opened, "likely", "mail program"),
        (after(GMAIL, 4), MachineOpen, "likely", "4 s after the mail left"),
        (after(THUNDERBIRD, 9), MachineOpen, "likely", "sooner than people read"),
        (after(THUNDERBIRD, 10), Opened, "likely", "mail program"),
        (after(THUNDERBIRD, -30), MachineOpen, "likely", "0 s after"),
        (Fetch { sent: None, ..fetch(THUNDERBIRD) }, Opened, "likely", "mail program"),
        (fetch("Mozilla/5.0"), MachineOpen, "certain", "Apple's privacy proxy"),
        (network(IPHONE, Network::Apple), MachineOpen, "likely", "Apple's privacy proxy"),
        (network(THUNDERBIRD, Network::Microsoft), MachineOpen, "likely", "Microsoft's mail protection"),
        (Fetch { method: "HEAD".into(), ..fetch(THUNDERBIRD) }, MachineOpen, "certain", "HEAD"),
        (
            Fetch { purpose: Some("prefetch;prerender".into()), ..fetch(IPHONE) },
            MachineOpen,
            "certain",
            "prefetch",
        ),
        (Fetch { user_agent: None, ..fetch("") }, MachineOpen, "likely", "does not say what it is"),
        (fetch("   "), MachineOpen, "likely", "does not say what it is"),
        (fetch("BarracudaCentral"), MachineOpen, "certain", "Barracuda"),
        (fetch("Mozilla/5.0 (compatible; Mimecast-URL-Protect)"), MachineOpen, "certain", "Mimecast"),
        (fetch("Mozilla/5.0 ProofPoint/1.0"), MachineOpen, "certain", "Proofpoint"),
        (fetch("Mozilla/5.0 SafeLinks"), MachineOpen, "certain", "Microsoft Defender"),
        (fetch("TrendMicro-WRS"), MachineOpen, "certain", "Trend Micro"),
        (fetch("Symantec.cloud"), MachineOpen, "certain", "Symantec"),
        (fetch("Mozilla/5.0 (compatible; bingbot/2.0)"), MachineOpen, "certain", "a robot"),
        (fetch("python-requests/2.32.3"), MachineOpen, "certain", "python-requests"),
        (fetch("curl/8.5.0"), MachineOpen, "certain", "curl"),
        (
            fetch("Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG) Chrome/120"),
            Opened,
            "likely",
            "mail program",
        ),
    ];
    for (fetch, kind, confidence, words) in table {
        let event = classify(&fetch);
        assert_eq!((event.kind, event.code.as_deref()), (kind, Some(confidence)), "{fetch:?}: {event:?}");
        assert!(event.words.as_ref().is_some_and(|text| text.contains(words)), "{fetch:?}: {event:?}");
        assert_eq!((event.source, event.recipient.as_deref()), (EventSource::Pixel, Some("jo@example.com")));
    }
}

proptest! {
    #[test]
    fn no_header_makes_the_rules_fail(agent in ".{0,300}", purpose in ".{0,40}", method in "[A-Z]{0,9}") {
        let event = classify(&Fetch { method, purpose: Some(purpose), ..fetch(&agent) });
        prop_assert!(matches!(event.kind, EventKind::Opened | EventKind::MachineOpen));
        prop_assert!(event.words.is_some_and(|words| words.len() < 200));
    }
}
