//! SendGrid's API, version 3: the parts of the message as JSON.
//!
//! `mail/send`: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send>. It makes a message of its own from them, has no
//! idempotency key and can't be asked for a mail by its Message-ID: what is in doubt stays so.

use super::response::{ApiRefusal, Meaning, Words, no_answer, of_status, refusal, unsuitable};
use super::web::{Piece, Request, Web, WebResponse, identifier};
use super::{Mail, Receipt};
use crate::domain::address::{Address, Mailbox};
use crate::domain::compose::Addressees;
use crate::domain::status::Stage;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// The provider's name in the words of a failure.
const NAME: &str = "SendGrid";
/// A mail must have less, its files encoded.
const MAX_SIZE: u64 = 30_000_000;
/// Most recipients of one request.
const MAX_RECIPIENTS: usize = 1_000;

pub(super) fn send(mail: &Mail<'_>, web: &mut dyn Web) -> Result<Receipt, ApiRefusal> {
    let body = body(mail)?;
    let request =
        Request::new(mail.account, "POST", "/v3/mail/send".to_owned()).with("application/json", body);
    let response = web.call(request).map_err(|error| no_answer(error, true))?;
    receipt(mail, &response)
}

/// Reads the answer to that request.
pub(super) fn receipt(mail: &Mail<'_>, response: &WebResponse) -> Result<Receipt, ApiRefusal> {
    if response.status != 202 {
        let words = words(response);
        let meaning = meaning(response, &words, mail);
        return Err(refusal(NAME, response, words, meaning));
    }
    Ok(Receipt {
        status: response.status,
        // It goes with the other headers, and is kept.
        message_id: Some(mail.message_id.to_string()),
        provider_id: response.header("x-message-id").and_then(|id| identifier(&json!(id))),
        ..Receipt::default()
    })
}

/// Writes the request's JSON, its files left to the host.
fn body(mail: &Mail<'_>) -> Result<Vec<Piece>, ApiRefusal> {
    if mail.outgoing.needs_smtputf8 {
        return Err(unsuitable(format!("{NAME} takes no address beyond ASCII")));
    }
    if mail.recipients.len() > MAX_RECIPIENTS {
        let count = mail.recipients.len();
        return Err(unsuitable(format!(
            "{NAME} takes at most {MAX_RECIPIENTS} recipients: this mail has {count}"
        )));
    }
    let mut size = 0;
    let mut pieces = Vec::with_capacity(2 * mail.parts.files.len() + 1);
    // The object is left open, for the array of its files.
    let mut pending = without_files(mail).to_string();
    pending.pop();
    let mut before = ",\"attachments\":[";
    for file in &mail.parts.files {
        let Some(bytes) = mail.size_of(file.handle) else {
            return Err(unsuitable(format!("mail.files: the size of \"{}\" is not given", file.name)));
        };
        size += bytes.div_ceil(3).saturating_mul(4);
        let mut fields =
            json!({ "filename": file.name, "type": file.media_type, "disposition": "attachment" });
        if let Some(id) = &file.content_id {
            fields["disposition"] = json!("inline");
            fields["content_id"] = json!(id);
        }
        pending.push_str(before);
        pending.push_str("{\"content\":\"");
        pieces.push(Piece::Text(std::mem::take(&mut pending)));
        pieces.push(Piece::FileBase64(file.handle));
        pending = format!("\",{}", fields.to_string().trim_start_matches('{'));
        before = ",";
    }
    for picture in &mail.parts.pictures {
        let fields = json!({
            "content": STANDARD.encode(&picture.png), "filename": picture.name, "type": "image/png",
            "disposition": "inline", "content_id": picture.content_id,
        });
        pending.push_str(before);
        pending.push_str(&fields.to_string());
        before = ",";
    }
    pending.push_str(if before == "," { "]}" } else { "}" });
    pieces.push(Piece::Text(pending));
    size +=
        pieces.iter().map(|it| if let Piece::Text(text) = it { text.len() as u64 } else { 0 }).sum::<u64>();
    if size >= MAX_SIZE {
        return Err(unsuitable(format!(
            "{NAME} takes less than {MAX_SIZE} bytes: this mail has {size}, its files encoded"
        )));
    }
    Ok(pieces)
}

