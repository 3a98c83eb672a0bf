//! A person asks to be forgotten: the program says what it did, and no file of the store knows the person any more.

use crate::bulk::{invoices, plain_home};
use crate::samples::months_ahead;

#[test]
fn an_erased_person_is_in_no_file_of_the_store_and_gets_no_mail() {
    let home = plain_home(None);
    let person = "box-erased@west.test";
    let sent = invoices(&home, "sent", 3, |_| person.to_owned()).display().to_string();
    home.ok(&["send-bulk", &sent, "--user", "lotte", "--yes", "--json"]);
    let later = invoices(&home, "later", 5, |number| {
        if number < 5 { person.to_owned() } else { "box-stays@west.test".to_owned() }
    });
    let later = later.display().to_string();
    let at = &months_ahead();
    home.ok(&["send-bulk", &later, "--user", "lotte", "--at", at, "--again", "--yes", "--json"]);
    home.ok(&["suppressions", "add", person, "--reason", "asked by telephone"]);
    home.run(&["erase", person, "--json"]).assert(2, &["--yes"]);
    let erased = home.ok(&["erase", person, "--yes", "--json"]).json();
    let cancelled = erased["cancelled"].as_array().expect("mails").len();
    assert_eq!((&erased["mails"], cancelled, &erased["scrubbed"]), (&7.into(), 4, &true.into()), "{erased}");
    assert_eq!(erased["suppressions"], 1, "{erased}");
    let listed = home.ok(&["outbox", "--all", "--json"]).json();
    let of = |state: &str| {
        let counts = listed["counts"].as_array().expect("counts").iter();
        counts.filter(|it| it["state"] == state).filter_map(|it| it["mails"].as_u64()).sum::<u64>()
    };
    assert_eq!((of("sent"), of("cancelled"), of("ready")), (3, 4, 1), "{listed}");
    let log = home.ok(&["audit", "--limit", "1", "--json"]).json();
    assert_eq!((&log[0]["action"], &log[0]["actor"]), (&"erased".into(), &"administrator".into()), "{log}");
    assert!(!listed.to_string().contains(person) && !log.to_string().contains(person));
    let mut stores = 0;
    let mut folders = vec![home.folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains(".db") {
                stores += 1;
                let bytes = std::fs::read(&path).expect("a file");
                let found = bytes.windows(person.len()).any(|it| it == person.as_bytes());
                assert!(!found, "{} knows the person", path.display());
            }
        }
    }
    assert!(stores > 0, "the store was looked at");
    // No mail goes to the address again unless a user says so.
    let check = home.run(&["send-bulk", &sent, "--user", "lotte", "--check", "--again", "--json"]);
    assert!(check.output().contains("is not written to"), "{}", check.output());
    home.ok(&["company", "set", "--retention", "30"]);
    assert_eq!(home.ok(&["retention", "apply", "--json"]).json()["emptied"], 0);
    assert_eq!(home.ok(&["company", "show", "--json"]).json()["retention_days"], 30);
}
