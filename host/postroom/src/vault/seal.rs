//! Sealing: a data key for each secret, wrapped by the master key. Both layers are bound to owner and kind; and with the secret
//! the places are sealed that it may be sent to, so that opening it gives them and they can't be lost on the way.

use super::key::random;
use super::{MasterKey, VaultError};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use postroom_model::{Destinations, SecretKind, SecretOwner};
use postroom_store::{SealedSecret, WrappedKey};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

/// First byte of everything that is sealed: a later form has another.
const FORM: u8 = 1;
const NONCE: usize = 24;
/// Bytes of a secret: a grant with its tokens has a few thousand.
const LARGEST: usize = 256 * 1024;

/// Seals a secret for its owner and kind.
pub(super) fn seal(
    key: &MasterKey,
    owner: SecretOwner,
    kind: SecretKind,
    secret: &SecretString,
    to: &Destinations,
) -> Result<SealedSecret, VaultError> {
    let secret = secret.expose_secret().as_bytes();
    if secret.len() > LARGEST {
        let detail = format!("at most {LARGEST} bytes");
        return Err(postroom_store::StoreError::Invalid { what: "secret", detail }.into());
    }
    let places = to.to_text();
    let length = u32::try_from(places.len()).map_err(|_| VaultError::Damaged("too many places"))?;
    let mut plain = Zeroizing::new(Vec::with_capacity(4 + places.len() + secret.len()));
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(places.as_bytes());
    plain.extend_from_slice(secret);
    let data_key = Zeroizing::new(random::<32>()?);
    Ok(SealedSecret {
        owner,
        kind,
        keys: vec![WrappedKey {
            master_key: key.id().to_owned(),
            wrapped_key: encrypt(key.expose(), data_key.as_slice(), &bound(Layer::Key, owner, kind))?,
        }],
        sealed: encrypt(&data_key, &plain, &bound(Layer::Secret, owner, kind))?,
        version: 0,
    })
}

/// Opens what was sealed for this owner and kind, and no other. Gives where the secret may be sent, with the secret.
pub(super) fn open(
    key: &MasterKey,
    sealed: &SealedSecret,
    owner: SecretOwner,
    kind: SecretKind,
) -> Result<(Destinations, SecretString), VaultError> {
    let damaged = || VaultError::Damaged(kind.as_str());
    let plain = opened(key, sealed, owner, kind).ok_or_else(damaged)?;
    let (length, rest) = plain.split_first_chunk::<4>().ok_or_else(damaged)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| damaged())?;
    let (places, secret) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| damaged());
    Ok((Destinations::from_text(text(places)?), SecretString::from(text(secret)?)))
}

fn opened(
    key: &MasterKey,
    sealed: &SealedSecret,
    owner: SecretOwner,
    kind: SecretKind,
) -> Option<Zeroizing<Vec<u8>>> {
    let wrapped_key = wrapped_by(key, sealed)?;
    let data_key = decrypt(key.expose(), wrapped_key, &bound(Layer::Key, owner, kind))?;
    let data_key: Zeroizing<[u8; 32]> = Zeroizing::new(data_key.as_slice().try_into().ok()?);
    decrypt(&data_key, &sealed.sealed, &bound(Layer::Secret, owner, kind))
}

/// Wraps the data key of a secret under another master key.
pub(super) fn rewrap(from: &MasterKey, to: &MasterKey, sealed: &SealedSecret) -> Result<Vec<u8>, VaultError> {
    let bound = bound(Layer::Key, sealed.owner, sealed.kind);
    let data_key = wrapped_by(from, sealed).and_then(|it| decrypt(from.expose(), it, &bound));
    let data_key = data_key.ok_or(VaultError::Damaged(sealed.kind.as_str()))?;
    encrypt(to.expose(), &data_key, &bound)
}

/// The data key under this master key.
fn wrapped_by<'a>(key: &MasterKey, sealed: &'a SealedSecret) -> Option<&'a [u8]> {
    let found = sealed.keys.iter().find(|it| it.master_key == key.id())?;
    Some(&found.wrapped_key)
}

#[derive(Clone, Copy)]
enum Layer {
    Key,
    Secret,
}

/// What a layer is bound to. Ids have one length, kinds are a closed list: no two owners run together.
fn bound(layer: Layer, owner: SecretOwner, kind: SecretKind) -> Vec<u8> {
    let layer = match layer {
        Layer::Key => "data key",
        Layer::Secret => "secret with its places",
    };
    let owner = match owner {
        SecretOwner::Operator => "operator".to_owned(),
        SecretOwner::Company(company) => format!("company {company}"),
        SecretOwner::Account(company, account) => format!("company {company} account {account}"),
    };
    format!("postroom {layer}\0{owner}\0{kind}").into_bytes()
}

fn encrypt(key: &[u8; 32], plain: &[u8], bound: &[u8]) -> Result<Vec<u8>, VaultError> {
    let nonce = random::<NONCE>()?;
    let payload = Payload { msg: plain, aad: bound };
    let sealed = XChaCha20Poly1305::new(key.into()).encrypt(&XNonce::from(nonce), payload);
    // Nothing in memory is too long for the cipher.
    let sealed = sealed.map_err(|_| VaultError::Damaged("too long"))?;
    Ok([&[FORM], nonce.as_slice(), &sealed].concat())
}

fn decrypt(key: &[u8; 32], sealed: &[u8], bound: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (form, rest) = sealed.split_first()?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
    if *form != FORM {
        return None;
    }
    let payload = Payload { msg: sealed, aad: bound };
    XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
}
