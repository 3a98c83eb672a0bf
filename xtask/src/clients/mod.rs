//! Makes the host's data of mail clients anew: what each client shows of HTML and CSS, by caniemail.com.
//!
//! The lint of the host needs a small part of it: for every feature the signs it is recognised by, what the newest
//! version of each client does with it, and the notes about that. A feature that the table of signs does not know stops
//! the command, so that a person says how it is recognised.

mod caniemail;
mod signs;

use crate::run::{has_program, program, root, target};
use anyhow::{Context as _, bail};
use caniemail::Published;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The data that is made, from the project's root.
const DATA: &str = "host/postroom/src/mail_clients/data/caniemail.json";
/// The package that carries a copy of caniemail's published data, and where in it.
const PACKAGE: &str = "caniemail@2.0.2";
const IN_PACKAGE: &str = "package/data/caniemail.json";
/// Clients that are left out.
const RETIRED: &[&str] = &[
    // Its maker ended it with the year 2024.
    "outlook.windows-mail",
];
/// Features that a client was tested for, below which nothing can be said of it.
const TESTED: usize = 20;

/// `cargo xtask clients [FILE]`.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let file = match arguments {
        [] => from_package()?,
        [file] => PathBuf::from(file),
        _ => bail!("name one file, caniemail's published data.json, or none: cargo xtask clients [FILE]"),
    };
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let published = caniemail::read(&text).with_context(|| format!("in {}", file.display()))?;
    let data = converted(&published)?;
    let to = root().join(DATA);
    std::fs::write(&to, &data).with_context(|| format!("cannot write {}", to.display()))?;
    println!(
        "{DATA}: {} bytes, data of {} with {} features",
        data.len(),
        published.date(),
        data.lines().filter(|line| line.starts_with("{\"slug\"")).count()
    );
    Ok(())
}

/// Brings the package and gives the path of the data in it.
fn from_package() -> anyhow::Result<PathBuf> {
    if !has_program("npm") {
        bail!("npm is missing: install it, or name a file with caniemail's data");
    }
    let folder = target().join("caniemail");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let packed = program("npm").args(["pack", "--silent", PACKAGE, "--pack-destination"]).args([&folder]);
    let name = packed.output().with_context(|| format!("npm does not bring {PACKAGE}"))?;
    let archive = folder.join(name.trim());
    program("tar").args(["-xzf"]).args([&archive]).args([Path::new("-C"), &folder]).go()?;
    Ok(folder.join(IN_PACKAGE))
}

/// The host's data: a head, then one line a feature.
fn converted(published: &Published) -> anyhow::Result<String> {
    let clients = published.clients(TESTED, RETIRED);
    let names: Vec<Value> =
        clients.iter().map(|id| json!({ "id": id, "name": published.name_of(id) })).collect();
    let mut rows = Vec::new();
    for feature in &published.data {
        let Some(signs) = signs::of(feature)? else { continue };
        let support: Vec<String> =
            clients.iter().map(|id| feature.support(id)).collect::<anyhow::Result<_>>()?;
        let used = |number: &str| support.iter().any(|it| it[1..].split(',').any(|note| note == number));
        let notes = feature.notes_by_num.iter().flatten().filter(|(number, _)| used(number));
        let notes: serde_json::Map<String, Value> =
            notes.map(|(number, text)| (number.clone(), plain(text).into())).collect();
        let fields = [
            ("slug", json!(feature.slug)),
            ("title", json!(feature.title)),
            ("tested", json!(feature.last_test_date)),
            ("signs", json!(signs)),
            ("support", json!(support.join(" "))),
            ("notes", json!(notes)),
        ];
        // Written field by field: a map would put them in the order of the alphabet.
        let fields = fields.iter().filter(|(_, value)| *value != json!({}));
        let fields: Vec<String> = fields.map(|(name, value)| format!("\"{name}\":{value}")).collect();
        rows.push(format!("{{{}}}", fields.join(",")));
    }
    Ok(format!(
        "{{\"source\":\"caniemail.com, github.com/hteumeuleu/caniemail\",\n\
         \"licence\":\"MIT, Copyright (c) 2019 HTeuMeuLeu: see LICENCE-caniemail.txt\",\n\
         \"date\":\"{}\",\n\"clients\":{},\n\"features\":[\n{}\n]}}\n",
        published.date(),
        Value::from(names),
        rows.join(",\n")
    ))
}

/// A note without the marks of Markdown.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("](") {
        let end = rest[at..].find(')').map_or(rest.len(), |end| at + end + 1);
        out.push_str(&rest[..at].replacen('[', "", 1));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out.replace('`', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str = r##"{
      "last_update_date": "2026-05-13 14:45:41 +0000",
      "nicenames": {
        "family": { "gmail": "Gmail", "outlook": "Outlook" },
        "platform": { "desktop-webmail": "Desktop Webmail", "windows": "Windows", "windows-mail": "Windows Mail" }
      },
      "data": [
        { "slug": "css-display-flex", "title": "display:flex", "category": "css", "keywords": null,
          "last_test_date": "2020-01-02",
          "stats": { "gmail": { "desktop-webmail": { "2019-02": "n", "2020-01": "a #2" } },
                     "outlook": { "windows": { "2007": "y", "2019": "n #1" }, "windows-mail": { "2020": "y" } } },
          "notes_by_num": { "1": "Of no use.", "2": "Not `inline-flex`, see [here](https://example.org/x).", "3": "Old." } },
        { "slug": "amp", "title": "AMP", "category": "others", "keywords": null, "last_test_date": "2020-01-02",
          "stats": {}, "notes_by_num": null }
      ]
    }"##;

    #[test]
    fn the_newest_version_of_each_client_and_the_notes_about_it_are_kept() {
        let mut published = caniemail::read(PUBLISHED).expect("data");
        for _ in 1..TESTED {
            let first = published.data[0].clone();
            published.data.push(first);
        }
        let data: Value = serde_json::from_str(&converted(&published).expect("converted")).expect("JSON");
        assert_eq!(data["date"], "2026-05-13");
        assert_eq!(
            data["clients"],
            json!([{ "id": "gmail.desktop-webmail", "name": "Gmail (web)" },
                   { "id": "outlook.windows", "name": "Outlook (Windows)" }])
        );
        let feature = &data["features"][0];
        assert_eq!(feature["support"], "a2 n1");
        assert_eq!(feature["signs"], json!(["value:display=flex"]));
        assert_eq!(feature["notes"], json!({ "1": "Of no use.", "2": "Not inline-flex, see here." }));
    }

    #[test]
    fn a_feature_that_nothing_is_known_of_is_named() {
        let unknown = PUBLISHED.replace(
            "\"css-display-flex\", \"title\": \"display:flex\"",
            "\"css-new\", \"title\": \"Something New\"",
        );
        let error = converted(&caniemail::read(&unknown).expect("data")).expect_err("unknown");
        assert!(error.to_string().contains("css-new"), "{error}");
    }
}
