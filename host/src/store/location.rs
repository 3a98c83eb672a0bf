//! Where the store is: a file, or a PostgreSQL server.

use crate::accounts::Unusable;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::path::{Path, PathBuf};
use url::Url;

/// Where the store is. Shows no password.
#[derive(Clone)]
pub struct Location(Place);

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Server { url: SecretString, shown: String },
}

impl Location {
    /// SQLite in a file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Place::File(path.into()))
    }

    /// `postroom.db` in the user's folder for data; none where the environment does not say where that is.
    pub fn of_user() -> Option<Self> {
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = if cfg!(windows) {
            variable("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            variable("HOME").map(|home| home.join("Library/Application Support"))
        } else {
            variable("XDG_DATA_HOME")
                .filter(|folder| folder.is_absolute())
                .or_else(|| variable("HOME").map(|home| home.join(".local/share")))
        };
        folder.map(|folder| Self::file(folder.join("postroom").join("postroom.db")))
    }

    /// The file, where it is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Place::File(path) => Some(path),
            Place::Server { .. } => None,
        }
    }

    /// As it may be shown and used elsewhere: without any password.
    pub fn without_password(&self) -> String {
        match &self.0 {
            Place::File(path) => path.display().to_string(),
            Place::Server { shown, .. } => match Url::parse(shown) {
                Ok(mut url) => {
                    let _ = url.set_password(None);
                    url.to_string()
                }
                Err(_) => shown.clone(),
            },
        }
    }

    /// The URL to connect to.
    pub(super) fn url(&self) -> Result<SecretString, Unusable> {
        match &self.0 {
            Place::Server { url, .. } => Ok(url.clone()),
            Place::File(path) => {
                let wrong = |expected: &str| Unusable::new("file", &path.to_string_lossy(), expected);
                let absolute = std::path::absolute(path).map_err(|e| wrong(&e.to_string()))?;
                let text = absolute.to_str().ok_or_else(|| wrong("expected a name in UTF-8"))?;
                Ok(format!("sqlite:{}", encoded(text)).into())
            }
        }
    }
}

/// A path as it may stand in a URL.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// `postgres://user:password@host/database`, `sqlite:FILE` or a file.
impl std::str::FromStr for Location {
    type Err = Unusable;

    fn from_str(text: &str) -> Result<Self, Unusable> {
        let text = text.trim();
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            // What was typed may hold a password: it is not repeated.
            let wrong = |e: url::ParseError| {
                Unusable::new("store", "postgres:…", format!("expected postgres://user@host/database: {e}"))
            };
            let mut shown = Url::parse(text).map_err(wrong)?;
            if shown.password().is_some() {
                let _ = shown.set_password(Some("…"));
            }
            let kept: Vec<(String, String)> =
                shown.query_pairs().into_owned().filter(|(name, _)| name != "password").collect();
            shown.set_query(None);
            if !kept.is_empty() {
                shown.query_pairs_mut().extend_pairs(kept);
            }
            return Ok(Self(Place::Server { url: text.to_owned().into(), shown: shown.to_string() }));
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        let path = path.strip_prefix("//").unwrap_or(path);
        let memory = path.is_empty() || path.starts_with(":memory:");
        if memory || text.split_once("://").is_some_and(|(scheme, _)| scheme != "sqlite") {
            return Err(Unusable::new("store", text, "expected a file, or postgres://user@host/database"));
        }
        Ok(Self::file(path))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::File(path) => path.display().fmt(f),
            Place::Server { shown, .. } => f.write_str(shown),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

impl PartialEq for Location {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Place::File(one), Place::File(two)) => one == two,
            (Place::Server { url: one, .. }, Place::Server { url: two, .. }) => {
                one.expose_secret() == two.expose_secret()
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_and_shows_no_password() {
        for (text, shown) in [
            ("data/postroom.db", "data/postroom.db"),
            ("sqlite:data/postroom.db", "data/postroom.db"),
            ("sqlite:///srv/postroom.db", "/srv/postroom.db"),
            ("postgres://postroom@db.example.com/postroom", "postgres://postroom@db.example.com/postroom"),
            (
                "postgres://p:hunter2@db/x?sslmode=verify-full",
                "postgres://p:%E2%80%A6@db/x?sslmode=verify-full",
            ),
            (
                "postgresql:///x?host=/run/pg&user=p&password=hunter2",
                "postgresql:///x?host=%2Frun%2Fpg&user=p",
            ),
        ] {
            let location: Location = text.parse().expect(text);
            assert_eq!(location.to_string(), shown);
            assert_eq!(location.without_password(), shown.replace(":%E2%80%A6@", "@"));
            assert!(!format!("{location:?}").contains("hunter2"));
        }
        for text in ["", "sqlite:", ":memory:", "sqlite::memory:", "mysql://a/b", "postgres://[/x"] {
            let error = text.parse::<Location>().expect_err(text);
            assert!(error.to_string().contains("expected"), "{error}");
        }
    }

    #[test]
    fn a_file_of_any_name_is_that_file() {
        for name in ["a b", "100%", "a?mode=memory", "a#b", "é", ":memory:", "%41"] {
            let path = Path::new("/srv").join(name);
            let url = Location::file(&path).url().unwrap();
            let url = url.expose_secret();
            assert!(!url.contains(['?', '#', ' ']) && url.is_ascii(), "{url}");
        }
        assert_eq!(Location::file("/srv/%41").url().unwrap().expose_secret(), "sqlite:/srv/%2541");
    }
}
