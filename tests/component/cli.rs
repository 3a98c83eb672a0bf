//! The command line as a person or a script meets it: files, exit codes, sentences.

use crate::artefacts;
use postroom_plugin::domain::kind::Purpose;
use postroom_tests::fixtures;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

fn postroom(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postroom-under-test"));
    command.args(arguments).env("POSTROOM_PLUGIN", artefacts::full()).env_remove("POSTROOM_SETTINGS");
    command.env("POSTROOM_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    // Nothing of this machine's own store and key.
    let nowhere = tempfile::tempdir().unwrap();
    command.env("XDG_DATA_HOME", nowhere.path()).env("XDG_CONFIG_HOME", nowhere.path());
    let output = command.output().unwrap();
    assert_eq!(std::fs::read_dir(nowhere.path()).unwrap().count(), 0, "{arguments:?} left something");
    output
}

/// Runs a command that must end with this exit code; gives both its outputs.
pub(crate) fn expect(code: i32, arguments: &[&str]) -> (String, String) {
    let output = postroom(arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    (out, err)
}

pub(crate) fn document(name: &str) -> String {
    fixtures::path(&format!("documents/{name}")).display().to_string()
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap())).collect()
}

#[test]
fn rendering_twice_gives_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["invoice.json", "invoice.ubl.xml", "reminder.ubl.xml", "purchase-order.json"] {
        let render = |to: &str| {
            let out = folder.path().join(to).join(name);
            let out_name = out.display().to_string();
            let (_, err) = expect(0, &["render", &document(name), "--out", &out_name, "--language", "fr-BE"]);
            assert!(err.contains("warning: "), "{name}: without a PDF there is a warning\n{err}");
            files(&out)
        };
        let (first, second) = (render("first"), render("second"));
        assert!(first == second, "{name}");
        assert!(
            first.keys().eq(["body.html", "body.txt", "message.eml", "subject.txt"]),
            "{:?}",
            first.keys()
        );
        assert!(first.values().all(|content| !content.is_empty()), "{name}");
    }
}

#[test]
fn rendering_says_what_it_made_in_words_and_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    let invoice = document("invoice.json");
    let (printed, _) = expect(0, &["render", &invoice, "--out", &out, "--to", "Jo <jo@example.com>"]);
    assert!(printed.contains("To: Jo <jo@example.com>"), "{printed}");
    let (printed, warned) = expect(0, &["render", &invoice, "--out", &out, "--json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{e}: {printed}"));
    assert_eq!(printed["template"], "invoice/new");
    assert_eq!(printed["invalid"], serde_json::json!([]), "{printed:#}");
    assert!(
        printed["warnings"].as_array().unwrap().iter().any(|w| w["code"] == "no-pdf"),
        "{printed:#} {warned}"
    );
}

#[test]
fn what_a_person_types_that_is_no_address_is_refused_by_name_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let invoice = document("invoice.json");
    let settings = folder.path().join("company.toml");
    std::fs::write(
        &settings,
        "[accounts.office]\naddress = \"a@nord.example\"\nhost = \"127.0.0.1\"\nsecurity = \"none\"\n",
    )
    .unwrap();
    let settings = settings.display().to_string();
    let render = ["render", &invoice, "--out", &out];
    let send = ["send", &invoice, "--settings", &settings, "--account", "office", "--without-document"];
    for command in [&render[..], &send] {
        for (option, text, part) in [
            ("--to", "nonsense", "\"nonsense\""),
            ("--to", "Jo <jo@example.com>; nobody", "\"nobody\""),
            ("--cc", "jo@", "\"jo@\""),
            ("--bcc", "a@b.example, c@d@e", "\"c@d@e\""),
            ("--reply-to", "nonsense", "\"nonsense\""),
        ] {
            let (_, error) = expect(3, &[command, &[option, text]].concat());
            assert!(
                error.contains(option) && error.contains(part) && error.contains("no address"),
                "{error}"
            );
        }
    }
    assert!(!Path::new(&out).exists(), "nothing is written");
    // Read all the same, and asked about.
    let (printed, asked) = expect(0, &[&render[..], &["--to", "o\u{2019}brien@example.com"]].concat());
    assert!(printed.contains("o'brien@example.com") && asked.contains("did you mean"), "{printed}{asked}");
}

