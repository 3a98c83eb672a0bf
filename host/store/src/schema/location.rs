//! The place of a store: a file, or a PostgreSQL server.

use postroom_model::Unusable;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use url::Url;

/// The place of a store. Shows no password.
#[derive(Clone)]
pub struct Location(Place);

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Server { url: SecretString, shown: String },
}

impl Location {
    /// Returns the place of a store in a file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Place::File(path.into()))
    }

    /// Returns `postroom.db` in the user's folder for data; none where the environment names no such folder.
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

    /// Returns the path of a store in a file.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Place::File(path) => Some(path),
            Place::Server { .. } => None,
        }
    }

    /// Returns the place as it may be shown and used elsewhere, without any password.
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

    /// Returns the URL to connect to. A server on another machine needs a setting for TLS, on or off: with none, a machine in
    /// between could choose none, and read everything.
    pub(crate) fn url(&self) -> Result<SecretString, Unusable> {
        match &self.0 {
            Place::Server { url, .. } => {
                check_security(url)
                    .map_err(|expected| Unusable::new("store", &self.to_string(), expected))?;
                Ok(url.clone())
            }
            Place::File(path) => {
                let wrong = |expected: &str| Unusable::new("file", &path.to_string_lossy(), expected);
                let absolute = std::path::absolute(path).map_err(|e| wrong(&e.to_string()))?;
                let text = absolute.to_str().ok_or_else(|| wrong("expected a name in UTF-8"))?;
                Ok(format!("sqlite:{}", encoded(text)).into())
            }
        }
    }
}

/// Refuses to let a server on another machine choose whether there is TLS. As the driver reads the URL: what it leaves out
/// is in the environment (`PGHOST`, `PGSSLMODE`).
fn check_security(url: &SecretString) -> Result<(), String> {
    // Its error may repeat the URL, and that holds a password.
    let options = PgConnectOptions::from_str(url.expose_secret())
        .map_err(|_| "expected postgres://user@host/database".to_owned())?;
    let host = options.get_host();
    let is_local = options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|it| it.to_canonical().is_loopback());
    match options.get_ssl_mode() {
        PgSslMode::Prefer | PgSslMode::Allow if !is_local => Err(format!(
            "without a word about TLS anybody on the way to {host} could read and change everything: write \
             ?sslmode=verify-full at the end (with &sslrootcert=FILE for an authority of your own), or ?sslmode=disable \
             on a network that nobody else is on"
        )),
        _ => Ok(()),
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
            let options_shown: Vec<(String, String)> =
                shown.query_pairs().into_owned().filter(|(name, _)| name != "password").collect();
            shown.set_query(None);
            if !options_shown.is_empty() {
                shown.query_pairs_mut().extend_pairs(options_shown);
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
    fn a_server_elsewhere_is_not_left_to_choose_whether_there_is_tls() {
        for (text, check_version) in [
            ("postgres://postroom:hunter2@db.example/postroom", false),
            ("postgres://postroom:hunter2@db.example/postroom?sslmode=prefer", false),
            ("postgres://postroom:hunter2@db.example/postroom?sslmode=allow", false),
            ("postgres://postroom:hunter2@db.example/postroom?ssl-mode=prefer", false),
            ("postgres://postroom:hunter2@192.0.2.7/postroom", false),
            ("postgres://postroom:hunter2@[2001:db8::7]/postroom", false),
            ("postgres://postroom:hunter2@localhost.example/postroom", false),
            ("postgres://localhost/postroom?host=db.example&password=hunter2", false),
            ("postgres://localhost/postroom?hostaddr=192.0.2.7&password=hunter2", false),
            ("postgres://postroom:hunter2@db.example/postroom?sslmode=verify-full&sslmode=prefer", false),
            ("postgres://postroom:hunter2@db.example/postroom?sslmode=verify-full", true),
            ("postgres://postroom:hunter2@db.example/postroom?sslmode=verify-ca", true),
            ("postgres://postroom:hunter2@db.example/postroom?sslmode=require", true),
            ("postgres://postroom:hunter2@db.example/postroom?sslmode=disable", true),
            ("postgres://postroom:hunter2@localhost/postroom", true),
            ("postgres://postroom:hunter2@127.0.0.1:5433/postroom", true),
            ("postgres://postroom:hunter2@[::1]/postroom", true),
            ("postgres:///postroom?host=/run/postgresql&user=postroom&password=hunter2", true),
            ("postgres://%2Frun%2Fpostgresql/postroom?password=hunter2", true),
        ] {
            let location: Location = text.parse().expect(text);
            match location.url() {
                Ok(_) => assert!(check_version, "{text}"),
                Err(error) => {
                    let words = error.to_string();
                    assert!(!check_version && words.contains("?sslmode=verify-full"), "{text}: {words}");
                    assert!(!words.contains("hunter2"), "{words}");
                }
            }
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
