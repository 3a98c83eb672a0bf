//! Looking for a mail in doubt where its attempt would have left it.

use super::Receipt;
use super::response::{ApiRefusal, no_answer, unsuitable};
use super::web::{Request, Web, encoded, identifier};
use super::{gmail, graph};
use crate::domain::address::{Address, Mailbox};
use crate::domain::compose::MessageId;
use crate::domain::delivery::{Route, Transport};
use chrono::{DateTime, FixedOffset};

/// Seconds after which a mail that is not there was not sent: providers file what they send a little later.
const SETTLED_AFTER: i64 = 600;
/// Seconds between two looks before that.
const LOOK_AGAIN: u32 = 60;
/// Mails sent since the attempt that are asked for the Message-ID they came with.
const MOST_ASKED: usize = 25;

/// The search for a mail in Sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The Message-ID with angle brackets.
    pub message_id: String,
    /// The mailbox to call as, where it is not the account's own.
    pub sender: Option<String>,
    /// When the attempt began.
    pub attempted: DateTime<FixedOffset>,
}

/// The provider's record of a mail in doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupResult {
    /// The mail was sent.
    Found(Receipt),
    /// The mail was not sent.
    NotFound,
    /// Look again after these seconds.
    NotYet(u32),
    /// The provider could not be asked, or has no answer: why.
    CannotTell(String),
    /// The account needs its user: the provider's words.
    NeedsSignIn(String),
}

/// Looks for a mail at the provider. Sends nothing.
pub fn look_in_sent(
    search: &Search,
    route: &Route,
    now: DateTime<FixedOffset>,
    web: &mut dyn Web,
) -> LookupResult {
    let id = match MessageId::parse(&search.message_id) {
        Ok(id) => id,
        Err(fault) => return LookupResult::CannotTell(format!("message-id: {fault}")),
    };
    let settled = now.signed_duration_since(search.attempted).num_seconds() >= SETTLED_AFTER;
    let found = match Transport::named(&route.transport) {
        Ok(Transport::Gmail) => in_gmail(search, &id, &route.account, web),
        Ok(Transport::Graph) => in_graph(search, &id, &route.account, settled, web),
        Ok(other) => return LookupResult::CannotTell(format!("\"{other}\" can't be asked for a mail")),
        Err(unknown) => return LookupResult::CannotTell(unknown.to_string()),
    };
    match found {
        Ok(Some(receipt)) => LookupResult::Found(receipt),
        Ok(None) if settled => LookupResult::NotFound,
        Ok(None) => LookupResult::NotYet(LOOK_AGAIN),
        Err(ApiRefusal::NeedsSignIn(words)) => LookupResult::NeedsSignIn(words),
        Err(ApiRefusal::Failed(failure)) => LookupResult::CannotTell(failure.detail),
    }
}

/// Searches by Message-ID; and where Gmail has replaced it, by the one it came with, which Gmail stores in a field of its own.
fn in_gmail(
    search: &Search,
    id: &MessageId,
    account: &str,
    web: &mut dyn Web,
) -> Result<Option<Receipt>, ApiRefusal> {
    let receipt = |id: &str| Receipt { status: 200, provider_id: Some(id.to_owned()), ..Receipt::default() };
    let by_id = list(account, &format!("in:sent rfc822msgid:{}", id.as_str()), 2, web)?;
    if let Some((found, thread)) = by_id.into_iter().next() {
        return Ok(Some(Receipt { message_id: Some(id.to_string()), thread_id: thread, ..receipt(&found) }));
    }
    let since = search.attempted.timestamp().saturating_sub(60);
    let recent = list(account, &format!("in:sent after:{since}"), MOST_ASKED + 1, web)?;
    let too_many = recent.len() > MOST_ASKED;
    for (found, thread) in recent.into_iter().take(MOST_ASKED) {
        let original = gmail::metadata(account, &found, "X-Google-Original-Message-ID", web)?;
        if original.as_deref() == Some(id.to_string().as_str()) {
            let now = gmail::metadata(account, &found, "Message-ID", web).ok().flatten();
            return Ok(Some(Receipt { message_id: now, thread_id: thread, ..receipt(&found) }));
        }
    }
    if too_many {
        let detail = format!("more than {MOST_ASKED} mails were sent since: not all can be looked at");
        return Err(unsuitable(detail));
    }
    Ok(None)
}

/// Lists the mails that a query of Gmail's search finds: their ids and threads.
fn list(
    account: &str,
    query: &str,
    most: usize,
    web: &mut dyn Web,
) -> Result<Vec<(String, Option<String>)>, ApiRefusal> {
    let target = format!("/gmail/v1/users/me/messages?maxResults={most}&q={}", encoded(query));
    let response = web.call(Request::new(account, "GET", target)).map_err(|error| no_answer(error, false))?;
    let json = response.json();
    if response.status != 200 || !json.is_object() {
        return Err(gmail::unreadable(&response));
    }
    let messages = json["messages"].as_array().into_iter().flatten();
    Ok(messages.filter_map(|it| Some((identifier(&it["id"])?, identifier(&it["threadId"])))).collect())
}

/// Searches all folders: what is no draft has been sent. A draft that is still one when the matter is settled is ours and of no more use:
/// it is deleted, or a user would send it a second time.
fn in_graph(
    search: &Search,
    id: &MessageId,
    account: &str,
    settled: bool,
    web: &mut dyn Web,
) -> Result<Option<Receipt>, ApiRefusal> {
    let sender = search.sender.as_ref().map(|address| {
        let address = Address::parse(address);
        address.map(|address| Mailbox { name: None, address }).map_err(|e| unsuitable(format!("sender: {e}")))
    });
    let base = graph::base(sender.transpose()?.as_ref());
    let (drafts, sent): (Vec<_>, Vec<_>) =
        graph::find(account, &base, id, web)?.into_iter().partition(|(_, is_draft)| *is_draft);
    let found = sent.into_iter().next().map(|(receipt, _)| receipt);
    if found.is_none() && settled {
        for id in drafts.into_iter().filter_map(|(draft, _)| draft.provider_id) {
            let _ = web.call(Request::new(account, "DELETE", format!("{base}/messages/{}", encoded(&id))));
        }
    }
    Ok(found)
}
