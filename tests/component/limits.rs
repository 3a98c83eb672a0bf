//! Inputs are bounded before the sandbox sees a byte; what is let in is bounded inside.

use crate::test_host::{LIMITS, TestHost, cases, draft, shipped, source};
use postroom::contract::documents::{DocumentFault, Source};
use postroom::contract::recipients::{Field, Overrides};
use postroom::engine::{EngineError, Files};
use postroom_tests::case::Case;

fn of(media_type: &str, content: Vec<u8>) -> Source {
    Source { media_type: media_type.to_owned(), content: content.into() }
}

fn too_large(found: Result<impl std::fmt::Debug, EngineError>, what: &str) {
    match found {
        Err(EngineError::TooLarge { size, limit, .. }) => assert!(size > limit, "{what}: {size} of {limit}"),
        other => panic!("{what}: {other:?}"),
    }
}

#[tokio::test]
async fn what_is_too_large_never_enters_the_sandbox() {
    let host = TestHost::new(shipped());
    let files = Files::default();
    let nobody = Overrides { to: None, cc: None, bcc: None, reply_to: None };
    for size in [LIMITS.document + 1, 50_000_000] {
        for media_type in ["application/json", "application/xml"] {
            let garbage = of(media_type, vec![b'['; size]);
            too_large(host.company_plugin.read(&files, &garbage).await, "read");
            too_large(host.company_plugin.to_json(&files, &garbage).await, "to-json");
            too_large(host.company_plugin.resolve(&files, &garbage, "new", "", &nobody).await, "resolve");
        }
    }
    let long = " ".repeat(LIMITS.text + 1);
    let invoice = source(&Case::of_document("invoice"));
    too_large(host.company_plugin.resolve(&files, &invoice, "new", &long, &nobody).await, "settings");
    too_large(host.company_plugin.parse_addresses(&files, &long, Field::To).await, "addresses");
}

#[tokio::test]
async fn garbage_of_the_largest_size_is_refused_within_the_limits() {
    let host = TestHost::new(shipped());
    let fill = |text: &str| text.bytes().cycle().take(LIMITS.document).collect::<Vec<_>>();
    for (media_type, text) in [
        ("application/json", "["),
        ("application/json", "{\"a\":"),
        ("application/json", "\u{1F4A9}"),
        ("application/xml", "<a>"),
        ("application/xml", "<a b='c' "),
        ("application/xml", "&amp;"),
        ("application/xml", "\0"),
    ] {
        // Longer than it may compute, and it is stopped: that is another error.
        let read = host.company_plugin.read(&Files::default(), &of(media_type, fill(text))).await;
        let error = read.unwrap_or_else(|e| panic!("{media_type} {text:?}: {e}")).unwrap_err();
        let refused = [DocumentFault::Malformed, DocumentFault::Refused, DocumentFault::Invalid];
        assert!(refused.contains(&error.fault), "{media_type} {text:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_template_cannot_loop_for_ever_nor_call_in_what_is_not_there() {
    let host = TestHost::new(shipped());
    let case = cases().remove(2);
    for (source, wanted) in [
        ("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", ""),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", ""),
        ("{{ document.nosuchfield }}", "nosuchfield"),
        ("{% include '/etc/passwd' %}", ""),
    ] {
        let settings = serde_json::json!({"templates": {"company": {"invoice/new/fr/body.txt": source}}});
        let case = Case { settings: settings.to_string(), ..case.clone() };
        let error = match draft(&case).compose(&host.company_plugin).await {
            Err(error) => error.to_string(),
            Ok(ready) => panic!("{source}: {}", ready.message.text),
        };
        assert!(error.starts_with("template invoice/new/fr/body.txt, line 1"), "{source}: {error}");
        assert!(error.contains(wanted), "{source}: {error}");
    }
}

#[tokio::test]
async fn the_rules_on_attachments_hold_to_the_byte() {
    let host = TestHost::new(shipped());
    let with = |sizes: &[usize]| {
        let mut case = cases().remove(2);
        case.files.truncate(0);
        for (number, size) in sizes.iter().enumerate() {
            let name = format!("{number}.bin");
            case.files.push((name, "application/octet-stream", "added", vec![0; *size]));
        }
        case
    };
    let rows: [(Vec<usize>, Option<&str>); 6] = [
        (vec![1; 10], None),
        (vec![1; 11], Some("rule: count")),
        (vec![5_000_000], None),
        (vec![5_000_001], Some("rule: file-size")),
        (vec![5_000_000; 5], None),
        ([vec![5_000_000; 5], vec![1]].concat(), Some("rule: total-size")),
    ];
    for (sizes, wanted) in rows {
        let composed = draft(&with(&sizes)).compose(&host.company_plugin).await;
        match (composed, wanted) {
            (Ok(_), None) => {}
            (Err(error), Some(rule)) => assert!(error.to_string().contains(rule), "{sizes:?}: {error}"),
            (other, _) => panic!("{sizes:?}: {:?}", other.map(|ready| ready.message.mail.size)),
        }
    }
}
