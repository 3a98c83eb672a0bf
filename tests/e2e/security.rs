//! Ways in: TLS of both kinds, logins, certificates; and what is said where there is none.

use crate::mailbox::the_one;
use crate::program::{Program, Written};
use crate::samples::{invoice, pdf};
use crate::servers::servers;

fn program(account: &Written<'_>) -> Program {
    let program = Program::new(account);
    program.put("invoice.pdf", &pdf(1, 3_000));
    program
}

const PDF: &[&str] = &["--pdf", "invoice.pdf", "--json"];

#[test]
fn a_mail_arrives_once_by_every_way_in() {
    let cases = [
        ("box-starttls@west.test", Written::starttls()),
        (
            "box-implicit@west.test",
            Written { port: servers().implicit, security: "ssl", ..Written::starttls() },
        ),
        ("box-plain@west.test", Written::bare(servers().plain)),
        ("box-lock-step@west.test", Written { port: servers().old, ..Written::starttls() }),
        ("box-mechanism-login@west.test", Written { more: "mechanism = \"login\"", ..Written::starttls() }),
    ];
    for (to, account) in cases {
        let run = program(&account).send(&invoice(), to, PDF);
        run.assert(0, &[to]);
        let report = run.json();
        assert_eq!(report["status"], "in-transit", "{to}: {}", run.output());
        let evidence = &report["recipients"][0]["evidence"];
        assert_eq!(evidence["kind"], "accepted", "{to}: {}", run.output());
        assert!(
            evidence["words"].as_str().is_some_and(|w| w.contains("queued as")),
            "{to}: {}",
            run.output()
        );
        let id = report["message_id"].as_str().expect("a Message-ID");
        assert!(String::from_utf8_lossy(&the_one(to)).contains(id), "{to} got another mail");
    }
}

#[test]
fn a_wrong_password_is_refused_in_the_servers_words_and_shows_nowhere() {
    let wrong = format!("{}-but-wrong", servers().password);
    for mechanism in ["plain", "login"] {
        let more = format!("mechanism = \"{mechanism}\"");
        let program = program(&Written { password: &wrong, more: &more, ..Written::starttls() });
        let words = ["stage login", "535 5.7.8", "authentication failed"];
        program.send(&invoice(), "box-nobody@west.test", &["--pdf", "invoice.pdf"]).assert(4, &words);
        program.test_connection(&[]).assert(4, &words);
        let report = program.send(&invoice(), "box-nobody@west.test", PDF).json();
        assert_eq!(report["error"]["failed"]["stage"], "login", "{report}");
        assert_eq!(report["error"]["failed"]["verdict"], "permanent", "{report}");
        assert_eq!(report["error"]["failed"]["reply"]["code"], 535, "{report}");
        // The account is at fault, and no server judged the mail.
        assert_eq!(report["status"], "in-transit", "{report}");
    }
}

#[test]
fn nothing_leaves_where_the_security_asked_for_is_not_to_be_had() {
    let cases = [
        (
            "a certificate of an unknown authority",
            Written { trusted: false, ..Written::starttls() },
            "its issuer is unknown",
        ),
        (
            "the same with implicit TLS",
            Written { trusted: false, port: servers().implicit, security: "ssl", ..Written::starttls() },
            "its issuer is unknown",
        ),
        (
            "a certificate for another name",
            Written { host: "127.0.0.1", ..Written::starttls() },
            "the certificate is for localhost, not for 127.0.0.1",
        ),
        (
            "a server without STARTTLS",
            Written { port: servers().plain, ..Written::starttls() },
            "the server does not offer STARTTLS",
        ),
        (
            "a server without TLS where implicit TLS was asked for",
            Written { port: servers().plain, security: "ssl", ..Written::starttls() },
            "the server does not speak TLS here",
        ),
    ];
    for (case, account, words) in cases {
        let program = program(&account);
        let to = "box-nothing-without-tls@west.test";
        program.test_connection(&[]).assert(4, &["stage TLS", words]);
        let run = program.send(&invoice(), to, PDF);
        run.assert(4, &[words]);
        assert_eq!(run.json()["error"]["failed"]["stage"], "tls", "{case}: {}", run.output());
    }
    // Mails to one mailbox arrive in order: what comes last is alone.
    let to = "box-nothing-without-tls@west.test";
    program(&Written::starttls()).send(&invoice(), to, PDF).assert(0, &[]);
    the_one(to);
}

#[test]
fn a_login_without_tls_is_refused_before_the_network() {
    let program = program(&Written { port: 1, security: "none", ..Written::starttls() });
    program.send(&invoice(), "box-nobody@west.test", PDF).assert(4, &["would show the password"]);
}

#[test]
fn a_server_on_this_machine_needs_the_operators_permission() {
    let program = program(&Written::starttls());
    let settings = std::fs::read_to_string(program.path("settings.toml")).expect("settings");
    program
        .put("settings.toml", settings.replace("allow_private = true", "allow_private = false").as_bytes());
    program.send(&invoice(), "box-nobody@west.test", PDF).assert(4, &["stage resolve", "a loopback address"]);
}
