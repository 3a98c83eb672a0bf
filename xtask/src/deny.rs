//! Licences, sources and duplicates of what we depend on, by cargo-deny (`deny.toml`); and known faults of it, where RustSec's
//! database of advisories can be had.

use crate::run::{cargo, program, root, target};
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};

const VERSION: &str = "0.20.2";

/// Where RustSec's database of advisories is.
const ADVISORIES: &str = "POSTROOM_ADVISORIES";

/// What is printed where advisories are not looked at, so that no reader believes that they were.
const NOT_CHECKED: &str = "\
advisories were NOT checked, for want of RustSec's database. Set POSTROOM_ADVISORIES to a clone of it (git clone --bare
https://github.com/RustSec/advisory-db), which needs no network then, or to `fetch` to have cargo-deny get it";

/// Which advisories are looked at.
#[derive(Debug, PartialEq, Eq)]
enum Advisories {
    /// None.
    Not,
    /// Those that cargo-deny fetches.
    Fetched,
    /// Those of a clone on this machine.
    Clone(PathBuf),
}

impl Advisories {
    fn of(variable: Option<&str>) -> Self {
        match variable.map(str::trim) {
            None | Some("") => Self::Not,
            Some("fetch" | "1") => Self::Fetched,
            Some(path) => Self::Clone(PathBuf::from(path)),
        }
    }
}

/// Checks `deny.toml`, installing cargo-deny beside the build where it is missing. Advisories are checked where
/// POSTROOM_ADVISORIES says where they are; where it does not, that they were not is the last thing said.
pub(crate) fn run() -> anyhow::Result<()> {
    let advisories = Advisories::of(std::env::var(ADVISORIES).ok().as_deref());
    let config = match &advisories {
        Advisories::Clone(path) => Some(config_for(path)?),
        _ => None,
    };
    let mut checks = vec!["bans", "licenses", "sources"];
    if advisories != Advisories::Not {
        checks.push("advisories");
    }
    let mut deny = program(tool()?).args(["--all-features", "check", "--hide-inclusion-graph"]);
    if let Some(config) = &config {
        deny = deny.args(["--config"]).args([config]);
    }
    deny.args(checks).go()?;
    if advisories == Advisories::Not {
        eprintln!("{NOT_CHECKED}");
    }
    Ok(())
}

/// `deny.toml`, with the advisories of a clone on this machine.
fn config_for(clone: &Path) -> anyhow::Result<PathBuf> {
    let place = clone.canonicalize().with_context(|| format!("{ADVISORIES}: {}", clone.display()))?;
    if !place.join("HEAD").is_file() && !place.join(".git").exists() {
        bail!("{ADVISORIES}: {} is no git repository: clone RustSec's advisory-db there", place.display());
    }
    let own = root().join("deny.toml");
    let text = std::fs::read_to_string(&own).with_context(|| format!("can't read {}", own.display()))?;
    let folder = target().join("tools");
    std::fs::create_dir_all(&folder)?;
    let config = folder.join("deny-with-advisories.toml");
    std::fs::write(&config, with_advisories(&text, &place, &folder.join("advisories")))?;
    Ok(config)
}

fn with_advisories(own: &str, clone: &Path, copy: &Path) -> String {
    format!(
        "{own}\n[advisories]\ndb-urls = ['file://{}']\ndb-path = '{}'\ngit-fetch-with-cli = true\n",
        clone.display(),
        copy.display()
    )
}

fn tool() -> anyhow::Result<PathBuf> {
    let folder = target().join("tools");
    let tool = folder.join("bin/cargo-deny");
    let found =
        |path: &PathBuf| program(path).args(["--version"]).output().is_some_and(|v| v.contains(VERSION));
    let installed = PathBuf::from("cargo-deny");
    if found(&installed) {
        return Ok(installed);
    }
    if !found(&tool) {
        eprintln!(
            "installing cargo-deny {VERSION} into {}",
            folder.strip_prefix(root()).unwrap_or(&folder).display()
        );
        // Built to be there soon, not to be fast.
        cargo([
            "install",
            "--quiet",
            "--locked",
            "cargo-deny",
            "--version",
            VERSION,
            "--no-default-features",
            "--root",
        ])
        .args([&folder])
        .env("CARGO_TARGET_DIR", folder.join("build"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .go()?;
        // What it was built with is of no further use.
        let _ = std::fs::remove_dir_all(folder.join("build"));
    }
    Ok(tool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advisories_are_not_passed_over_in_silence() {
        for (variable, wanted) in [
            (None, Advisories::Not),
            (Some(""), Advisories::Not),
            (Some("fetch"), Advisories::Fetched),
            (Some("1"), Advisories::Fetched),
            (Some("/srv/advisory-db"), Advisories::Clone("/srv/advisory-db".into())),
        ] {
            assert_eq!(Advisories::of(variable), wanted, "{variable:?}");
        }
        assert!(NOT_CHECKED.starts_with("advisories were NOT checked") && NOT_CHECKED.contains(ADVISORIES));
        let config = with_advisories("[bans]\n", Path::new("/srv/db"), Path::new("/t/kept"));
        assert!(
            config.starts_with("[bans]\n") && config.contains("db-urls = ['file:///srv/db']"),
            "{config}"
        );
        let missing = config_for(Path::new("/no/such/clone")).unwrap_err().to_string();
        assert!(missing.contains(ADVISORIES), "{missing}");
    }
}
