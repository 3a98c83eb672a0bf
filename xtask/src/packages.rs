//! Debian packages that a tier needs: installed where that is possible, named where it is not.

use crate::run::{has_program, program};
use anyhow::bail;
use std::path::Path;

/// A package and what shows that it is there: a program, or a file.
pub(crate) struct Package {
    /// Its name in Debian and Ubuntu.
    pub(crate) name: &'static str,
    /// A program on the path, or an absolute path.
    pub(crate) sign: &'static str,
}

/// What the end-to-end tier needs.
pub(crate) const MAIL_SERVERS: &[Package] = &[
    Package { name: "postfix", sign: "postfix" },
    Package { name: "dovecot-core", sign: "dovecot" },
    Package { name: "dovecot-imapd", sign: "/usr/lib/dovecot/imap" },
    Package { name: "dovecot-lmtpd", sign: "/usr/lib/dovecot/lmtp" },
    Package { name: "openssl", sign: "openssl" },
    // Clocks that are wrong, and namespaces of processes.
    Package { name: "faketime", sign: "faketime" },
    Package { name: "util-linux", sign: "unshare" },
];

/// What serves a mailbox to the benchmark.
pub(crate) const MAILBOX_SERVER: &[Package] = &[
    Package { name: "dovecot-core", sign: "dovecot" },
    Package { name: "dovecot-imapd", sign: "/usr/lib/dovecot/imap" },
];

/// What shows mails to the tests, with letters as wide as Arial's, and what judges them.
pub(crate) const MAIL_READERS: &[Package] = &[
    Package { name: "chromium", sign: "chromium" },
    Package { name: "fonts-liberation", sign: "/usr/share/fonts/truetype/liberation" },
    Package { name: "spamassassin", sign: "spamassassin" },
];

/// Makes sure of a PostgreSQL server's programs. Debian keeps them off the path.
pub(crate) fn ensure_postgresql() -> anyhow::Result<()> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders = installed.map(|entry| entry.path().join("bin"));
    if folders.any(|folder| folder.join("initdb").exists()) || has_program("initdb") {
        return Ok(());
    }
    install(&["postgresql"], "the store on PostgreSQL")
}

/// Makes sure of a Python that can make virtual environments. The one on the path is asked: it need not be
/// Debian's.
pub(crate) fn ensure_python() -> anyhow::Result<()> {
    let works = || program("python3").args(["-c", "import ensurepip, venv"]).output().is_some();
    if works() {
        return Ok(());
    }
    install(&["python3", "python3-venv"], "loading the plugin from Python")?;
    if !works() {
        bail!(
            "the python3 on the path can't make virtual environments: install one that has venv and ensurepip"
        );
    }
    Ok(())
}

/// Makes sure that the packages are there.
pub(crate) fn ensure(packages: &[Package], what_for: &str) -> anyhow::Result<()> {
    let missing = packages.iter().filter(|p| !is_there(p.sign)).map(|p| p.name).collect::<Vec<_>>();
    if missing.is_empty() {
        return Ok(());
    }
    install(&missing, what_for)
}

/// Installs packages by name.
pub(crate) fn install(names: &[&str], what_for: &str) -> anyhow::Result<()> {
    let list = names.join(" ");
    if std::env::var_os("POSTROOM_NO_INSTALL").is_some() || !has_program("apt-get") {
        bail!(
            "{what_for} needs the packages {list}: install them (on Debian or Ubuntu: apt-get install {list})"
        );
    }
    let root = program("id").args(["-u"]).output().is_some_and(|id| id.trim() == "0");
    if !root && !has_program("sudo") {
        bail!("{what_for} needs the packages {list}: run `apt-get install {list}` as root");
    }
    eprintln!("{what_for} needs {list}: installing them");
    let as_root = |words: &[&str]| {
        let sudo = if root { None } else { Some("sudo") };
        let all: Vec<&str> = sudo
            .into_iter()
            .chain(["env", "DEBIAN_FRONTEND=noninteractive"])
            .chain(words.iter().copied())
            .collect();
        program(all[0]).args(&all[1..]).go()
    };
    as_root(&["apt-get", "--quiet", "--yes", "update"])?;
    let words = ["sh", "-c", INSTALL, "install"];
    as_root(&words.iter().chain(names).copied().collect::<Vec<_>>())
}

/// Installs what it is given, and starts none of it as a service of this machine: the tests run servers of their own.
/// `policy-rc.d` is how Debian is told so (deb-systemd-invoke(1p), invoke-rc.d(8)); one that is there stays. Postfix
/// asks what to be unless it was told: nothing.
const INSTALL: &str = r#"
    set -e
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod 755 "$policy"
    fi
    case " $* " in *" postfix "*)
        echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
    esac
    apt-get --quiet --yes install --no-install-recommends "$@"
"#;

fn is_there(sign: &str) -> bool {
    if sign.starts_with('/') { Path::new(sign).exists() } else { has_program(sign) }
}
