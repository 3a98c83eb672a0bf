//! Which mail a message is about: the Message-IDs it names, and the texts in which the host may find a token of its own.

use super::address;
use super::limits;
use super::message::InboundMessage;
use super::model::{Token, TokenPlace};
use super::{arf, bounce_heuristics, dsn, mdn, ses_mail};

/// Collects the Message-IDs that a message is about, with angle brackets, the likeliest first.
pub(super) fn about(message: &InboundMessage, is_report: bool) -> Vec<String> {
    let mut found = vec![];
    if is_report {
        found.extend(ses_mail::message_id(message).iter().flat_map(|id| ids(id)));
        let fields = mdn::fields(message);
        found.extend(fields.iter().flat_map(|fields| fields.all("original-message-id")).flat_map(ids));
        if let Some(returned) = bounce_heuristics::returned(message) {
            found.extend(
                ["message-id", "x-google-original-message-id"]
                    .iter()
                    .flat_map(|n| returned.all(n))
                    .flat_map(ids),
            );
        }
        for block in dsn::about_message(message) {
            found.extend(
                ["x-original-message-id", "original-message-id"]
                    .iter()
                    .flat_map(|n| block.all(n))
                    .flat_map(ids),
            );
        }
        found.extend(
            arf::fields(message).iter().flat_map(|fields| fields.all("original-message-id")).flat_map(ids),
        );
    }
    let header = &message.header;
    found.extend(header.all("x-ms-exchange-message-id").flat_map(ids));
    found.extend(header.all("in-reply-to").flat_map(ids));
    let references: Vec<String> = header.all("references").flat_map(ids).collect();
    found.extend(references.into_iter().rev());
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|id| seen.insert(id.clone()));
    found.truncate(limits::REFERENCES);
    found
}

/// Splits `<a@b> <c@d>` into its ids, each with its brackets. An id without them is none.
pub(crate) fn ids(value: &str) -> Vec<String> {
    let starts = value.split('<').skip(1).take(2 * limits::REFERENCES);
    let ids = starts.filter_map(|rest| rest.split_once('>')).map(|(id, _)| id.trim());
    let fits = |id: &&str| (1..=900).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    ids.filter(fits).map(|id| format!("<{id}>")).collect()
}

/// Collects the texts in which the host may find a token of its own.
pub(super) fn tokens(message: &InboundMessage, about: &[String]) -> Vec<Token> {
    let mut found = vec![];
    let mut add = |place: TokenPlace, value: String| {
        let token = Token { value, place };
        if found.len() < limits::REFERENCES && !token.value.is_empty() && !found.contains(&token) {
            found.push(token);
        }
    };
    if let Some(id) = dsn::envelope_id(message) {
        add(TokenPlace::EnvelopeId, limits::bounded(&id, limits::ADDRESS).to_owned());
    }
    for name in [
        "to",
        "cc",
        "delivered-to",
        "x-original-to",
        "envelope-to",
        "x-envelope-to",
        "apparently-to",
        "x-forwarded-to",
    ] {
        for value in message.header.all(name) {
            address::all(value).take(20).for_each(|(_, address)| add(TokenPlace::RecipientAddress, address));
        }
    }
    let returned = bounce_heuristics::returned(message).unwrap_or_default();
    let complaint = arf::fields(message).unwrap_or_default();
    let reports = dsn::about_message(message);
    let paths =
        ["return-path", "x-envelope-from", "envelope-from"].iter().flat_map(|name| returned.all(name));
    let paths = paths.chain(complaint.all("original-mail-from"));
    let paths = paths.chain(reports.iter().flat_map(|block| block.all("x-postfix-sender")));
    for value in paths {
        address::all(value).take(5).for_each(|(_, address)| add(TokenPlace::ReturnPath, address));
    }
    for value in returned.all("reply-to") {
        address::all(value).take(5).for_each(|(_, address)| add(TokenPlace::Header, address));
    }
    for id in about {
        add(TokenPlace::MessageId, id.clone());
    }
    found
}
