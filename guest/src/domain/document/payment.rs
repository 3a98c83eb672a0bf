//! How a document is paid, what of it is still open, and who asks whom: the facts that decide whether a mail asks for money, and
//! in which words. One definition of each, for texts, layout, checks and summaries alike.

use super::{Document, Money, PaymentMeans};
use crate::domain::kind::DocumentKind;
use rust_decimal::Decimal;

/// UNTDID 1001 codes of documents that the buyer makes out in the supplier's name: self-billed invoice, debit note and credit note.
const SELF_BILLED: [&str; 3] = ["389", "527", "261"];

/// How a document is to be paid, by its UNTDID 4461 code (BT-81).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentMethod {
    /// The reader transfers the amount; also where the document says nothing.
    Transfer,
    /// The seller collects the amount under a mandate.
    DirectDebit,
    /// A card is or was charged.
    Card,
    /// In cash or by cheque, hand to hand.
    Cash,
    /// Balanced between the partners, or by somebody in between.
    Clearing,
}

impl PaymentMethod {
    /// Name in templates and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::DirectDebit => "direct-debit",
            Self::Card => "card",
            Self::Cash => "cash",
            Self::Clearing => "clearing",
        }
    }
}

impl PaymentMeans {
    /// How this one is used; none for a code that says nothing of it.
    pub fn method(&self) -> Option<PaymentMethod> {
        Some(match self.code.as_deref()?.trim() {
            "30" | "31" | "42" | "50" | "56" | "57" | "58" => PaymentMethod::Transfer,
            "49" | "59" => PaymentMethod::DirectDebit,
            "48" | "54" | "55" => PaymentMethod::Card,
            "10" | "20" => PaymentMethod::Cash,
            "97" => PaymentMethod::Clearing,
            _ => return None,
        })
    }
}

impl Document {
    /// How it is to be paid.
    pub fn payment_method(&self) -> PaymentMethod {
        let mut methods = self.payment_means.iter().filter_map(PaymentMeans::method);
        match self.transfer() {
            Some(_) => PaymentMethod::Transfer,
            None => methods.next().unwrap_or(PaymentMethod::Transfer),
        }
    }

    /// The account to transfer to, with the reference that belongs to it (BG-17).
    pub fn transfer(&self) -> Option<&PaymentMeans> {
        let transfers = |means: &&PaymentMeans| {
            means.account.is_some() && matches!(means.method(), None | Some(PaymentMethod::Transfer))
        };
        self.payment_means.iter().find(transfers)
    }

    /// The mandate under which the amount is collected (BG-19), where it is.
    pub fn direct_debit(&self) -> Option<&PaymentMeans> {
        let debits = |means: &&PaymentMeans| means.method() == Some(PaymentMethod::DirectDebit);
        self.payment_means.iter().find(debits).filter(|_| self.payment_method() == PaymentMethod::DirectDebit)
    }

    /// True where the buyer made it out and sends it to the supplier.
    pub fn is_self_billed(&self) -> bool {
        self.type_code.as_deref().is_some_and(|code| SELF_BILLED.contains(&code))
    }

    /// What the reader is still to pay, never below zero; none where it is not known.
    pub fn owed(&self) -> Option<Money> {
        let open = self.open_amount()?;
        Some(Money { amount: open.amount.max(Decimal::ZERO), ..open })
    }

    /// What stands in the reader's favour, above zero: what was paid too much, or the amount of a credit note whichever sign it is
    /// written with.
    pub fn in_favour(&self) -> Option<Money> {
        let amount = match self.kind {
            DocumentKind::CreditNote => self.total()?.amount.abs(),
            _ => -self.open_amount()?.amount,
        };
        (amount > Decimal::ZERO).then_some(Money { amount, currency: self.currency })
    }

    /// What was paid already, above zero.
    pub fn paid(&self) -> Option<Money> {
        let amount = match (self.totals.tax_inclusive, self.balance) {
            (Some(total), Some(balance)) => total - balance,
            _ => self.totals.prepaid?,
        };
        (amount > Decimal::ZERO).then_some(Money { amount, currency: self.currency })
    }
}
