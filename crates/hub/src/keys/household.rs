//! The household identity: opens recordings and backups. Made once, printed on the
//! recovery sheet, kept by the household and never by the hub.

use age::x25519;
use secrecy::SecretString;

use crate::state_dir::Recipient;

/// The secret half. Whoever holds it can watch the household's recordings.
pub struct HouseholdIdentity(x25519::Identity);

impl HouseholdIdentity {
    /// Makes an identity from the operating system's randomness.
    #[must_use]
    pub fn generate() -> Self {
        Self(x25519::Identity::generate())
    }

    /// Reads an identity line that is no secret.
    #[cfg(test)]
    pub(crate) fn of_line(line: &str) -> Self {
        Self(line.parse().expect("a test knows its line"))
    }

    /// Returns the public half, which the hub keeps.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient::of(&self.0.to_public())
    }

    /// Returns the identity's line (`AGE-SECRET-KEY-1…`), for the recovery sheet.
    #[must_use]
    pub fn expose_line(&self) -> SecretString {
        self.0.to_string()
    }
}
