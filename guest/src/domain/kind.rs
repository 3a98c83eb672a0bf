//! Which documents there are, what a mail about one can be for, and which of these pairs make sense.
//!
//! The table is closed: a pair that is not in it has no text and is refused, so that no one ever gets an overdue notice for a quote.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Kind of a business document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are the field's own
pub enum DocumentKind {
    Quote,
    SalesOrder,
    OrderConfirmation,
    DeliveryNote,
    Invoice,
    CreditNote,
    Statement,
    Receipt,
    Reminder,
    PurchaseOrder,
    RequestForQuotation,
    Other,
}

/// The purpose of a mail about a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UseCase {
    /// The document goes out for the first time.
    New,
    /// A copy to read: the document itself travels by a network such as Peppol.
    Copy,
    /// First, friendly reminder (dunning level 1; for a quote or an order: "have you decided?").
    #[serde(rename = "reminder-1")]
    Reminder1,
    /// Second reminder (dunning level 2).
    #[serde(rename = "reminder-2")]
    Reminder2,
    /// Last reminder before further steps (dunning level 3).
    #[serde(rename = "reminder-3")]
    Reminder3,
    /// The due date has passed: the plain notice of a company that sends one only, or before the first reminder.
    Overdue,
    /// Thanks: for the payment, the order, the offer.
    ThankYou,
    /// The document no longer holds.
    Cancelled,
}

/// The side of the trade that a mail goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The buyer of the document.
    Customer,
    /// The seller of the document.
    Vendor,
}

use DocumentKind as K;
use UseCase as U;

/// Every kind with the use cases it has; the first is the default.
pub const TABLE: &[(DocumentKind, &[UseCase])] = &[
    (K::Quote, &[U::New, U::Reminder1, U::ThankYou, U::Cancelled]),
    (K::SalesOrder, &[U::New, U::ThankYou, U::Cancelled]),
    (K::OrderConfirmation, &[U::New, U::Cancelled]),
    (K::DeliveryNote, &[U::New, U::Cancelled]),
    (
        K::Invoice,
        &[U::New, U::Copy, U::Reminder1, U::Reminder2, U::Reminder3, U::Overdue, U::ThankYou, U::Cancelled],
    ),
    (K::CreditNote, &[U::New, U::Copy, U::Cancelled]),
    (K::Statement, &[U::New, U::Overdue]),
    (K::Receipt, &[U::New, U::Cancelled]),
    (K::Reminder, &[U::New, U::Cancelled]),
    (K::PurchaseOrder, &[U::New, U::Reminder1, U::Cancelled]),
    (K::RequestForQuotation, &[U::New, U::Reminder1, U::ThankYou, U::Cancelled]),
    (K::Other, &[U::New]),
];

/// A pair of the closed table: holding one is proof that texts for it exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purpose {
    kind: DocumentKind,
    use_case: UseCase,
}

/// The kind of document has no such use case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no use case \"{use_case}\" for the kind \"{kind}\": it has {}", known(*kind))]
pub struct NoSuchPurpose {
    /// Kind asked for.
    pub kind: DocumentKind,
    /// Use case asked for, as it was written.
    pub use_case: String,
}

fn known(kind: DocumentKind) -> String {
    kind.use_cases().iter().map(|u| u.name()).collect::<Vec<_>>().join(", ")
}

impl Purpose {
    /// Makes the pair, if it is in the table.
    pub fn new(kind: DocumentKind, use_case: UseCase) -> Result<Self, NoSuchPurpose> {
        if kind.use_cases().contains(&use_case) {
            Ok(Self { kind, use_case })
        } else {
            Err(NoSuchPurpose { kind, use_case: use_case.name().to_owned() })
        }
    }

    /// Finds the pair by the use case's name.
    pub fn named(kind: DocumentKind, use_case: &str) -> Result<Self, NoSuchPurpose> {
        let found = kind.use_cases().iter().find(|u| u.name() == use_case);
        found
            .map(|u| Self { kind, use_case: *u })
            .ok_or_else(|| NoSuchPurpose { kind, use_case: use_case.to_owned() })
    }

