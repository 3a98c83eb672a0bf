//! The connection test: one sentence where all is well, else the stage and the server's own words.

use crate::program::{Program, Written};
use crate::servers::servers;
use postroom_providers::ClosedPort;

#[test]
fn it_says_exactly_that_the_test_was_successful() {
    let cases = [
        Written::starttls(),
        Written { port: servers().implicit, security: "ssl", ..Written::starttls() },
        Written::bare(servers().plain),
    ];
    for account in cases {
        let program = Program::new(&account);
        let run = program.test_connection(&[]);
        run.assert(0, &["220 ", "ESMTP"]);
        assert_eq!(run.out.lines().last(), Some("SMTP test successful"), "{}", run.output());
        assert_eq!(run.err, "", "{}", run.output());
        let run = program.test_connection(&["--json"]);
        let report = run.json();
        assert_eq!((&report["ok"], &report["message"]), (&true.into(), &"SMTP test successful".into()));
        assert_eq!(report["failure"], serde_json::Value::Null, "{}", run.output());
        let extensions = report["extensions"].as_array().expect("extensions");
        assert!(
            extensions.iter().any(|e| e.as_str().is_some_and(|e| e.starts_with("SIZE "))),
            "{}",
            run.output()
        );
    }
}

#[test]
fn a_failure_names_the_stage_and_repeats_the_servers_words() {
    let closed = ClosedPort::new();
    let cases = [
        (
            "a host that does not exist",
            Written { host: "no-such-host.invalid", ..Written::starttls() },
            (5, "resolve", "there is no such host"),
        ),
        (
            "what is no host name",
            Written { host: "mail east", ..Written::starttls() },
            (4, "resolve", "is not a host name"),
        ),
        (
            "a closed port",
            Written { port: closed.number(), ..Written::starttls() },
            (5, "connect", "refused"),
        ),
        (
            "an untrusted certificate",
            Written { trusted: false, ..Written::starttls() },
            (4, "tls", "its issuer is unknown"),
        ),
        (
            "a server without TLS",
            Written { port: servers().plain, ..Written::starttls() },
            (4, "tls", "does not offer STARTTLS"),
        ),
        ("a wrong password", Written { password: "wrong", ..Written::starttls() }, (4, "login", "535 5.7.8")),
        (
            "a login where the server has none",
            Written {
                port: servers().plain,
                security: "none",
                more: "allow_cleartext_login = true",
                ..Written::starttls()
            },
            (4, "login", "the server offers no login at all"),
        ),
    ];
    for (case, account, (code, stage, words)) in cases {
        let program = Program::new(&account);
        let run = program.test_connection(&["--json"]);
        assert_eq!(run.code, code, "{case}: {}", run.output());
        let report = run.json();
        assert_eq!(report["ok"], false, "{case}");
        assert_eq!(report["failure"]["stage"], stage, "{case}: {}", run.output());
        assert!(report["message"].as_str().is_some_and(|m| m.contains(words)), "{case}: {}", run.output());
        let run = program.test_connection(&[]);
        run.assert(code, &[words]);
        assert!(!run.output().contains("successful"), "{case}: {}", run.output());
    }
}
