//! Master keys: 32 random bytes, named by an id that says nothing of them.

use super::VaultError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::Generate;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};
use std::fmt;

/// Bytes of a key.
const BYTES: usize = 32;

/// A master key. Shows no more than its id, and is overwritten when it is dropped.
pub struct MasterKey {
    id: String,
    bytes: SecretBox<[u8; BYTES]>,
}

impl MasterKey {
    /// Makes a new key.
    pub fn generate() -> Result<Self, VaultError> {
        Ok(Self::of(random()?))
    }

    /// Reads a key: base64 of 32 bytes. None for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
        let bytes: [u8; BYTES] = bytes.as_slice().try_into().ok()?;
        // All the same byte is a placeholder that was left in.
        let placeholder = bytes.iter().all(|byte| *byte == bytes[0]);
        (!placeholder).then(|| Self::of(bytes))
    }

    /// Writes the key as [`MasterKey::read`] takes it, to be stored where keys are stored.
    pub fn write(&self) -> SecretString {
        STANDARD.encode(self.expose()).into()
    }

    /// Returns the key's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn expose(&self) -> &[u8; BYTES] {
        self.bytes.expose_secret()
    }

    fn of(bytes: [u8; BYTES]) -> Self {
        let digest = Sha256::new().chain_update(b"postroom master key\0").chain_update(bytes).finalize();
        let id = data_encoding::HEXLOWER.encode(digest.get(..8).unwrap_or_default());
        Self { id, bytes: SecretBox::new(Box::new(bytes)) }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// Reads random bytes of the system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    <[u8; N]>::try_generate().map_err(|e| VaultError::NoRandomness(e.to_string()))
}
