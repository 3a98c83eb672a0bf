//! Tokens in links: which mail a pixel belongs to, which account a webhook, whose sign-in a page.
//!
//! Only this installation can make one, and it believes only its own: a token names its subject and is authenticated by
//! HMAC-SHA256 with the key that the vault keeps. It holds for one purpose, so that the pixel that every recipient has
//! can't be used to report a bounce. A forged one costs the server a hash and no look into the store.

use crate::config::PublicUrl;
use crate::connections::LinkKeys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use postroom_model::{AccountId, CompanyId};
use postroom_store::{InvitationId, MailId};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, PoisonError, RwLock};

/// What else the key signs is something else.
const CONTEXT: &[u8] = b"postroom link, version 1";
/// 136 bits of the HMAC.
const PROOF: usize = 17;
/// Bytes of an identity.
const ID: usize = 16;
/// Longest token that is looked at, in characters.
const LONGEST: usize = 200;
/// Bytes that a browser is known by while it shows a form.
const NONCE: usize = 16;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Pixel,
    Webhook,
    SignIn,
    Visitor,
    Form,
}

impl Purpose {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Pixel => b"pixel",
            Self::Webhook => b"webhook",
            Self::SignIn => b"sign-in",
            Self::Visitor => b"visitor",
            Self::Form => b"form",
        }
    }
}

/// A sign-in that a user was invited to: which one of which company, until when (seconds since 1970). For which account
/// and user it is, the store says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invitation {
    /// Company.
    pub company: CompanyId,
    /// The invitation.
    pub id: InvitationId,
    /// Not after this.
    pub until: u64,
}

/// Makes and reads the tokens of this installation.
pub struct LinkTokens {
    /// A token says by nothing but its proof which key it is of.
    keys: RwLock<Arc<LinkKeys>>,
}

impl std::fmt::Debug for LinkTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkTokens(…)")
    }
}

impl LinkTokens {
    /// Makes tokens under the installation's key ([`Connections::token_secret`](crate::connections::Connections::token_secret)).
    pub fn new(key: SecretSlice<u8>) -> Self {
        Self::of(LinkKeys { signing: key, believed: Vec::new() })
    }

    /// Makes tokens under the installation's keys: the first signs, all are believed.
    pub fn of(keys: LinkKeys) -> Self {
        Self { keys: RwLock::new(Arc::new(keys)) }
    }

    /// Takes these keys from now on: one was added or withdrawn.
    pub fn replace(&self, keys: LinkKeys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn keys(&self) -> Arc<LinkKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes the token of a mail's pixel.
    pub fn pixel(&self, company: CompanyId, mail: MailId) -> String {
        self.make(Purpose::Pixel, &pair(company.as_bytes(), mail.as_bytes()))
    }

    /// Reads the mail that a pixel belongs to.
    pub fn read_pixel(&self, token: &str) -> Option<(CompanyId, MailId)> {
        let claim = self.read::<{ 2 * ID }>(Purpose::Pixel, token)?;
        let (company, mail) = claim.split_at(ID);
        Some((CompanyId::from_bytes(company.try_into().ok()?), MailId::from_bytes(mail.try_into().ok()?)))
    }

    /// Makes the token of an account's webhook.
    pub fn webhook(&self, company: CompanyId, account: AccountId) -> String {
        self.make(Purpose::Webhook, &pair(company.as_bytes(), account.as_bytes()))
    }

    /// Reads the account that a webhook belongs to.
    pub fn read_webhook(&self, token: &str) -> Option<(CompanyId, AccountId)> {
        let claim = self.read::<{ 2 * ID }>(Purpose::Webhook, token)?;
        let (company, account) = claim.split_at(ID);
        Some((
            CompanyId::from_bytes(company.try_into().ok()?),
            AccountId::from_bytes(account.try_into().ok()?),
        ))
    }

    /// Makes the token of an invitation to sign in.
    pub fn sign_in(&self, of: &Invitation) -> String {
        self.make(Purpose::SignIn, &invitation_bytes(of))
    }

    /// Reads an invitation; the caller compares its end with the time.
    pub fn read_sign_in(&self, token: &str) -> Option<Invitation> {
        self.read(Purpose::SignIn, token).and_then(|claim| read_invitation(&claim))
    }

    /// Makes the token by which a browser that accepted an invitation is recognised.
    pub fn visitor(&self, of: &Invitation) -> String {
        self.make(Purpose::Visitor, &invitation_bytes(of))
    }

    /// Reads the invitation that a browser accepted.
    pub fn read_visitor(&self, token: &str) -> Option<Invitation> {
        self.read(Purpose::Visitor, token).and_then(|claim| read_invitation(&claim))
    }

    /// Makes the token of a form on a link's page, for the browser that has this nonce in its cookie.
    pub fn form(&self, nonce: &str, link: &str) -> String {
        self.make(Purpose::Form, &form_claim(nonce, link))
    }

    /// Tells whether a form's token is of this link's page in the browser with this nonce.
    pub fn is_form(&self, token: &str, nonce: &str, link: &str) -> bool {
        self.read::<{ 2 * ID }>(Purpose::Form, token) == Some(form_claim(nonce, link))
    }

    fn make(&self, purpose: Purpose, claim: &[u8]) -> String {
        let mut token = claim.to_vec();
        if let Some(proof) = proof_by(&self.keys().signing, purpose, claim) {
            token.extend(proof.finalize().into_bytes().iter().take(PROOF));
        }
        URL_SAFE_NO_PAD.encode(token)
    }

    fn read<const CLAIM: usize>(&self, purpose: Purpose, token: &str) -> Option<[u8; CLAIM]> {
        if token.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (claim, proof) = bytes.split_at_checked(CLAIM)?;
        if proof.len() != PROOF {
            return None;
        }
        let keys = self.keys();
        let is_of = |key: &SecretSlice<u8>| {
            proof_by(key, purpose, claim).is_some_and(|it| it.verify_truncated_left(proof).is_ok())
        };
        if !std::iter::once(&keys.signing).chain(&keys.believed).any(is_of) {
            return None;
        }
        claim.try_into().ok()
    }
}

fn proof_by(key: &SecretSlice<u8>, purpose: Purpose, claim: &[u8]) -> Option<Hmac<Sha256>> {
    let mut proof = Hmac::<Sha256>::new_from_slice(key.expose_secret()).ok()?;
    for part in [CONTEXT, purpose.name(), claim] {
        // With its length, so that no two lists of parts are the same bytes.
        proof.update(&(part.len() as u64).to_be_bytes());
        proof.update(part);
    }
    Some(proof)
}

fn pair(first: &[u8; ID], second: &[u8; ID]) -> Vec<u8> {
    first.iter().chain(second).copied().collect()
}

/// What a form's token claims: a digest, so that it shows neither the nonce nor the link.
fn form_claim(nonce: &str, link: &str) -> [u8; 2 * ID] {
    Sha256::new().chain_update(nonce).chain_update([0]).chain_update(link).finalize().into()
}

/// Makes a nonce for a browser that is shown a form.
pub fn new_nonce() -> String {
    URL_SAFE_NO_PAD.encode(uuid::Uuid::new_v4().as_bytes())
}

/// Tells whether a text has the form of a nonce.
pub fn is_nonce(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == NONCE)
}

