//! What is remembered of a hub on another machine: its addresses and its authority, in a file that is
//! this user's alone. No key and no session is in it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
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

/// Writing by the file's group and by everybody.
const OTHERS_WRITE: u32 = 0o022;

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
    /// Somebody else may have written it.
    #[error(
        "{path} is not this user's alone to write, and is not believed: forget that hub, and pair again"
    )]
    NotOurs {
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
    /// Reads it; `None` if there is none. Whoever can write it decides whose house the window shows.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, KeepError> {
        let failed = |source| KeepError::File { path: path.to_owned(), source };
        let file = match open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        if !is_ours_alone(&file.metadata().map_err(failed)?) {
            return Err(KeepError::NotOurs { path: path.to_owned() });
        }
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

/// Opens without waiting: at a pipe nobody may ever come.
fn open(path: &Path) -> io::Result<fs::File> {
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits());
    let nonblocking = nonblocking.map_err(|_| io::ErrorKind::Unsupported)?;
    OpenOptions::new().read(true).custom_flags(nonblocking).open(path)
}

fn is_ours_alone(found: &fs::Metadata) -> bool {
    let me = rustix::process::geteuid().as_raw();
    found.is_file() && [0, me].contains(&found.uid()) && found.mode() & OTHERS_WRITE == 0
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
    fn what_somebody_else_may_have_put_there_is_neither_believed_nor_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(FILE);
        let not_ours = |file: &Path| matches!(Kept::read(file), Err(KeepError::NotOurs { .. }));
        let addresses = vec!["192.168.1.10:8443".parse().unwrap()];
        Kept { addresses, authority: vec![1, 2, 3] }.write(&file).unwrap();
        for (mode, believed) in [(0o644, true), (0o666, false), (0o660, false), (0o602, false)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(not_ours(&file), !believed, "{mode:o}");
        }
        let pipe = home.path().join("pipe");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert!(not_ours(&pipe) && not_ours(home.path()));
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
