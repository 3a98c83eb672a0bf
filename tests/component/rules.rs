//! The rules about what a report means, as an embedder meets them: through the component alone. And where the plugin says that
//! the providers' APIs are, which is where the host lets it go.

use crate::test_host::{TestHost, shipped};
use postroom::contract::accounts::{Api, SignIn};
use postroom::contract::inbound::{MessageContent, Report};
use postroom::contract::suppressions::Suppression;
use postroom::contract::tracking::Event;
use postroom::contract::webhooks::Notice;
use postroom::engine::Files;
use postroom::model::{Endpoints, SendGridSender, ServiceUrl, Tenant};
use postroom::transport::oauth;

const NOW: &str = "2026-11-27T09:00:00+01:00";
const MIA: &str = "Mia@shop.example";
const NOAH: &str = "noah@shop.example";
const OURS: &str = "desk@us.example";

fn texts(of: &[&str]) -> Vec<String> {
    of.iter().map(|text| (*text).to_owned()).collect()
}

fn event(kind: &str, source: &str, recipient: &str) -> Event {
    Event {
        recipient: Some(recipient.to_owned()),
        kind: kind.to_owned(),
        at: NOW.to_owned(),
        source: source.to_owned(),
        code: Some("5.1.1".to_owned()),
        words: Some("user unknown".to_owned()),
    }
}

/// A report that Mia, Noah and a stranger do not exist, as it was understood.
async fn report(host: &TestHost) -> Report {
    let block = |to: &str| {
        format!(
            "\r\nFinal-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
        )
    };
    let blocks = ["mia@shop.example", NOAH, "boss@elsewhere.example"].map(block).concat();
    let raw = format!(
        "From: MAILER-DAEMON@mx.example\r\nTo: bounce+abc@us.example\r\nSubject: Undelivered\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\
         Original-Envelope-Id: 0193a-1\r\n{blocks}\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
         Message-ID: <0193a@us.example>\r\n\r\n--b--\r\n"
    );
    let origin = MessageContent::Bytes(raw.into_bytes());
    host.company_plugin.classify(&Files::default(), &origin, &[], NOW).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_report_is_matched_and_heeded_by_the_component_alone() {
    let host = TestHost::new(shipped());
    let (company_plugin, files) = (&host.company_plugin, Files::default());
    let report = report(&host).await;
    let traces = company_plugin.traces(&files, &report).await.unwrap();
    let found: Vec<_> = traces.iter().map(|it| (it.kind.as_str(), it.value.as_str())).collect();
    assert_eq!(
        found,
        [
            ("return-address", "bounce+abc@us.example"),
            ("envelope-id", "0193a-1"),
            ("message-id", "<0193a@us.example>")
        ]
    );
    assert_eq!(traces[0].purposes, ["bounce"]);
    let (to, own) = (texts(&[MIA, NOAH, OURS]), texts(&[OURS]));
    let facts = company_plugin.facts(&files, &report, &to, &own).await.unwrap().unwrap();
    let about: Vec<_> = facts.iter().map(|it| it.recipient.as_deref().unwrap()).collect();
    assert_eq!(about, [MIA, NOAH, "boss@elsewhere.example"]);
    assert!(facts.iter().all(|it| it.kind == "bounced" && it.at == NOW), "{facts:?}");
    for (proof, to, wanted) in [
        ("envelope-id", &[MIA, OURS][..], &[MIA][..]),
        ("return-address", &[MIA, NOAH, OURS], &[MIA, NOAH]),
        ("message-id", &[MIA, NOAH], &[]),
        ("message-id", &[NOAH], &[NOAH]),
        ("a proof that is none", &[MIA, NOAH], &[]),
    ] {
        let found = company_plugin.suppressions_of_report(&files, &report, proof, &texts(to), &own).await;
        let found = found.unwrap().unwrap();
        let addresses: Vec<_> = found.iter().map(|it| it.address.as_str()).collect();
        assert_eq!(addresses, wanted, "{proof} {to:?}");
        assert!(found.iter().all(|it| it.kind == "hard-bounce" && it.since == NOW), "{found:?}");
    }
    let mut wrong = report;
    wrong.events[1].kind = "vanished".to_owned();
    assert_eq!(company_plugin.traces(&files, &wrong).await.unwrap().len(), 3);
    let fault = company_plugin.facts(&files, &wrong, &to, &own).await.unwrap().unwrap_err();
    assert_eq!(fault.argument, "report.events[1].kind");
    assert!(fault.detail.contains("vanished"), "{fault:?}");
}

#[tokio::test]
async fn a_refusal_and_a_notice_suppress_by_the_component_alone() {
    let host = TestHost::new(shipped());
    let (company_plugin, files) = (&host.company_plugin, Files::default());
    let (to, own) = (texts(&[MIA, OURS]), texts(&[OURS]));
    let events = [MIA, OURS, NOAH].map(|address| event("refused", "smtp", address));
    let found = company_plugin.suppressions_of_events(&files, &events, &to, &own).await.unwrap().unwrap();
    let refused = Suppression {
        address: MIA.to_owned(),
        kind: "hard-bounce".to_owned(),
        since: NOW.to_owned(),
        code: Some("5.1.1".to_owned()),
        words: Some("user unknown".to_owned()),
        source: "smtp".to_owned(),
    };
    assert_eq!(found, std::slice::from_ref(&refused));
    let notice = |kind: &str, lasting: bool| Notice {
        id: None,
        references: vec![],
        fact: event(kind, "webhook", "mia@SHOP.example"),
        lasting,
    };
    for (notice, wanted) in [
        (notice("opened", false), None),
        (notice("bounced", false), None),
        (notice("bounced", true), Some("hard-bounce")),
        (notice("complaint", false), Some("complaint")),
    ] {
        let found = company_plugin.suppression_of_notice(&files, &notice, &to, &own).await.unwrap().unwrap();
        let wanted = wanted.map(|kind| Suppression {
            kind: kind.to_owned(),
            source: "webhook".to_owned(),
            ..refused.clone()
        });
        assert_eq!(found, wanted, "{notice:?}");
    }
    let wrong = Notice {
        fact: Event { at: "soon".to_owned(), ..event("bounced", "webhook", MIA) },
        ..notice("", true)
    };
    let fault = company_plugin.suppression_of_notice(&files, &wrong, &to, &own).await.unwrap().unwrap_err();
    assert!(fault.detail.contains("soon"), "{fault:?}");
}

/// The text without the slash that a URL of an origin may end with.
fn origin(url: &ServiceUrl) -> &str {
    url.as_str().trim_end_matches('/')
}

fn scopes<'a>(of: &'a SignIn, ability: &str) -> &'a [String] {
    &of.scopes.iter().find(|it| it.ability == ability).unwrap().scopes
}

