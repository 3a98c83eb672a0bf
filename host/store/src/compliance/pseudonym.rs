//! Pseudonyms of erased addresses: the same for the same address, and impossible to compute without the key.
//!
//! The key is the vault's, and lent to the store, so that an address that must not be written to is recognised after it was
//! erased.

use crate::Store;
use crate::sql::address_key::address_key;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use postroom_model::CompanyId;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// Separates these signatures from any other use of the key.
const CONTEXT: &[u8] = b"postroom erased address, version 1";
/// 128 bits of the HMAC.
const BYTES: usize = 16;
/// A domain that never is one (RFC 6761).
const DOMAIN: &str = "erased.invalid";

/// The key of pseudonyms, once the vault has lent it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pseudonyms(Arc<OnceLock<SecretSlice<u8>>>);

impl Pseudonyms {
    /// Computes the pseudonym of an address; none without the key.
    pub(crate) fn of(&self, company: CompanyId, address: &str) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.get()?.expose_secret()).ok()?;
        let company = company.to_string();
        for part in [CONTEXT, company.as_bytes(), address_key(address).as_bytes()] {
            // With its length, so that no two lists of parts are the same bytes.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let proof = mac.finalize().into_bytes();
        Some(format!("erased-{}@{DOMAIN}", HEXLOWER.encode(proof.get(..BYTES)?)))
    }

    /// Returns true if the key was lent, so that erased addresses are recognised.
    pub(crate) fn known(&self) -> bool {
        self.0.get().is_some()
    }
}

impl Store {
    /// Lends the store the key of its pseudonyms. The first one stays.
    pub fn lend_pseudonym_key(&self, key: SecretSlice<u8>) {
        let _ = self.pseudonyms.0.set(key);
    }

    /// Returns the keys under which addresses may be suppressed: the addresses themselves, and their pseudonyms.
    pub(crate) fn suppression_keys(&self, company: CompanyId, addresses: &[String]) -> BTreeSet<String> {
        let own = addresses.iter().map(|address| address_key(address));
        own.chain(addresses.iter().filter_map(|address| self.pseudonyms.of(company, address))).collect()
    }
}

/// Returns true if an address is a pseudonym.
pub(crate) fn is_pseudonym(address: &str) -> bool {
    address.starts_with("erased-") && address.ends_with(DOMAIN)
}

/// Replaces every occurrence of these words in a text, letters compared without regard to case. An occurrence within a longer
/// address or word is none.
pub(crate) fn replaced(text: &str, words: &[String], by: &str) -> String {
    let mut text = text.to_owned();
    for word in words.iter().filter(|word| !word.is_empty()) {
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, found, after)) = find(rest, word) {
            out.push_str(before);
            let inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '+' | '\'');
            let joined = |c: char| inner(c) || c == '.';
            let starts = out.chars().next_back().is_none_or(|c| !joined(c));
            let mut next = after.chars();
            let ends = match next.next() {
                Some('.') => next.next().is_none_or(|c| !inner(c)),
                Some(c) => !inner(c),
                None => true,
            };
            out.push_str(if starts && ends { by } else { found });
            rest = after;
        }
        out.push_str(rest);
        text = out;
    }
    text
}

/// Replaces the addresses in a text by what `by` returns for each; none: it stays as it is.
pub(crate) fn replace_addresses(text: &str, by: impl Fn(&str) -> Option<String>) -> String {
    let in_local = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '+' | '\'' | '.');
    let in_domain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.');
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('@') {
        let (lead, local) = before.split_at(before.trim_end_matches(in_local).len());
        let (domain, after_domain) = after.split_at(after.len() - after.trim_start_matches(in_domain).len());
        // What ends a sentence, or stands in quotes, has its marks.
        let (name, place) = (local.trim_start_matches(['\'', '.', '-']), domain.trim_end_matches(['.', '-']));
        let new = by(&format!("{name}@{place}")).filter(|_| !name.is_empty() && !place.is_empty());
        out.push_str(lead);
        out.push_str(local.strip_suffix(name).filter(|_| new.is_some()).unwrap_or(local));
        match new {
            Some(new) => {
                out.push_str(&new);
                out.push_str(domain.strip_prefix(place).unwrap_or_default());
                rest = after_domain;
            }
            None => {
                out.push('@');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Finds the first occurrence: the text before it, the occurrence, and the text after it.
fn find<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let lower = word.to_lowercase();
    for (at, _) in text.char_indices() {
        let rest = text.get(at..)?;
        let (mut wanted, mut end) = (lower.chars().peekable(), at);
        for c in rest.chars() {
            if wanted.peek().is_none() || !c.to_lowercase().all(|c| wanted.next() == Some(c)) {
                break;
            }
            end += c.len_utf8();
            if wanted.peek().is_none() {
                return Some((text.get(..at)?, text.get(at..end)?, text.get(end..)?));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_replaced_wherever_it_stands_by_itself_and_nowhere_else() {
        let words = ["ann@x.example".to_owned(), "Zoë Ö".to_owned()];
        for (text, wanted) in [
            ("ann@x.example", "?"),
            ("<Ann@X.Example>: unknown. ann@x.example.", "<?>: unknown. ?."),
            (
                "joann@x.example, ann@x.example.org, a.ann@x.example",
                "joann@x.example, ann@x.example.org, a.ann@x.example",
            ),
            ("[\"ANN@x.example\",\"b@x.example\"]", "[\"?\",\"b@x.example\"]"),
            ("ZOË ö, Zoë Öberg", "?, Zoë Öberg"),
            ("", ""),
            ("ann@x.exampl", "ann@x.exampl"),
        ] {
            assert_eq!(replaced(text, &words, "?"), wanted, "{text}");
        }
        for seed in 0..2_000_u32 {
            let pick = |n: u32| {
                ['a', 'n', '@', 'x', '.', 'İ', 'ß', '\u{301}', 'e']
                    [(seed.wrapping_mul(2_654_435_761) >> n) as usize % 9]
            };
            let text: String = (0..24).map(pick).collect();
            replaced(&text, &words, "?");
        }
    }

    #[test]
    fn addresses_are_found_in_whatever_a_server_writes_around_them() {
        let by = |address: &str| {
            let is_it = matches!(address.to_lowercase().as_str(), "ann@x.example" | "o'neil@x.example");
            is_it.then(|| "?".to_owned())
        };
        for (text, wanted) in [
            ("ann@x.example", "?"),
            ("<Ann@X.EXAMPLE>: 550 5.1.1 no such user", "<?>: 550 5.1.1 no such user"),
            ("rfc822;ann@x.example, mailto:ann@x.example.", "rfc822;?, mailto:?."),
            ("'ann@x.example' and \"ann@x.example\"", "'?' and \"?\""),
            ("to=ann@x.example,ann@x.example", "to=?,?"),
            ("o'neil@x.example", "?"),
            (
                "joann@x.example ann@x.example.org a.ann@x.example",
                "joann@x.example ann@x.example.org a.ann@x.example",
            ),
            ("@@ann@x.example@@", "@@?@@"),
            ("@", "@"),
            ("a@", "a@"),
            ("é@ü.example ann@x.example-", "é@ü.example ?-"),
            ("", ""),
        ] {
            assert_eq!(replace_addresses(text, by), wanted, "{text}");
        }
    }
}
