//! Notifications and published events of Amazon SES: read in one way, and classified by one rule, whether they come by webhook or by a mail
//! of SNS.
//!
//! <https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html>

use super::arf;
use super::model::BounceType;
use serde_json::Value;

/// Subtypes of what SES kept back itself, in lower case: the recipient's server has seen nothing of it.
const KEPT_BACK: &[&str] = &[
    "suppressed",
    "onaccountsuppressionlist",
    "ontenantsuppressionlist",
    "emailvalidationsuppressed",
    "unsubscribedrecipient",
];

/// The fate of a mail that SES calls bounced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounce {
    /// The mail came back; how lasting that is where neither a code nor words decide it.
    Returned(BounceType),
    /// The mail came back after too many attempts.
    Expired,
    /// SES did not send it: the address is on a list.
    KeptBack,
    /// What came back has no code: an automatic reply looks like this, so nothing is lost.
    Answered,
    /// A type that is not known.
    Unknown,
}

/// A notification or a published event. A field of another type than the documentation has counts as absent.
#[derive(Debug)]
pub struct Notification(Value);

impl Notification {
    /// Makes a notification of its JSON, whatever that is.
    pub fn new(json: Value) -> Self {
        Self(json)
    }

    /// Returns what it reports, such as `Bounce`: a published event has that in a field of its own.
    pub fn event(&self) -> Option<&str> {
        text(&self.0, "eventType").or_else(|| text(&self.0, "notificationType"))
    }

    /// Returns the object about the event, such as `bounce`.
    pub fn part(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|part| part.is_object())
    }

    /// Returns the object about the mail.
    pub fn mail(&self) -> Option<&Value> {
        self.0.get("mail")
    }
}

/// Returns the entries of a list, or none.
pub fn entries<'a>(of: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    of.get(list).and_then(Value::as_array).into_iter().flatten()
}

/// Returns a text that is not empty.
pub fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// Classifies a bounce, the part `bounce`, for one of its recipients.
pub fn bounce_of(part: &Value, recipient: &Value) -> Bounce {
    let named = |name: &str| text(part, name).unwrap_or_default();
    let is_bare = ["action", "status", "diagnosticCode"].iter().all(|name| text(recipient, name).is_none());
    bounce(named("bounceType"), named("bounceSubType"), is_bare)
}

/// Classifies a complaint, the part `complaint`, of so many different recipients.
pub fn complaint_of(part: &Value, recipients: usize) -> Complaint {
    let named = |name: &str| text(part, name).unwrap_or_default();
    complaint(named("complaintSubType"), named("complaintFeedbackType"), recipients)
}

/// Sorts addresses and leaves each in once, whatever its case.
pub fn each_once(addresses: &mut Vec<String>) {
    addresses.sort_by_key(|address| address.to_lowercase());
    addresses.dedup_by_key(|address| address.to_lowercase());
}

/// Classifies a bounce by its type and subtype. `is_bare`: of this recipient neither action, status nor diagnostic code is reported.
fn bounce(kind: &str, subtype: &str, is_bare: bool) -> Bounce {
    let (kind, subtype) = (kind.to_ascii_lowercase(), subtype.to_ascii_lowercase());
    match (kind.as_str(), subtype.as_str()) {
        (_, kind) if KEPT_BACK.contains(&kind) => Bounce::KeptBack,
        ("permanent", _) => Bounce::Returned(BounceType::Hard),
        ("transient", "customtimeoutexceeded") => Bounce::Expired,
        ("transient", "mailboxfull" | "messagetoolarge" | "contentrejected" | "attachmentrejected") => {
            Bounce::Returned(BounceType::Soft)
        }
        ("transient", _) if is_bare => Bounce::Answered,
        ("transient" | "undetermined", _) => Bounce::Returned(BounceType::Soft),
        _ if is_bare => Bounce::Unknown,
        _ => Bounce::Returned(BounceType::Soft),
    }
}

