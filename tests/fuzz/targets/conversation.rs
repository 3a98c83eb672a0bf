//! Messages of a mailbox with hostile headers: conversations, and that none joins different partners or moves what a person placed.

#![no_main]

use chrono::{DateTime, TimeDelta};
use libfuzzer_sys::fuzz_target;
use postroom_fuzz::{Cost, bounded};
use postroom_plugin::domain::conversation::{Conversation, MailboxMessage, Placeable, describe, place};
use std::collections::{BTreeMap, BTreeSet};

/// Each message names ids, and each id joins messages.
const MOST: Cost = Cost { held: 600, allocated: 4_000, base: 4 << 20 };
/// Messages of an input.
const MESSAGES: usize = 300;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    bounded(MOST, input, || {
        let own = BTreeSet::from(["office@nord.example".to_owned()]);
        let messages: Vec<Placeable> =
            text.lines().take(MESSAGES).enumerate().map(|(n, line)| message(n, line, &own)).collect();
        let found = place(&messages);
        let mut partners: BTreeMap<String, Vec<&Placeable>> = BTreeMap::new();
        let mut placements = found.placements.iter();
        for message in &messages {
            let conversation = match &message.conversation {
                Some(known) => {
                    found.merged.iter().find(|(from, _)| from == known).map_or(known, |(_, to)| to).clone()
                }
                None => match &placements.next().expect("a place for each").conversation {
                    Conversation::Known(id) => id.clone(),
                    Conversation::New(number) => format!("new-{number}"),
                },
            };
            assert!(!message.by_hand || message.conversation.as_ref() == Some(&conversation), "moved");
            partners.entry(conversation).or_default().push(message);
        }
        for (conversation, messages) in partners {
            let known: BTreeSet<&String> =
                messages.iter().filter(|it| it.conversation.is_none()).flat_map(|it| &it.partners).collect();
            // A mail to several partners joins them; without one no two may meet.
            let is_bridged = messages.iter().any(|it| it.partners.len() > 1);
            assert!(known.len() < 2 || is_bridged, "{conversation}: {known:?}");
        }
    });
});

/// Makes a message of a line: fields parted by tabs.
fn message(number: usize, line: &str, own: &BTreeSet<String>) -> Placeable {
    let fields: Vec<&str> = line.split('\t').collect();
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let ids =
        |at: usize| field(at).split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let day = i64::try_from(field(9).len()).unwrap_or_default();
    let of = MailboxMessage {
        message_id: some(field(0)),
        in_reply_to: ids(1),
        references: ids(2),
        subject: field(3).to_owned(),
        authors: ids(4),
        recipients: ids(5),
        date: DateTime::from_timestamp(1_795_766_400, 0).unwrap_or_default().fixed_offset()
            + TimeDelta::days(day),
        gmail_thread: some(field(6)),
        thread_index: some(field(7)),
        file_names: ids(3),
        own_mail: some(field(10)),
    };
    let known = some(field(11));
    // What is known has no partners here: two of them may be known to share a conversation already.
    let partners = if known.is_some() { vec![] } else { ids(8) };
    Placeable {
        description: describe(&of, own),
        partners,
        documents: ids(3),
        by_hand: known.is_some() && number.is_multiple_of(3),
        conversation: known,
    }
}
