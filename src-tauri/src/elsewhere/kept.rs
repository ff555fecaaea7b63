//! What is remembered of a hub on another machine: its addresses and its authority, in a file that is
//! this user's alone. No key and no session is in it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use doorward_api::Base64Url;
use serde::{Deserialize, Serialize};

use super::link::{MOST_ADDRESSES, is_at_home};

/// A few addresses and a certificate.
const MAX_BYTES: u64 = 64 * 1024;

const FILE: &str = "hub-elsewhere.json";

/// A hub on another machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Where it may be; at least one, all of them at home.
    pub(crate) addresses: Vec<SocketAddr>,
    /// The certificate of its authority, DER.
    pub(crate) authority: Vec<u8>,
}

/// Why it could not be remembered, or was not to be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    /// The system refused.
    #[error("could not use {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// It holds something else.
    #[error("{path} does not name a hub in the home network: forget that hub, and pair again")]
    NotAHub {
        /// The file.
        path: PathBuf,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    addresses: Vec<SocketAddr>,
    authority: Base64Url,
}

/// Where it is remembered, below this user's folder for settings.
pub(crate) fn file_in(settings: &Path) -> PathBuf {
    settings.join("doorward").join(FILE)
}

impl Kept {
    /// Reads it; `None` if there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, KeepError> {
        let failed = |source| KeepError::File { path: path.to_owned(), source };
        let file = match fs::File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        let mut text = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut text).map_err(failed)?;
        let read: Option<Written> = serde_json::from_slice(&text).ok();
        let kept = read.map(|Written { addresses, authority: Base64Url(authority) }| Self {
            addresses,
            authority,
        });
        kept.filter(Self::is_fit).map(Some).ok_or(KeepError::NotAHub { path: path.to_owned() })
    }

    fn is_fit(&self) -> bool {
        (1..=MOST_ADDRESSES).contains(&self.addresses.len())
            && self.addresses.iter().all(|at| is_at_home(at.ip()))
    }

    /// Writes it whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> Result<(), KeepError> {
        let failed = |source| KeepError::File { path: path.to_owned(), source };
        let written = Written {
            addresses: self.addresses.clone(),
            authority: Base64Url(self.authority.clone()),
        };
        let text = serde_json::to_vec(&written).expect("addresses and text");
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let making = path.with_extension("making");
        forget_file(&making).map_err(failed)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&making)
            .map_err(failed)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&making, path).map_err(failed)
    }
}

/// Forgets it.
pub(crate) fn forget(path: &Path) -> Result<(), KeepError> {
    forget_file(path).map_err(|source| KeepError::File { path: path.to_owned(), source })
}

fn forget_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_hub_is_remembered_for_this_user_alone_and_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let file = file_in(&home.path().join("config"));
        assert_eq!(Kept::read(&file).unwrap(), None);
        let addresses = vec!["192.168.1.10:8443".parse().unwrap()];
        let kept = Kept { addresses, authority: vec![1, 2, 3] };
        for _twice in 0..2 {
            kept.write(&file).unwrap();
            assert_eq!(Kept::read(&file).unwrap().as_ref(), Some(&kept));
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        forget(&file).unwrap();
        forget(&file).unwrap();
        assert_eq!(Kept::read(&file).unwrap(), None);
    }

    #[test]
    fn a_file_that_leads_out_of_the_house_is_not_followed() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(FILE);
        for text in [
            "",
            "{}",
            r#"{"addresses":[],"authority":""}"#,
            r#"{"addresses":["93.184.215.14:8443"],"authority":"AAAA"}"#,
            r#"{"addresses":["10.0.0.1:8443","8.8.8.8:53"],"authority":"AAAA"}"#,
        ] {
            fs::write(&file, text).unwrap();
            assert!(matches!(Kept::read(&file), Err(KeepError::NotAHub { .. })), "{text}");
        }
    }
}