const INVITATION: usize = 2 * ID + 8;

fn invitation_bytes(of: &Invitation) -> Vec<u8> {
    let until = of.until.to_be_bytes();
    [&of.company.as_bytes()[..], &of.id.as_bytes()[..], &until[..]].concat()
}

fn read_invitation(claim: &[u8; INVITATION]) -> Option<Invitation> {
    let id = |at: usize| -> Option<[u8; ID]> { claim.get(at..at + ID)?.try_into().ok() };
    Some(Invitation {
        company: CompanyId::from_bytes(id(0)?),
        id: InvitationId::from_bytes(id(ID)?),
        until: u64::from_be_bytes(claim.get(2 * ID..)?.try_into().ok()?),
    })
}

/// Writes the link of a mail's pixel.
pub fn pixel_url(public: &PublicUrl, tokens: &LinkTokens, company: CompanyId, mail: MailId) -> String {
    public.page(&format!("o/{}.gif", tokens.pixel(company, mail)))
}

/// Writes the link of an invitation to sign in.
pub fn sign_in_url(public: &PublicUrl, tokens: &LinkTokens, invitation: &Invitation) -> String {
    public.page(&format!("oauth/start/{}", tokens.sign_in(invitation)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(key: u8) -> LinkTokens {
        LinkTokens::new(SecretSlice::from(vec![key; 32]))
    }

    #[test]
    fn a_token_is_believed_for_its_purpose_and_under_its_key_alone() {
        let (company, mail, account) = (CompanyId::new(), MailId::new(), AccountId::new());
        let own = tokens(1);
        let pixel = own.pixel(company, mail);
        assert_eq!(own.read_pixel(&pixel), Some((company, mail)));
        assert!(
            pixel.len() < 80 && pixel.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
            "{pixel}"
        );
        assert_eq!(own.read_webhook(&pixel), None, "another purpose");
        assert_eq!(tokens(2).read_pixel(&pixel), None, "another key");
        assert_eq!(own.read_webhook(&own.webhook(company, account)), Some((company, account)));
        let invitation = Invitation { company, id: InvitationId::new(), until: 4_711 };
        assert_eq!(own.read_sign_in(&own.sign_in(&invitation)), Some(invitation));
        assert_eq!(own.read_visitor(&own.sign_in(&invitation)), None, "another purpose");
    }

    #[test]
    fn a_form_is_believed_of_its_page_and_in_its_browser_alone() {
        let (own, nonce, other) = (tokens(1), new_nonce(), new_nonce());
        assert!(is_nonce(&nonce) && nonce != other && !is_nonce("") && !is_nonce(&nonce[1..]));
        let form = own.form(&nonce, "link");
        for (of, nonce, link, believed) in [
            (&own, &nonce, "link", true),
            (&own, &other, "link", false),
            (&own, &nonce, "link2", false),
            (&own, &nonce, "", false),
            (&tokens(2), &nonce, "link", false),
        ] {
            assert_eq!(of.is_form(&form, nonce, link), believed, "{nonce} {link}");
        }
        let pixel = own.pixel(CompanyId::new(), MailId::new());
        assert!(!own.is_form(&pixel, &nonce, "link"), "another purpose");
    }

    #[test]
    fn a_token_with_any_character_changed_is_not_believed() {
        let own = tokens(1);
        let good = own.pixel(CompanyId::new(), MailId::new());
        for at in 0..good.len() {
            for other in ['A', 'B', '_', '.', 'é'] {
                let changed: String =
                    good.chars().enumerate().map(|(i, c)| if i == at { other } else { c }).collect();
                assert!(changed == good || own.read_pixel(&changed).is_none(), "{changed}");
            }
        }
        for garbage in ["", "A", "====", &good[1..], &format!("{good}A"), &"A".repeat(100_000)] {
            assert!(own.read_pixel(garbage).is_none(), "{garbage:.80}");
        }
    }
}
