//! Files that a settings file names, and whether it is believed when it names them.
//!
//! A file that others wrote must not choose what this program reads for them: a key file of the operator, another
//! company's password, a variable of the environment. Such a file reaches what is below its own folder, and no link leads out of
//! there: each part of a path is opened by itself, from the folder on, without following one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Error, ErrorKind, Read as _};
use std::path::{Component, Path, PathBuf};

/// Largest template file, and most template files, taken from a folder.
const TEMPLATE_BYTES: u64 = 1 << 20;
const TEMPLATE_FILES: usize = 2_000;
/// Folders in folders.
const DEPTH: usize = 32;

/// The trust in a settings file, by who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// The user's own, or the operator's: it names any file and any variable.
    #[default]
    Own,
    /// Written by others: files below its own folder, and no variable.
    OwnFolder,
}

/// The files that a settings file may name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SettingsFiles {
    folder: PathBuf,
    trust: Trust,
}

impl SettingsFiles {
    /// Opens the files of the settings file at this path.
    pub(crate) fn of(settings: &Path, trust: Trust) -> Self {
        Self { folder: settings.parent().unwrap_or(Path::new("")).to_owned(), trust }
    }

    /// Gives the path of a file that the settings name.
    pub(super) fn path(&self, named: &Path) -> PathBuf {
        self.folder.join(named)
    }

    /// Reads a file of at most so many bytes, by what [`SettingsFiles::path`] gave.
    pub(crate) fn read(&self, path: &Path, most: u64) -> Result<Vec<u8>, Error> {
        let file = match self.trust {
            Trust::Own => std::fs::File::open(path)?,
            Trust::OwnFolder => below::file(&self.folder, &self.parts(path)?)?,
        };
        bounded(file, most)
    }

    /// Reads a text of at most so many bytes.
    pub(crate) fn read_text(&self, path: &Path, most: u64) -> Result<String, Error> {
        String::from_utf8(self.read(path, most)?)
            .map_err(|_| Error::new(ErrorKind::InvalidData, "it is not text in UTF-8"))
    }

    /// Reads a variable of the environment.
    pub(super) fn variable(&self, name: &str) -> Result<String, String> {
        match self.trust {
            Trust::Own => {
                std::env::var(name).map_err(|_| format!("the environment has no readable variable {name}"))
            }
            Trust::OwnFolder => Err(format!(
                "{name}: the file may be somebody else's, and no variable is read for it: put the secret into a file beside \
                 it, or say --trust-file if the file is your own"
            )),
        }
    }

    /// Reads every `.txt`, `.html` and `.json` file below a folder, by what [`SettingsFiles::path`] gave; the path below it
    /// is the template's name.
    ///
    /// # Errors
    /// The path, and what is wrong there.
    pub(super) fn read_templates(&self, folder: &Path) -> Result<BTreeMap<String, String>, (PathBuf, Error)> {
        let mut texts = BTreeMap::new();
        let mut open = vec![Vec::new()];
        while let Some(parts) = open.pop() {
            let below: PathBuf = parts.iter().collect();
            let next = folder.join(&below);
            let at = |path: &Path| {
                let path = path.to_owned();
                move |error| (path, error)
            };
            for name in self.list(&next).map_err(at(&next))? {
                let mut entry = parts.clone();
                entry.push(name);
                let below: PathBuf = entry.iter().collect();
                let path = folder.join(&below);
                let known =
                    below.extension().is_some_and(|e| ["txt", "html", "json"].iter().any(|k| e == *k));
                if self.is_folder(&path) {
                    if entry.len() > DEPTH {
                        return Err((
                            path,
                            Error::new(ErrorKind::InvalidInput, "too many folders in folders"),
                        ));
                    }
                    open.push(entry);
                } else if known && (self.trust == Trust::OwnFolder || path.is_file()) {
                    if texts.len() >= TEMPLATE_FILES {
                        let most = format!("a folder has at most {TEMPLATE_FILES} templates");
                        return Err((path, Error::new(ErrorKind::InvalidInput, most)));
                    }
                    let text = self.read_text(&path, TEMPLATE_BYTES).map_err(at(&path))?;
                    let name = entry.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
                    texts.insert(name, text);
                }
            }
        }
        Ok(texts)
    }

