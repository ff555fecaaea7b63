//! What the store keeps for the hub beside the core's own values.

use std::fmt;
use std::time::Duration;

use doorward_core::code::CodeRecord;
use doorward_core::ids::{CameraName, EntryId, HouseholdId, PairedDeviceId, PersonId};
use doorward_core::person::Role;
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

/// A person to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// The household.
    pub household: HouseholdId,
    /// What the household calls them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub added_at: Timestamp,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their number.
    pub id: PersonId,
    /// Their household.
    pub household: HouseholdId,
    /// What the household calls them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub added_at: Timestamp,
}

/// Whose a device is that is being paired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// A person whom the household knows.
    Known(PersonId),
    /// Somebody who is added with the device.
    New(NewPerson),
}

/// A device as it is paired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPairedDevice {
    /// What its person calls it.
    pub name: String,
    /// Its P-256 public key, SubjectPublicKeyInfo in DER.
    pub public_key: Vec<u8>,
    /// When it was paired.
    pub paired_at: Timestamp,
}

/// A device that was paired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairedDevice {
    /// Its number.
    pub id: PairedDeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// As it was paired.
    pub device: NewPairedDevice,
    /// When it last logged in.
    pub last_seen_at: Option<Timestamp>,
    /// When its pairing was ended, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Its PIN, if it has one.
    pub pin: Option<PinHash>,
    /// How often the PIN was tried since it was last right.
    pub pin_tries: u32,
    /// Its passkey, if it has one.
    pub passkey: Option<PasskeyRecord>,
    /// The newest checkpoint that it stands for.
    pub witnessed: Option<Cosignature>,
}

/// A PIN as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct PinHash {
    /// Random bytes.
    pub salt: [u8; 16],
    /// A slow hash of PIN and salt.
    pub hash: [u8; 32],
}

/// A PIN has so few digits that its hash is one to whoever has a graphics card.
impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinHash").finish_non_exhaustive()
    }
}

/// The passkey by which a device's own system verifies its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRecord {
    /// The name by which the authenticator knows it.
    pub id: Vec<u8>,
    /// The public key: a point on P-256, SEC 1, uncompressed.
    pub key: [u8; 65],
    /// The host name that it is for.
    pub name: String,
    /// How often it was used, if the authenticator counts.
    pub counter: u32,
}

/// A device's signature under a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// How many leaves the checkpoint covers.
    pub size: u64,
    /// When the device signed, by the hub's wall clock.
    pub at: Timestamp,
    /// ECDSA on P-256, `r ‖ s`.
    pub signature: [u8; 64],
}

/// A device as it is enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDevice {
    /// Its name.
    pub name: String,
    /// What it is, in the hub's words.
    pub kind: String,
    /// How it talks, in the hub's words.
    pub dialect: String,
    /// The topic under which it talks.
    pub base_topic: String,
    /// What it shows to be let in.
    pub credential: Credential,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
}

/// A device that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// As it was enrolled; the certificate is the one that it showed last.
    pub device: NewDevice,
    /// A certificate that it was issued to follow that one, and has not shown yet.
    pub next: Option<Certificate>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// What a device shows to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A certificate.
    Certificate(Certificate),
    /// A password, since it has no TLS.
    Password {
        /// The SHA-256 over its name and it.
        sha256: [u8; 32],
    },
}

/// What is kept of a device's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub spki_sha256: [u8; 32],
    /// When it is over.
    pub expires: Timestamp,
    /// Which of the hub's authorities issued it; the first is 1.
    pub authority: u32,
}

/// Whose a key is or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// The device.
    pub device: String,
    /// What the key is to it.
    pub standing: KeyStanding,
}

/// What a key is to its device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStanding {
    /// The one that it showed last.
    Shown,
    /// Its certificate was issued to follow that one.
    Waiting,
    /// Another has followed it.
    GivenUp,
    /// The device was revoked.
    Revoked,
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
    /// The person who gave it out; absent if it was given out at the hub's own
    /// machine.
    pub issued_by: Option<PersonId>,
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

/// A notice that is kept for those who were away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptNotice {
    /// The number that listeners heard.
    pub seq: u64,
    /// When it was posted.
    pub at: Timestamp,
    /// The entry that it is about; erasing the entry removes it.
    pub entry: Option<EntryId>,
    /// The hub's JSON.
    pub document: String,
}

/// The name of a setting, a constant of the hub's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SettingName(pub &'static str);
