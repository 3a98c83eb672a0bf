//! Our own table of providers, as far as it is compared. The guest reads the same file, and its tests see to it that every
//! line says something.

use super::{Provider, Server};

/// The providers of a table.
pub(super) fn read(text: &str) -> Vec<Provider> {
    let (mut all, mut logins) = (Vec::<Provider>::new(), Vec::<[Option<String>; 2]>::new());
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(id) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            all.push(Provider { name: id.to_owned(), ..Provider::default() });
            logins.push([None, None]);
            continue;
        }
        let (Some(last), Some(login)) = (all.last_mut(), logins.last_mut()) else { continue };
        let Some((field, value)) = line.split_once(' ') else { continue };
        let words = || value.split_ascii_whitespace().map(str::to_owned);
        match field {
            "smtp" => last.smtp.extend(server(value)),
            "imap" => last.imap.extend(server(value)),
            "login" => login[0] = Some(value.to_owned()),
            "imap-login" => login[1] = Some(value.to_owned()),
            "domains" => last.domains.extend(words()),
            "mx" => last.mx.extend(words()),
            _ => {}
        }
    }
    for (provider, [login, imap]) in all.iter_mut().zip(logins) {
        let login = login.unwrap_or_else(|| "address".to_owned());
        let imap = imap.unwrap_or_else(|| login.clone());
        provider.smtp.iter_mut().for_each(|server| server.login.clone_from(&login));
        provider.imap.iter_mut().for_each(|server| server.login.clone_from(&imap));
    }
    all
}

fn server(value: &str) -> Option<Server> {
    let mut parts = value.split_ascii_whitespace();
    Some(Server {
        host: parts.next()?.to_owned(),
        port: parts.next()?.parse().ok()?,
        security: parts.next()?.to_owned(),
        login: String::new(),
    })
}
