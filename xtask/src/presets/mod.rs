//! Compares the mail providers that are known with a copy of Thunderbird's database: what differs, as a table. Nothing is
//! fetched and nothing is changed; a person decides which of the two is right.

mod difference;
mod ispdb;
mod table;

use crate::run::root;
use anyhow::{Context as _, bail};
use std::path::Path;

/// Our own table.
const PROVIDERS: &str = "guest/src/domain/account/providers.txt";

/// A server as either side has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Server {
    host: String,
    port: u16,
    /// `ssl`, `tls` or `none`.
    security: String,
    /// `address`, `local-part` or `own`.
    login: String,
}

impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} {}, login by {}", self.host, self.port, self.security, self.login)
    }
}

/// A provider as either side has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Provider {
    /// Our id, or the name of the file.
    name: String,
    smtp: Vec<Server>,
    imap: Vec<Server>,
    domains: Vec<String>,
    /// Ours: hosts that take mail, each with a dot in front.
    mx: Vec<String>,
}

/// `cargo xtask presets FOLDER`.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let [folder] = arguments else {
        bail!(
            "name the folder with a checkout of github.com/thunderbird/autoconfig: cargo xtask presets FOLDER"
        )
    };
    let file = root().join(PROVIDERS);
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    print!("{}", compared(&text, Path::new(folder))?);
    Ok(())
}

/// The table of what differs between our providers and a folder.
fn compared(ours: &str, folder: &Path) -> anyhow::Result<String> {
    let ours = table::read(ours);
    let theirs = ispdb::read(folder)?;
    let found = difference::all(&ours, &theirs);
    let rows = found.iter().map(|it| [it.ours.as_str(), it.theirs.as_str(), it.what.as_str()]);
    let rows: Vec<[&str; 3]> = std::iter::once(["provider", "ispdb", "difference"]).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    let mut text = String::new();
    if !found.is_empty() {
        for [ours, theirs, what] in &rows {
            text.push_str(&format!("{ours:first$}  {theirs:second$}  {what}\n"));
        }
        text.push('\n');
    }
    text.push_str(&format!(
        "{} providers here, {} files there, {} differences\n",
        ours.len(),
        theirs.len(),
        found.len()
    ));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "\
# made up
[alike]
name Alike
smtp smtp.alike.example 465 ssl
imap imap.alike.example 993 ssl
domains alike.example
mx .mx-alike.example
source nowhere, 2026-01-01

[moved]
name Moved
smtp smtp.moved.example 587 tls
imap imap.moved.example 993 ssl
login local-part
imap-login address
domains moved.example only-here.example

[taken]
name Taken
smtp smtp.taken.example 465 ssl
domains elsewhere.example

[unknown-there]
name Unknown there
smtp smtp.unknown.example 465 ssl
";

    fn file(domains: &[&str], smtp: &str, imap: &str) -> String {
        let domains: String = domains.iter().map(|it| format!("<domain>{it}</domain>")).collect();
        format!(
            "<?xml version=\"1.0\"?><!-- <domain>commented.example</domain> -->\n<clientConfig version=\"1.1\">\
             <emailProvider id=\"x\">{domains}<displayName>A &amp; B</displayName>{smtp}{imap}</emailProvider></clientConfig>"
        )
    }

    fn server(tag: &str, kind: &str, host: &str, port: u16, security: &str, login: &str) -> String {
        format!(
            "<{tag} type=\"{kind}\"><hostname>{host}</hostname><port>{port}</port><socketType>{security}</socketType>\
             <username>{login}</username><authentication>password-cleartext</authentication></{tag}>"
        )
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("ispdb");
        std::fs::create_dir(&inside).unwrap();
        let smtp = |host: &str, port, security: &str, login: &str| {
            server("outgoingServer", "smtp", host, port, security, login)
        };
        let imap = |host: &str, login: &str| server("incomingServer", "imap", host, 993, "SSL", login);
        let pop = server("incomingServer", "pop3", "pop.alike.example", 995, "SSL", "%EMAILADDRESS%");
        for (name, text) in [
            (
                "alike.example.xml",
                file(
                    &["alike.example", "mx-alike.example", "new.example"],
                    &smtp("smtp.alike.example", 465, "SSL", "%EMAILADDRESS%"),
                    &(pop + &imap("imap.alike.example", "%EMAILADDRESS%")),
                ),
            ),
            (
                "moved.example.xml",
                file(
                    &["moved.example"],
                    &smtp("out.moved.example", 587, "STARTTLS", "%EMAILLOCALPART%"),
                    &imap("imap.moved.example", "%EMAILLOCALPART%"),
                ),
            ),
            (
                "elsewhere.example.xml",
                file(
                    &["elsewhere.example"],
                    &smtp("smtp.elsewhere.example", 465, "SSL", "%EMAILADDRESS%"),
                    "",
                ),
            ),
            (
                "nobody.example.xml",
                file(&["nobody.example"], &smtp("smtp.nobody.example", 465, "SSL", "%EMAILADDRESS%"), ""),
            ),
            ("readme.txt", "no file of the database".to_owned()),
        ] {
            std::fs::write(inside.join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn what_differs_is_a_row_and_nothing_else_is() {
        let folder = folder();
        let found = compared(OURS, folder.path()).unwrap();
        let rows: Vec<String> = found
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(
            rows,
            [
                "alike alike.example.xml domain there alone: new.example",
                "moved moved.example.xml smtp here: smtp.moved.example:587 tls, login by local-part; there: \
                 out.moved.example:587 tls, login by local-part",
                "moved moved.example.xml imap here: imap.moved.example:993 ssl, login by address; there: \
                 imap.moved.example:993 ssl, login by local-part",
                "taken elsewhere.example.xml smtp here: smtp.taken.example:465 ssl, login by address; there: \
                 smtp.elsewhere.example:465 ssl, login by address",
                "- nobody.example.xml not among ours: nobody.example",
                "4 providers here, 4 files there, 5 differences",
            ],
            "{found}"
        );
        let inside = compared(OURS, &folder.path().join("ispdb")).unwrap();
        assert_eq!(inside, found, "the folder itself may be named");
    }

    #[test]
    fn a_folder_without_the_database_and_a_file_that_is_no_xml_are_named() {
        let folder = folder();
        let empty = tempfile::tempdir().unwrap();
        let error = compared(OURS, empty.path()).unwrap_err().to_string();
        assert!(error.contains("no file"), "{error}");
        std::fs::write(folder.path().join("ispdb/broken.example.xml"), "<clientConfig><emailProvider>")
            .unwrap();
        let error = format!("{:#}", compared(OURS, folder.path()).unwrap_err());
        assert!(error.contains("broken.example.xml"), "{error}");
    }

    #[test]
    fn our_own_table_is_read_whole() {
        let text = std::fs::read_to_string(root().join(PROVIDERS)).unwrap();
        let ours = table::read(&text);
        assert_eq!(ours.len(), text.lines().filter(|line| line.starts_with('[')).count());
        let gmail = ours.iter().find(|it| it.name == "gmail").unwrap();
        assert_eq!(gmail.smtp[0].to_string(), "smtp.gmail.com:465 ssl, login by address");
        let icloud = ours.iter().find(|it| it.name == "icloud").unwrap();
        assert_eq!(icloud.imap[0].login, "local-part");
    }
}
