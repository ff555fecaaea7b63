//! Reading a backup: the seal off, and each file where it belongs.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use age::x25519;
use secrecy::SecretString;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{AUTHORITY, CONFIG, DATABASE, FORMAT, MANIFEST, Manifest, README, ROOT_KEY};
use crate::keys::RootKey;
use crate::state_dir::StateDir;

/// No file of a backup but the database is longer.
const MOST_BYTES: u64 = 64 * 1024;

/// No archive has more files.
const MOST_FILES: usize = 32;

/// How much may follow the last file: tar fills up with zeros.
const MOST_FILLING: u64 = 1024 * 1024;

/// How much is copied at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Why a backup was not opened. Nothing of it is in use then.
#[derive(Debug, thiserror::Error)]
pub enum OpenBackupError {
    /// Not sealed at all.
    #[error("the file is no backup, or damaged at its very beginning")]
    NotABackup(#[source] age::DecryptError),
    /// Sealed to somebody else.
    #[error(
        "this identity does not open the backup: is it the recovery sheet of the household that \
         the hub belongs to?"
    )]
    OtherHousehold,
    /// Not all of it is there, or not as it was written.
    #[error("the backup is cut short or was changed: take another copy of it")]
    Damaged(#[source] io::Error),
    /// Sealed to the household, and no hub in it.
    #[error("the file opens, and holds no hub ({0})")]
    NoHub(&'static str),
    /// Written by a later version.
    #[error(
        "the backup is of format {found}, and this version of doorward reads format {FORMAT}: \
         install the version that made it, or a newer one"
    )]
    Newer {
        /// The backup's format.
        found: u32,
    },
    /// There is no room, or no leave, to take it apart.
    #[error("could not write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A backup, taken apart.
pub struct OpenedBackup {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The root key.
    pub root: RootKey,
    /// `config.json`, as it lay on the disk.
    pub config: Vec<u8>,
}

/// Opens a backup and puts the database and the authority's files into a folder that
/// nobody else uses. `told` hears how many bytes of the database are there so far.
///
/// # Errors
/// Says what is wrong with the file or with the folder, in which something may be left.
pub fn open(
    file: impl Read,
    identity: &x25519::Identity,
    folder: &StateDir,
    told: &mut dyn FnMut(u64),
) -> Result<OpenedBackup, OpenBackupError> {
    let sealed = age::Decryptor::new(file).map_err(OpenBackupError::NotABackup)?;
    let opened = sealed.decrypt(std::iter::once(identity as &dyn age::Identity));
    let opened = opened.map_err(|error| {
        if matches!(error, age::DecryptError::NoMatchingKeys) {
            OpenBackupError::OtherHousehold
        } else {
            OpenBackupError::NotABackup(error)
        }
    })?;
    unpack(opened, folder, told)
}

/// Takes an archive apart, the seal off.
pub(super) fn unpack(
    opened: impl Read,
    folder: &StateDir,
    told: &mut dyn FnMut(u64),
) -> Result<OpenedBackup, OpenBackupError> {
    let mut taking =
        Taking { folder, told, seen: BTreeSet::new(), manifest: None, root: None, config: None };
    let mut archive = tar::Archive::new(opened);
    // Header by header: a name that takes a file of its own is none of ours, and could be endless.
    for entry in archive.entries().map_err(OpenBackupError::Damaged)?.raw(true) {
        taking.take(&mut entry.map_err(OpenBackupError::Damaged)?)?;
    }
    // Only the seal's last piece says that the file is whole.
    let mut rest = archive.into_inner().take(MOST_FILLING);
    io::copy(&mut rest, &mut io::sink()).map_err(OpenBackupError::Damaged)?;
    taking.done()
}

struct Taking<'a> {
    folder: &'a StateDir,
    told: &'a mut dyn FnMut(u64),
    seen: BTreeSet<String>,
    manifest: Option<Manifest>,
    root: Option<RootKey>,
    config: Option<Vec<u8>>,
}