/// The host keeps lists of its own of where the plugin may go and what users are asked for, since it does not trust the sandbox.
#[tokio::test]
async fn the_plugin_names_the_apis_that_the_host_lets_it_reach() {
    let host = TestHost::new(shipped());
    let apis = host.company_plugin.apis(&Files::default()).await.unwrap();
    let named: Vec<&str> = apis.iter().map(|api| api.transport.as_str()).collect();
    let lists = host.company_plugin.vocabulary(&Files::default()).await.unwrap();
    let transports = &lists.iter().find(|(name, _)| name == "transports").unwrap().1;
    assert_eq!(named, transports.iter().filter(|it| *it != "smtp").collect::<Vec<_>>());
    let [gmail, graph, sendgrid]: &[Api; 3] = apis.as_slice().try_into().unwrap();
    let microsoft = oauth::Provider::microsoft(&oauth::Tenant::Common).unwrap();
    for (api, endpoints, provider) in [
        (gmail, Endpoints::google(), oauth::Provider::google()),
        (graph, Endpoints::microsoft(&Tenant::common()), microsoft),
    ] {
        assert_eq!((api.origin.as_str(), &api.other_origins), (origin(&endpoints.api), &vec![]));
        let sign_in = api.sign_in.as_ref().unwrap();
        assert_eq!(sign_in.authorization, endpoints.authorization.as_str());
        assert_eq!(sign_in.authorization, provider.endpoints.authorize.as_str());
        assert_eq!(sign_in.token, endpoints.token.as_str());
        assert_eq!(sign_in.token, provider.endpoints.token.as_str());
        // Google's endpoint for devices gives no scope for mail, and is not used.
        assert_eq!(sign_in.device.as_deref(), provider.endpoints.device.as_ref().map(|url| url.as_str()));
        assert_eq!(scopes(sign_in, "identity"), provider.scopes.sign_in);
        assert_eq!(scopes(sign_in, "send"), provider.scopes.send);
        assert_eq!(scopes(sign_in, "mailbox"), provider.scopes.mailbox);
        let servers = provider.scopes.mail.as_ref().unwrap_or(&provider.scopes.mailbox);
        assert_eq!(scopes(sign_in, "mail-servers"), *servers);
        assert_eq!(sign_in.scopes.len(), 4, "{sign_in:?}");
    }
    // An upload of Gmail's goes to its origin. Where one of Graph's goes its answers say, and the host lets it through for the call.
    assert_eq!((gmail.upload_hosts.len(), sendgrid.upload_hosts.len()), (0, 0));
    assert_eq!(graph.upload_hosts, ["outlook.office.com"]);
    assert_eq!(sendgrid.origin, origin(&SendGridSender::global().api));
    assert_eq!(sendgrid.other_origins, [origin(&SendGridSender::european().api)]);
    assert_eq!(sendgrid.sign_in, None);
}
