//! The Gmail API: the message itself, uploaded as it is.
//!
//! `users.messages.send` by media upload: <https://developers.google.com/workspace/gmail/api/guides/uploads>. It sends
//! to whom To, Cc and Bcc name, and takes the Bcc out. Errors:
//! <https://developers.google.com/workspace/gmail/api/guides/handle-errors>.

use super::response::{ApiRefusal, Meaning, Words, error_object, no_answer, of_status, refusal, unsuitable};
use super::web::{Piece, Request, Web, WebResponse, encoded, identifier};
use super::{Mail, Receipt};
use crate::domain::address::Address;
use crate::domain::compose::{Addressees, Chunk, MessageId, readdress};
use crate::domain::status::Stage;
use serde_json::Value;

/// The provider's name in the words of a failure.
const NAME: &str = "Gmail";
/// Most bytes of a message (`maxSize` of the method in the API's discovery document).
const MAX_SIZE: u64 = 36_700_160;
/// Where a request is refused because too many came, by `reason`.
const QUOTA: &[&str] = &[
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "quotaExceeded",
    "dailyLimitExceeded",
    "RESOURCE_EXHAUSTED",
    "concurrentLimitExceeded",
];
/// Where the grant does not reach: the user has to allow more.
const SCOPE: &[&str] = &["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "authError"];
/// Where the account can't use the API, whatever the mail.
const ACCOUNT: &[&str] =
    &["accessNotConfigured", "SERVICE_DISABLED", "domainPolicy", "delegationDenied", "failedPrecondition"];

pub(super) fn send(mail: &Mail<'_>, web: &mut dyn Web) -> Result<Receipt, ApiRefusal> {
    let to = Addressees::of(&mail.parts, &mail.recipients);
    let chunks = readdress(mail.outgoing.chunks.clone(), &to);
    let size = mail.outgoing.size + bytes_added(&mail.outgoing.chunks, &chunks);
    if size > MAX_SIZE {
        return Err(unsuitable(format!("{NAME} takes at most {MAX_SIZE} bytes: this mail has {size}")));
    }
    let target = "/upload/gmail/v1/users/me/messages/send?uploadType=media";
    let request = Request::new(mail.account, "POST", target.to_owned())
        .with("message/rfc822", vec![Piece::Message(chunks)]);
    let response = web.call(request).map_err(|error| no_answer(error, true))?;
    let receipt = receipt(mail, &response)?;
    let message_id = receipt.provider_id.as_deref().and_then(|id| message_id(mail.account, id, web));
    Ok(Receipt { message_id, ..receipt })
}

/// Reads the answer to the request that sends, but the Message-ID, which another request asks for.
pub(super) fn receipt(mail: &Mail<'_>, response: &WebResponse) -> Result<Receipt, ApiRefusal> {
    let json = response.json();
    let Some(id) = identifier(&json["id"]).filter(|_| response.status == 200) else {
        let to = Addressees::of(&mail.parts, &mail.recipients);
        let words = words(response);
        let meaning = meaning(response.status, &words, &to, &mail.outgoing.recipients);
        return Err(refusal(NAME, response, words, meaning));
    };
    Ok(Receipt {
        status: response.status,
        message_id: None,
        thread_id: identifier(&json["threadId"]),
        labels: labels(&json["labelIds"]),
        provider_id: Some(id),
    })
}

/// Counts the bytes that the new headers add.
fn bytes_added(before: &[Chunk], after: &[Chunk]) -> u64 {
    let text = |chunks: &[Chunk]| match chunks.first() {
        Some(Chunk::Text(text)) => text.len() as u64,
        _ => 0,
    };
    text(after).saturating_sub(text(before))
}

/// Fetches the Message-ID that Gmail sent the mail under: it replaces one that it finds broken. Nothing that goes wrong here changes that
/// the mail was taken; a grant that may only send can't ask.
fn message_id(account: &str, id: &str, web: &mut dyn Web) -> Option<String> {
    metadata(account, id, "Message-ID", web).ok().flatten()
}

/// Fetches a Message-ID in a header field of a message in the mailbox; none where it has no such field.
pub(super) fn metadata(
    account: &str,
    id: &str,
    name: &str,
    web: &mut dyn Web,
) -> Result<Option<String>, ApiRefusal> {
    let target = format!(
        "/gmail/v1/users/me/messages/{}?format=metadata&metadataHeaders={}",
        encoded(id),
        encoded(name)
    );
    let response = web.call(Request::new(account, "GET", target)).map_err(|error| no_answer(error, false))?;
    let json = response.json();
    if response.status != 200 || !json.is_object() {
        return Err(unreadable(&response));
    }
    let headers = json["payload"]["headers"].as_array();
    let is_it = |it: &&Value| it["name"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(name));
    let value = headers.and_then(|all| all.iter().find(is_it)).and_then(|it| it["value"].as_str());
    Ok(value.and_then(|value| MessageId::parse(value).ok()).map(|id| id.to_string()))
}

/// Makes the error for an answer about the mailbox that can't be read. A grant that may only send is no reason to bother the user.
pub(super) fn unreadable(response: &WebResponse) -> ApiRefusal {
    let words = words(response);
    let meaning = match response.status {
        403 => Meaning::Permanent(Stage::Login),
        status => of_status(status),
    };
    refusal(NAME, response, words, meaning)
}

fn labels(of: &Value) -> Vec<String> {
    of.as_array().into_iter().flatten().filter_map(identifier).take(20).collect()
}

/// Reads the error document: its own `reason` names the error more closely than its status.
fn words(response: &WebResponse) -> Words {
    let Some(error) = error_object(response) else { return Words::of_body(response) };
    let reason = error["errors"][0]["reason"].as_str();
    let details = error["details"].as_array();
    let detailed = details.and_then(|all| all.iter().find_map(|it| it["reason"].as_str()));
    Words::of(reason.or(detailed).or(error["status"].as_str()), error["message"].as_str())
}

fn meaning(status: u16, words: &Words, to: &Addressees, recipients: &[String]) -> Meaning {
    match status {
        403 | 429 if words.is(QUOTA) => Meaning::Quota,
        403 if words.is(SCOPE) || words.mentions("insufficient authentication scopes") => {
            Meaning::NeedsSignIn
        }
        400 | 403 if words.is(ACCOUNT) || words.mentions("mail service not enabled") => {
            Meaning::Permanent(Stage::Login)
        }
        400 => {
            let lists = [
                ("invalid to header", &to.to),
                ("invalid cc header", &to.cc),
                ("invalid bcc header", &to.bcc),
            ];
            let Some((_, list)) = lists.into_iter().find(|(text, _)| words.mentions(text)) else {
                return Meaning::Permanent(Stage::Data);
            };
            let named = words.named(recipients);
            match list.as_slice() {
                [only] if named.is_empty() => {
                    let is_it = |it: &&String| Address::parse(it).as_ref() == Ok(&only.address);
                    Meaning::Recipients(recipients.iter().filter(is_it).cloned().collect())
                }
                _ => Meaning::Recipients(named),
            }
        }
        status => of_status(status),
    }
}
