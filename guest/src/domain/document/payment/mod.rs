//! A document's payment, in one place: how it is to be paid, to which account with which reference. Texts, layout and the refusals of the
//! flows all ask here, so that no two of them name different things. What is still open is in [`amounts`].
//!
//! Which of several means counts:
//! 1. what is arranged already: a direct debit that names its mandate or the account that it collects from, or a card that
//!    names its number. Who is asked for a transfer beside it pays twice;
//! 2. a transfer. Of several accounts the first in the document's own currency; in euros, or to another country, an IBAN before
//!    a number that only one country's banks know. Its own reference and no other belongs to it;
//! 3. the first whose use is known.

mod account;
mod amounts;
mod code;

use super::{Currency, Document, PaymentMeans};
use std::cmp::Reverse;

pub use account::{is_iban, masked};
use code::Meaning;

/// UNTDID 1001 codes of documents that the buyer makes out in the supplier's name: self-billed invoice, debit note and credit note.
const SELF_BILLED: [&str; 3] = ["389", "527", "261"];

/// The way a document is to be paid, by its UNTDID 4461 code (BT-81).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentMethod {
    /// The reader transfers the amount; also where the document names no way.
    Transfer,
    /// The seller collects the amount under a mandate.
    DirectDebit,
    /// A card is or was charged.
    Card,
    /// In cash or by cheque, hand to hand.
    Cash,
    /// Balanced between the partners, or by a bill that a third party presents.
    Clearing,
}

impl PaymentMethod {
    /// Returns the name in templates and on the command line.
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
    /// Returns how this one is used: by its code, else by the account, card or mandate it names.
    pub fn method(&self) -> Option<PaymentMethod> {
        let code = self.code.as_deref().map(|code| code.trim().trim_start_matches('0')).unwrap_or_default();
        match code::meaning(code) {
            Some(Meaning::Method(method)) => Some(method),
            Some(Meaning::DebitTransfer) if self.names_a_collection() => Some(PaymentMethod::DirectDebit),
            Some(Meaning::DebitTransfer) => Some(PaymentMethod::Transfer),
            None if self.names_a_collection() => Some(PaymentMethod::DirectDebit),
            None if is_given(&self.card) => Some(PaymentMethod::Card),
            None if is_given(&self.account) || is_given(&self.reference) => Some(PaymentMethod::Transfer),
            None => None,
        }
    }

    fn names_a_collection(&self) -> bool {
        is_given(&self.mandate) || is_given(&self.debited_account)
    }

    /// True where nothing is left for the reader to do.
    fn is_arranged(&self) -> bool {
        match self.method() {
            Some(PaymentMethod::DirectDebit) => self.names_a_collection(),
            Some(PaymentMethod::Card) => is_given(&self.card),
            _ => false,
        }
    }

    /// True for an account or at least a reference to transfer to.
    fn takes_a_transfer(&self) -> bool {
        self.method() == Some(PaymentMethod::Transfer)
            && (is_given(&self.account) || is_given(&self.reference))
    }
}

fn is_given(text: &Option<String>) -> bool {
    text.as_ref().is_some_and(|text| !text.trim().is_empty())
}

/// Returns the means of payment that counts of several, and its place among them. `abroad`: the payer's bank is in another country than the
/// payee's.
pub(super) fn chosen(means: &[PaymentMeans], currency: Currency, abroad: bool) -> Option<usize> {
    // One alone needs no rank: its account's digits cost more than all else here.
    let needs_iban = means.len() > 1 && (abroad || currency == Currency::EUR);
    let rank = |of: &PaymentMeans| {
        let account = of.account.as_deref().unwrap_or_default();
        let own_currency = of.currency.is_none_or(|held| held == currency);
        Reverse((is_given(&of.account), own_currency, needs_iban && is_iban(account)))
    };
    let numbered = || means.iter().enumerate();
    let arranged = numbered().find(|(_, of)| of.is_arranged());
    let transfer = || numbered().filter(|(_, of)| of.takes_a_transfer()).min_by_key(|(_, of)| rank(of));
    let first = || numbered().find(|(_, of)| of.method().is_some());
    arranged.or_else(transfer).or_else(first).map(|(index, _)| index)
}

impl Document {
    /// Returns the means of payment that counts.
    fn means(&self) -> Option<&PaymentMeans> {
        let [seller, buyer] = [&self.seller, &self.buyer].map(|party| party.address.country.as_deref());
        let abroad =
            matches!((seller, buyer), (Some(seller), Some(buyer)) if !seller.eq_ignore_ascii_case(buyer));
        chosen(&self.payment_means, self.currency, abroad).map(|index| &self.payment_means[index])
    }

    /// Returns how the document is to be paid; by transfer where it names no way.
    pub fn payment_method(&self) -> PaymentMethod {
        self.means().and_then(PaymentMeans::method).unwrap_or(PaymentMethod::Transfer)
    }

    /// Returns the account to transfer to, with the reference that belongs to it (BG-17). One of the two may be missing.
    pub fn transfer(&self) -> Option<&PaymentMeans> {
        self.means().filter(|means| means.takes_a_transfer())
    }

    /// Returns the mandate under which the amount is collected (BG-19), where it is.
    pub fn direct_debit(&self) -> Option<&PaymentMeans> {
        self.means().filter(|means| means.method() == Some(PaymentMethod::DirectDebit))
    }

    /// Returns true where the buyer made it out and sends it to the supplier.
    pub fn is_self_billed(&self) -> bool {
        self.self_billed || self.type_code.as_deref().is_some_and(|code| SELF_BILLED.contains(&code.trim()))
    }
}

#[cfg(test)]
mod instalment_tests;
#[cfg(test)]
mod tests;
