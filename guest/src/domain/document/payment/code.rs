//! What each code of UNTDID 4461 means for the reader of a mail.
//!
//! Source: UN/EDIFACT data element 4461, "Payment means code" (D.16B and later), which EN 16931 takes for BT-81. Reversals, "hold" and
//! codes that name no way of paying have no meaning here; so does 68, an online payment service, where the reader still has to act.

use super::PaymentMethod;

/// The meaning of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// One way of paying.
    Method(PaymentMethod),
    /// A movement that is a collection where the document names what is collected from, else a transfer.
    DebitTransfer,
}

/// Returns what a code means for paying; none for codes that mean nothing of the kind.
pub(super) fn meaning(code: &str) -> Option<Meaning> {
    use Meaning::{DebitTransfer, Method};
    Some(match code {
        // Credit transfers of every clearing system, giros, standing agreements, transfer advices.
        "2" | "6" | "9" | "13" | "15" | "17" | "19" | "28" | "30" | "32" | "34" | "35" | "37" | "39"
        | "41" | "42" | "45" | "50" | "52" | "53" | "56" | "57" | "58" | "69" | "93" | "94" | "95" => {
            Method(PaymentMethod::Transfer)
        }
        // Debits of every clearing system; 51 is the French télérèglement, collected by the creditor's bank.
        "3" | "7" | "14" | "18" | "27" | "29" | "33" | "36" | "38" | "40" | "43" | "49" | "51" | "59" => {
            Method(PaymentMethod::DirectDebit)
        }
        "16" | "31" | "46" | "47" => DebitTransfer,
        "48" | "54" | "55" => Method(PaymentMethod::Card),
        // Cash, cheques and drafts.
        "10" | "20" | "21" | "22" | "23" | "25" | "26" | "91" | "92" => Method(PaymentMethod::Cash),
        // Bills of exchange, promissory notes, electronically recorded claims, clearing between partners.
        "24" | "44" | "60" | "61" | "62" | "63" | "64" | "65" | "66" | "67" | "70" | "74" | "75" | "76"
        | "77" | "78" | "97" | "98" => Method(PaymentMethod::Clearing),
        _ => return None,
    })
}
