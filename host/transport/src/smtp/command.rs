//! MAIL and RCPT with their parameters, from the submission and the extensions that the server offers.
//!
//! The commands are lettre's. Parameters whose value needs xtext are passed on encoded: lettre's own xtext
//! writes a TAB as `+9` and leaves what is not ASCII as it is, both of which RFC 3461 forbids.

use lettre::Address;
use lettre::transport::smtp::commands::{Mail, Rcpt};
use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter, RcptParameter};

use super::extensions::Extensions;
use super::submission::{Recipient, Submission};

/// The longest ENVID before encoding (RFC 3461 §4.4).
const LONGEST_ENVELOPE_ID: usize = 100;
/// The longest path (RFC 5321 §4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;

/// Why a submission cannot be put into commands. The message is the reason for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsayable {
    #[error("the message has no recipient")]
    NoRecipient,
    #[error("the recipient {0} appears twice")]
    Twice(String),
    #[error("the address \"{0}\" has no domain; write it as name@domain")]
    NoDomain(String),
    #[error("the address \"{0}\" holds a character that no address may hold, or is longer than 254 bytes")]
    BadAddress(String),
    #[error("the address \"{0}\" is not ASCII and the message does not ask for SMTPUTF8")]
    NeedsUtf8(String),
    #[error("the envelope id \"{0}\" must be 1 to 100 printable ASCII characters")]
    BadEnvelopeId(String),
    #[error("\"{0}\" is not what a report can be asked for; use success, failure, delay, or never alone")]
    BadNotify(String),
    #[error("the server does not offer SMTPUTF8, which an address or a header of this message needs")]
    NoSmtpUtf8,
    #[error("the server does not offer 8BITMIME, and the message holds text that is not 7-bit")]
    No8BitMime,
    #[error("the message has {size} bytes and the server takes {largest} at the most")]
    TooLarge { size: u64, largest: u64 },
}

/// The commands of one transaction.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) mail: String,
    pub(super) recipients: Vec<String>,
}

/// Checks what can be checked without a server.
pub(super) fn check(submission: &Submission) -> Result<(), Unsayable> {
    if submission.recipients.is_empty() {
        return Err(Unsayable::NoRecipient);
    }
    sender(submission)?;
    let mut seen = std::collections::BTreeSet::new();
    for recipient in &submission.recipients {
        address(&recipient.address, submission.smtputf8)?;
        notify(recipient)?;
        if !seen.insert(&recipient.address) {
            return Err(Unsayable::Twice(recipient.address.clone()));
        }
    }
    match &submission.envelope_id {
        Some(id) if !(1..=LONGEST_ENVELOPE_ID).contains(&id.len()) || !id.bytes().all(printable) => {
            Err(Unsayable::BadEnvelopeId(id.chars().take(LONGEST_ENVELOPE_ID).collect()))
        }
        _ => Ok(()),
    }
}

