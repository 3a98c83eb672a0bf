//! Conversations as a mailbox has them: in any order of arrival, with headers missing, between partners, and after people's hands.

use super::*;
use chrono::{DateTime, FixedOffset, TimeDelta};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn own() -> BTreeSet<String> {
    BTreeSet::from(["office@nord.example".to_owned()])
}

fn day(day: i64) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-01T09:00:00+01:00").unwrap() + TimeDelta::days(day)
}

fn message(id: &str, subject: &str, from: &str, to: &str, date: i64) -> MailboxMessage {
    MailboxMessage {
        message_id: Some(format!("<{id}>")),
        in_reply_to: vec![],
        references: vec![],
        subject: subject.into(),
        authors: vec![from.into()],
        recipients: vec![to.into()],
        date: day(date),
        gmail_thread: None,
        thread_index: None,
        file_names: vec![],
        own_mail: None,
    }
}

/// Between us and the customer.
fn sent(id: &str, subject: &str, date: i64) -> MailboxMessage {
    message(id, subject, "office@nord.example", "ann@customer.example", date)
}

fn came(id: &str, subject: &str, date: i64) -> MailboxMessage {
    message(id, subject, "Ann@customer.example", "office@nord.example", date)
}

fn answering(id: &str, of: MailboxMessage) -> MailboxMessage {
    MailboxMessage { in_reply_to: vec![format!("<{id}>")], ..of }
}

fn referring(ids: &[&str], of: MailboxMessage) -> MailboxMessage {
    MailboxMessage { references: ids.iter().map(|id| format!("<{id}>")).collect(), ..of }
}

fn new(of: &MailboxMessage) -> Placeable {
    Placeable {
        description: describe(of, &own()),
        partners: vec![],
        documents: vec![],
        conversation: None,
        by_hand: false,
    }
}

fn of_partner(partner: &str, of: &MailboxMessage) -> Placeable {
    Placeable { partners: vec![partner.into()], ..new(of) }
}

fn known(conversation: &str, of: &MailboxMessage) -> Placeable {
    Placeable { conversation: Some(conversation.into()), ..new(of) }
}

fn by_hand(conversation: &str, of: &MailboxMessage) -> Placeable {
    Placeable { by_hand: true, ..known(conversation, of) }
}

/// Of each new message its conversation and the code of the reason.
fn placed(messages: &[Placeable]) -> Vec<(Conversation, &'static str)> {
    place(messages).placements.into_iter().map(|it| (it.conversation, it.reason.code)).collect()
}

use Conversation::{Known, New};

#[test]
fn an_answer_joins_what_it_answers_whichever_came_first() {
    let (question, answer) = (sent("q", "Invoice 5", 1), answering("q", came("a", "Re: Invoice 5", 2)));
    let both = [(New(0), "answers"), (New(0), "answers")];
    assert_eq!(placed(&[new(&question), new(&answer)]), both);
    assert_eq!(placed(&[new(&answer), new(&question)]), both);
    assert_eq!(placed(&[known("c", &answer), new(&question)]), [(Known("c".into()), "answers")]);
    assert_eq!(placed(&[known("c", &question), new(&answer)]), [(Known("c".into()), "answers")]);
}

#[test]
fn an_answer_whose_subject_was_edited_stays_in_its_conversation() {
    let (question, answer) = (sent("q", "Invoice 5", 1), answering("q", came("a", "wrong amount!", 2)));
    assert_eq!(placed(&[known("c", &question), new(&answer)]), [(Known("c".into()), "answers")]);
}

#[test]
fn two_answers_to_a_message_that_is_not_there_are_one_conversation() {
    let (one, other) =
        (answering("gone", came("a", "Re: Order", 1)), answering("gone", sent("b", "AW: Order", 2)));
    assert_eq!(placed(&[new(&one), new(&other)]), [(New(0), "answers"), (New(0), "answers")]);
}

#[test]
fn references_count_only_with_the_same_subject() {
    let root = sent("q", "Order 7", 1);
    let (same, recycled) =
        (referring(&["q"], came("a", "RE: Order 7", 2)), referring(&["q"], came("b", "New machine", 3)));
    assert_eq!(placed(&[known("c", &root), new(&same)]), [(Known("c".into()), "refers")]);
    assert_eq!(placed(&[known("c", &root), new(&recycled)]), [(New(0), "begins-conversation")]);
}

#[test]
fn the_same_subject_every_month_joins_nothing() {
    let (october, november) = (sent("o", "Your invoice", 1), sent("n", "Your invoice", 31));
    assert_eq!(placed(&[known("c", &october), new(&november)]), [(New(0), "begins-conversation")]);
    // An answer without references is proposed, and joined only with a number of a document.
    let answer = came("a", "Re: Your invoice", 32);
    let found = place(&[known("c", &october), known("d", &november), new(&answer)]).placements.remove(0);
    assert_eq!((found.conversation, found.proposals.len()), (New(0), 1));
    assert_eq!(found.proposals[0].conversation, Known("d".into()));
    assert_eq!(found.proposals[0].reason.code, "same-subject");
}

