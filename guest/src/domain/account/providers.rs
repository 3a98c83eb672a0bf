//! The table of providers, `providers.txt`, read once. What could not be confirmed is left out of it: a provider without a server there has
//! none that all its customers share.

use super::model::{Security, SignIn, Transport};
use super::notes::Note;
use super::preset::{Host, LoginForm, Preset};
use std::sync::LazyLock;

const TABLE: &str = include_str!("providers.txt");

/// The providers, sorted by name, as they are shown.
pub(super) static PROVIDERS: LazyLock<Vec<Preset>> = LazyLock::new(|| read(TABLE).0);

/// Reads the providers of a table; returns them with the lines that could not be read.
fn read(table: &'static str) -> (Vec<Preset>, Vec<&'static str>) {
    let (mut all, mut unread) = (Vec::<Preset>::new(), Vec::new());
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(id) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            all.push(empty(id));
            continue;
        }
        let is_read = match (all.last_mut(), line.split_once(' ')) {
            (Some(preset), Some((field, value))) => set(preset, field, value.trim()).is_some(),
            _ => false,
        };
        if !is_read {
            unread.push(line);
        }
    }
    for preset in &mut all {
        if preset.sign_in.is_empty() {
            preset.sign_in.push(SignIn::Password);
        }
    }
    (all, unread)
}

/// Makes a preset with nothing but its name.
fn empty(id: &'static str) -> Preset {
    Preset {
        id,
        name: id,
        transport: Transport::Smtp,
        smtp: None,
        imap: None,
        login: LoginForm::Address,
        imap_login: None,
        sign_in: vec![],
        notes: vec![],
        source: "",
        domains: vec![],
        mx: vec![],
    }
}

fn set(preset: &mut Preset, field: &str, value: &'static str) -> Option<()> {
    match field {
        "name" => preset.name = value,
        "transport" => {
            preset.transport = match value {
                "gmail" => Transport::Gmail,
                "graph" => Transport::Graph,
                _ => return None,
            }
        }
        "smtp" => preset.smtp = Some(host(value)?),
        "imap" => preset.imap = Some(host(value)?),
        "login" => preset.login = login(value)?,
        "imap-login" => preset.imap_login = Some(login(value)?),
        "sign-in" => {
            for way in value.split_ascii_whitespace() {
                preset.sign_in.push(match way {
                    "oauth" => SignIn::Oauth,
                    "app-password" => SignIn::AppPassword,
                    "password" => SignIn::Password,
                    _ => return None,
                });
            }
        }
        "note" => preset.notes.push(Note::ALL.iter().copied().find(|note| note.code() == value)?),
        "domains" => preset.domains.extend(value.split_ascii_whitespace()),
        "mx" => preset.mx.extend(value.split_ascii_whitespace()),
        "source" => preset.source = value,
        _ => return None,
    }
    Some(())
}

/// Reads a server from its line: `smtp.example.com 465 ssl`.
fn host(value: &'static str) -> Option<Host> {
    let mut parts = value.split_ascii_whitespace();
    let (name, port) = (parts.next()?, parts.next()?.parse().ok()?);
    let security = match parts.next()? {
        "ssl" => Security::Ssl,
        "tls" => Security::Tls,
        _ => return None,
    };
    parts.next().is_none().then_some(Host { name, port, security })
}

fn login(value: &str) -> Option<LoginForm> {
    [LoginForm::Address, LoginForm::LocalPart, LoginForm::Own].into_iter().find(|form| form.name() == value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_line_of_the_table_says_something() {
        let (all, unread) = read(TABLE);
        assert_eq!(unread, Vec::<&str>::new());
        assert!(all.len() > 80, "{}", all.len());
    }

    #[test]
    fn a_line_that_says_nothing_is_left_out_and_found() {
        let (all, unread) = read(
            "name before any section\n[x]\nname X\nsmtp smtp.x.example 465 ssl\nimap imap.x.example 993\nlogin mine\n\
             smtp smtp.x.example 465 ssl more\nsign-in oauth telepathy\ntransport pigeon\nsurprise 1\nnote\nnote nosuch\n",
        );
        assert_eq!((all.len(), all[0].name, all[0].smtp.is_some(), all[0].imap), (1, "X", true, None));
        assert_eq!(unread.len(), 9, "{unread:?}");
    }

    #[test]
    fn each_note_is_that_of_a_provider() {
        let given: BTreeSet<_> =
            PROVIDERS.iter().flat_map(|preset| &preset.notes).map(|it| it.code()).collect();
        assert_eq!(given, Note::CODES.iter().copied().collect());
    }

    #[test]
    fn every_provider_says_where_its_servers_were_read_and_when() {
        for preset in PROVIDERS.iter() {
            let has_date = preset.source.split([',', ';', ' ']).any(|part| {
                part.len() == 10
                    && part.starts_with("2026-")
                    && part.bytes().filter(|b| *b == b'-').count() == 2
            });
            assert!(has_date, "{}: {:?}", preset.id, preset.source);
        }
    }

    #[test]
    fn a_domain_has_one_provider() {
        let mut all: Vec<(&str, &str)> = Vec::new();
        for preset in PROVIDERS.iter() {
            for name in preset.domains.iter().chain(&preset.mx) {
                assert_eq!(name.to_ascii_lowercase(), *name, "{}", preset.id);
                assert!(name.contains('.') && !name.ends_with('.'), "{}: {name}", preset.id);
                let other = all.iter().find(|(known, _)| known == name);
                assert!(other.is_none(), "{name}: {} and {other:?}", preset.id);
                all.push((name, preset.id));
            }
        }
    }
}
