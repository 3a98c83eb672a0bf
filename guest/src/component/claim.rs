//! From the contract's report to what matching and suppressions need of it.

use super::bindings::exports::postroom::plugin::inbound;
use super::bindings::postroom::plugin::types::ArgumentError;
use super::convert::events_at;
use crate::domain::inbound::{BounceType, Class, Token, TokenPlace};
use crate::domain::matching::{Claim, ClaimedRecipient};

pub(super) fn claim_in(report: inbound::Report) -> Result<Claim, ArgumentError> {
    let events = events_at(report.events, "report.events")?;
    Ok(Claim { events, ..claim_without_facts(inbound::Report { events: vec![], ..report }) })
}

/// Makes a claim without facts, for rules that read none of them.
pub(super) fn claim_without_facts(report: inbound::Report) -> Claim {
    Claim {
        class: class_in(&report.kind),
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
        class: class_in(&of.kind),
        bounce_type: of.bounce_type.map(bounce_type_in),
        code: of.code,
        words: of.words,
    }
}

/// Reads a token; none from a place that is not known, so that it proves nothing.
fn token_in(token: inbound::Token) -> Option<Token> {
    let place = TokenPlace::named(&token.place).ok()?;
    Some(Token { value: token.value, place })
}

/// Reads the class of a report; one that is not known is `Ordinary`, which no rule is about.
fn class_in(kind: &str) -> Class {
    Class::named(kind).unwrap_or(Class::Ordinary)
}

fn bounce_type_in(of: inbound::BounceType) -> BounceType {
    match of {
        inbound::BounceType::Hard => BounceType::Hard,
        inbound::BounceType::Soft => BounceType::Soft,
    }
}
