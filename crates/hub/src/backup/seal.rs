//! Writing a backup.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use age::x25519;
use secrecy::ExposeSecret;

use super::{AUTHORITY, CONFIG, DATABASE, MANIFEST, Manifest, README, ROOT_KEY};
use crate::keys::RootKey;

const README_TEXT: &str = "\
This is a doorward hub as it was when the backup was made.

backup.json   when that was, and of which hub
root.key      the hub's root key: opens everything here, keep it from everybody
config.json   what the hub knows before it has its key
doorward.db   the database, encrypted under a key that follows from the root key (SQLCipher)
ca/           the certificates of the hub's authority, and its keys, sealed

To make a hub of the sealed file, with the recovery sheet:

  doorward restore --from FILE --identity household.txt --state DIR
";

/// What goes into a backup.
pub struct Contents<'a> {
    /// What it says of itself.
    pub manifest: &'a Manifest,
    /// From which every other key follows.
    pub root: &'a RootKey,
    /// `config.json`, as it lies on the disk.
    pub config: &'a [u8],
    /// The files of the authority, by name.
    pub authority: &'a [(String, Vec<u8>)],
    /// A copy of the database that nobody writes to.
    pub database: &'a Path,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum SealBackupError {
    /// Nobody could open it.
    #[error("there is no household to seal the backup to")]
    NoRecipient(#[source] age::EncryptError),
    /// It could not be written down.
    #[error("could not write down what the backup is of")]
    Manifest(#[from] serde_json::Error),
    /// A file could not be read, or the backup not be written.
    #[error("could not write the backup")]
    Write(#[from] io::Error),
}

/// Writes a backup that each of these recipients opens. Returns how long it is.
///
/// # Errors
/// What was written until then opens to nobody.
pub fn seal(
    contents: &Contents<'_>,
    recipients: &[x25519::Recipient],
    out: impl Write,
) -> Result<u64, SealBackupError> {
    let recipients = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let sealer =
        age::Encryptor::with_recipients(recipients).map_err(SealBackupError::NoRecipient)?;
    let sealed = sealer.wrap_output(Counted { out, bytes: 0 })?;
    let made_at = u64::try_from(contents.manifest.made_at.as_second()).unwrap_or(0);
    let mut archive = Archive { tar: tar::Builder::new(sealed), made_at };
    fill(&mut archive, contents)?;
    let mut done = archive.tar.into_inner()?.finish()?;
    done.out.flush()?;
    Ok(done.bytes)
}

fn fill<W: Write>(
    archive: &mut Archive<W>,
    contents: &Contents<'_>,
) -> Result<(), SealBackupError> {
    let Contents { manifest, root, config, authority, database } = contents;
    archive.bytes(MANIFEST, &serde_json::to_vec_pretty(manifest)?)?;
    archive.bytes(README, README_TEXT.as_bytes())?;
    archive.bytes(ROOT_KEY, root.expose_text().expose_secret().as_bytes())?;
    archive.bytes(CONFIG, config)?;
    for (name, file) in *authority {
        archive.bytes(&format!("{AUTHORITY}{name}"), file)?;
    }
    let database = File::open(database)?;
    let bytes = database.metadata()?.len();
    Ok(archive.add(DATABASE, bytes, database)?)
}

struct Archive<W: Write> {
    tar: tar::Builder<W>,
    made_at: u64,
}

impl<W: Write> Archive<W> {
    fn bytes(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.add(name, bytes.len() as u64, bytes)
    }

    fn add(&mut self, name: &str, bytes: u64, content: impl Read) -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(self.made_at);
        header.set_entry_type(tar::EntryType::Regular);
        self.tar.append_data(&mut header, name, content)
    }
}

/// Counts what goes through.
struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::backup::FORMAT;
    use crate::state_dir::HubId;

    fn sealed(root: &RootKey, recipients: &[x25519::Recipient]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("copy.db");
        std::fs::write(&database, vec![7; 100_000]).unwrap();
        let manifest = Manifest {
            format: FORMAT,
            made_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            doorward: "0.1.0".into(),
            hub: HubId::draw().unwrap(),
        };
        let contents = Contents {
            manifest: &manifest,
            root,
            config: b"{}",
            authority: &[("ca.pem".into(), b"public".to_vec())],
            database: &database,
        };
        let mut out = Vec::new();
        let bytes = seal(&contents, recipients, &mut out).unwrap();
        assert_eq!(bytes, out.len() as u64);
        out
    }

    #[test]
    fn each_household_opens_a_backup_with_stock_tools() {
        let root = RootKey::draw().unwrap();
        let households = [x25519::Identity::generate(), x25519::Identity::generate()];
        let file = sealed(&root, &households.each_ref().map(x25519::Identity::to_public));
        for household in &households {
            let opened = age::decrypt(household, &file).unwrap();
            let mut archive = tar::Archive::new(opened.as_slice());
            let read = |entry: io::Result<tar::Entry<'_, _>>| {
                let mut entry: tar::Entry<'_, &[u8]> = entry.unwrap();
                let name = entry.path().unwrap().to_string_lossy().into_owned();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                (name, content)
            };
            let files: BTreeMap<_, _> = archive.entries().unwrap().map(read).collect();
            let names: Vec<_> = files.keys().map(String::as_str).collect();
            let expected = [
                "README.txt",
                "backup.json",
                "ca/ca.pem",
                "config.json",
                "doorward.db",
                "root.key",
            ];
            assert_eq!(names, expected);
            assert_eq!(files["root.key"], root.expose_text().expose_secret().as_bytes());
            assert_eq!(files["doorward.db"].len(), 100_000);
        }
    }

    #[test]
    fn a_backup_shows_neither_the_root_key_nor_anything_else() {
        let root = RootKey::draw().unwrap();
        let file = sealed(&root, &[x25519::Identity::generate().to_public()]);
        let text = root.expose_text();
        for canary in [text.expose_secret().trim().as_bytes(), b"ca.pem", &[7; 32]] {
            assert!(!file.windows(canary.len()).any(|part| part == canary));
        }
    }

    #[test]
    fn a_backup_for_nobody_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Manifest {
            format: FORMAT,
            made_at: jiff::Timestamp::UNIX_EPOCH,
            doorward: String::new(),
            hub: HubId::draw().unwrap(),
        };
        let root = RootKey::draw().unwrap();
        let database = folder.path();
        let contents =
            Contents { manifest: &manifest, root: &root, config: b"", authority: &[], database };
        let refused = seal(&contents, &[], io::sink()).unwrap_err();
        assert!(matches!(refused, SealBackupError::NoRecipient(_)));
    }
}
