//! Where the master key is: a file, an environment variable, or the system's keyring.
//!
//! It is a list of keys, one a line: the first seals, the others open what was sealed before a rotation, also in a backup. A
//! line that begins with `#` says something of the key below it.

use super::{MasterKey, VaultError};
use postroom_model::Unusable;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Bytes of a key file: more is not one.
const LARGEST: u64 = 16 * 1024;

/// The place of the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file that no other user may read.
    File(PathBuf),
    /// An environment variable: base64 of 32 bytes; several with commas between them.
    Environment(String),
    /// The system's keyring.
    Keyring,
}

/// The keys of a vault.
pub struct Keys {
    current: MasterKey,
    former: Vec<Former>,
}

/// A key from before a rotation, and what is written above it.
struct Former {
    key: MasterKey,
    note: Option<String>,
}

impl Keys {
    /// Makes keys of one key.
    pub fn one(key: MasterKey) -> Self {
        Self { current: key, former: Vec::new() }
    }

    /// Returns the key that seals.
    pub fn current(&self) -> &MasterKey {
        &self.current
    }

    /// Lists those from before a rotation.
    pub(super) fn former(&self) -> impl Iterator<Item = &MasterKey> {
        self.former.iter().map(|it| &it.key)
    }

    /// Lists the ids of all.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.current).chain(self.former()).map(MasterKey::id)
    }

    /// Finds the key of this id.
    pub(super) fn named(&self, id: &str) -> Option<&MasterKey> {
        std::iter::once(&self.current).chain(self.former()).find(|key| key.id() == id)
    }

    fn read(text: &str) -> Result<Option<Self>, String> {
        let mut keys = Vec::new();
        let mut note = None;
        for line in text.split(['\n', ',']).map(str::trim).filter(|line| !line.is_empty()) {
            if line.starts_with('#') {
                note = Some(line.to_owned());
                continue;
            }
            let key = MasterKey::read(line);
            // The line itself is not repeated: it may be a key with a slip in it.
            let key = key.ok_or(
                "it is not a key: expected base64 of 32 random bytes, such as `openssl rand -base64 32`",
            )?;
            keys.push(Former { key, note: note.take() });
        }
        let mut keys = keys.into_iter();
        Ok(keys.next().map(|first| Self { current: first.key, former: keys.collect() }))
    }

    fn write(&self) -> SecretString {
        let mut text = Zeroizing::new(String::new());
        text.push_str(self.current.write().expose_secret());
        text.push('\n');
        for Former { key, note } in &self.former {
            if let Some(note) = note {
                text.push_str(note);
                text.push('\n');
            }
            text.push_str(key.write().expose_secret());
            text.push('\n');
        }
        SecretString::from(text.as_str())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entry(&self.current).entries(self.former()).finish()
    }
}

impl KeySource {
    /// Returns the path of `master.key` in the user's folder for settings; none where the environment does not say where that is.
    pub fn of_user() -> Option<Self> {
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = if cfg!(windows) {
            variable("APPDATA")
        } else {
            variable("XDG_CONFIG_HOME")
                .filter(|folder| folder.is_absolute())
                .or_else(|| variable("HOME").map(|home| home.join(".config")))
        };
        folder.map(|folder| Self::File(folder.join("postroom").join("master.key")))
    }

    pub(super) fn can_be_written(&self) -> bool {
        !matches!(self, Self::Environment(_))
    }

    fn failed(&self, detail: impl fmt::Display) -> VaultError {
        VaultError::Source { place: self.to_string(), detail: detail.to_string() }
    }

    /// Loads the keys that are there; none where there are none.
    pub(super) async fn load(&self) -> Result<Option<Keys>, VaultError> {
        let text = match self {
            Self::File(path) => read_file(path).map_err(|e| self.failed(e))?,
            Self::Environment(name) => match std::env::var(name) {
                Ok(text) => Some(SecretString::from(text)),
                Err(std::env::VarError::NotPresent) => None,
                Err(_) => return Err(self.failed("it is not text")),
            },
            Self::Keyring => {
                self.keyring(|entry| match entry.get_password() {
                    Ok(text) => Ok(Some(SecretString::from(text))),
                    Err(keyring::Error::NoEntry) => Ok(None),
                    Err(error) => Err(error),
                })
                .await?
            }
        };
        let Some(text) = text else { return Ok(None) };
        Keys::read(text.expose_secret()).map_err(|e| self.failed(e))
    }

    /// Makes a key where there is none, and gives those that are there then and whether it was this call that made it:
    /// of two programs that start at once, one does.
    pub(super) async fn create(&self) -> Result<(Keys, bool), VaultError> {
        let keys = Keys::one(MasterKey::generate()?);
        let created = match self {
            Self::File(path) => write_new_file(path, &keys.write()).map_err(|e| self.failed(e))?,
            Self::Keyring => {
                self.store(&keys).await?;
                true
            }
            Self::Environment(_) => {
                return Err(self
                    .failed("it is not set: give it base64 of 32 random bytes (`openssl rand -base64 32`)"));
            }
        };
        if created {
            return Ok((keys, true));
        }
        self.load().await?.map(|keys| (keys, false)).ok_or_else(|| self.failed("it is empty"))
    }

