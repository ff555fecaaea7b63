//! The hub's authorities: one, or two while one follows the other.
//!
//! An authority ends, and its key may be lost; then devices must come to trust another
//! one while the door goes on working. For that time both are believed. The *next* one
//! issues all certificates of devices, and whoever is given one is given both
//! authorities' certificates. The hub itself shows a certificate of the *current* one
//! until that is retired: every device knows the current one, and those that know the
//! next one know both. A cross-signed certificate would not do the same, since an
//! authority of ours may sign no other, and small TLS libraries do not look for a
//! second path.
//!
//! What lies in the state folder says how far a change has come. Each step leaves it
//! whole or so that [`Authorities::open`] can see what was begun.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use super::authority::{Authority, AuthorityError, Paths};
use crate::keys::CaSealingKey;
use crate::state_dir::{PrivateFileError, StateDir, rename};

/// The authorities that are believed.
pub struct Authorities {
    current: Authority,
    next: Option<Authority>,
}

/// Why an authority was neither added nor retired.
#[derive(Debug, thiserror::Error)]
pub enum RolloverError {
    /// Two at once are enough.
    #[error("another authority follows already; finish that first")]
    Underway,
    /// There is no other.
    #[error("no authority follows this one; begin with `doorward ca rollover`")]
    NotUnderway,
    /// It could not be made or written.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The files could not be put in place.
    #[error(transparent)]
    File(#[from] PrivateFileError),
}

impl Authorities {
    /// Opens the authorities of an unlocked hub, and ends what a crash interrupted.
    ///
    /// # Errors
    /// If a file is missing, damaged, or does not belong to the other.
    pub fn open(state: &StateDir, key: &CaSealingKey) -> Result<Self, AuthorityError> {
        let next = Paths::of_next(state);
        match (next.certificate.exists(), next.key.exists()) {
            // The key is written first and renamed first: a key alone was never used, a
            // certificate alone has its key in place already.
            (false, true) => remove(&next.key)?,
            (true, false) => rename(&next.certificate, &Paths::of(state).certificate)?,
            (true, true) | (false, false) => {}
        }
        let current = Authority::open(state, key)?;
        let next = next.certificate.exists().then(|| Authority::open_at(next, key)).transpose()?;
        Ok(Self { current, next })
    }

    /// Where the files of the authorities that are believed lie.
    #[must_use]
    pub fn files(&self, state: &StateDir) -> Vec<PathBuf> {
        let next = self.next.as_ref().map(|_| Paths::of_next(state));
        let all = [Some(Paths::of(state)), next].into_iter().flatten();
        all.flat_map(|paths| [paths.certificate, paths.key]).collect()
    }

    /// The one that every device knows.
    #[must_use]
    pub fn current(&self) -> &Authority {
        &self.current
    }

    /// The one that follows, if there is one.
    #[must_use]
    pub fn next(&self) -> Option<&Authority> {
        self.next.as_ref()
    }

    /// The one that issues certificates to devices.
    #[must_use]
    pub fn issuing(&self) -> &Authority {
        self.next.as_ref().unwrap_or(&self.current)
    }

    /// The one that vouches for the hub. Once the current one has ended nobody believes
    /// it, so that the next one is all that is left.
    #[must_use]
    pub fn serving(&self, now: Timestamp) -> &Authority {
        let ended = self.current.expires() <= now;
        self.next.as_ref().filter(|_| ended).unwrap_or(&self.current)
    }

    /// The certificates of all that are believed.
    #[must_use]
    pub fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.all().map(|one| one.certificate().clone()).collect()
    }

    /// The same as PEM, one after the other: what devices and phones are given to trust.
    /// The current one comes first, for programs that read no further.
    #[must_use]
    pub fn pem(&self) -> String {
        self.all().map(Authority::pem).collect()
    }

    /// Makes another authority and has it follow.
    ///
    /// # Errors
    /// If one follows already, or it cannot be made or written.
    pub fn add_next(
        &mut self,
        state: &StateDir,
        key: &CaSealingKey,
        host_name: Option<&str>,
        now: Timestamp,
    ) -> Result<&Authority, RolloverError> {
        if self.next.is_some() {
            return Err(RolloverError::Underway);
        }
        let made = self.current.create_successor(host_name, now)?;
        let paths = Paths::of_next(state);
        made.save_at(&paths, key).inspect_err(|_| discard(&paths))?;
        Ok(self.next.insert(made))
    }

    /// Puts the next one in the place of the current one, which is believed no longer
    /// and whose key is gone. Returns its number.
    ///
    /// # Errors
    /// If none follows, or the files cannot be put in place.
    pub fn retire_current(&mut self, state: &StateDir) -> Result<u32, RolloverError> {
        let next = self.next.take().ok_or(RolloverError::NotUnderway)?;
        let (from, to) = (Paths::of_next(state), Paths::of(state));
        let moved =
            rename(&from.key, &to.key).and_then(|()| rename(&from.certificate, &to.certificate));
        if let Err(error) = moved {
            // Both are believed until a start has seen how far it came.
            self.next = Some(next);
            return Err(error.into());
        }
        let retired = std::mem::replace(&mut self.current, next);
        Ok(retired.number())
    }

    fn all(&self) -> impl Iterator<Item = &Authority> {
        std::iter::once(&self.current).chain(&self.next)
    }
}

/// Takes away what was written of an authority before the disk failed, so that it can be
/// tried again. The certificate goes first: one without its key would be taken for the end
/// of a change. What stays all the same, the next start clears away.
fn discard(paths: &Paths) {
    let _ = std::fs::remove_file(&paths.certificate);
    let _ = std::fs::remove_file(&paths.key);
}

fn remove(path: &Path) -> Result<(), PrivateFileError> {
    let gone = std::fs::remove_file(path);
    gone.map_err(|source: io::Error| PrivateFileError::Io { path: path.to_owned(), source })
}