    /// Returns every pair, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().flat_map(|(kind, uses)| uses.iter().map(|u| Self { kind: *kind, use_case: *u }))
    }

    /// Returns the kind of the document.
    pub fn kind(self) -> DocumentKind {
        self.kind
    }

    /// Returns what the mail is for.
    pub fn use_case(self) -> UseCase {
        self.use_case
    }

    /// Returns true where the mail asks to be paid, as long as something is open.
    pub fn asks_for_payment(self) -> bool {
        match self.kind {
            K::Invoice => !matches!(self.use_case, U::ThankYou | U::Cancelled),
            K::Statement | K::Reminder => self.use_case != U::Cancelled,
            _ => false,
        }
    }

    /// Returns true if the mail reminds of something that should have been paid.
    pub fn reminds_of_payment(self) -> bool {
        match self.kind {
            K::Invoice => matches!(self.use_case, U::Reminder1 | U::Reminder2 | U::Reminder3 | U::Overdue),
            K::Statement => self.use_case == U::Overdue,
            K::Reminder => self.use_case == U::New,
            _ => false,
        }
    }
}

/// `invoice/new`: the folder of the pair's texts.
impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.use_case)
    }
}

impl DocumentKind {
    /// Finds the kind by its name.
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().map(|(kind, _)| *kind).find(|kind| kind.name() == name)
    }

    /// Returns the name in files, on the command line and in the contract.
    pub fn name(self) -> &'static str {
        match self {
            K::Quote => "quote",
            K::SalesOrder => "sales-order",
            K::OrderConfirmation => "order-confirmation",
            K::DeliveryNote => "delivery-note",
            K::Invoice => "invoice",
            K::CreditNote => "credit-note",
            K::Statement => "statement",
            K::Receipt => "receipt",
            K::Reminder => "reminder",
            K::PurchaseOrder => "purchase-order",
            K::RequestForQuotation => "request-for-quotation",
            K::Other => "other",
        }
    }

    /// Lists the use cases that make sense for the kind; never empty.
    pub fn use_cases(self) -> &'static [UseCase] {
        TABLE.iter().find(|(kind, _)| *kind == self).map_or(&[U::New], |(_, uses)| uses)
    }

    /// Returns true for documents with an amount that their reader pays or paid. A credit note is the opposite.
    pub fn is_to_be_paid(self) -> bool {
        matches!(self, K::Invoice | K::Statement | K::Receipt | K::Reminder)
    }

    /// Returns who its mails go to: vendors for what we order, customers for all else.
    pub fn audience(self) -> Audience {
        match self {
            K::PurchaseOrder | K::RequestForQuotation => Audience::Vendor,
            _ => Audience::Customer,
        }
    }
}

impl UseCase {
    /// Returns the name in files, on the command line and in the contract.
    pub fn name(self) -> &'static str {
        match self {
            U::New => "new",
            U::Copy => "copy",
            U::Reminder1 => "reminder-1",
            U::Reminder2 => "reminder-2",
            U::Reminder3 => "reminder-3",
            U::Overdue => "overdue",
            U::ThankYou => "thank-you",
            U::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for UseCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_never_overdue() {
        let refused = Purpose::named(K::Quote, "overdue").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "there is no use case \"overdue\" for the kind \"quote\": it has new, reminder-1, thank-you, cancelled"
        );
    }

    #[test]
    fn every_kind_stands_in_the_table_once_and_begins_with_new() {
        for (kind, uses) in TABLE {
            assert_eq!(TABLE.iter().filter(|(k, _)| k == kind).count(), 1, "{kind}");
            assert_eq!(uses[0], U::New, "{kind}");
        }
        assert_eq!(TABLE.len(), 12);
    }
}
