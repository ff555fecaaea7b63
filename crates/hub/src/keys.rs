//! The hub's secrets: one root key, four ways to unlock it, and the keys derived
//! from it.
//!
//! Guarantees that a secret has a type of its own, lives in zeroized memory, cannot
//! be printed, compared or copied by accident, and reaches the disk only sealed
//! (the one exception, the keyfile, is a choice that its owner was told about). A
//! root key that is not this hub's is refused before anything is opened with it.
//! The household identity is made here and never kept. This module knows neither
//! the database nor sockets, and asks nobody for a passphrase.

mod credential;
mod derived;
mod household;
mod init;
mod keyring;
mod passphrase;
mod root;
mod unlock;

pub use credential::{CREDENTIAL_NAME, CredentialError, SystemdCreds};
pub use derived::{CaSealingKey, DatabaseKey, LogSigningSeed};
pub use household::HouseholdIdentity;
pub use init::{
    DatabaseFailure, InitError, InitHousehold, InitOptions, InitOutcome, InitUnlock, Notice, init,
};
pub(crate) use init::{Keeping, Kept};
pub use keyring::KeyringError;
pub use passphrase::{Advice, Passphrase, PassphraseError, WorkFactor};
pub use root::{ConfigMac, KeyCheck, KeyCheckError, RootKey, RootKeyTextError};
pub use unlock::{Keys, Sources, UnlockError, Unlocker, open};