    fn list(&self, folder: &Path) -> Result<Vec<OsString>, Error> {
        match self.trust {
            Trust::Own => std::fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect(),
            Trust::OwnFolder => below::list(&self.folder, &self.parts(folder)?),
        }
    }

    fn is_folder(&self, path: &Path) -> bool {
        match self.trust {
            Trust::Own => path.symlink_metadata().is_ok_and(|facts| facts.is_dir()),
            Trust::OwnFolder => self.parts(path).is_ok_and(|parts| below::list(&self.folder, &parts).is_ok()),
        }
    }

    /// The parts of a path below the folder; an error for one that leads elsewhere.
    fn parts(&self, path: &Path) -> Result<Vec<OsString>, Error> {
        let outside = || {
            let what = "it is not below the settings file's own folder: put it there, or say --trust-file if the file is \
                        your own";
            Error::new(ErrorKind::PermissionDenied, what)
        };
        let below = path.strip_prefix(&self.folder).map_err(|_| outside())?;
        let mut parts = Vec::new();
        for part in below.components() {
            match part {
                Component::Normal(part) => parts.push(part.to_owned()),
                Component::CurDir => {}
                _ => return Err(outside()),
            }
        }
        Ok(parts)
    }
}

/// The whole of a file, if it has no more bytes than these.
fn bounded(file: std::fs::File, most: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Error::new(ErrorKind::InvalidInput, format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

fn linked() -> Error {
    let what = "it is a link, or a link leads to it: put the file itself there, or say --trust-file if the settings are your \
                own";
    Error::new(ErrorKind::PermissionDenied, what)
}

/// Opening below a folder, part by part.
#[cfg(unix)]
mod below {
    use super::linked;
    use rustix::fs::{Dir, FileType, Mode, OFlags, fstat, openat};
    use rustix::io::Errno;
    use std::ffi::{OsStr, OsString};
    use std::fs::File;
    use std::io::{Error, ErrorKind};
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::ffi::OsStringExt as _;
    use std::path::Path;

    /// Opens a regular file. A pipe or a device would be waited for.
    pub(super) fn file(folder: &Path, parts: &[OsString]) -> Result<File, Error> {
        let none = || Error::new(ErrorKind::InvalidInput, "it is not a file");
        let (name, folders) = parts.split_last().ok_or_else(none)?;
        let file = open(&descend(folder, folders)?, name, OFlags::NONBLOCK)?;
        let facts = fstat(&file)?;
        if FileType::from_raw_mode(facts.st_mode) != FileType::RegularFile {
            return Err(none());
        }
        // Another name of a file that is elsewhere, which its owner may not want to be read here.
        if facts.st_nlink > 1 {
            return Err(linked());
        }
        Ok(File::from(file))
    }

    /// Lists the names in a folder.
    pub(super) fn list(folder: &Path, parts: &[OsString]) -> Result<Vec<OsString>, Error> {
        let mut names = Vec::new();
        for entry in Dir::read_from(descend(folder, parts)?)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        Ok(names)
    }

    fn descend(folder: &Path, parts: &[OsString]) -> Result<OwnedFd, Error> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut at = OwnedFd::from(File::open(folder)?);
        for part in parts {
            at = open(&at, part, OFlags::DIRECTORY)?;
        }
        Ok(at)
    }

    fn open(at: impl AsFd, name: &OsStr, more: OFlags) -> Result<OwnedFd, Error> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | more;
        match openat(at.as_fd(), name, flags, Mode::empty()) {
            Ok(file) => Ok(file),
            // What a link is answered with; with O_DIRECTORY it is ENOTDIR.
            Err(Errno::LOOP | Errno::MLINK) => Err(linked()),
            Err(Errno::NOTDIR) if is_link(&at, name) => Err(linked()),
            Err(error) => Err(error.into()),
        }
    }

    fn is_link(at: impl AsFd, name: &OsStr) -> bool {
        rustix::fs::readlinkat(at, name, Vec::new()).is_ok()
    }
}

/// Systems without `openat`: every part is looked at, then the whole is compared.
#[cfg(not(unix))]
mod below {
    use super::linked;
    use std::ffi::OsString;
    use std::fs::File;
    use std::io::{Error, ErrorKind};
    use std::path::{Path, PathBuf};