/// Builds the commands for this server, or why this server cannot take the message.
pub(super) fn envelope(
    submission: &Submission,
    size: u64,
    eight_bit: bool,
    offered: &Extensions,
) -> Result<Envelope, Unsayable> {
    if let Some(largest) = offered.largest.filter(|largest| size > *largest) {
        return Err(Unsayable::TooLarge { size, largest });
    }
    if submission.smtputf8 && !offered.smtputf8 {
        return Err(Unsayable::NoSmtpUtf8);
    }
    if eight_bit && !offered.eight_bit_mime {
        return Err(Unsayable::No8BitMime);
    }
    let mut parameters = Vec::new();
    if offered.size {
        parameters.push(MailParameter::Size(usize::try_from(size).unwrap_or(usize::MAX)));
    }
    if offered.eight_bit_mime && (eight_bit || submission.smtputf8) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    if submission.smtputf8 {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if offered.dsn {
        // Headers only: a report need not carry the invoice back.
        parameters.push(MailParameter::Other { keyword: "RET=HDRS".into(), value: None });
        if let Some(id) = &submission.envelope_id {
            parameters.push(MailParameter::Other { keyword: format!("ENVID={}", xtext(id)), value: None });
        }
    }
    let mail = Mail::new(sender(submission)?, parameters).to_string();
    let recipients = submission
        .recipients
        .iter()
        .map(|recipient| {
            let parameters = if offered.dsn { report_parameters(recipient)? } else { Vec::new() };
            Ok(Rcpt::new(address(&recipient.address, submission.smtputf8)?, parameters).to_string())
        })
        .collect::<Result<_, Unsayable>>()?;
    Ok(Envelope { mail, recipients })
}

fn report_parameters(recipient: &Recipient) -> Result<Vec<RcptParameter>, Unsayable> {
    let mut parameters = Vec::new();
    if let Some(conditions) = notify(recipient)? {
        parameters.push(RcptParameter::Other { keyword: format!("NOTIFY={conditions}"), value: None });
    }
    parameters.push(RcptParameter::Other {
        keyword: format!("ORCPT={}", original_recipient(&recipient.address)),
        value: None,
    });
    Ok(parameters)
}

fn notify(recipient: &Recipient) -> Result<Option<String>, Unsayable> {
    if let Some(wrong) = recipient.notify.iter().enumerate().find_map(|(server, condition)| {
        let known = matches!(condition.as_str(), "success" | "failure" | "delay")
            || (condition == "never" && recipient.notify.len() == 1);
        let repeated = recipient.notify.iter().take(server).any(|before| before == condition);
        (!known || repeated).then_some(condition)
    }) {
        return Err(Unsayable::BadNotify(wrong.chars().take(40).collect()));
    }
    let conditions = recipient.notify.join(",").to_ascii_uppercase();
    Ok((!conditions.is_empty()).then_some(conditions))
}

fn sender(submission: &Submission) -> Result<Option<Address>, Unsayable> {
    if submission.mail_from.is_empty() {
        return Ok(None);
    }
    address(&submission.mail_from, submission.smtputf8).map(Some)
}

/// Accepts addresses that only the server can judge (`a..b@example.org`), and none that could end the path or the
/// command.
fn address(text: &str, utf8: bool) -> Result<Address, Unsayable> {
    let bad = || Unsayable::BadAddress(text.chars().take(LONGEST_ADDRESS).collect());
    if text.chars().any(char::is_control) || text.len() > LONGEST_ADDRESS {
        return Err(bad());
    }
    let Some((local, domain)) =
        text.rsplit_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty())
    else {
        return Err(Unsayable::NoDomain(text.to_owned()));
    };
    if !utf8 && !text.is_ascii() {
        return Err(Unsayable::NeedsUtf8(text.to_owned()));
    }
    let ends_path = |c: char| c.is_whitespace() || matches!(c, '<' | '>');
    let local_fits = match local.strip_prefix('"') {
        Some(quoted) => is_quoted_rest(quoted),
        None => {
            !local.contains(|c: char| ends_path(c) || matches!(c, '"' | '\\' | '@' | ',' | ';' | '(' | ')'))
        }
    };
    if !local_fits
        || domain.contains(|c: char| ends_path(c) || matches!(c, '"' | '\\' | ',' | ';' | '(' | ')'))
    {
        return Err(bad());
    }
    Ok(Address::new_dangerous(local, domain))
}

/// What follows the first quote of a quoted local part: ends in a quote, no other one unescaped before it.
fn is_quoted_rest(rest: &str) -> bool {
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return characters.next().is_none(),
            '\\' if characters.next().is_none() => return false,
            _ => {}
        }
    }
    false
}

/// `rfc822;` with xtext, or `utf-8;` in its 7-bit form (RFC 6533 §3), which every server may carry on.
fn original_recipient(address: &str) -> String {
    if address.is_ascii() {
        format!("rfc822;{}", xtext(address))
    } else {
        format!("utf-8;{}", utf8_xtext(address))
    }
}

fn printable(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

/// Encodes xtext (RFC 3461 §4): what is not printable, a space, `+` or `=` becomes `+` and two hexadecimal digits.
pub(super) fn xtext(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'+' | b'=' => encoded.push_str(&format!("+{byte:02X}")),
            b'!'..=b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("+{byte:02X}")),
        }
    }
    encoded
}

/// Encodes utf-8-addr-xtext (RFC 6533 §3): anything else than plain characters becomes `\x{…}`.
pub(super) fn utf8_xtext(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '+' | '=' | '\\' => encoded.push_str(&format!("\\x{{{:02X}}}", u32::from(character))),
            '!'..='~' => encoded.push(character),
            _ => encoded.push_str(&format!("\\x{{{:02X}}}", u32::from(character))),
        }
    }
    encoded
}
