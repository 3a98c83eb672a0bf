//! What identifies a document, for lists and ledgers that need not know the rest of it.

use super::{Document, Money};
use crate::domain::kind::DocumentKind;
use chrono::NaiveDate;

/// What identifies a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What it is.
    pub kind: DocumentKind,
    /// Its number, as printed on it.
    pub number: String,
    /// Its revision, where the business system counts them.
    pub revision: Option<String>,
    /// When it was issued.
    pub issue_date: NaiveDate,
    /// When it is to be paid.
    pub due_date: Option<NaiveDate>,
    /// Who sells.
    pub seller: String,
    /// Who buys.
    pub buyer: String,
    /// The total stated in it.
    pub total: Option<Money>,
    /// What is still open.
    pub balance: Option<Money>,
    /// Number of lines.
    pub lines: u32,
}

impl Document {
    /// What identifies it.
    pub fn summary(&self) -> Summary {
        Summary {
            kind: self.kind,
            number: self.number.clone(),
            revision: self.revision.clone(),
            issue_date: self.issue_date,
            due_date: self.due_date,
            seller: self.seller.name.clone(),
            buyer: self.buyer.name.clone(),
            total: self.total(),
            balance: self.open_amount(),
            lines: u32::try_from(self.lines.len()).unwrap_or(u32::MAX),
        }
    }
}
