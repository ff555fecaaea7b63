//! What the store keeps for the hub beside the core's own values.

use std::fmt;
use std::time::Duration;

use doorward_core::code::CodeRecord;
use doorward_core::ids::{CameraName, HouseholdId};
use jiff::Timestamp;
use secrecy::SecretString;

/// A household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// Its number, given out by the hub.
    pub id: HouseholdId,
    /// What people call it.
    pub name: String,
    /// The public half of its age identity, `age1…`.
    pub recipient: String,
}

/// A device as it is enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDevice {
    /// The certificate's name.
    pub name: String,
    /// What it is, in the hub's words.
    pub kind: String,
    /// How it talks, in the hub's words.
    pub dialect: String,
    /// The topic under which it talks.
    pub base_topic: String,
    /// SHA-256 of its certificate's SubjectPublicKeyInfo.
    pub spki_sha256: [u8; 32],
    /// When its certificate is over.
    pub certificate_expires: Timestamp,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
}

/// A device that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// As it was enrolled.
    pub device: NewDevice,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// A camera.
pub struct Camera {
    /// What people call it.
    pub name: CameraName,
    /// Where it is; a secret, since people write passwords into addresses.
    pub url: SecretString,
    /// Who the hub is to it.
    pub username: Option<String>,
    /// And how it proves that.
    pub password: Option<SecretString>,
    /// Whether its sound is recorded.
    pub audio: Audio,
    /// How much of the past an entry's recording begins with; whole milliseconds.
    pub pre_roll: Duration,
}

/// Whether sound is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audio {
    /// Pictures alone.
    Off,
    /// Pictures and sound.
    Recorded,
}

/// A code with what its owner wrote about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeWithPersonal {
    /// The code.
    pub code: CodeRecord,
    /// JSON of the hub's; absent once erased.
    pub personal: Option<String>,
    /// When it was given out.
    pub issued_at: Timestamp,
}

/// A retained MQTT message.
#[derive(Clone, PartialEq, Eq)]
pub struct RetainedMessage {
    /// The certificate's holder who published it.
    pub device: String,
    /// Its topic.
    pub topic: String,
    /// Its bytes.
    pub payload: Vec<u8>,
}

/// A payload may hold what a keypad heard.
impl fmt::Debug for RetainedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetainedMessage")
            .field("device", &self.device)
            .field("topic", &self.topic)
            .field("bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

/// What became of a topic's retained message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetainedChange {
    /// This is the topic's message, in place of any other.
    Kept(RetainedMessage),
    /// The topic has none.
    Gone {
        /// The topic.
        topic: String,
    },
}

/// The name of a setting, a constant of the hub's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SettingName(pub &'static str);
