//! A folder of documents is records too.

use crate::records::{Entry, FileRole, Folder, Records, RecordsError, documents_in, is_like};
use std::path::Path;

fn put(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

fn invoice(number: &str, buyer: &str, email: &str) -> String {
    format!(
        r#"{{"kind": "invoice", "number": "{number}", "buyer": {{"name": "{buyer}", "identifier": "K-{buyer}",
            "contacts": [{{"name": "Jo", "email": "{email}", "roles": ["billing"]}}, {{"name": "no address"}}]}}}}"#
    )
}

fn entry(number: &str) -> Entry {
    Entry { number: number.to_owned(), kind: None, files: None }
}

#[tokio::test]
async fn a_folder_gives_documents_by_number_with_their_files() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "one.json", &invoice("F/1", "Peeters", "jo@peeters.example"));
    put(folder.path(), "one.pdf", "PDF");
    put(folder.path(), "one.xml", "<Invoice/>");
    put(folder.path(), "two.xml", "<Invoice/>");
    put(folder.path(), "three.json", "{ broken");
    put(folder.path(), "four.json", &invoice("F-4", "Peeters", "an@peeters.example"));
    let records = Folder::new(folder.path().to_owned());
    let numbers = async |query: &str| -> Vec<String> {
        records.documents(query).await.unwrap().into_iter().map(|it| it.number).collect()
    };
    assert_eq!(numbers("").await, ["F-4", "F/1", "three", "two"]);
    assert_eq!(numbers("f*").await, ["F-4", "F/1"]);
    assert_eq!(numbers("peeters").await, ["F-4", "F/1"]);
    let document = records.document(&entry("F/1")).await.unwrap();
    assert_eq!(document.media_type, "application/json");
    assert_eq!(records.document(&entry("two")).await.unwrap().media_type, "application/xml");
    assert_eq!(records.document(&entry("three")).await.unwrap().content, b"{ broken");
    for number in ["nobody", "", "../one"] {
        let error = records.document(&entry(number)).await.unwrap_err();
        assert!(matches!(error, RecordsError::Missing(_)), "{number}: {error}");
    }
    let quote = Entry { kind: Some("quote".into()), ..entry("F/1") };
    assert!(records.document(&quote).await.is_err(), "of another kind");
    let to = folder.path().join("copy");
    assert!(records.file(&entry("F/1"), FileRole::Pdf, &to).await.unwrap());
    assert_eq!(std::fs::read(&to).unwrap(), b"PDF");
    assert!(records.file(&entry("F/1"), FileRole::Ubl, &to).await.is_err(), "nothing is overwritten");
    assert!(records.file(&entry("F/1"), FileRole::Ubl, &folder.path().join("ubl")).await.unwrap());
    assert!(!records.file(&entry("F-4"), FileRole::Pdf, &to).await.unwrap());
    assert!(!records.file(&entry("two"), FileRole::Ubl, &to).await.unwrap(), "the document itself");
    let partners = records.partners("").await.unwrap();
    assert_eq!(partners.len(), 1, "{partners:?}");
    assert_eq!((partners[0].id.as_str(), partners[0].contacts.len()), ("K-Peeters", 2));
    assert_eq!(records.partners("nobody").await.unwrap(), []);
    assert!(records.probe().await.unwrap().contains("4 documents"));
    assert!(Folder::new(folder.path().join("none")).probe().await.is_err());
}

#[test]
fn a_star_stands_for_anything() {
    for (text, pattern, like) in [
        ("F-2026-017", "f-2026-0*", true),
        ("F-2026-017", "*017", true),
        ("F-2026-017", "F*20*7", true),
        ("F-2026-017", "F-2026-017", true),
        ("F-2026-017", "*", true),
        ("F-2026-017", "F-2026", false),
        ("F-2026-017", "*2025*", false),
        ("aa", "a*aa", false),
        ("", "", true),
    ] {
        assert_eq!(is_like(text, pattern), like, "{text} {pattern}");
    }
}

#[test]
fn documents_come_once_each_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.xml", "a.json", "a.xml", "a.pdf", "C.XML"] {
        put(folder.path(), name, "");
    }
    let found = documents_in(folder.path()).unwrap();
    let names: Vec<_> = found.iter().map(|it| it.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["C.XML", "a.json", "b.xml"]);
}

/// A link may lead to what is another company's.
#[cfg(unix)]
#[tokio::test]
async fn a_folder_gives_nothing_that_a_link_leads_to() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let link = |from: &str, to: &str| {
        std::os::unix::fs::symlink(elsewhere.path().join(from), folder.path().join(to)).unwrap();
    };
    put(elsewhere.path(), "theirs.json", &invoice("T-1", "Peeters", "jo@peeters.example"));
    put(elsewhere.path(), "theirs.pdf", "PDF");
    put(folder.path(), "own.json", &invoice("F-1", "Peeters", "jo@peeters.example"));
    link("theirs.json", "link.json");
    link("theirs.pdf", "link.pdf");
    link("theirs.pdf", "own.pdf");
    link("nothing.json", "broken.json");
    link("", "folder.json");
    let records = Folder::new(folder.path().to_owned());
    let all = records.documents("").await.unwrap();
    assert_eq!(all.iter().map(|it| it.number.as_str()).collect::<Vec<_>>(), ["F-1"]);
    for number in ["T-1", "link", "broken", "folder"] {
        let error = records.document(&entry(number)).await.unwrap_err();
        assert!(matches!(error, RecordsError::Missing(_)), "{number}: {error}");
    }
    let to = folder.path().join("copy");
    assert!(!records.file(&entry("F-1"), FileRole::Pdf, &to).await.unwrap());
    assert!(!to.exists());
    // Nor to where a link leads.
    put(elsewhere.path(), "precious", "as it was");
    put(folder.path(), "own.xml", "<Invoice/>");
    link("precious", "copy");
    assert!(records.file(&entry("F-1"), FileRole::Ubl, &to).await.is_err());
    assert_eq!(std::fs::read(elsewhere.path().join("precious")).unwrap(), b"as it was");
}