#[test]
fn an_answer_by_its_subject_joins_with_a_documents_number_among_the_same_people_and_in_time() {
    let invoice = sent("q", "Invoice 2026-0142", 1);
    let answer = |date| Placeable {
        documents: vec!["2026-0142".into()],
        ..new(&came("a", "Re: Invoice 2026-0142", date))
    };
    let found = place(&[known("c", &invoice), answer(3)]).placements.remove(0);
    assert_eq!((found.conversation, found.is_sure), (Known("c".into()), false));
    assert_eq!(placed(&[known("c", &invoice), answer(40)]), [(New(0), "begins-conversation")]);
    let stranger = message("s", "Re: Invoice 2026-0142", "mia@other.example", "office@nord.example", 3);
    let stranger = Placeable { documents: vec!["2026-0142".into()], ..new(&stranger) };
    assert_eq!(placed(&[known("c", &invoice), stranger]), [(New(0), "begins-conversation")]);
}

#[test]
fn a_forward_is_no_answer_and_its_answers_are_of_it() {
    let root = MailboxMessage { own_mail: Some("m1".into()), ..sent("q", "Invoice 5", 1) };
    let forward = answering("q", referring(&["q"], came("f", "WG: Invoice 5", 2)));
    let forward = MailboxMessage { own_mail: Some("m1".into()), ..forward };
    let answer = answering("f", referring(&["q", "f"], sent("r", "Re: Fwd: Invoice 5", 3)));
    let found = place(&[known("c", &root), new(&forward), new(&answer)]).placements;
    assert_eq!((&found[0].conversation, &found[1].conversation), (&New(0), &New(0)));
    assert_eq!(found[0].proposals[0].conversation, Known("c".into()));
    assert_eq!(found[0].proposals[0].reason.code, "passes-on");
}

#[test]
fn messages_of_different_partners_never_share_a_conversation() {
    let ours = sent("q", "Invoice 5", 1);
    let theirs = answering("q", came("a", "Re: Invoice 5", 2));
    let leaked = answering("q", message("x", "Re: Invoice 5", "bo@other.example", "office@nord.example", 3));
    let messages = [
        Placeable { conversation: Some("c".into()), ..of_partner("P", &ours) },
        of_partner("P", &theirs),
        of_partner("Q", &leaked),
    ];
    let found = place(&messages).placements;
    assert_eq!(found[0].conversation, Known("c".into()));
    assert_eq!(found[1].conversation, New(0));
    assert_eq!(found[1].proposals[0].reason.code, "other-partner");
    // One mail to both is of both.
    let both = Placeable { partners: vec!["P".into(), "Q".into()], ..new(&ours) };
    let found = place(&[both, of_partner("P", &theirs), of_partner("Q", &leaked)]).placements;
    assert!(found.iter().all(|it| it.conversation == New(0)), "{found:?}");
}

#[test]
fn a_late_message_makes_two_conversations_one_unless_a_person_put_them_apart() {
    let (first, last) = (sent("1", "Order", 1), answering("2", sent("3", "Re: Order", 3)));
    let late = answering("1", came("2", "Re: Order", 2));
    let found = place(&[known("a", &first), known("b", &last), new(&late)]);
    assert_eq!(found.merged, [("b".to_owned(), "a".to_owned())]);
    assert_eq!(found.placements[0].conversation, Known("a".into()));
    let found = place(&[known("a", &first), by_hand("b", &last), new(&late)]);
    assert!(found.merged.is_empty());
    let other = &found.placements[0].proposals[0];
    assert_eq!(other.reason.code, "put-apart");
    assert_ne!(other.conversation, found.placements[0].conversation);
}

#[test]
fn the_threads_of_gmail_and_outlook_are_followed() {
    let in_thread = |of: MailboxMessage| MailboxMessage { gmail_thread: Some("17".into()), ..of };
    let (one, other) = (in_thread(sent("1", "Order", 1)), in_thread(came("2", "Question", 2)));
    assert_eq!(placed(&[known("a", &one), new(&other)]), [(Known("a".into()), "gmail-thread")]);
    let index = |tail: &str, of: MailboxMessage| MailboxMessage {
        thread_index: Some(format!("AdQ1x2Y3Z4a5b6c7d8e9f0A1B2C3{tail}")),
        ..of
    };
    let (one, same, edited) = (
        index("Dw==", sent("1", "Order", 1)),
        index("DwAAAAAA", came("2", "RE: Order", 2)),
        index("DwAAAAAA", came("3", "New", 2)),
    );
    assert_eq!(placed(&[known("a", &one), new(&same)]), [(Known("a".into()), "thread-index")]);
    assert_eq!(placed(&[known("a", &one), new(&edited)]), [(New(0), "begins-conversation")]);
}

#[test]
fn what_answers_the_same_mail_of_ours_is_one_conversation_although_a_server_replaced_its_id() {
    let ours = MailboxMessage { own_mail: Some("m1".into()), ..sent("q", "Invoice 5", 1) };
    let answer = MailboxMessage { own_mail: Some("m1".into()), ..came("a", "Betaling", 2) };
    assert_eq!(placed(&[known("c", &ours), new(&answer)]), [(Known("c".into()), "same-mail")]);
}

