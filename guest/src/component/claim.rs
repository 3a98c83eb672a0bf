//! From the contract's report to what matching and suppressions need of it.

use super::bindings::exports::postroom::plugin::{inbound, tracking};
use super::convert::events_in;
use crate::domain::inbound::{Class, Hardness, Token, TokenPlace};
use crate::domain::matching::{Claim, ClaimedRecipient};

pub(super) fn claim_in(report: inbound::Report) -> Result<Claim, tracking::EventError> {
    let events = events_in(report.events)?;
    Ok(Claim { events, ..claim_without_facts(inbound::Report { events: vec![], ..report }) })
}

/// For what needs none of its facts, which may then be anything.
pub(super) fn claim_without_facts(report: inbound::Report) -> Claim {
    Claim {
        class: class_in(report.class),
        recipients: report.recipients.into_iter().map(recipient_in).collect(),
        about: report.about,
        tokens: report.tokens.into_iter().filter_map(token_in).collect(),
        events: vec![],
    }
}

fn recipient_in(of: inbound::RecipientReport) -> ClaimedRecipient {
    ClaimedRecipient {
        recipient: of.recipient,
        final_recipient: of.final_recipient,
        class: class_in(of.class),
        hardness: of.hardness.map(hardness_in),
        code: of.code,
        words: of.words,
    }
}

/// None: a place that is not known, so that it proves nothing.
fn token_in(token: inbound::Token) -> Option<Token> {
    let place = TokenPlace::named(&token.place).ok()?;
    Some(Token { value: token.value, place })
}

fn class_in(of: inbound::Class) -> Class {
    match of {
        inbound::Class::Bounce => Class::Bounce,
        inbound::Class::Delay => Class::Delay,
        inbound::Class::Delivered => Class::Delivered,
        inbound::Class::Relayed => Class::Relayed,
        inbound::Class::Receipt => Class::Receipt,
        inbound::Class::AutoReply => Class::AutoReply,
        inbound::Class::Complaint => Class::Complaint,
        inbound::Class::Ordinary => Class::Ordinary,
    }
}

fn hardness_in(of: inbound::Hardness) -> Hardness {
    match of {
        inbound::Hardness::Hard => Hardness::Hard,
        inbound::Hardness::Soft => Hardness::Soft,
    }
}
