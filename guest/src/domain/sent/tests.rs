//! Folder lists as servers of many kinds give them.

use super::*;

fn folder(name: &str, delimiter: &str, uses: &[&str]) -> Folder {
    Folder {
        name: name.into(),
        delimiter: (!delimiter.is_empty()).then(|| delimiter.into()),
        special_use: uses.iter().map(|u| (*u).to_owned()).collect(),
        selectable: true,
    }
}

fn account(transport: &str, provider: Option<&str>, chosen: Option<&str>) -> SentAccount {
    SentAccount {
        name: "office".into(),
        transport: transport.into(),
        provider: provider.map(str::to_owned),
        sent_folder: chosen.map(str::to_owned),
    }
}

fn append(name: &str) -> Plan {
    Plan::Append(name.into())
}

#[test]
fn b7_the_users_folder_comes_before_the_special_use_and_that_before_the_names() {
    let folders = [
        folder("INBOX", "/", &["inbox"]),
        folder("Sent", "/", &[]),
        folder("Gesendete Objekte", "/", &["sent"]),
        folder("Klanten/Verzonden", "/", &[]),
    ];
    let smtp = |chosen| account("smtp", None, chosen);
    assert_eq!(plan(&smtp(Some("Klanten/Verzonden")), &folders), append("Klanten/Verzonden"));
    assert_eq!(plan(&smtp(None), &folders), append("Gesendete Objekte"));
    assert_eq!(plan(&smtp(Some("gone")), &folders), append("Gesendete Objekte"));
    assert_eq!(plan(&smtp(None), &folders[..2]), append("Sent"));
}

#[test]
fn b7_the_usual_names_are_known_in_many_languages_and_below_the_inbox() {
    for (name, delimiter) in [
        ("Sent", "/"),
        ("INBOX.Sent", "."),
        ("Inbox/Verzonden items", "/"),
        ("[Gmail]/Sent Mail", "/"),
        ("Éléments envoyés", "."),
        ("GESENDET", ""),
        ("Posta inviata", "/"),
        ("Wysłane", "."),
        ("Отправленные", "|"),
        ("Απεσταλμένα", "/"),
    ] {
        let folders =
            [folder("INBOX", delimiter, &[]), folder("Other", delimiter, &[]), folder(name, delimiter, &[])];
        assert_eq!(plan(&account("smtp", None, None), &folders), append(name), "{name}");
    }
}

#[test]
fn b7_a_name_deep_inside_another_folder_or_of_another_use_is_not_believed() {
    let archive = folder("Archive/2019/Sent", "/", &[]);
    let trash = folder("Sent", "/", &["trash"]);
    let level = Folder { selectable: false, ..folder("Sent Items", "/", &[]) };
    let folders = [folder("INBOX", "/", &[]), archive.clone(), trash, level, folder("Junk", "/", &["junk"])];
    assert_eq!(plan(&account("smtp", None, None), &folders), Plan::Choose(vec![archive.name]));
    assert_eq!(plan(&account("smtp", None, None), &[]), Plan::Choose(Vec::new()));
}

#[test]
fn b7_providers_file_what_was_sent_through_them_and_nothing_else() {
    let folders = [folder("Sent", "/", &["sent"])];
    for (transport, provider, expected) in [
        ("gmail", Some("gmail"), Plan::ByProvider),
        ("graph", None, Plan::ByProvider),
        ("mail-client", None, Plan::ByProvider),
        ("smtp", Some("gmail"), Plan::ByProvider),
        ("smtp", Some("microsoft"), Plan::ByProvider),
        ("smtp", Some("outlook-com"), Plan::ByProvider),
        ("smtp", Some("ovh"), append("Sent")),
        ("smtp", None, append("Sent")),
        ("sendgrid", Some("gmail"), append("Sent")),
        ("platform", Some("microsoft"), append("Sent")),
    ] {
        assert_eq!(plan(&account(transport, provider, None), &folders), expected, "{transport} {provider:?}");
    }
}

#[test]
fn a_mail_is_looked_for_in_sent_first_and_never_among_drafts() {
    let folders = [
        folder("INBOX", "/", &["inbox"]),
        folder("[Gmail]/Drafts", "/", &["drafts"]),
        folder("[Gmail]/All Mail", "/", &["all"]),
        folder("[Gmail]/Sent Mail", "/", &["sent"]),
        folder("[Gmail]/Trash", "/", &["trash"]),
        folder("Verzonden", "/", &[]),
    ];
    let places = places_to_look(&account("gmail", None, None), &folders);
    assert_eq!(places, ["[Gmail]/Sent Mail", "Verzonden", "[Gmail]/All Mail", "INBOX"]);
}
