//! Writing files that only their owner may read, so that a power cut leaves either
//! the whole file or none.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Opens no link: root makes hubs in folders of other users, who may put one there at any time.
pub(super) const NO_LINK: i32 = OFlags::NOFOLLOW.bits().cast_signed();

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    /// There is a file of that name, and it is not ours to overwrite.
    #[error("{path} exists already: move it away or name another path")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("could not write {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes a file (mode 0600) where there is none, and waits until it is on the disk.
///
/// # Errors
/// [`PrivateFileError::Exists`] if there is one; a half-written file is removed.
pub fn create_new(path: &Path, content: &[u8]) -> Result<(), PrivateFileError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(|source| {
        if source.kind() == io::ErrorKind::AlreadyExists {
            PrivateFileError::Exists { path: path.to_owned() }
        } else {
            io_at(path)(source)
        }
    })?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // What is missing from the disk is not worth keeping; the first error counts.
        let _ = std::fs::remove_file(path);
        return Err(io_at(path)(error));
    }
    sync_folder_of(path)
}

/// Puts a file (mode 0600) in place of another, in one step.
///
/// # Errors
/// The old file is whole if this fails.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), PrivateFileError> {
    let folder = folder_of(path);
    // `tempfile` makes its files 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io_at(path))?;
    file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(io_at(path))?;
    file.persist(path).map_err(|failed| io_at(path)(failed.error))?;
    sync_folder_of(path)
}

/// Puts a file in the place of another, in one step, and waits until that is on the
/// disk.
///
/// # Errors
/// Both files are as they were if this fails before the step; the folder may not be on
/// the disk yet if it fails after it.
pub fn rename(from: &Path, to: &Path) -> Result<(), PrivateFileError> {
    std::fs::rename(from, to).map_err(io_at(to))?;
    sync_folder_of(to)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

fn sync_folder_of(path: &Path) -> Result<(), PrivateFileError> {
    File::open(folder_of(path)).and_then(|folder| folder.sync_all()).map_err(io_at(path))
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> PrivateFileError {
    let path = path.to_owned();
    |source| PrivateFileError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_new_file_is_its_owners_alone_and_is_never_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        create_new(&path, b"one").unwrap();
        assert_eq!(mode(&path), 0o600);
        assert!(matches!(create_new(&path, b"two"), Err(PrivateFileError::Exists { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
    }

    #[test]
    fn replacing_leaves_one_file_of_its_owners_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!((mode(&path), std::fs::read(&path).unwrap()), (0o600, b"two".to_vec()));
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