#[test]
fn people_are_those_who_are_not_of_us() {
    let described = describe(&came("a", "Hello", 1), &own());
    assert_eq!(described.direction, Direction::Incoming);
    assert_eq!(described.people, ["ann@customer.example"]);
    assert_eq!(describe(&sent("b", "Hello", 1), &own()).direction, Direction::Outgoing);
}

#[test]
fn a_document_is_certain_where_the_mail_is_ours_or_its_partner_names_the_number() {
    let described = describe(
        &MailboxMessage {
            file_names: vec!["F-2026-0007.pdf".into()],
            ..came("a", "Re: Invoice 2026-0142", 1)
        },
        &own(),
    );
    assert_eq!(described.numbers, ["2026-0142", "F-2026-0007.pdf", "F-2026-0007"]);
    let candidate = |number: &str, partner: Option<&str>, found_by| Candidate {
        kind: "invoice".into(),
        number: number.into(),
        partner: partner.map(str::to_owned),
        found_by,
    };
    let candidates = [
        candidate("2026-0142", Some("P"), FoundBy::Number),
        candidate("F-2026-0007", Some("P"), FoundBy::Number),
        candidate("2026-0142", Some("Q"), FoundBy::Number),
        candidate("0142", Some("P"), FoundBy::Number),
        candidate("2026-0099", Some("P"), FoundBy::Conversation),
        candidate("2026-0142", Some("P"), FoundBy::AnsweredMail),
    ];
    let links = link(&described, &["P".into()], &candidates);
    let shown: Vec<_> = links.iter().map(|link| (link.candidate, link.reason.code, link.is_sure)).collect();
    let expected =
        [(5, "answers-our-mail", true), (1, "number-in-file-name", true), (4, "same-conversation", false)];
    assert_eq!(shown, expected);
    // Of a person who is not known a number is a guess.
    assert!(!link(&described, &[], &candidates[..1])[0].is_sure);
}

#[test]
fn thousands_of_messages_that_name_one_id_end_in_time() {
    let all: Vec<Placeable> = (0..4_000)
        .map(|n| of_partner(&format!("P{n}"), &answering("same", came(&format!("m{n}"), "Re: x", 1))))
        .collect();
    assert_eq!(place(&all).placements.len(), 4_000);
}

prop_compose! {
    /// Conversations with complete headers, each message with its conversation's number.
    fn mailbox()(parents in prop::collection::vec(prop::option::weighted(0.8, any::<prop::sample::Index>()), 1..30))
        -> Vec<(usize, MailboxMessage)> {
        let mut all: Vec<(usize, MailboxMessage)> = Vec::new();
        for (number, parent) in parents.into_iter().enumerate() {
            let date = i64::try_from(number).unwrap();
            let parent = parent.filter(|_| !all.is_empty()).map(|index| index.index(all.len()));
            let fresh = came(&format!("m{number}"), &format!("Subject of {number}"), date);
            all.push(match parent {
                Some(parent) => (all[parent].0, answering(&format!("m{parent}"), MailboxMessage { subject: format!("Re: {parent}"), ..fresh })),
                None => (number, fresh),
            });
        }
        all
    }
}

proptest! {
    /// Whatever order messages come in, one by one or together, those of one conversation end in one, and no others with them.
    #[test]
    fn the_order_of_arrival_changes_nothing(all in mailbox(), order in any::<u64>(), batch in 1_usize..8) {
        let mut arriving = all.clone();
        let mut seed = order;
        for at in (1..arriving.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            arriving.swap(at, usize::try_from(seed >> 33).unwrap() % (at + 1));
        }
        // The index: of each message its conversation.
        let mut index: Vec<(usize, MailboxMessage, String)> = Vec::new();
        for (round, batch) in arriving.chunks(batch).enumerate() {
            let mut messages: Vec<Placeable> = index.iter().map(|(_, of, conversation)| known(conversation, of)).collect();
            messages.extend(batch.iter().map(|(_, of)| new(of)));
            let found = place(&messages);
            for (from, to) in &found.merged {
                index.iter_mut().filter(|it| it.2 == *from).for_each(|it| it.2.clone_from(to));
            }
            for ((number, of), placement) in batch.iter().zip(found.placements) {
                let conversation = match placement.conversation {
                    Known(id) => id,
                    New(number) => format!("c{round:03}-{number:03}"),
                };
                index.push((*number, of.clone(), conversation));
            }
        }
        let mut ids: BTreeMap<usize, BTreeSet<&String>> = BTreeMap::new();
        for (number, _, conversation) in &index {
            ids.entry(*number).or_default().insert(conversation);
        }
        prop_assert!(ids.values().all(|ids| ids.len() == 1), "{ids:?}");
        let distinct: BTreeSet<_> = ids.values().flatten().collect();
        prop_assert_eq!(distinct.len(), ids.len());
    }
}
