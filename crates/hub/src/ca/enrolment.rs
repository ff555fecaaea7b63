//! What a device is given: `ca.pem`, `client.pem` and `client.key`, in a folder.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::authority::Authority;
use super::device::DeviceCredential;
use crate::state_dir::{PrivateFileError, create_new};

/// Why the device's files were not written.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// The folder cannot be made or used.
    #[error("could not use the folder {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is there already, or cannot be written.
    #[error(transparent)]
    File(#[from] PrivateFileError),
}

/// Writes a device's files into a folder, which is made if need be; `client.key` is
/// for its owner's eyes (mode 0600), the certificates for everybody's.
///
/// # Errors
/// If any of the three files exists, none is touched; after a failure none is left.
pub fn write_enrolment(
    authority: &Authority,
    device: &DeviceCredential,
    folder: &Path,
) -> Result<(), EnrolmentError> {
    let failed = |source| EnrolmentError::Folder { path: folder.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let key = device.expose_key_pem();
    let files = [
        (folder.join("ca.pem"), authority.pem()),
        (folder.join("client.pem"), device.certificate_pem()),
        (folder.join("client.key"), key.expose_secret()),
    ];
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(PrivateFileError::Exists { path: path.clone() }.into());
    }
    for (at, (path, text)) in files.iter().enumerate() {
        if let Err(error) = create_new(path, text.as_bytes()) {
            remove(files.iter().take(at).map(|(path, _)| path));
            return Err(error.into());
        }
    }
    for (path, _) in files.iter().take(2) {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o644)).map_err(failed)?;
    }
    Ok(())
}

/// Takes back what was written; the error that led here is the one to tell.
fn remove<'a>(paths: impl Iterator<Item = &'a PathBuf>) {
    for path in paths {
        if let Err(error) = std::fs::remove_file(path) {
            tracing::warn!(path = %path.display(), %error, "a device's file is left over");
        }
    }
}
