//! What somebody typed, from the payload until it is a code.

use doorward_core::code::{AccessCode, CodeFormat};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// Typed text. Wiped when dropped; without `Debug`, `Display`, `Serialize` and
/// `Clone`, so that it cannot reach a log.
pub(crate) struct Digits(Zeroizing<String>);

impl Digits {
    /// What a keypad sends when nothing was typed before its key was pressed.
    pub(crate) fn none() -> Self {
        Self(Zeroizing::new(String::new()))
    }

    pub(crate) fn code(&self) -> Result<AccessCode, CodeFormat> {
        AccessCode::parse(&self.0)
    }

    pub(crate) fn expose_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}