#[test]
fn every_failure_ends_with_the_exit_code_that_help_promises() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let out = folder.path().join("out").display().to_string();
    let settings = file("company.toml", "[company]\nname = \"A\"\n\n[layout]\naccent = \"blue\"\n");
    let broken = file("broken.toml", "[company]\nname = \n");
    // The port is one on which no server listens.
    let account = "[accounts.office]\naddress = \"a@example.com\"\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"none\"\n";
    let closed = file("closed.toml", &format!("{account}allow_private = true\n"));
    let private = file("private.toml", account);
    let pdf = file("a.pdf", "%PDF-1.7 %%EOF");
    let invoice = document("invoice.json");
    let big = file("big.json", &" ".repeat((16 << 20) + 1));
    let rows: &[(i32, &[&str], &str)] = &[
        (2, &["rendre"], "unrecognized subcommand"),
        (2, &["render", &invoice], "--out"),
        (3, &["render", &document("hostile/bad-date.json"), "--out", &out], "$.issue_date, line 4"),
        (3, &["render", &document("hostile/billion-laughs.xml"), "--out", &out], "document refused, line 2"),
        (3, &["render", "no-such-file.json", "--out", &out], "no-such-file.json"),
        (3, &["render", &pdf, "--out", &out], "a .json or an .xml"),
        (3, &["render", &big, "--out", &out], "at most 16777216"),
        (3, &["render", &invoice, "--out", &out, "--use-case", "dance"], "it has new, copy, reminder-1"),
        (3, &["render", &invoice, "--out", &out, "--settings", &settings], "$.layout.accent"),
        (3, &["render", &invoice, "--out", &out, "--settings", &broken], "broken.toml"),
        (3, &["send", &invoice, "--account", "office"], "there is no store"),
        (3, &["send", &invoice, "--account", "shop", "--settings", &closed, "--pdf", &pdf], "it has office"),
        (3, &["send", &invoice, "--account", "office", "--settings", &closed], "--pdf"),
        (4, &["send", &invoice, "--account", "office", "--settings", &private, "--pdf", &pdf], "127.0.0.1"),
        (5, &["send", &invoice, "--account", "office", "--settings", &closed, "--pdf", &pdf], "127.0.0.1"),
        (5, &["test-connection", "--account", "office", "--settings", &closed], "127.0.0.1"),
        (1, &["schema", "--plugin", "no-such-plugin.wasm"], "no-such-plugin.wasm"),
        (1, &["schema", "--plugin", &pdf], "is not a plugin that this host can run"),
        (
            3,
            &["schema", "colours"],
            "there are document, settings, account, job-options, submission-options, kinds",
        ),
        (3, &["templates", "show", "invoice/new/xx/body.txt"], "templates list"),
    ];
    for (code, arguments, wanted) in rows {
        let (out, err) = expect(*code, arguments);
        assert!(err.contains(wanted), "{arguments:?}: \"{wanted}\" is not in\n{out}\n{err}");
    }
}

#[test]
fn checking_a_bad_folder_names_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("invoice/new/nl");
    std::fs::create_dir_all(&text).unwrap();
    std::fs::write(text.join("body.txt"), "Eerste regel.\n\n{{ document.nummer }}\n").unwrap();
    std::fs::write(text.join("subject.txt"), "Factuur {{ document.number }}\n").unwrap();
    let path = folder.path().display().to_string();
    let (printed, _) = expect(3, &["templates", "check", &path]);
    assert!(printed.contains("invoice/new/nl/body.txt:3"), "{printed}");
    assert!(printed.contains("nummer"), "{printed}");
    let (printed, _) = expect(3, &["templates", "check", &path, "--json"]);
    let findings: Value = serde_json::from_str(&printed).unwrap();
    let error = findings.as_array().unwrap().iter().find(|f| f["severity"] == "error").unwrap();
    assert_eq!((&error["name"], &error["line"]), (&"invoice/new/nl/body.txt".into(), &3.into()), "{printed}");
    std::fs::write(text.join("body.txt"), "Factuur {{ document.number }}.\n").unwrap();
    expect(0, &["templates", "check", &path]);
    let (printed, _) = expect(0, &["templates", "check"]);
    assert_eq!(printed.trim(), "no findings");
}

