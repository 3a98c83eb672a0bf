//! Addresses of the platform that say which mail an answer belongs to (rule A14): `reply+TOKEN@platform` in
//! Reply-To, `bounce+TOKEN@platform` as the return path.
//!
//! Only this host can make such an address, and it believes only its own: the token names company and mail, and is
//! authenticated by HMAC-SHA256 with a key that the vault keeps. It holds for one purpose, so that the address which
//! every recipient sees can't be used to report a bounce. Keys have numbers: a new one is made, the old one verifies
//! what is under way, and is then forgotten.
//!
//! A token is 56 characters of base32, lower or upper case alike, since mail programs and servers change the case of
//! addresses. That leaves room, within the 64 bytes of a local part (RFC 5321 §4.5.3.1.1), for the number of the key,
//! half of the company's id, the mail's id, and 80 bits of the HMAC. Half of the company's id is enough to check that
//! the mail is that company's, and enough against chance.

mod base32;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;
use thiserror::Error;

use postroom_model::CompanyId;
use postroom_store::MailId;

/// Half of the company's id.
const COMPANY: usize = 8;
/// The mail's id.
const MAIL: usize = 16;
/// 80 bits of the HMAC: each guess costs a mail.
const PROOF: usize = 10;
/// All of it, the number of the key first.
const TOKEN: usize = 1 + COMPANY + MAIL + PROOF;
/// Shortest key, in bytes.
const SHORTEST_KEY: usize = 32;
/// What else this key might ever sign is something else.
const CONTEXT: &[u8] = b"postroom return address, version 1";

/// The purpose of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Answers by people: Reply-To.
    Reply,
    /// Reports by servers: the return path.
    Bounce,
}

impl Purpose {
    /// Returns the text before the token.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Bounce => "bounce",
        }
    }
}

/// Number of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u8);

/// Why keys can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnusableKeys {
    /// The key to sign with is not among them.
    #[error("there is no key {} to sign return addresses with", .0.0)]
    Missing(KeyId),
    /// A key that can be guessed.
    #[error("key {} for return addresses has less than {SHORTEST_KEY} bytes", .0.0)]
    Short(KeyId),
}

/// Keys for return addresses. They show in no `Debug`.
pub struct Keys {
    current: KeyId,
    known: BTreeMap<KeyId, SecretSlice<u8>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({:?}, signs with {:?})", self.known.keys(), self.current)
    }
}

impl Keys {
    /// Signs with `current` and believes every one of `known`. Keys are random bytes, 32 or more.
    pub fn new(
        current: KeyId,
        known: impl IntoIterator<Item = (KeyId, SecretSlice<u8>)>,
    ) -> Result<Self, UnusableKeys> {
        let known: BTreeMap<_, _> = known.into_iter().collect();
        if let Some((id, _)) = known.iter().find(|(_, key)| key.expose_secret().len() < SHORTEST_KEY) {
            return Err(UnusableKeys::Short(*id));
        }
        if !known.contains_key(&current) {
            return Err(UnusableKeys::Missing(current));
        }
        Ok(Self { current, known })
    }

    fn proof(&self, id: KeyId, purpose: Purpose, claim: &[u8]) -> Option<Hmac<Sha256>> {
        let mut proof = Hmac::<Sha256>::new_from_slice(self.known.get(&id)?.expose_secret()).ok()?;
        for part in [CONTEXT, purpose.tag().as_bytes(), claim] {
            // With its length, so that no two lists of parts are the same bytes.
            proof.update(&(part.len() as u64).to_be_bytes());
            proof.update(part);
        }
        Some(proof)
    }
}

/// The mail that a return address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    company: [u8; COMPANY],
    /// The mail.
    pub mail: MailId,
}

impl Origin {
    /// Tells whether it is this company's. Ask it of the company that the mail is stored under.
    pub fn is_of(&self, company: CompanyId) -> bool {
        self.company == half(company)
    }
}

/// The end of a UUID of version 7 is random; its beginning is a time.
fn half(company: CompanyId) -> [u8; COMPANY] {
    let mut half = [0; COMPANY];
    let (_, end) = company.as_bytes().split_at(16 - COMPANY);
    half.copy_from_slice(end);
    half
}

/// Makes and reads addresses of one domain.
#[derive(Debug)]
pub struct ReturnAddresses {
    domain: String,
    keys: Keys,
}

impl ReturnAddresses {
    /// Makes addresses at this domain, in the form of DNS.
    pub fn new(domain: impl Into<String>, keys: Keys) -> Self {
        Self { domain: domain.into().to_ascii_lowercase(), keys }
    }

    /// Makes the token of the address for a mail.
    pub fn token(&self, purpose: Purpose, company: CompanyId, mail: MailId) -> String {
        let mut token = Vec::with_capacity(TOKEN);
        token.push(self.keys.current.0);
        token.extend(half(company));
        token.extend(mail.as_bytes());
        if let Some(proof) = self.keys.proof(self.keys.current, purpose, &token) {
            token.extend(proof.finalize().into_bytes().iter().take(PROOF));
        }
        base32::encode(&token)
    }

    /// Makes the address for a mail.
    pub fn mint(&self, purpose: Purpose, company: CompanyId, mail: MailId) -> String {
        format!("{}+{}@{}", purpose.tag(), self.token(purpose, company, mail), self.domain)
    }

    /// Finds which mail an address belongs to; none if it is not one that this host made for this purpose. Takes what
    /// comes in an envelope or a header, without angle brackets.
    pub fn verify(&self, purpose: Purpose, address: &str) -> Option<Origin> {
        let (local, domain) = address.rsplit_once('@')?;
        if !domain.eq_ignore_ascii_case(&self.domain) {
            return None;
        }
        let (tag, token) = local.split_once('+')?;
        if !tag.eq_ignore_ascii_case(purpose.tag()) {
            return None;
        }
        let token: [u8; TOKEN] = base32::decode(token)?.try_into().ok()?;
        let (claim, proof) = token.split_at(TOKEN - PROOF);
        let (id, rest) = claim.split_first()?;
        self.keys.proof(KeyId(*id), purpose, claim)?.verify_truncated_left(proof).ok()?;
        let (company, mail) = rest.split_at(COMPANY);
        Some(Origin { company: company.try_into().ok()?, mail: MailId::from_bytes(mail.try_into().ok()?) })
    }
}
