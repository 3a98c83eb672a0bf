//! What identifies a document, for lists that need nothing else of it.

use super::{Document, Money, PaymentMethod};
use crate::domain::kind::DocumentKind;
use chrono::NaiveDate;

/// The fields that identify a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What it is.
    pub kind: DocumentKind,
    /// What it is, more exactly (BT-3).
    pub type_code: Option<String>,
    /// The buyer made it out.
    pub self_billed: bool,
    /// The document's number, as printed on it.
    pub number: String,
    /// The document's revision, where the business system counts them.
    pub revision: Option<String>,
    /// When it was issued.
    pub issue_date: NaiveDate,
    /// When it is to be paid.
    pub due_date: Option<NaiveDate>,
    /// Who sells.
    pub seller: String,
    /// Who buys.
    pub buyer: String,
    /// What the one that its mails go to is called in the business system.
    pub partner_identifier: Option<String>,
    /// Language of mails about it, where the document has one.
    pub language: Option<String>,
    /// The total stated in it.
    pub total: Option<Money>,
    /// What is still open.
    pub balance: Option<Money>,
    /// How it is to be paid; none for a kind that is not.
    pub payment: Option<PaymentSummary>,
    /// Number of lines.
    pub lines: u32,
}

/// The means of payment that counts, without what is the payer's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSummary {
    /// How it is to be paid.
    pub method: PaymentMethod,
    /// Account to transfer to.
    pub account: Option<String>,
    /// What a transfer quotes.
    pub reference: Option<String>,
    /// Mandate that it is collected under.
    pub mandate: Option<String>,
}

impl Document {
    /// Returns how the document is to be paid, where its kind is one that is.
    fn payment_summary(&self) -> Option<PaymentSummary> {
        use DocumentKind::{Invoice, Receipt, Reminder, Statement};
        let transfer = self.transfer();
        matches!(self.kind, Invoice | Receipt | Reminder | Statement).then(|| PaymentSummary {
            method: self.payment_method(),
            account: transfer.and_then(|means| means.account.clone()),
            reference: transfer.and_then(|means| means.reference.clone()),
            mandate: self.direct_debit().and_then(|means| means.mandate.clone()),
        })
    }

    /// Returns what identifies the document: kind, number, parties, amounts.
    pub fn summary(&self) -> Summary {
        Summary {
            kind: self.kind,
            type_code: self.type_code.clone(),
            self_billed: self.is_self_billed(),
            number: self.number.clone(),
            revision: self.revision.clone(),
            issue_date: self.issue_date,
            due_date: self.due_date,
            seller: self.seller.name.clone(),
            buyer: self.buyer.name.clone(),
            partner_identifier: self.partner().identifier.clone(),
            language: self.language.clone(),
            total: self.total(),
            balance: self.open_amount(),
            payment: self.payment_summary(),
            lines: u32::try_from(self.lines.len()).unwrap_or(u32::MAX),
        }
    }
}
