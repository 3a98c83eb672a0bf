//! Sealing: a data key for each secret, wrapped by the master key. Both layers are bound to owner and kind.

use super::key::random;
use super::{MasterKey, VaultError};
use crate::accounts::{SecretKind, SecretOwner};
use crate::store::SealedSecret;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
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
) -> Result<SealedSecret, VaultError> {
    let secret = secret.expose_secret().as_bytes();
    if secret.len() > LARGEST {
        let detail = format!("at most {LARGEST} bytes");
        return Err(crate::store::StoreError::Invalid { what: "secret", detail }.into());
    }
    let data_key = Zeroizing::new(random::<32>()?);
    Ok(SealedSecret {
        owner,
        kind,
        master_key: key.id().to_owned(),
        wrapped_key: encrypt(key.expose(), data_key.as_slice(), &bound(Layer::Key, owner, kind))?,
        sealed: encrypt(&data_key, secret, &bound(Layer::Secret, owner, kind))?,
        version: 0,
    })
}

/// Opens what was sealed for this owner and kind, and no other.
pub(super) fn open(
    key: &MasterKey,
    sealed: &SealedSecret,
    owner: SecretOwner,
    kind: SecretKind,
) -> Result<SecretString, VaultError> {
    let damaged = || VaultError::Damaged(kind.as_str());
    let data_key =
        decrypt(key.expose(), &sealed.wrapped_key, &bound(Layer::Key, owner, kind)).ok_or_else(damaged)?;
    let data_key: Zeroizing<[u8; 32]> =
        Zeroizing::new(data_key.as_slice().try_into().map_err(|_| damaged())?);
    let secret =
        decrypt(&data_key, &sealed.sealed, &bound(Layer::Secret, owner, kind)).ok_or_else(damaged)?;
    let text = std::str::from_utf8(&secret).map_err(|_| damaged())?;
    Ok(SecretString::from(text))
}

/// The data key of a secret under another master key.
pub(super) fn rewrap(from: &MasterKey, to: &MasterKey, sealed: &SealedSecret) -> Result<Vec<u8>, VaultError> {
    let bound = bound(Layer::Key, sealed.owner, sealed.kind);
    let data_key = decrypt(from.expose(), &sealed.wrapped_key, &bound);
    let data_key = data_key.ok_or(VaultError::Damaged(sealed.kind.as_str()))?;
    encrypt(to.expose(), &data_key, &bound)
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
        Layer::Secret => "secret",
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