/// The meaning of a report that SES calls a complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complaint {
    /// The recipient marked the mail as unwanted.
    Unwanted,
    /// A recipient did, and SES does not name them: it names every recipient at the provider that complains, or none.
    OneOfSeveral,
    /// SES did not send it: the address is on the account's list since an earlier complaint.
    KeptBack,
    /// The report is no complaint.
    Nothing,
}

/// Returns words for the timeline where one of several recipients complained.
pub fn one_of(recipients: usize) -> String {
    if recipients == 0 {
        return "a recipient marked it as unwanted: Amazon SES does not say which".to_owned();
    }
    format!("one of {recipients} recipients marked it as unwanted: Amazon SES does not say which")
}

/// Classifies a complaint by its subtype, its feedback type and the number of recipients that it names.
fn complaint(subtype: &str, feedback_type: &str, recipients: usize) -> Complaint {
    if KEPT_BACK.contains(&subtype.to_ascii_lowercase().as_str()) {
        Complaint::KeptBack
    } else if !arf::is_complaint(feedback_type) {
        Complaint::Nothing
    } else if recipients != 1 {
        Complaint::OneOfSeveral
    } else {
        Complaint::Unwanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_of_bounce_is_what_the_documentation_says() {
        use Bounce::{Answered, Expired, KeptBack, Returned, Unknown};
        use BounceType::{Hard, Soft};
        for (kind, subtype, with_code, bare) in [
            ("Undetermined", "Undetermined", Returned(Soft), Returned(Soft)),
            ("Permanent", "General", Returned(Hard), Returned(Hard)),
            ("Permanent", "NoEmail", Returned(Hard), Returned(Hard)),
            ("Permanent", "Suppressed", KeptBack, KeptBack),
            ("Permanent", "OnAccountSuppressionList", KeptBack, KeptBack),
            ("Permanent", "OnTenantSuppressionList", KeptBack, KeptBack),
            ("Permanent", "EmailValidationSuppressed", KeptBack, KeptBack),
            ("Permanent", "UnsubscribedRecipient", KeptBack, KeptBack),
            ("Transient", "General", Returned(Soft), Answered),
            ("Transient", "MailboxFull", Returned(Soft), Returned(Soft)),
            ("Transient", "MessageTooLarge", Returned(Soft), Returned(Soft)),
            ("Transient", "CustomTimeoutExceeded", Expired, Expired),
            ("Transient", "ContentRejected", Returned(Soft), Returned(Soft)),
            ("Transient", "AttachmentRejected", Returned(Soft), Returned(Soft)),
            ("transient", "", Returned(Soft), Answered),
            ("Novel", "Novel", Returned(Soft), Unknown),
        ] {
            assert_eq!(bounce(kind, subtype, false), with_code, "{kind} {subtype}");
            assert_eq!(bounce(kind, subtype, true), bare, "{kind} {subtype}, bare");
        }
    }

    #[test]
    fn only_what_a_recipient_said_is_a_complaint() {
        for (subtype, feedback_type, recipients, wanted) in [
            ("", "abuse", 1, Complaint::Unwanted),
            ("", "", 1, Complaint::Unwanted),
            ("", "Fraud", 1, Complaint::Unwanted),
            ("", "other", 1, Complaint::Unwanted),
            ("", "virus", 1, Complaint::Unwanted),
            ("", "abuse", 2, Complaint::OneOfSeveral),
            ("", "abuse", 0, Complaint::OneOfSeveral),
            ("", "not-spam", 1, Complaint::Nothing),
            ("", "Not-Spam", 3, Complaint::Nothing),
            ("", "auth-failure", 1, Complaint::Nothing),
            ("", "dmarc", 1, Complaint::Nothing),
            ("OnAccountSuppressionList", "", 1, Complaint::KeptBack),
            ("OnAccountSuppressionList", "abuse", 2, Complaint::KeptBack),
        ] {
            assert_eq!(complaint(subtype, feedback_type, recipients), wanted, "{subtype} {feedback_type}");
        }
    }
}