impl Taking<'_> {
    fn take<R: Read>(&mut self, entry: &mut tar::Entry<'_, R>) -> Result<(), OpenBackupError> {
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let plain = entry.header().entry_type() == tar::EntryType::Regular;
        if !plain || self.seen.len() >= MOST_FILES || !self.seen.insert(name.clone()) {
            return Err(OpenBackupError::NoHub("a file that does not belong there"));
        }
        if self.manifest.is_none() && name != MANIFEST {
            return Err(OpenBackupError::NoHub("it does not begin with backup.json"));
        }
        match name.as_str() {
            MANIFEST => self.manifest = Some(read_manifest(&small(entry)?)?),
            README => drop(small(entry)?),
            ROOT_KEY => self.root = Some(read_root(&small(entry)?)?),
            CONFIG => self.config = Some(small(entry)?.to_vec()),
            DATABASE => self.put(&self.folder.database(), entry, u64::MAX)?,
            other => match other.strip_prefix(AUTHORITY).filter(|file| is_file_name(file)) {
                Some(file) => self.put_authority(file, entry)?,
                None => return Err(OpenBackupError::NoHub("a file that does not belong there")),
            },
        }
        Ok(())
    }

    fn put_authority(
        &mut self,
        file: &str,
        content: &mut impl Read,
    ) -> Result<(), OpenBackupError> {
        let path = self.folder.ca();
        match std::fs::DirBuilder::new().mode(0o700).create(&path) {
            Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                return Err(OpenBackupError::Write { path, source });
            }
            Ok(()) | Err(_) => {}
        }
        self.put(&path.join(file), content, MOST_BYTES)
    }

    /// Writes a file (mode 0600), and waits until it is on the disk.
    fn put(
        &mut self,
        path: &Path,
        content: &mut impl Read,
        most: u64,
    ) -> Result<(), OpenBackupError> {
        let failed = |source| OpenBackupError::Write { path: path.to_owned(), source };
        let mut options = File::options();
        let mut file =
            options.write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        let mut piece = vec![0; PIECE_BYTES];
        let mut written = 0;
        loop {
            let read = content.read(&mut piece).map_err(OpenBackupError::Damaged)?;
            if read == 0 {
                break;
            }
            file.write_all(piece.get(..read).unwrap_or_default()).map_err(failed)?;
            written += read as u64;
            if written > most {
                return Err(OpenBackupError::NoHub("a file that is too long"));
            }
            (self.told)(written);
        }
        file.sync_all().map_err(failed)
    }

    fn done(self) -> Result<OpenedBackup, OpenBackupError> {
        let missing = |what| OpenBackupError::NoHub(what);
        let manifest = self.manifest.ok_or(missing("it is empty"))?;
        let root = self.root.ok_or(missing("the root key is not there"))?;
        let config = self.config.ok_or(missing("config.json is not there"))?;
        if !self.seen.contains(DATABASE) {
            return Err(missing("the database is not there"));
        }
        Ok(OpenedBackup { manifest, root, config })
    }
}

fn is_file_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c == '-' || c == '.';
    !name.is_empty() && !name.starts_with('.') && name.chars().all(fits)
}

fn small(content: &mut impl Read) -> Result<Zeroizing<Vec<u8>>, OpenBackupError> {
    // Room for all of it, so that growing leaves no copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize + 1));
    content.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(OpenBackupError::Damaged)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(OpenBackupError::NoHub("a file that is too long"));
    }
    Ok(bytes)
}

/// The format first, so that a later one is named as such and not as damage.
fn read_manifest(bytes: &[u8]) -> Result<Manifest, OpenBackupError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let unread = |_| OpenBackupError::NoHub("backup.json cannot be read");
    let Format { format } = serde_json::from_slice(bytes).map_err(unread)?;
    if format != FORMAT {
        return Err(OpenBackupError::Newer { found: format });
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(unread)?;
    if i64::try_from(manifest.made_at.as_nanosecond()).is_err() {
        return Err(OpenBackupError::NoHub(
            "backup.json is of a time that no hub could write down",
        ));
    }
    Ok(manifest)
}

