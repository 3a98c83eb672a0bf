//! The export `mailbox`: conversions around the use cases, no decisions.

use crate::component::bindings::exports::postroom::plugin::mailbox as wit;
use crate::component::bindings::postroom::plugin::types::ArgumentError;
use crate::component::convert::{argument_error, reason_out, time_in, time_out};
use crate::component::{Component, call};
use crate::domain::address::match_key;
use crate::domain::conversation::{
    self, Candidate, Clue, ClueKind, Conversation, Description, Direction, FoundBy, MailboxMessage, Placeable,
};

/// Messages of a call of `place`.
const MOST: usize = 5_000;

impl wit::Guest for Component {
    fn describe(
        messages: Vec<wit::MailboxMessage>,
        own_addresses: Vec<String>,
    ) -> Result<Vec<wit::Description>, ArgumentError> {
        let _call = call::begin();
        let own = own_addresses.iter().map(|address| match_key(address)).collect();
        let numbered = messages.into_iter().enumerate();
        let described = numbered.map(|(number, message)| {
            let message = message_in(message).map_err(|e| at(&format!("messages[{number}]"), e))?;
            Ok(description_out(conversation::describe(&message, &own)))
        });
        described.collect()
    }

    fn place(
        messages: Vec<wit::NewMessage>,
        known: Vec<wit::KnownMessage>,
    ) -> Result<wit::Arrangement, ArgumentError> {
        let _call = call::begin();
        if messages.len() + known.len() > MOST {
            return Err(argument_error("known", format!("more than {MOST} messages, with the new ones")));
        }
        let mut all = Vec::with_capacity(messages.len() + known.len());
        for (number, message) in known.into_iter().enumerate() {
            let description = description_in(message.description)
                .map_err(|e| at(&format!("known[{number}].description"), e))?;
            all.push(Placeable {
                description,
                partners: message.partners,
                documents: vec![],
                conversation: Some(message.conversation),
                by_hand: message.by_hand,
            });
        }
        for (number, message) in messages.into_iter().enumerate() {
            let description = description_in(message.description)
                .map_err(|e| at(&format!("messages[{number}].description"), e))?;
            all.push(Placeable {
                description,
                partners: message.partners,
                documents: message.documents,
                conversation: None,
                by_hand: false,
            });
        }
        let found = conversation::place(&all);
        let placements = found.placements.into_iter().map(|of| wit::Placement {
            conversation: conversation_out(of.conversation),
            reason: reason_out(of.reason),
            is_sure: of.is_sure,
            proposals: of.proposals.into_iter().map(proposal_out).collect(),
        });
        Ok(wit::Arrangement { placements: placements.collect(), merged: found.merged })
    }

    fn link(
        message: wit::Description,
        partners: Vec<String>,
        candidates: Vec<wit::DocumentCandidate>,
    ) -> Result<Vec<wit::DocumentLink>, ArgumentError> {
        let _call = call::begin();
        let message = description_in(message).map_err(|e| at("message", e))?;
        let numbered = candidates.into_iter().enumerate();
        let candidates = numbered.map(|(number, of)| {
            let found_by = FoundBy::named(&of.found_by)
                .map_err(|e| argument_error(format!("candidates[{number}].found-by"), e.to_string()))?;
            Ok(Candidate { kind: of.kind, number: of.number, partner: of.partner, found_by })
        });
        let candidates = candidates.collect::<Result<Vec<_>, ArgumentError>>()?;
        let links = conversation::link(&message, &partners, &candidates).into_iter();
        let links = links.map(|link| wit::DocumentLink {
            candidate: u32::try_from(link.candidate).unwrap_or(u32::MAX),
            reason: reason_out(link.reason),
            is_sure: link.is_sure,
        });
        Ok(links.collect())
    }
}

/// Puts the path of a record in front of that of its field.
fn at(path: &str, error: ArgumentError) -> ArgumentError {
    argument_error(format!("{path}.{}", error.argument), error.detail)
}

fn message_in(of: wit::MailboxMessage) -> Result<MailboxMessage, ArgumentError> {
    let addresses = |list: Vec<crate::component::bindings::postroom::plugin::types::Address>| {
        list.into_iter().map(|it| it.address).collect()
    };
    Ok(MailboxMessage {
        message_id: of.message_id,
        in_reply_to: of.in_reply_to,
        references: of.references,
        subject: of.subject,
        authors: addresses(of.authors),
        recipients: addresses(of.recipients),
        date: time_in(&of.date).map_err(|detail| argument_error("date", detail))?,
        gmail_thread: of.gmail_thread,
        thread_index: of.thread_index,
        file_names: of.file_names,
        own_mail: of.own_mail,
    })
}

fn description_in(of: wit::Description) -> Result<Description, ArgumentError> {
    // A kind that a later version gave is passed over, as the contract has it of lists that grow.
    let clues = of
        .clues
        .into_iter()
        .filter_map(|clue| Some(Clue { kind: ClueKind::named(&clue.kind).ok()?, value: clue.value }));
    Ok(Description {
        direction: match of.direction {
            wit::Direction::Incoming => Direction::Incoming,
            wit::Direction::Outgoing => Direction::Outgoing,
        },
        base_subject: of.base_subject,
        is_answer: of.is_answer,
        is_forward: of.is_forward,
        people: of.people,
        date: time_in(&of.date).map_err(|detail| argument_error("date", detail))?,
        clues: clues.collect(),
        numbers: of.numbers,
    })
}

fn description_out(of: Description) -> wit::Description {
    let clue_out = |clue: Clue| wit::Clue { kind: clue.kind.name().to_owned(), value: clue.value };
    wit::Description {
        direction: match of.direction {
            Direction::Incoming => wit::Direction::Incoming,
            Direction::Outgoing => wit::Direction::Outgoing,
        },
        base_subject: of.base_subject,
        is_answer: of.is_answer,
        is_forward: of.is_forward,
        people: of.people,
        date: time_out(of.date),
        clues: of.clues.into_iter().map(clue_out).collect(),
        numbers: of.numbers,
    }
}

fn conversation_out(of: Conversation) -> wit::ConversationChoice {
    match of {
        Conversation::Known(id) => wit::ConversationChoice::Known(id),
        Conversation::New(number) => wit::ConversationChoice::New(number),
    }
}

fn proposal_out(of: conversation::Proposal) -> wit::Proposal {
    wit::Proposal { conversation: conversation_out(of.conversation), reason: reason_out(of.reason) }
}
