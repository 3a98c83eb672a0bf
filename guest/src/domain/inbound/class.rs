//! The class of a report, and the event it amounts to: one rule for reports with fields, for those with text alone, and for Amazon's.

use super::bounce_reason::BounceReason;
use super::cause::Cause;
use super::message::InboundMessage;
use super::model::{BounceType, Class};
use super::phrases::{self, DELAY, FINAL, SUCCESS};
use crate::domain::status::EventKind;

/// Returns the class that the text for people gives a report, where its fields give none.
pub(super) fn class_of_text(message: &InboundMessage) -> Class {
    let plain = phrases::plain(&[&message.subject, " ", message.own_text()].concat());
    if DELAY.is_in(&plain) && !FINAL.is_in(&plain) {
        Class::Delay
    } else if SUCCESS.is_in(&plain) && !phrases::FAILURES.is_in(&plain) {
        Class::Delivered
    } else {
        Class::Bounce
    }
}

/// Returns the kind of event that a class and its reason amount to.
pub(super) fn kind_of(class: Class, found: &BounceReason) -> EventKind {
    match class {
        Class::Delay => EventKind::Delayed,
        Class::Delivered => EventKind::Delivered,
        Class::Relayed => EventKind::Relayed,
        _ if found.cause == Some(Cause::Expired) && found.bounce_type == BounceType::Soft => {
            EventKind::Expired
        }
        _ => EventKind::Bounced,
    }
}
