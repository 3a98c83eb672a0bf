//! Microsoft Graph: the message in base64, or, where that is more than a request may hold, a draft of it to which
//! the files are added one by one.
//!
//! `sendMail` with MIME: <https://learn.microsoft.com/graph/outlook-send-mime-message>. Only 202 is acceptance: a 200 has
//! been seen for a mail that was too large and was never sent. Errors: <https://learn.microsoft.com/graph/errors>.

use super::response::{ApiRefusal, Meaning, Words, error_object, no_answer, of_status, refusal, unsuitable};
use super::upload;
use super::web::{Piece, Request, Web, WebResponse, encoded, identifier};
use super::{Mail, Receipt};
use crate::domain::address::Mailbox;
use crate::domain::compose::{Addressees, Chunk, MessageId, readdress, without_files};
use crate::domain::status::{ApiFailure, Stage, Verdict};
use serde_json::Value;

/// The provider's name in the words of a failure.
const NAME: &str = "Microsoft Graph";
/// Largest message that `sendMail` is given: in base64 it fills the 4 MB that a request may have.
const MAX_DIRECT: u64 = 3_000_000;
/// Largest file of an upload session.
const MAX_FILE: u64 = 150_000_000;
/// Bytes of an answer that may hold the message again.
const MESSAGE_AGAIN: u32 = 2 * 1024 * 1024;
/// Later: what the mailbox may send is used up.
const QUOTA: &[&str] = &[
    "ErrorExceededMessageLimit",
    "ErrorSubmissionQuotaExceeded",
    "ErrorQuotaExceeded",
    "ApplicationThrottled",
    "MailboxConcurrency",
    "TooManyRequests",
    "activityLimitReached",
];
/// Later: the service has no time.
const BUSY: &[&str] = &["ErrorServerBusy", "ErrorTooManyObjectsOpened", "ErrorMailboxStoreUnavailable"];
/// The account needs its user: the grant is gone, or Microsoft wants them to sign in again.
const SIGN_IN: &[&str] = &[
    "InvalidAuthenticationToken",
    "Authentication_ExpiredToken",
    "AuthenticationError",
    "ErrorMessageSubmissionBlocked",
    "ErrorAccountSuspend",
    "ErrorAccountSuspendShowTierUpgrade",
];
/// The account can't send this way, whatever the mail.
const ACCOUNT: &[&str] = &[
    "ErrorAccessDenied",
    "Authorization_RequestDenied",
    "MailboxNotEnabledForRESTAPI",
    "MailboxNotSupportedForRESTAPI",
    "ErrorMailboxMoveInProgress",
    "ErrorInvalidUser",
    "Request_ResourceNotFound",
    "ErrorNonExistentMailbox",
];
/// A recipient is at fault.
const RECIPIENT: &[&str] = &["ErrorInvalidRecipients", "ErrorInvalidInternetAddress", "ErrorInvalidAddress"];

pub(super) fn send(mail: &Mail<'_>, web: &mut dyn Web) -> Result<Receipt, ApiRefusal> {
    let to = Addressees::of(&mail.parts, &mail.recipients);
    let chunks = readdress(mail.outgoing.chunks.clone(), &to);
    let base = base(mail.sender.as_ref());
    // The new headers are small beside the limit's margin.
    let mut receipt = if mail.outgoing.size <= MAX_DIRECT {
        let request = Request::new(mail.account, "POST", format!("{base}/sendMail"))
            .with("text/plain", vec![Piece::MessageBase64(chunks)]);
        submit(mail, request, web)?
    } else {
        send_draft(mail, &base, &chunks, web)?
    };
    if receipt.provider_id.is_none()
        && let Some((found, _)) =
            find(mail.account, &format!("{base}/mailFolders/SentItems"), &mail.message_id, web)
                .ok()
                .and_then(|items| items.into_iter().next())
    {
        receipt = Receipt { status: receipt.status, ..found };
    }
    Ok(receipt)
}

/// Returns the mailbox to call as.
pub(super) fn base(sender: Option<&Mailbox>) -> String {
    match sender {
        Some(mailbox) => format!("/v1.0/users/{}", encoded(&mailbox.address.wire())),
        None => "/v1.0/me".to_owned(),
    }
}

/// Makes the request that sends: 202, and nothing else, is acceptance.
fn submit(mail: &Mail<'_>, request: Request, web: &mut dyn Web) -> Result<Receipt, ApiRefusal> {
    let response = web.call(request).map_err(|error| no_answer(error, true))?;
    receipt(mail, &response)
}

/// Reads the answer to that request.
pub(super) fn receipt(mail: &Mail<'_>, response: &WebResponse) -> Result<Receipt, ApiRefusal> {
    if response.status == 202 {
        return Ok(Receipt { status: 202, ..Receipt::default() });
    }
    Err(refused(mail, response))
}

fn refused(mail: &Mail<'_>, response: &WebResponse) -> ApiRefusal {
    let words = words(response);
    let meaning = meaning(response.status, &words, &mail.outgoing.recipients);
    refusal(NAME, response, words, meaning)
}

