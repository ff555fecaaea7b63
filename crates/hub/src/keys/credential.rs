//! The root key as a systemd credential: encrypted by `systemd-creds` to this
//! machine (and its TPM2, where there is one), handed to the service at its start.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::root::{RootKey, RootKeyTextError};

/// The credential's name, in the unit file and in `$CREDENTIALS_DIRECTORY`.
pub const CREDENTIAL_NAME: &str = "doorward-root";

/// The `systemd-creds` program.
#[derive(Debug, Clone)]
pub struct SystemdCreds {
    program: PathBuf,
}

/// Why the credential could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The program is not installed.
    #[error(
        "`systemd-creds` is not here (it comes with systemd 250 and later): install it, or \
         choose another way (`--unlock passphrase`)"
    )]
    NoProgram,
    /// The program could not be run or refused.
    #[error(
        "`systemd-creds encrypt` failed{said}: it needs to be run by root, or choose another \
         way (`--unlock passphrase`)"
    )]
    Refused {
        /// What the program said, with a colon before it.
        said: String,
    },
    /// The program could not be spoken to.
    #[error("could not run `systemd-creds`")]
    Run(#[source] io::Error),
    /// The service was started without its credential.
    #[error(
        "systemd gave no credential `{CREDENTIAL_NAME}`: start the hub as a service whose unit \
         says `LoadCredentialEncrypted={CREDENTIAL_NAME}:{sealed}`"
    )]
    NotGiven {
        /// Where the encrypted credential lies.
        sealed: PathBuf,
    },
    /// The credential cannot be read.
    #[error("could not read the credential {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The credential is not a root key.
    #[error("the credential {path} is not a root key")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: RootKeyTextError,
    },
}

impl Default for SystemdCreds {
    fn default() -> Self {
        Self { program: PathBuf::from("systemd-creds") }
    }
}

impl SystemdCreds {
    /// Names the program to run.
    #[must_use]
    pub fn at(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }

    /// Has the root key encrypted. It travels through a pipe: arguments and
    /// environments can be read by others.
    pub(super) fn encrypt(&self, root: &RootKey) -> Result<Vec<u8>, CredentialError> {
        let mut child = Command::new(&self.program)
            .args(["encrypt", "--name", CREDENTIAL_NAME, "-", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(not_run)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that refuses early closes the pipe; what it says counts then.
            let _ = stdin.write_all(root.expose_text().expose_secret().as_bytes());
        }
        let done = child.wait_with_output().map_err(CredentialError::Run)?;
        if !done.status.success() || done.stdout.is_empty() {
            return Err(CredentialError::Refused { said: first_line(&done.stderr) });
        }
        Ok(done.stdout)
    }
}

/// Reads the root key that systemd put into the service's credentials folder.
pub(super) fn load(folder: Option<&Path>, sealed: PathBuf) -> Result<RootKey, CredentialError> {
    let Some(folder) = folder else {
        return Err(CredentialError::NotGiven { sealed });
    };
    let path = folder.join(CREDENTIAL_NAME);
    let text: SecretString = match std::fs::read(&path).map(Zeroizing::new) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(CredentialError::NotGiven { sealed });
        }
        Err(source) => return Err(CredentialError::Read { path, source }),
    };
    RootKey::from_text(text.expose_secret())
        .map_err(|source| CredentialError::Damaged { path, source })
}

fn not_run(error: io::Error) -> CredentialError {
    if error.kind() == io::ErrorKind::NotFound {
        CredentialError::NoProgram
    } else {
        CredentialError::Run(error)
    }
}

fn first_line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    match said.lines().find(|line| !line.trim().is_empty()) {
        Some(line) => format!(" ({})", line.trim()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A program that stands where `systemd-creds` would.
    fn program(home: &Path, script: &str) -> SystemdCreds {
        let path = home.join("creds");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        SystemdCreds::at(path)
    }

    #[test]
    fn the_key_goes_in_through_the_pipe_and_never_through_the_arguments() {
        let home = tempfile::tempdir().unwrap();
        let root = RootKey::draw().unwrap();
        let creds = program(home.path(), "echo \"$@\"; cat");
        let said = String::from_utf8(creds.encrypt(&root).unwrap()).unwrap();
        let (arguments, input) = said.split_once('\n').unwrap();
        assert_eq!(arguments, "encrypt --name doorward-root - -");
        assert_eq!(input, root.expose_text().expose_secret());
    }

    #[test]
    fn a_program_that_is_missing_or_refuses_is_named_with_a_way_out() {
        let home = tempfile::tempdir().unwrap();
        let root = RootKey::draw().unwrap();
        let missing = SystemdCreds::at(home.path().join("none")).encrypt(&root).unwrap_err();
        assert!(matches!(missing, CredentialError::NoProgram));
        let creds = program(home.path(), "echo 'no TPM2, no host key' >&2; exit 1");
        let refused = creds.encrypt(&root).unwrap_err().to_string();
        assert!(refused.contains("(no TPM2, no host key)"), "{refused}");
        assert!(refused.contains("--unlock passphrase"), "{refused}");
    }

    #[test]
    fn a_service_without_its_credential_says_which_line_is_missing() {
        let home = tempfile::tempdir().unwrap();
        let sealed = PathBuf::from("/var/lib/doorward/root.cred");
        for folder in [None, Some(home.path())] {
            let said = load(folder, sealed.clone()).err().unwrap().to_string();
            let line = "LoadCredentialEncrypted=doorward-root:/var/lib/doorward/root.cred";
            assert!(said.contains(line), "{said}");
        }
    }
}
