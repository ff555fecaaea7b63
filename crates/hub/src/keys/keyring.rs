//! The root key in the desktop's keyring (Secret Service on Linux).

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::root::{RootKey, RootKeyTextError};
use crate::state_dir::HubId;

/// The service under which the entry lies; the account is the hub's id.
const SERVICE: &str = "doorward";

/// Why the keyring could not hold or give the root key.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// No keyring answers.
    #[error(
        "no keyring answers: log in to a desktop with a keyring (GNOME Keyring, KWallet), or \
         choose another way (`--unlock passphrase`)"
    )]
    Unavailable {
        /// What the keyring's library said, if it said anything.
        source: Option<keyring::Error>,
    },
    /// The keyring is there and locked, or its owner refused.
    #[error("the keyring is locked: unlock it and try again")]
    Locked {
        /// What the keyring said.
        source: keyring::Error,
    },
    /// The keyring holds no root key for this hub.
    #[error(
        "the keyring holds no root key for hub {hub}: log in as the user who ran `doorward init`"
    )]
    NoEntry {
        /// The hub.
        hub: HubId,
    },
    /// The entry is not a root key.
    #[error("the keyring's entry for hub {hub} is damaged")]
    Damaged {
        /// The hub.
        hub: HubId,
        /// What is wrong with it.
        source: RootKeyTextError,
    },
}

pub(super) fn store(hub: &HubId, root: &RootKey) -> Result<(), KeyringError> {
    let text = root.expose_text();
    entry(hub)?.set_password(text.expose_secret().trim_end()).map_err(|e| failed(hub, e))
}

pub(super) fn load(hub: &HubId) -> Result<RootKey, KeyringError> {
    let text: SecretString = entry(hub)?.get_password().map_err(|e| failed(hub, e))?.into();
    RootKey::from_text(text.expose_secret())
        .map_err(|source| KeyringError::Damaged { hub: hub.clone(), source })
}

pub(super) fn forget(hub: &HubId) -> Result<(), KeyringError> {
    entry(hub)?.delete_credential().map_err(|e| failed(hub, e))
}

fn entry(hub: &HubId) -> Result<keyring::Entry, KeyringError> {
    keyring::Entry::new(SERVICE, hub.as_str())
        .map_err(|source| KeyringError::Unavailable { source: Some(source) })
}

fn failed(hub: &HubId, error: keyring::Error) -> KeyringError {
    if matches!(error, keyring::Error::NoEntry) {
        return KeyringError::NoEntry { hub: hub.clone() };
    }
    if matches!(error, keyring::Error::NoStorageAccess(_)) {
        return KeyringError::Locked { source: error };
    }
    // Some of the library's errors carry the entry's bytes: those must not travel on.
    if let keyring::Error::BadEncoding(bytes) | keyring::Error::BadDataFormat(bytes, _) = error {
        drop(Zeroizing::new(bytes));
        return KeyringError::Damaged { hub: hub.clone(), source: RootKeyTextError };
    }
    KeyringError::Unavailable { source: Some(error) }
}

#[cfg(test)]
mod tests;