    pub(super) fn file(folder: &Path, parts: &[OsString]) -> Result<File, Error> {
        let file = File::open(checked(folder, parts)?)?;
        if !file.metadata()?.is_file() {
            return Err(Error::new(ErrorKind::InvalidInput, "it is not a file"));
        }
        Ok(file)
    }

    pub(super) fn list(folder: &Path, parts: &[OsString]) -> Result<Vec<OsString>, Error> {
        std::fs::read_dir(checked(folder, parts)?)?.map(|entry| Ok(entry?.file_name())).collect()
    }

    fn checked(folder: &Path, parts: &[OsString]) -> Result<PathBuf, Error> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut path = folder.to_owned();
        for part in parts {
            path.push(part);
            if path.symlink_metadata()?.is_symlink() {
                return Err(linked());
            }
        }
        let whole = path.canonicalize()?;
        if whole.starts_with(folder.canonicalize()?) { Ok(whole) } else { Err(linked()) }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A folder with a settings file, and beside that folder a secret that is not the file's to name.
    fn room() -> (tempfile::TempDir, SettingsFiles) {
        let outer = tempfile::tempdir().unwrap();
        let own = outer.path().join("own");
        std::fs::create_dir_all(own.join("texts/mail")).unwrap();
        std::fs::write(own.join("password"), "hunter2").unwrap();
        std::fs::write(own.join("texts/mail/body.txt"), "text").unwrap();
        std::fs::create_dir(outer.path().join("outside")).unwrap();
        std::fs::write(outer.path().join("outside/secret.txt"), "planted").unwrap();
        let files = SettingsFiles::of(&own.join("company.toml"), Trust::OwnFolder);
        (outer, files)
    }

    #[test]
    fn a_file_below_the_settings_own_folder_is_read() {
        let (_outer, files) = room();
        for (name, content) in [
            ("password", "hunter2"),
            ("./password", "hunter2"),
            ("texts/mail/body.txt", "text"),
            ("texts/./mail//body.txt", "text"),
        ] {
            assert_eq!(files.read_text(&files.path(Path::new(name)), 100).unwrap(), content, "{name}");
        }
        let texts = files.read_templates(&files.path(Path::new("texts"))).unwrap();
        assert_eq!(texts.into_iter().collect::<Vec<_>>(), [("mail/body.txt".to_owned(), "text".to_owned())]);
    }

    #[test]
    fn nothing_outside_the_settings_own_folder_is_read_by_any_path_or_link() {
        let (outer, files) = room();
        let own = outer.path().join("own");
        symlink("../outside/secret.txt", own.join("link.txt")).unwrap();
        symlink(outer.path().join("outside"), own.join("linked")).unwrap();
        symlink("..", own.join("up")).unwrap();
        symlink(".", own.join("self")).unwrap();
        symlink("../outside/secret.txt", own.join("texts/mail/stolen.txt")).unwrap();
        std::fs::hard_link(outer.path().join("outside/secret.txt"), own.join("hard.txt")).unwrap();
        let absolute = outer.path().join("outside/secret.txt").display().to_string();
        let through = own.join("../outside/secret.txt").display().to_string();
        for name in [
            absolute.as_str(),
            &through,
            "/etc/passwd",
            "../outside/secret.txt",
            "texts/../../outside/secret.txt",
            "texts/../password",
            "link.txt",
            "linked/secret.txt",
            "up/outside/secret.txt",
            "self/password",
            "hard.txt",
            "/proc/self/environ",
            "",
            ".",
            "texts",
        ] {
            let error = files.read(&files.path(Path::new(name)), 1_000_000).expect_err(name);
            assert!(!error.to_string().contains("planted"), "{name}: {error}");
        }
        for name in ["../outside", "linked", "up", "texts", outer.path().to_str().unwrap(), "/srv"] {
            assert!(files.read_templates(&files.path(Path::new(name))).is_err(), "{name}");
        }
        assert!(files.variable("PATH").is_err());
    }

    #[test]
    fn what_never_ends_or_is_too_large_is_not_waited_for() {
        let (outer, files) = room();
        let pipe = outer.path().join("own/pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(files.read(&pipe, 100).unwrap_err().to_string().contains("not a file"));
        assert!(
            files.read(&files.path(Path::new("password")), 6).unwrap_err().to_string().contains("6 bytes")
        );
    }
}