/// Sends by draft, files, and `send`. Until the last request nothing can have been sent, so whatever fails before it may be tried again,
/// and the draft is taken away.
fn send_draft(
    mail: &Mail<'_>,
    base: &str,
    chunks: &[Chunk],
    web: &mut dyn Web,
) -> Result<Receipt, ApiRefusal> {
    let files: Vec<_> = mail.parts.files.iter().filter(|file| file.content_id.is_none()).collect();
    let handles: Vec<u32> = files.iter().map(|file| file.handle).collect();
    let mut sized = Vec::with_capacity(files.len());
    for file in files {
        let Some(size) = mail.size_of(file.handle) else {
            return Err(unsuitable(format!("mail.files: the size of \"{}\" is not given", file.name)));
        };
        if size > MAX_FILE {
            return Err(unsuitable(format!(
                "{NAME} takes at most {MAX_FILE} bytes a file: \"{}\" has {size}",
                file.name
            )));
        }
        sized.push((file, size));
    }
    let Some(without_attachments) = without_files(chunks, &handles) else {
        return Err(unsuitable("mail.chunks: the files are not where this plugin puts them"));
    };
    let mut request = Request::new(mail.account, "POST", format!("{base}/messages"))
        .with("text/plain", vec![Piece::MessageBase64(without_attachments)]);
    // So that the draft's id is the sent mail's, too.
    request.headers.push(("prefer", "IdType=\"ImmutableId\"".to_owned()));
    request.limit = MESSAGE_AGAIN;
    let response = web.call(request).map_err(|error| no_answer(error, false))?;
    let json = response.json();
    let Some(id) = identifier(&json["id"]).filter(|_| response.status == 201) else {
        return Err(nothing_sent(refused(mail, &response)));
    };
    let draft = format!("{base}/messages/{}", encoded(&id));
    let step =
        sized.into_iter().try_for_each(|(file, size)| upload::attach(mail.account, &draft, file, size, web));
    let sent = match step {
        Ok(()) => submit(mail, Request::new(mail.account, "POST", format!("{draft}/send")), web),
        Err(upload::UploadFailure::WebResponse(response)) => Err(nothing_sent(refused(mail, &response))),
        Err(upload::UploadFailure::Session(response)) => Err(session_lost(&response)),
        Err(upload::UploadFailure::ApiRefusal(error)) => Err(error),
    };
    let in_doubt = matches!(&sent, Err(ApiRefusal::Failed(ApiFailure { verdict: Verdict::InDoubt, .. })));
    if sent.is_err() && !in_doubt {
        let _ = web.call(Request::new(mail.account, "DELETE", draft));
    }
    let receipt = sent?;
    Ok(Receipt {
        message_id: message_id(&json["internetMessageId"]),
        thread_id: identifier(&json["conversationId"]),
        provider_id: Some(id),
        ..receipt
    })
}

/// Makes the refusal for a session that is gone: the mail is too large for the mailbox, or the session has ended.
fn session_lost(response: &WebResponse) -> ApiRefusal {
    let words = words(response);
    let too_large = response.status == 413 || words.is(&["ErrorMessageSizeExceeded"]);
    let meaning = if too_large { Meaning::Permanent(Stage::Data) } else { Meaning::Transient };
    refusal(NAME, response, words, meaning)
}

/// Turns a doubt about a step before the last one into a failure: nothing was sent yet.
fn nothing_sent(refusal: ApiRefusal) -> ApiRefusal {
    match refusal {
        ApiRefusal::Failed(failure) if failure.verdict == Verdict::InDoubt => {
            ApiRefusal::Failed(ApiFailure {
                stage: Stage::Data,
                verdict: Verdict::Transient,
                detail: failure.detail.replacen(
                    "could not say whether it took the mail",
                    "did not make the draft",
                    1,
                ),
                ..failure
            })
        }
        other => other,
    }
}

/// Finds the mails of a folder, or of all folders, with this Message-ID, and whether each is still a draft.
pub(super) fn find(
    account: &str,
    folder: &str,
    id: &MessageId,
    web: &mut dyn Web,
) -> Result<Vec<(Receipt, bool)>, ApiRefusal> {
    let filter = format!("internetMessageId eq '{}'", id.to_string().replace('\'', "''"));
    let target = format!(
        "{folder}/messages?$filter={}&$select=id,conversationId,internetMessageId,isDraft&$top=10",
        encoded(&filter)
    );
    let mut request = Request::new(account, "GET", target);
    request.headers.push(("prefer", "IdType=\"ImmutableId\"".to_owned()));
    let response = web.call(request).map_err(|error| no_answer(error, false))?;
    let json = response.json();
    let Some(items) = json["value"].as_array().filter(|_| response.status == 200) else {
        let words = words(&response);
        let meaning = meaning(response.status, &words, &[]);
        return Err(refusal(NAME, &response, words, meaning));
    };
    let receipt = |item: &Value| Receipt {
        status: response.status,
        message_id: message_id(&item["internetMessageId"]),
        provider_id: identifier(&item["id"]),
        thread_id: identifier(&item["conversationId"]),
        labels: Vec::new(),
    };
    Ok(items.iter().map(|item| (receipt(item), item["isDraft"].as_bool().unwrap_or(false))).collect())
}

fn message_id(of: &Value) -> Option<String> {
    MessageId::parse(of.as_str()?).ok().map(|id| id.to_string())
}

fn words(response: &WebResponse) -> Words {
    let Some(error) = error_object(response) else { return Words::of_body(response) };
    Words::of(error["code"].as_str(), error["message"].as_str())
}

fn meaning(status: u16, words: &Words, recipients: &[String]) -> Meaning {
    match status {
        400..=499 if words.is(QUOTA) => Meaning::Quota,
        400..=499 if words.is(BUSY) => Meaning::Transient,
        400..=499 if words.is(SIGN_IN) => Meaning::NeedsSignIn,
        400..=499 if words.is(RECIPIENT) => match (words.named(recipients), recipients) {
            (named, [only]) if named.is_empty() => Meaning::Recipients(vec![only.clone()]),
            (named, _) => Meaning::Recipients(named),
        },
        400..=499 if words.is(ACCOUNT) => Meaning::Permanent(Stage::Login),
        status => of_status(status),
    }
}
