//! A maildir is read and never changed.

use crate::inbound::{IntakeError, MESSAGE_LIMIT, Maildir, Messages};
use std::path::Path;

fn names(maildir: &mut Maildir) -> Vec<String> {
    let new_messages = maildir.new_messages().unwrap();
    new_messages.iter().map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_message_is_new_once_though_it_moves_from_new_to_cur() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["new", "cur", "tmp"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let write = |name: &str| std::fs::write(folder.path().join(name), "Subject: x\n\n").unwrap();
    write("new/2.a.host");
    write("cur/1.b.host:2,S");
    write("tmp/0.c.host");
    write("new/.hidden");
    let mut maildir = Maildir::open(folder.path()).unwrap();
    assert_eq!(names(&mut maildir), ["1.b.host:2,S", "2.a.host"]);
    std::fs::rename(folder.path().join("new/2.a.host"), folder.path().join("cur/2.a.host:2,S")).unwrap();
    write("new/3.d.host");
    assert_eq!(names(&mut maildir), ["3.d.host"]);
    assert_eq!(names(&mut maildir), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_no_message_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = Maildir::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("no maildir"), "{error}");
    let error = Messages::open(folder.path()).await.unwrap_err().to_string();
    assert!(error.contains("--maildir"), "{error}");
    let error = Messages::open(Path::new("/no/such.eml")).await.unwrap_err();
    assert!(
        matches!(error, IntakeError::Unreadable { .. }) && error.to_string().contains("/no/such.eml"),
        "{error}"
    );
    let large = folder.path().join("large.eml");
    std::fs::File::create(&large).unwrap().set_len(MESSAGE_LIMIT + 1).unwrap();
    let error = Messages::open(&large).await.unwrap_err().to_string();
    assert!(error.contains("large.eml") && error.contains("at most"), "{error}");
}
