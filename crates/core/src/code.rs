//! Access codes: eight digits, what they open, and what is left of them.
//!
//! Digits exist in memory only between the keypad (or the mint) and the MAC.
//! Everything that lasts holds HMAC-SHA-256 of the digits under a key that is
//! not in the database, so that a stolen database cannot be searched.

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretBox};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ids::{CodeId, DoorId, HouseholdId};
use crate::schedule::Schedule;

/// How many digits a code has.
pub const CODE_DIGITS: usize = 8;

/// How many leading digits two live codes may not share.
pub const PREFIX_DIGITS: usize = 4;

/// Eight digits.
pub struct AccessCode(SecretBox<[u8; CODE_DIGITS]>);

/// Why a text is not a code. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code is exactly eight digits")]
pub struct CodeFormat;

impl AccessCode {
    /// Reads a code as a keypad sends it or a person writes it ("4821 0573").
    ///
    /// # Errors
    /// If the text is anything but eight digits, spaces aside.
    pub fn parse(text: &str) -> Result<Self, CodeFormat> {
        let mut digits = Zeroizing::new([0; CODE_DIGITS]);
        let mut count = 0;
        for byte in text.bytes().filter(|byte| *byte != b' ') {
            let place = digits.get_mut(count).ok_or(CodeFormat)?;
            *place = byte.is_ascii_digit().then_some(byte).ok_or(CodeFormat)?;
            count += 1;
        }
        if count == CODE_DIGITS { Ok(Self::from_digits(*digits)) } else { Err(CodeFormat) }
    }

    /// Makes a code from ASCII digits that are known to be such.
    pub(crate) fn from_digits(digits: [u8; CODE_DIGITS]) -> Self {
        debug_assert!(digits.iter().all(u8::is_ascii_digit));
        Self(SecretBox::new(Box::new(digits)))
    }

    pub(crate) fn expose_digits(&self) -> &[u8; CODE_DIGITS] {
        self.0.expose_secret()
    }

    /// Returns the code as people read it, "4821 0573": the one way out, for
    /// the owner's eyes.
    #[must_use]
    pub fn expose_for_owner(&self) -> Zeroizing<String> {
        let (front, back) = self.expose_digits().split_at(CODE_DIGITS / 2);
        let text = |digits: &[u8]| digits.iter().map(|d| char::from(*d)).collect::<String>();
        Zeroizing::new(format!("{} {}", text(front), text(back)))
    }
}

/// What is kept of a code's digits: HMAC-SHA-256, 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeMac(pub [u8; 32]);

/// What is kept of a code's first four digits, so that the mint can avoid them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrefixMac(pub [u8; 32]);

/// The key under which codes are kept; derived from the root key, never stored.
pub struct CodeMacKey(SecretBox<[u8; 32]>);

impl CodeMacKey {
    /// Takes a key of 32 uniformly random bytes.
    #[must_use]
    pub fn new(key: SecretBox<[u8; 32]>) -> Self {
        Self(key)
    }

    /// Returns what is kept of a code.
    #[must_use]
    pub fn mac(&self, code: &AccessCode) -> CodeMac {
        CodeMac(self.tag(b"doorward code", code.expose_digits()))
    }

    pub(crate) fn prefix_mac(&self, code: &AccessCode) -> PrefixMac {
        let (prefix, _) = code.expose_digits().split_at(PREFIX_DIGITS);
        PrefixMac(self.tag(b"doorward prefix", prefix))
    }

    fn tag(&self, label: &[u8], digits: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret())
            .expect("HMAC takes keys of any length");
        mac.update(label);
        mac.update(&[0]);
        mac.update(digits);
        mac.finalize().into_bytes().into()
    }
}

/// A code as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRecord {
    /// Its number.
    pub id: CodeId,
    /// The household that gave it out.
    pub household: HouseholdId,
    /// The doors it opens.
    pub doors: Vec<DoorId>,
    /// What kind of code it is.
    pub kind: CodeKind,
    /// What is kept of its digits.
    pub mac: CodeMac,
    /// What is kept of its first digits.
    pub prefix_mac: PrefixMac,
    /// Why it will never open again, if so.
    pub tombstone: Option<Tombstone>,
    /// Whether it opens, as long as it has no tombstone.
    pub standing: Standing,
}

/// Whether a code that is not over opens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It opens what it is for.
    #[default]
    InForce,
    /// It opens nothing until it is taken up again.
    Paused,
}

/// What kind of code it is, with what that kind needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeKind {
    /// For a delivery: opens once, within its window.
    OneTime(Window),
    /// For a guest: opens on days and hours, perhaps a number of times.
    Scheduled {
        /// When it opens.
        schedule: Schedule,
        /// How often it still opens; without a limit if absent.
        uses_left: Option<u32>,
    },
    /// For an emergency: always opens its doors and always alarms.
    BreakGlass,
    /// Opens like the code that it resembles, and tells silently.
    Duress {
        /// The code it resembles.
        resembles: CodeId,
    },
}

impl CodeKind {
    /// Returns the kind's name.
    #[must_use]
    pub const fn name(&self) -> CodeKindName {
        match self {
            Self::OneTime(_) => CodeKindName::OneTime,
            Self::Scheduled { .. } => CodeKindName::Scheduled,
            Self::BreakGlass => CodeKindName::BreakGlass,
            Self::Duress { .. } => CodeKindName::Duress,
        }
    }
}

/// A kind of code, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeKindName {
    /// See [`CodeKind::OneTime`].
    OneTime,
    /// See [`CodeKind::Scheduled`].
    Scheduled,
    /// See [`CodeKind::BreakGlass`].
    BreakGlass,
    /// See [`CodeKind::Duress`].
    Duress,
}

/// From when until when, both in UTC; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

impl Window {
    /// Says whether two windows have a moment in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from < other.until && other.from < self.until
    }
}

/// Why a code will never open again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tombstone {
    /// It has opened as often as it may.
    Spent,
    /// Its time is over.
    Expired,
    /// The owner took it back.
    Cancelled,
}
