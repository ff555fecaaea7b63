//! A file that one process at a time holds.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::private_file::NO_LINK;

/// The right to be alone with something; ends when dropped, and with the process however it ends.
/// The file stays: to remove it would give two processes a file each of the same name.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// Another process holds it.
    #[error("in use by {holder}")]
    Held {
        /// Who, as far as the file says.
        holder: String,
    },
    /// The system refused.
    #[error("the system refused")]
    Io(#[from] io::Error),
}

impl Lock {
    /// Takes the lock of a file, which is made if there is none. It is emptied, and so no
    /// link is followed to it.
    ///
    /// # Errors
    /// [`LockError::Held`] while another process holds it.
    pub(crate) fn take(path: &Path) -> Result<Self, LockError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(NO_LINK)
            .open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(LockError::Held { holder: holder(&mut file) }),
            Err(errno) => return Err(LockError::Io(errno.into())),
        }
        // The number is for the error message of whoever comes second.
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { _file: file })
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text).map(|_| text.trim().parse::<u32>()) {
        Ok(Ok(process)) => format!("process {process}"),
        Ok(Err(_)) | Err(_) => "another process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_in_the_place_of_a_lock_leads_to_stays_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let (theirs, lock) = (home.path().join("shadow"), home.path().join("doorward.lock"));
        std::fs::write(&theirs, "theirs").unwrap();
        std::os::unix::fs::symlink(&theirs, &lock).unwrap();
        assert!(matches!(Lock::take(&lock), Err(LockError::Io(_))));
        assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs");
    }
}
