//! The QR code that banking apps of the euro area read to fill in a transfer: EPC069-12, version 002, known as GiroCode.
//!
//! A code moves money to the payee in it, so that it is made of nothing doubtful: an account with a right checksum, euros, an amount that
//! is open, a reference that fits whole. Where anything of that is missing there is no code.

mod png;

use super::iban;
use crate::domain::document::{Currency, Money};
use qrcodegen::{QrCode, QrCodeEcc};
use rust_decimal::Decimal;

/// Characters of a name and of a reference in words.
const NAME: usize = 70;
const REFERENCE: usize = 140;
/// Bytes of the whole, and the largest code that may hold them.
const BYTES: usize = 331;
const VERSION: u8 = 13;
/// Largest amount, in cents.
const MOST: i64 = 99_999_999_999;
/// Light modules around a code (ISO/IEC 18004).
const QUIET: i32 = 4;
/// Pixels of a module: as many as screens of twice the density show.
const PIXELS: usize = 4;

/// A transfer that a code proposes.
#[derive(Debug, Clone, Copy)]
pub struct Transfer<'a> {
    /// Who is paid.
    pub name: &'a str,
    /// IBAN.
    pub account: &'a str,
    /// BIC, where it is known.
    pub bic: Option<&'a str>,
    /// How much.
    pub amount: Money,
    /// Reference by which the payee recognises the payment.
    pub reference: &'a str,
}

impl Transfer<'_> {
    /// Writes the text of a transfer's code; none for a transfer that no code can hold.
    pub fn payload(&self) -> Option<String> {
        let account = iban::parse(self.account)?;
        let amount = self.amount.amount.normalize();
        let cents = amount.checked_mul(Decimal::ONE_HUNDRED)?;
        let fits = cents.is_integer() && cents >= Decimal::ONE && cents <= Decimal::from(MOST);
        let name: String = one_line(self.name).chars().take(NAME).collect();
        let reference = one_line(self.reference);
        if self.amount.currency != Currency::EUR || !fits || name.is_empty() {
            return None;
        }
        // One of the two, and never a part: the payee would not find the payment.
        let (structured, unstructured) = match iban::creditor_reference(&reference) {
            Some(structured) => (structured, String::new()),
            None if reference.chars().count() <= REFERENCE => (String::new(), reference),
            None => return None,
        };
        let bic = self.bic.map(|bic| bic.trim().to_ascii_uppercase()).filter(|bic| is_bic(bic));
        let amount = format!("EUR{:.2}", amount);
        let fields = [
            "BCD",
            "002",
            // UTF-8.
            "1",
            "SCT",
            bic.as_deref().unwrap_or_default(),
            name.trim_end(),
            &account,
            &amount,
            // No purpose.
            "",
            &structured,
            &unstructured,
        ];
        let payload = fields.join("\n");
        // Nothing need stand for the fields at the end that are empty.
        let payload = payload.trim_end_matches('\n');
        (payload.len() <= BYTES).then(|| payload.to_owned())
    }

    /// Draws a code as a PNG of black and white, quiet zone included.
    pub fn png(&self) -> Option<Vec<u8>> {
        let payload = self.payload()?;
        let segments = [qrcodegen::QrSegment::make_bytes(payload.as_bytes())];
        let (least, most) = (qrcodegen::Version::MIN, qrcodegen::Version::new(VERSION));
        let code = QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, least, most, None, false);
        let code = code.ok()?;
        let side = usize::try_from(code.size() + 2 * QUIET).ok()?;
        let dark = |x: usize, y: usize| {
            let module = |at: usize| i32::try_from(at).unwrap_or_default() - QUIET;
            code.get_module(module(x), module(y))
        };
        Some(png::black_and_white(side, PIXELS, dark))
    }
}

/// Removes what would end a field of the code.
fn one_line(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True for eight or eleven characters: bank, country, place, branch (ISO 9362).
fn is_bic(text: &str) -> bool {
    matches!(text.len(), 8 | 11)
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && text.bytes().skip(4).take(2).all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests;
