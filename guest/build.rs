//! Collects the shipped texts of `/templates` into a table in the binary, sorted by path, so that a new text
//! needs no list to be kept.

#![allow(clippy::disallowed_methods)] // Cargo speaks to a build script through the environment

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = manifest.join("..").join("templates").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.display());

    let mut files = Vec::new();
    collect(&root, "", &mut files)?;
    files.sort();

    let mut table = String::from("&[\n");
    for (name, path) in &files {
        table.push_str(&format!("    ({name:?}, include_str!({:?})),\n", path.display().to_string()));
    }
    table.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("shipped.rs"), table)
}

fn collect(folder: &Path, prefix: &str, into: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // `office` is what the company's own people read: no text of a mail.
        if name.starts_with('.') || (prefix.is_empty() && name == "office") {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), into)?;
        } else if matches!(path.extension().and_then(|e| e.to_str()), Some("txt" | "html" | "json")) {
            into.push((format!("{prefix}{name}"), path));
        }
    }
    Ok(())
}