#[test]
fn checking_own_texts_names_the_clients_that_lack_what_they_use() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("invoice/new/nl");
    std::fs::create_dir_all(&text).unwrap();
    let html = "<p style=\"color:#bbbbbb\">Grijs</p><div style=\"display:grid;width:640px\">{{ document.number }}</div>";
    std::fs::write(text.join("body.html"), html).unwrap();
    std::fs::write(text.join("body.txt"), "Factuur {{ document.number }}\n").unwrap();
    std::fs::write(text.join("subject.txt"), "Factuur {{ document.number }}\n").unwrap();
    let path = folder.path().display().to_string();
    let (printed, _) = expect(0, &["templates", "check", &path, "--json"]);
    let findings: Value = serde_json::from_str(&printed).unwrap();
    let find = |rule: &str| {
        let found = findings.as_array().unwrap().iter().find(|it| it["rule"] == rule);
        found.unwrap_or_else(|| panic!("no {rule} in {printed}"))
    };
    for rule in ["not-in-client", "contrast", "too-wide"] {
        assert_eq!(find(rule)["name"], "invoice/new/nl/body.html", "{printed}");
        assert_eq!(find(rule)["severity"], "warning", "{printed}");
    }
    let grid = findings.as_array().unwrap().iter().find(|it| it["feature"] == "css-display-grid").unwrap();
    let clients = grid["clients"].as_array().unwrap();
    let outlook = clients.iter().find(|it| it["client"] == "Outlook (Windows)").unwrap();
    assert_eq!((&outlook["degree"], &outlook["share"]), (&"not".into(), &420.into()), "{printed}");
    let (printed, _) = expect(0, &["templates", "check", &path, "--clients"]);
    assert!(printed.contains("corners are square") && printed.contains("caniemail.com"), "{printed}");
    let (printed, _) = expect(0, &["templates", "check", &path, "--clients", "--json"]);
    let whole: Value = serde_json::from_str(&printed).unwrap();
    assert!(whole["clients"].as_array().unwrap().len() > 30, "{printed}");
    assert!(whole["findings"].as_array().unwrap().len() > 2, "{printed}");
    assert_eq!(whole["sources"][0]["what"], "support", "{printed}");
}

#[test]
fn the_published_schemas_and_the_table_are_valid_json() {
    for name in ["document", "settings", "account", "job-options", "submission-options"] {
        let (printed, _) = expect(0, &["schema", name]);
        let schema: Value = serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(schema["type"], "object", "{name}");
    }
    let (printed, _) = expect(0, &["schema", "kinds", "--json"]);
    let kinds: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(kinds.as_array().unwrap().len(), 12, "{printed}");
    let (printed, _) = expect(0, &["schema", "--json"]);
    let description: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        description["transports"],
        serde_json::json!(["smtp", "gmail", "graph", "sendgrid"]),
        "{printed}"
    );
}

#[test]
fn the_table_of_kinds_says_when_each_use_case_is_the_one_to_take() {
    let (kinds, _) = expect(0, &["schema", "kinds"]);
    for use_case in Purpose::all().map(|purpose| purpose.use_case().name()) {
        assert!(kinds.lines().any(|line| line.trim_start().starts_with(use_case)), "{use_case}: {kinds}");
    }
}

#[test]
fn a_shipped_text_and_a_document_can_be_printed() {
    let (list, _) = expect(0, &["templates", "list", "invoice/new/"]);
    assert!(list.lines().any(|line| line == "invoice/new/en/body.txt"), "{list}");
    let (text, _) = expect(0, &["templates", "show", "invoice/new/en/subject.txt"]);
    assert!(text.contains("{{ document.number }}"), "{text}");
    let (printed, _) = expect(0, &["document", &document("invoice.ubl.xml"), "--json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed[0]["document"]["number"], "2026-0417", "{printed}");
    let (json, _) = expect(0, &["document", &document("invoice.ubl.xml"), "--convert"]);
    let folder = tempfile::tempdir().unwrap();
    let again = folder.path().join("again.json");
    std::fs::write(&again, &json).unwrap();
    let (twice, _) = expect(0, &["document", &again.display().to_string(), "--convert"]);
    assert_eq!(json, twice);
}
