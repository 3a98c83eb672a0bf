//! Files that a command writes for its user: for the user alone, whole or not at all, and never through a link that another user
//! put in their place.

use super::Failure;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file that is being written, under another name until it is whole.
#[derive(Debug)]
pub(super) struct OutputFile {
    temporary: NamedTempFile,
    path: PathBuf,
}

impl OutputFile {
    /// Begins a file at `path`, which only the user may read (mode 0600). A file that is there is replaced when the new one is
    /// whole; a link is refused.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        if path.symlink_metadata().is_ok_and(|facts| facts.is_symlink()) {
            let message = format!(
                "{} is a link, and what it leads to would be overwritten: remove it, or name another place",
                path.display()
            );
            return Err(Failure::input(message));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // A new name in the folder itself, with O_EXCL and mode 0600: no other user's file is opened, and a rename follows no link.
        let temporary = tempfile::Builder::new()
            .prefix(".postroom-")
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(|e| failed(path, &e))?;
        Ok(Self { temporary, path: path.to_owned() })
    }

    /// Returns a writer for async code.
    pub(super) fn writer(&self) -> Result<tokio::fs::File, Failure> {
        let file = self.temporary.as_file().try_clone().map_err(|e| failed(&self.path, &e))?;
        Ok(tokio::fs::File::from_std(file))
    }

    /// Puts the whole file into its place.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let path = self.path;
        self.temporary.persist(&path).map_err(|e| failed(&path, &e.error))?;
        Ok(())
    }
}

/// Writes a file for the user.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut file = OutputFile::create(path)?;
    file.temporary.write_all(bytes).map_err(|e| failed(path, &e))?;
    file.finish()
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::other(format!("can't write {}: {error}", path.display()))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::Exit;
    use std::os::unix::fs::PermissionsExt as _;

    fn mode(path: &Path) -> Option<u32> {
        Some(path.metadata().ok()?.permissions().mode() & 0o777)
    }

    #[test]
    fn a_file_is_for_its_user_alone_and_takes_the_place_of_an_earlier_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("body.txt");
        for text in ["first", "second"] {
            write(&path, text.as_bytes()).unwrap();
            assert_eq!(
                (std::fs::read_to_string(&path).unwrap().as_str(), mode(&path)),
                (text, Some(0o600)),
                "{text}"
            );
        }
        // An earlier version left it readable by all.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, b"third").unwrap();
        assert_eq!(mode(&path), Some(0o600));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_link_is_refused_and_what_it_leads_to_is_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (target, missing) = (folder.path().join("target"), folder.path().join("missing"));
        std::fs::write(&target, "precious").unwrap();
        let inner = folder.path().join("folder");
        std::fs::create_dir(&inner).unwrap();
        for (what, to) in [("a file", &target), ("nothing", &missing), ("a folder", &inner)] {
            let link = folder.path().join("body.txt");
            std::os::unix::fs::symlink(to, &link).unwrap();
            let refused = write(&link, b"overwritten").unwrap_err();
            assert_eq!(refused.code, Exit::Input, "a link to {what}: {}", refused.message);
            assert!(refused.message.contains("is a link"), "a link to {what}: {}", refused.message);
            std::fs::remove_file(&link).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "precious");
        assert!(!missing.exists());
    }

    #[test]
    fn a_file_that_can_not_be_whole_leaves_the_earlier_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("message.eml");
        write(&path, b"whole").unwrap();
        drop(OutputFile::create(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
        let nowhere = folder.path().join("no/such/folder/body.txt");
        assert_eq!(write(&nowhere, b"").unwrap_err().code, Exit::Other);
    }
}
