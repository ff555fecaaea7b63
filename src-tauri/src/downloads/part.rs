//! A file that is not whole yet.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use rustix::io::Errno;
use tempfile::NamedTempFile;

/// A file that is not whole yet, for this user alone to read. Nothing is left of it unless it gets a name.
#[derive(Debug)]
pub(super) enum Part {
    /// It has no name at all: however this program ends, the system takes it back.
    Nameless(File),
    /// On a file system that has no such files it is hidden, and stays if this program is killed.
    Hidden(NamedTempFile),
}

impl Part {
    /// An empty one.
    ///
    /// # Errors
    /// If there can be no file in that folder.
    pub(super) fn in_folder(folder: &Path) -> io::Result<Self> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        match open(folder, flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => Ok(Self::Nameless(file.into())),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
                NamedTempFile::new_in(folder).map(Self::Hidden)
            }
            Err(errno) => Err(errno.into()),
        }
    }

    /// What is written to.
    ///
    /// # Errors
    /// If the system has no room for another open file.
    pub(super) fn file(&self) -> io::Result<File> {
        match self {
            Self::Nameless(file) => file.try_clone(),
            Self::Hidden(file) => file.as_file().try_clone(),
        }
    }

    /// Gives it a name that nothing has yet; returns it without one if that cannot be.
    pub(super) fn named(self, path: &Path) -> Result<(), (Self, io::Error)> {
        match self {
            Self::Nameless(file) => {
                let open = format!("/proc/self/fd/{}", file.as_raw_fd());
                linkat(CWD, open, CWD, path, AtFlags::SYMLINK_FOLLOW)
                    .map_err(|errno| (Self::Nameless(file), errno.into()))
            }
            Self::Hidden(file) => file
                .persist_noclobber(path)
                .map(drop)
                .map_err(|refused| (Self::Hidden(refused.file), refused.error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use super::*;

    fn parts(folder: &Path) -> [Part; 2] {
        [Part::in_folder(folder).unwrap(), Part::Hidden(NamedTempFile::new_in(folder).unwrap())]
    }

    #[test]
    fn nothing_has_to_be_removed_of_a_file_that_was_not_whole() {
        let folder = tempfile::tempdir().unwrap();
        let part = Part::in_folder(folder.path()).unwrap();
        part.file().unwrap().write_all(b"half").unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "a kill would leave it");
        drop(part);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn no_name_is_taken_from_anything_not_even_from_a_link_that_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (taken, free) = (folder.path().join("taken"), folder.path().join("free"));
        symlink("/nonexistent/place", &taken).unwrap();
        for part in parts(folder.path()) {
            part.file().unwrap().write_all(b"whole").unwrap();
            let (part, error) = part.named(&taken).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            part.named(&free).unwrap();
            assert_eq!(std::fs::read(&free).unwrap(), b"whole");
            std::fs::remove_file(&free).unwrap();
        }
        assert_eq!(std::fs::read_link(taken).unwrap(), Path::new("/nonexistent/place"));
    }
}
