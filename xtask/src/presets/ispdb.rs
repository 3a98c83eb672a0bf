//! Files of Thunderbird's database: one provider each, in XML.

use super::{Provider, Server};
use anyhow::{Context as _, bail};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::path::Path;

/// The providers of a checkout, or of its folder `ispdb`, by their files' names.
pub(super) fn read(folder: &Path) -> anyhow::Result<Vec<Provider>> {
    let inside = folder.join("ispdb");
    let folder = if inside.is_dir() { inside } else { folder.to_owned() };
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut all = vec![];
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|it| it != "xml") {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        all.push(provider(name, &text).with_context(|| format!("in {}", path.display()))?);
    }
    if all.is_empty() {
        bail!("no file of the database in {}", folder.display());
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// What is open while a file is read.
#[derive(Default)]
struct Open {
    /// Names of the elements, the outermost first.
    path: Vec<String>,
    /// `smtp`, `imap`, …, of the server that is open.
    kind: String,
    server: [String; 4],
    text: String,
}

fn provider(name: String, text: &str) -> anyhow::Result<Provider> {
    let mut found = Provider { name, ..Provider::default() };
    let mut open = Open::default();
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event()? {
            Event::Start(start) => {
                let element = start.local_name().as_ref().to_owned();
                if element.ends_with("Server") {
                    let kind = start.try_get_attribute("type")?;
                    open.kind = kind.map(|it| it.value.into_owned()).unwrap_or_default();
                    open.server = Default::default();
                }
                open.path.push(element);
                open.text.clear();
            }
            Event::Text(part) => open.text.push_str(&part),
            Event::End(_) => close(&mut found, &mut open),
            Event::Eof => break,
            _ => {}
        }
    }
    if !open.path.is_empty() {
        bail!("the file ends within <{}>", open.path.join("><"));
    }
    Ok(found)
}

fn close(found: &mut Provider, open: &mut Open) {
    let element = open.path.pop().unwrap_or_default();
    let text = std::mem::take(&mut open.text).trim().to_owned();
    match element.as_str() {
        "domain" => found.domains.push(text.to_ascii_lowercase()),
        "hostname" => open.server[0] = text,
        "port" => open.server[1] = text,
        "socketType" => open.server[2] = text,
        "username" => open.server[3] = text,
        "incomingServer" | "outgoingServer" => {
            let server = server(&open.server);
            match open.kind.as_str() {
                "smtp" => found.smtp.extend(server),
                "imap" => found.imap.extend(server),
                _ => {}
            }
        }
        _ => {}
    }
}

fn server([host, port, security, login]: &[String; 4]) -> Option<Server> {
    let security = match security.as_str() {
        "SSL" => "ssl",
        "STARTTLS" => "tls",
        _ => "none",
    };
    let login = match login.as_str() {
        "" | "%EMAILADDRESS%" => "address",
        "%EMAILLOCALPART%" => "local-part",
        _ => "own",
    };
    Some(Server {
        host: host.to_ascii_lowercase(),
        port: port.parse().ok()?,
        security: security.to_owned(),
        login: login.to_owned(),
    })
}
