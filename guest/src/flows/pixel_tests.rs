//! Where the pixel is, and where it must not be.

use super::*;
use crate::domain::address::Address;
use crate::domain::compose::Chunk;
use crate::domain::options::Mode;
use crate::domain::recipients::Field;
use crate::flows::test_job::{NoFiles, plain_job};
use crate::flows::{Job, Message, Source, compose};

const LINK: &str = "https://post.example/o/AQIDBA.gif";
const INVOICE: &str = r#"{
    "kind": "invoice", "number": "7", "issue_date": "2026-11-22", "due_date": "2026-12-22", "currency": "EUR",
    "seller": {"name": "Atelier Nord"}, "buyer": {"name": "Brasserie"},
    "totals": {"payable": "121.00", "tax_inclusive": "121.00"}, "lines": []
}"#;

fn job(to: &[(Field, &str)]) -> Job {
    assert!(to.iter().all(|(_, address)| Address::parse(address).is_ok()));
    Job {
        document: Source { media_type: "application/json".into(), content: INVOICE.into() },
        insist: vec!["without-document".into()],
        recipients: to.iter().map(|(field, address)| (*field, None, (*address).to_owned())).collect(),
        ..plain_job()
    }
}

fn tracked_by(job: &Job, link: &str) -> Result<Message, ComposeError> {
    compose(&Job { pixel: Some(link.to_owned()), ..job.clone() }, &mut NoFiles)
}

fn text(message: &Message) -> String {
    let texts = message.composed.chunks.iter().map(|chunk| match chunk {
        Chunk::Text(text) => text.as_str(),
        Chunk::Attachment(_) | Chunk::Raw(_) => "",
    });
    texts.collect()
}

#[test]
fn the_pixel_is_in_the_message_and_not_in_its_preview() {
    let job = job(&[(Field::To, "jo@example.com")]);
    let plain = compose(&job, &mut NoFiles).unwrap();
    let tracked = tracked_by(&job, LINK).unwrap();
    assert!(!text(&plain).contains(LINK));
    let sent = text(&tracked);
    assert_eq!(sent.matches(LINK).count(), 1, "{sent}");
    assert!(sent.find(LINK) < sent.find("</body>"), "{sent}");
    assert_eq!(tracked.rendered, plain.rendered, "what is shown as a preview tells of nothing");
    assert_eq!(tracked.composed.size, sent.len() as u64);
    let without = sent.lines().filter(|line| !line.contains(LINK)).collect::<Vec<_>>();
    assert_eq!(without, text(&plain).lines().collect::<Vec<_>>(), "nothing else differs");
    assert_eq!(tracked.warnings, plain.warnings);
}

#[test]
fn a_mail_whose_reader_could_not_be_told_has_no_pixel_and_says_so() {
    let several = job(&[(Field::To, "jo@example.com"), (Field::Bcc, "boss@example.com")]);
    let own = Job { mode: Mode::MailClient, ..job(&[(Field::To, "jo@example.com")]) };
    for (name, job) in [("several", several), ("own program", own)] {
        let message = tracked_by(&job, LINK).unwrap();
        assert!(!text(&message).contains(LINK), "{name}");
        assert!(message.warnings.iter().any(|it| it.code == "no-pixel"), "{name}: {:?}", message.warnings);
    }
}

#[test]
fn a_link_that_no_mail_may_carry_is_an_error_of_the_job() {
    for link in ["javascript:alert(1)", "https://post.example/\"><script>", "/o/x.gif", ""] {
        let composed = tracked_by(&job(&[(Field::To, "jo@example.com")]), link);
        match composed {
            Ok(message) => assert!(!text(&message).contains("<script>"), "{link}: it is escaped"),
            Err(error) => assert!(error.to_string().starts_with("options.pixel: "), "{link}: {error}"),
        }
    }
}