    /// Puts a new key before those that are there. The one that was first gets its date.
    pub(super) async fn prepend(&self, keys: &Keys) -> Result<Keys, VaultError> {
        let today = chrono::Local::now().format("%Y-%m-%d");
        let note = format!(
            "# {} was the current key until {today}; keep it as long as a backup from before may be needed",
            keys.current.id()
        );
        let first = Former { key: self.again(&keys.current)?, note: Some(note) };
        let mut former = vec![first];
        for Former { key, note } in &keys.former {
            former.push(Former { key: self.again(key)?, note: note.clone() });
        }
        let keys = Keys { current: MasterKey::generate()?, former };
        self.store(&keys).await?;
        Ok(keys)
    }

    /// Keeps every key but this one.
    pub(super) async fn without(&self, mut keys: Keys, id: &str) -> Result<(), VaultError> {
        keys.former.retain(|it| it.key.id() != id);
        self.store(&keys).await
    }

    fn again(&self, key: &MasterKey) -> Result<MasterKey, VaultError> {
        MasterKey::read(key.write().expose_secret()).ok_or_else(|| self.failed("it can't be read back"))
    }

    async fn store(&self, keys: &Keys) -> Result<(), VaultError> {
        let text = keys.write();
        match self {
            Self::File(path) => replace_file(path, &text).map_err(|e| self.failed(e)),
            Self::Keyring => self.keyring(move |entry| entry.set_password(text.expose_secret())).await,
            Self::Environment(_) => Err(self.failed("this program can't change its environment")),
        }
    }

    /// Asks the keyring, which may ask the user: not on a thread that others wait for.
    async fn keyring<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&keyring::Entry) -> Result<T, keyring::Error> + Send + 'static,
    ) -> Result<T, VaultError> {
        let asked =
            tokio::task::spawn_blocking(move || ask(&keyring::Entry::new("postroom", "master key")?)).await;
        match asked {
            Ok(Ok(answer)) => Ok(answer),
            // Some of its errors hold what is kept; their text does not.
            Ok(Err(error)) => {
                Err(self.failed(format!("{error}; where there is no keyring, keep the key in a file")))
            }
            Err(_) => Err(self.failed("the keyring gave no answer")),
        }
    }
}

/// `keyring`, `env:NAME`, or a file, also as `file:PATH`.
impl std::str::FromStr for KeySource {
    type Err = Unusable;

    fn from_str(text: &str) -> Result<Self, Unusable> {
        let wrong = || Unusable::new("key", text, "expected a file, env:NAME or keyring");
        match text.trim() {
            "" | "file:" | "env:" => Err(wrong()),
            "keyring" => Ok(Self::Keyring),
            // A user who gives the key itself here has it in the history of their shell; it is not repeated either.
            text if MasterKey::read(text).is_some() => Err(Unusable::new(
                "key",
                "…",
                "expected where the key is, not the key: a file, env:NAME or keyring",
            )),
            text => match text.strip_prefix("env:") {
                Some(name) if name.contains('=') => Err(wrong()),
                Some(name) => Ok(Self::Environment(name.to_owned())),
                None => Ok(Self::File(text.strip_prefix("file:").unwrap_or(text).into())),
            },
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::Keyring => f.write_str("the system's keyring"),
        }
    }
}

fn read_file(path: &Path) -> Result<Option<SecretString>, String> {
    let facts = match std::fs::metadata(path) {
        Ok(facts) => facts,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e.to_string()),
    };
    if !facts.is_file() || facts.len() > LARGEST {
        return Err("it is not a file with keys".to_owned());
    }
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&facts.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            let path = path.display();
            return Err(format!(
                "others may read it (its mode is {mode:03o}): chmod 600 {path}, and rotate the key"
            ));
        }
    }
    std::fs::read_to_string(path).map(|text| Some(text.into())).map_err(|e| e.to_string())
}

fn written(path: &Path, text: &SecretString) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    // For its owner alone from the first moment (mode 0600).
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.expose_secret().as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Writes a file that was not there; false where it was.
fn write_new_file(path: &Path, text: &SecretString) -> std::io::Result<bool> {
    match written(path, text)?.persist_noclobber(path) {
        Ok(_) => sync_folder(path).map(|()| true),
        Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(e.error),
    }
}

/// Replaces a file, whole or not at all.
fn replace_file(path: &Path, text: &SecretString) -> std::io::Result<()> {
    written(path, text)?.persist(path).map_err(|e| e.error)?;
    sync_folder(path)
}

/// A new name is durable once its folder is.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