/// Writes the request's JSON but for the files.
fn without_files(mail: &Mail<'_>) -> Value {
    let parts = &mail.parts;
    let contents = [("text/plain", &parts.text), ("text/html", &parts.html)];
    let contents = contents.into_iter().filter(|(_, body)| !body.is_empty());
    let contents: Vec<Value> = contents.map(|(kind, body)| json!({ "type": kind, "value": body })).collect();
    let headers: Map<String, Value> =
        parts.fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut arguments = Map::new();
    arguments.insert("message-id".into(), json!(mail.message_id.to_string()));
    if let Some(id) = &mail.outgoing.envelope_id {
        arguments.insert("envelope-id".into(), json!(id));
    }
    let mut fields = json!({
        "from": person(mail.sender.as_ref().unwrap_or(&parts.from)),
        "subject": parts.subject,
        "personalizations": personalizations(&Addressees::of(parts, &mail.recipients)),
        "content": contents,
        "headers": headers,
        "custom_args": arguments,
        "tracking_settings": {
            "click_tracking": { "enable": false, "enable_text": false },
            "open_tracking": { "enable": mail.outgoing.check_opens },
            "subscription_tracking": { "enable": false },
            "ganalytics": { "enable": false },
        },
    });
    match parts.reply_to.as_slice() {
        [] if mail.sender.is_some() => fields["reply_to"] = person(&parts.from),
        [] => {}
        [one] => fields["reply_to"] = person(one),
        several => fields["reply_to_list"] = several.iter().map(person).collect(),
    }
    fields
}

fn person(mailbox: &Mailbox) -> Value {
    match &mailbox.name {
        Some(name) => json!({ "email": mailbox.address.wire(), "name": name }),
        None => json!({ "email": mailbox.address.wire() }),
    }
}

/// Writes the envelopes. Each must have a `to`: where the mail has none, those of Cc stand there, and those of Bcc get a copy each, so that
/// none sees another.
fn personalizations(people: &Addressees) -> Vec<Value> {
    let all = |list: &[Mailbox]| list.iter().map(person).collect::<Vec<_>>();
    let (to, cc) = if people.to.is_empty() { (&people.cc, &people.to) } else { (&people.to, &people.cc) };
    if to.is_empty() {
        return people.bcc.iter().map(|one| json!({ "to": [person(one)] })).collect();
    }
    let mut one = json!({ "to": all(to) });
    if !cc.is_empty() {
        one["cc"] = json!(all(cc));
    }
    if !people.bcc.is_empty() {
        one["bcc"] = json!(all(&people.bcc));
    }
    vec![one]
}

/// Reads `{"errors":[{"message":…,"field":…}]}`; the field names the error.
fn words(response: &WebResponse) -> Words {
    let json = response.json();
    let Some(errors) = json["errors"].as_array().filter(|errors| !errors.is_empty()) else {
        return Words::of_body(response);
    };
    let all: Vec<&str> = errors.iter().filter_map(|it| it["message"].as_str()).take(20).collect();
    Words::of(errors[0]["field"].as_str(), Some(&all.join("\n")))
}

fn meaning(response: &WebResponse, words: &Words, mail: &Mail<'_>) -> Meaning {
    match response.status {
        // Not the key: the plan's mails are used up until it is renewed.
        401 | 403 if words.mentions("credits exceeded") => Meaning::Quota,
        // The key may not send, or the sender is not verified: the account's fault, not the mail's.
        403 => Meaning::Permanent(Stage::Login),
        400 => match named(response, mail) {
            named if named.is_empty() => Meaning::Permanent(Stage::Data),
            named => Meaning::Recipients(named),
        },
        status => of_status(status),
    }
}

/// Finds the recipients whose place in the request an error names: `personalizations.0.to.1.email`.
fn named(response: &WebResponse, mail: &Mail<'_>) -> Vec<String> {
    let sent =
        json!({ "personalizations": personalizations(&Addressees::of(&mail.parts, &mail.recipients)) });
    let json = response.json();
    let fields = json["errors"].as_array().into_iter().flatten().filter_map(|it| it["field"].as_str());
    let emails = fields.filter(|field| field.ends_with(".email")).filter_map(|field| {
        sent.pointer(&format!("/{}", field.replace('.', "/")))?
            .as_str()
            .and_then(|it| Address::parse(it).ok())
    });
    let refused: Vec<Address> = emails.collect();
    let given = mail.recipients.iter().zip(&mail.outgoing.recipients);
    given.filter(|(address, _)| refused.contains(address)).map(|(_, text)| text.clone()).collect()
}