fn read_root(bytes: &[u8]) -> Result<RootKey, OpenBackupError> {
    use secrecy::ExposeSecret;
    let unread = OpenBackupError::NoHub("the root key cannot be read");
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(unread) };
    let text = SecretString::from(text);
    RootKey::from_text(text.expose_secret()).map_err(|_| unread)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use age::x25519::Identity;
    use secrecy::ExposeSecret;
    use tar::EntryType;
    use tempfile::TempDir;

    use super::*;

    const HEAD: &str = r#"{"format":1,"made_at":"2026-11-22T10:00:00Z","doorward":"0.1.0","hub":"00ff00ff00ff00ff"}"#;

    type Member = (String, EntryType, Vec<u8>);

    fn file(name: &str, content: impl AsRef<[u8]>) -> Member {
        (name.to_owned(), EntryType::Regular, content.as_ref().to_vec())
    }

    fn whole() -> Vec<Member> {
        let root = RootKey::draw().unwrap().expose_text();
        vec![
            file(MANIFEST, HEAD),
            file(README, "hello"),
            file(ROOT_KEY, root.expose_secret()),
            file(CONFIG, "{}"),
            file("ca/ca-next.key.sealed", "sealed"),
            file(DATABASE, vec![7_u8; 100_000]),
        ]
    }

    /// Writes names as they are, which a writer of archives would refuse to.
    fn archive(members: &[Member]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, kind, content) in members {
            let mut header = tar::Header::new_ustar();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_mode(0o777);
            header.set_entry_type(*kind);
            header.set_cksum();
            tar.append(&header, content.as_slice()).unwrap();
        }
        tar.into_inner().unwrap()
    }

    /// Opens these members as somebody would have sealed them who knows the household.
    fn opened(members: &[Member]) -> (TempDir, Result<OpenedBackup, OpenBackupError>) {
        let household = Identity::generate();
        let sealed = age::encrypt(&household.to_public(), &archive(members)).unwrap();
        let home = tempfile::tempdir().unwrap();
        let opened =
            open(sealed.as_slice(), &household, &StateDir::named(home.path()), &mut |_| {});
        (home, opened)
    }

    fn refusal(members: &[Member]) -> OpenBackupError {
        opened(members).1.err().expect("it is refused")
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_whole_backup_is_put_where_nobody_else_looks() {
        let (home, opened) = opened(&whole());
        assert_eq!(opened.ok().unwrap().config, b"{}");
        let state = StateDir::named(home.path());
        assert_eq!(std::fs::read(state.database()).unwrap(), vec![7; 100_000]);
        assert_eq!(mode(&state.database()), 0o600);
        assert_eq!(mode(&state.ca()), 0o700);
        assert_eq!(mode(&state.ca().join("ca-next.key.sealed")), 0o600);
        assert!(!state.root_keyfile().exists(), "the root key lies nowhere");
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [
            "../doorward.db",
            "/etc/passwd",
            "./doorward.db",
            "doorward.db-wal",
            "ca/",
            "ca/..",
            "ca/.hidden",
            "ca/../config.json",
            "ca/deeper/ca.pem",
            "CA/ca.pem",
        ] {
            let refused = refusal(&[file(MANIFEST, HEAD), file(name, "content")]);
            assert!(matches!(refused, OpenBackupError::NoHub(_)), "{name}: {refused}");
        }
    }

    #[test]
    fn what_is_no_plain_file_is_refused() {
        for kind in [
            EntryType::Symlink,
            EntryType::Link,
            EntryType::Directory,
            EntryType::Fifo,
            EntryType::GNULongName,
            EntryType::GNUSparse,
            EntryType::XHeader,
            EntryType::XGlobalHeader,
        ] {
            let member = (DATABASE.to_owned(), kind, b"/etc/passwd".to_vec());
            let refused = refusal(&[file(MANIFEST, HEAD), member]);
            assert!(matches!(refused, OpenBackupError::NoHub(_)), "{kind:?}: {refused}");
        }
    }

    #[test]
    fn what_comes_twice_too_late_too_long_or_too_often_is_refused() {
        let long = vec![b' '; MOST_BYTES as usize + 1];
        let mut many = vec![file(MANIFEST, HEAD)];
        many.extend(('a'..='z').map(|c| file(&format!("ca/{c}"), "")));
        many.extend(('a'..='z').map(|c| file(&format!("ca/{c}{c}"), "")));
        for members in [
            vec![file(MANIFEST, HEAD), file(CONFIG, "{}"), file(CONFIG, "{}")],
            vec![file(README, "hello"), file(MANIFEST, HEAD)],
            vec![file(MANIFEST, &long)],
            vec![file(MANIFEST, HEAD), file(CONFIG, &long)],
            vec![file(MANIFEST, HEAD), file("ca/ca.pem", &long)],
            many,
        ] {
            let refused = refusal(&members);
            assert!(matches!(refused, OpenBackupError::NoHub(_)), "{refused}");
        }
    }

    #[test]
    fn a_backup_that_lacks_a_part_is_no_hub() {
        for part in [MANIFEST, ROOT_KEY, CONFIG, DATABASE] {
            let members: Vec<_> = whole().into_iter().filter(|(name, ..)| name != part).collect();
            let refused = refusal(&members);
            assert!(matches!(refused, OpenBackupError::NoHub(_)), "{part}: {refused}");
        }
        assert!(matches!(refusal(&[]), OpenBackupError::NoHub(_)));
    }

    #[test]
    fn a_backup_of_a_time_that_no_database_can_hold_is_no_hubs() {
        for moment in ["9999-12-30T00:00:00Z", "0001-01-01T00:00:00Z"] {
            let head = HEAD.replace("2026-11-22T10:00:00Z", moment);
            let refused = refusal(&[file(MANIFEST, head)]);
            assert!(refused.to_string().contains("a time that no hub"), "{moment}: {refused}");
        }
    }

    #[test]
    fn a_later_format_is_named_and_not_called_damage() {
        let refused = refusal(&[file(MANIFEST, r#"{"format":2,"whatever":true}"#)]);
        assert!(matches!(refused, OpenBackupError::Newer { found: 2 }), "{refused}");
    }
}
