//! Scripted mailboxes: what is asked, and what is made of the answers.

use super::*;

/// Folders with the Message-IDs that lie in them.
#[derive(Default)]
struct Scripted {
    folders: Vec<(Folder, Vec<(u32, &'static str)>)>,
    replaced: Vec<(&'static str, u32, &'static str)>,
    gone: Vec<&'static str>,
    searched: Vec<String>,
    appended: Vec<(String, Filing)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Fault {
    NoSuchFolder,
}

impl Scripted {
    fn with(mut self, name: &str, uses: &[&str], messages: &[(u32, &'static str)]) -> Self {
        let special_use = uses.iter().map(|u| (*u).to_owned()).collect();
        let folder = Folder { name: name.into(), delimiter: Some("/".into()), special_use, selectable: true };
        self.folders.push((folder, messages.to_vec()));
        self
    }

    fn messages(&self, folder: &str) -> &[(u32, &'static str)] {
        self.folders.iter().find(|(f, _)| f.name == folder).map_or(&[], |(_, messages)| messages)
    }
}

impl Imap for Scripted {
    type Error = Fault;
    type Filed = usize;

    fn folders(&mut self, account: &str) -> Result<Vec<Folder>, Fault> {
        assert_eq!(account, "office");
        Ok(self.folders.iter().map(|(folder, _)| folder.clone()).collect())
    }

    fn search(
        &mut self,
        _: &str,
        folder: &str,
        criterion: Criterion<'_>,
        limit: u32,
    ) -> Result<Found, Fault> {
        self.searched.push(folder.to_owned());
        if self.gone.contains(&folder) {
            return Err(Fault::NoSuchFolder);
        }
        let uids: Vec<u32> = match criterion {
            // Parts of Message-IDs, as servers compare.
            Criterion::MessageId(ids) => {
                let messages = self.messages(folder).iter();
                let like = messages
                    .filter(|(_, id)| ids.iter().any(|asked| id.contains(asked.trim_matches(['<', '>']))));
                like.map(|(uid, _)| *uid).collect()
            }
            Criterion::Header(name, text) => {
                assert_eq!(name, "X-Google-Original-Message-ID");
                let matching = self.replaced.iter().filter(|(at, _, id)| *at == folder && *id == text);
                matching.map(|(_, uid, _)| *uid).collect()
            }
        };
        Ok(Found { uid_validity: 7, uids: uids.into_iter().take(limit as usize).collect() })
    }

    fn message_ids(
        &mut self,
        _: &str,
        folder: &str,
        uid_validity: u32,
        uids: &[u32],
    ) -> Result<Vec<(u32, Option<String>)>, Fault> {
        assert_eq!(uid_validity, 7);
        let asked = self.messages(folder).iter().filter(|(uid, _)| uids.contains(uid));
        Ok(asked.map(|(uid, id)| (*uid, Some((*id).to_owned()))).collect())
    }

    fn append(&mut self, _: &str, folder: &str, messages: Vec<Filing>) -> Result<Vec<usize>, Fault> {
        let answers = (0..messages.len()).collect();
        self.appended.extend(messages.into_iter().map(|message| (folder.to_owned(), message)));
        Ok(answers)
    }

    fn is_missing_folder(error: &Fault) -> bool {
        *error == Fault::NoSuchFolder
    }
}

fn account(provider: Option<&str>) -> SentAccount {
    SentAccount {
        name: "office".into(),
        transport: "smtp".into(),
        provider: provider.map(str::to_owned),
        sent_folder: None,
    }
}

fn ids(of: &[&str]) -> Vec<String> {
    of.iter().map(|id| (*id).to_owned()).collect()
}

fn copy(size: u64) -> SentCopy {
    SentCopy {
        chunks: vec![Chunk::Text("Subject: x\r\n\r\nx\r\n".into()), Chunk::Attachment(3)],
        size,
        at: "2026-11-22T09:30:00+01:00".parse().unwrap(),
    }
}

#[test]
fn b7_copies_are_filed_as_seen_with_the_time_they_were_sent_in_one_command() {
    let mut imap = Scripted::default();
    let filed = file_sent(&account(None), "Sent", vec![copy(17), copy(18)], &mut imap);
    assert_eq!(filed, Ok(vec![0, 1]));
    assert_eq!(imap.appended.len(), 2);
    for (folder, filing) in &imap.appended {
        assert_eq!((folder.as_str(), filing.flags), ("Sent", &["\\Seen"][..]));
        assert_eq!(filing.received, "2026-11-22T09:30:00+01:00");
        assert_eq!(filing.chunks, copy(1).chunks);
    }
}

#[test]
fn b7_what_can_not_be_filed_is_named_and_nothing_is_appended() {
    let mut imap = Scripted::default();
    for (folder, copies, field) in [
        ("", vec![copy(17)], "folder"),
        ("Sent", vec![copy(17), copy(0)], "copies[1]"),
        ("Sent", vec![copy(17); 1_001], "copies"),
    ] {
        let filed = file_sent(&account(None), folder, copies, &mut imap);
        assert!(matches!(&filed, Err(SentError::Argument(f, _)) if f == field), "{field}: {filed:?}");
    }
    assert_eq!(file_sent(&account(None), "Sent", Vec::new(), &mut imap), Ok(Vec::new()));
    assert!(imap.appended.is_empty());
}

#[test]
fn a_mail_is_found_in_sent_or_where_the_provider_put_it() {
    let mut imap = Scripted::default()
        .with("INBOX", &[], &[(1, "<c@x>")])
        .with("Drafts", &["drafts"], &[(9, "<d@x>")])
        .with("Sent", &["sent"], &[(4, "<a@x>"), (5, "<a@x.longer>")])
        .with("All Mail", &["all"], &[(40, "<a@x>"), (41, "<b@x>")]);
    let found =
        find_sent(&account(None), &ids(&["<b@x>", "<a@x>", "<c@x>", "<d@x>", "<e@x>"]), &mut imap).unwrap();
    let place = |folder: &str, uid| Some(Place { folder: folder.into(), uid_validity: 7, uid });
    assert_eq!(found, [place("All Mail", 41), place("Sent", 4), place("INBOX", 1), None, None]);
    assert!(!imap.searched.contains(&"Drafts".to_owned()), "{:?}", imap.searched);
}

#[test]
fn a_part_of_another_message_id_is_no_match() {
    let mut imap = Scripted::default().with("Sent", &["sent"], &[(5, "<za@x.longer>")]);
    assert_eq!(find_sent(&account(None), &ids(&["<a@x>"]), &mut imap), Ok(vec![None]));
}

#[test]
fn a_message_id_that_gmail_replaced_is_found_by_the_original() {
    let mut imap = Scripted::default().with("[Gmail]/Sent Mail", &["sent"], &[(3, "<new@mail.gmail.com>")]);
    imap.replaced.push(("[Gmail]/Sent Mail", 3, "a@x"));
    let found = find_sent(&account(Some("gmail")), &ids(&["<a@x>"]), &mut imap).unwrap();
    assert_eq!(found[0].as_ref().map(|place| place.uid), Some(3));
    imap.searched.clear();
    assert_eq!(find_sent(&account(None), &ids(&["<a@x>"]), &mut imap), Ok(vec![None]));
}

#[test]
fn a_folder_that_went_meanwhile_does_not_stop_the_search() {
    let mut imap = Scripted::default().with("Sent", &["sent"], &[]).with("INBOX", &[], &[(1, "<a@x>")]);
    imap.gone.push("Sent");
    let found = find_sent(&account(None), &ids(&["<a@x>"]), &mut imap).unwrap();
    assert_eq!(found[0].as_ref().map(|place| place.folder.as_str()), Some("INBOX"));
}

#[test]
fn what_is_no_message_id_reaches_no_server() {
    let mut imap = Scripted::default().with("Sent", &["sent"], &[]);
    for bad in ["", "<a b@x>", "<a@x>\r\nA1 DELETE Sent"] {
        let found = find_sent(&account(None), &ids(&["<a@x>", bad]), &mut imap);
        assert!(
            matches!(&found, Err(SentError::Argument(f, _)) if f == "message-ids[1]"),
            "{bad:?}: {found:?}"
        );
    }
    assert!(imap.searched.is_empty());
    assert_eq!(find_sent(&account(None), &[], &mut imap), Ok(Vec::new()));
}

#[test]
fn many_ids_are_asked_for_in_searches_of_bounded_length() {
    let many: Vec<String> = (0..45).map(|n| format!("<{n}@x>")).collect();
    let mut imap = Scripted::default().with("Sent", &["sent"], &[(1, "<44@x>")]);
    let found = find_sent(&account(None), &many, &mut imap).unwrap();
    assert_eq!(imap.searched.len(), 3);
    assert_eq!(found.iter().flatten().count(), 1);
}
