//! How the house is.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::device::Link;
use crate::door::{Bolt, Contact};
use crate::entry::Stage;
use crate::event::{Attempt, Victim};
use crate::id::{CameraName, DeviceName, DoorName, EntryId};
use crate::witness::WitnessView;

/// How the hub and the house are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The version of the program.
    pub version: String,
    /// What the household calls itself.
    ///
    /// Absent while the hub has none, or waits for the key that would tell.
    pub household: Option<String>,
    /// To whom recordings are sealed, `age1…`: the public half of the household key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// The hub's own name: 16 hexadecimal digits.
    pub hub: String,
    /// When the hub was started, by the wall clock.
    pub started_at: Timestamp,
    /// How long it has been running.
    pub uptime_ms: u64,
    /// How the root key is unlocked.
    pub unlock: UnlockMode,
    /// Whether the hub has its root key.
    pub seal: Seal,
    /// How the house is; absent while the hub is sealed.
    pub house: Option<HouseStatus>,
}

/// Whether the hub has its root key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Seal {
    /// It has its keys and no household yet: `doorward pair` prints the link that names
    /// the first one.
    Unclaimed,
    /// It waits for the root key, answers `status` and `unseal`, and leaves the
    /// doors alone.
    Sealed,
    /// It works.
    Unsealed,
}

/// The passphrase for a hub that started sealed.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unseal {
    /// The passphrase.
    #[serde(with = "crate::secret")]
    #[schema(value_type = String)]
    pub passphrase: SecretString,
}

/// How the root key is unlocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnlockMode {
    /// With a passphrase, typed after each start.
    Passphrase,
    /// From a file beside the database: no protection against a thief.
    Keyfile,
    /// By systemd, from a credential bound to the machine.
    SystemdCreds,
    /// From the desktop's keyring.
    Keyring,
}

/// How the house is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HouseStatus {
    /// The doors, by name.
    pub doors: Vec<DoorStatus>,
    /// The cameras, by name.
    pub cameras: Vec<CameraStatus>,
    /// The devices.
    pub devices: DeviceCounts,
    /// What devices sent that was of no use.
    pub rejected: Rejected,
    /// The devices that tried what they may not, since the hub started.
    #[serde(default)]
    pub trespassers: Vec<Trespasser>,
    /// The paired device that stands for most of the log, if there is one.
    #[serde(default)]
    pub witnessed: Option<WitnessView>,
    /// The wall clock.
    pub clock: ClockStatus,
    /// The disk.
    pub storage: StorageStatus,
    /// Where devices connect, `address:port`.
    pub broker: Vec<String>,
    /// Where devices without TLS connect, `address:port`; absent while nobody listens for
    /// them.
    #[serde(default)]
    pub without_tls: Option<String>,
    /// Where phones connect, `address:port`.
    #[serde(default)]
    pub web: Vec<String>,
    /// The connection to somebody else's broker, if the hub uses one.
    #[serde(default)]
    pub other_broker: Option<OtherBroker>,
}

/// How the connection to somebody else's broker is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OtherBroker {
    /// Where it is: `mqtts://address:port`.
    pub address: String,
    /// Whether there is a connection.
    pub link: BrokerLink,
    /// For how long that has been so; absent while the first attempt is under way.
    pub for_ms: Option<u64>,
    /// Why there is none.
    pub why: Option<String>,
    /// MQTT filters that the hub asked to hear and was refused.
    pub refused: Vec<String>,
    /// Messages of the hub's that the broker refused or gave to nobody, since the hub
    /// started.
    pub not_taken: u64,
}

/// Whether there is a connection to somebody else's broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BrokerLink {
    /// The first attempt is under way.
    Connecting,
    /// There is one.
    Up,
    /// There is none, and it is tried again and again.
    Down,
}

/// How a door is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoorStatus {
    /// What people call it.
    pub name: DoorName,
    /// Its lock.
    pub lock: LockStatus,
    /// Its contact, if it has one.
    pub contact: Option<ContactStatus>,
    /// Its keypads.
    pub keypads: Vec<KeypadStatus>,
    /// The entry in progress, if there is one.
    pub entry: Option<EntryProgress>,
}

/// How a lock is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LockStatus {
    /// The device.
    pub device: DeviceName,
    /// Whether it can be reached.
    pub link: Link,
    /// Where its bolt is, by its last report.
    pub bolt: Bolt,
    /// How old that report is; absent if there was none.
    pub age_ms: Option<u64>,
}

/// How a contact is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContactStatus {
    /// The device.
    pub device: DeviceName,
    /// Whether it can be reached.
    pub link: Link,
    /// Whether the door is open, by its last report.
    pub contact: Contact,
    /// How old that report is; absent if there was none.
    pub age_ms: Option<u64>,
}

/// How a keypad is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeypadStatus {
    /// The device.
    pub device: DeviceName,
    /// Whether it can be reached.
    pub link: Link,
    /// How long it takes no code at all; 0 if it does.
    pub locked_out_for_ms: u64,
    /// How long couriers' and guests' codes rest; 0 if they do not.
    pub suspended_for_ms: u64,
    /// Wrong tries within the last 24 hours.
    pub wrong_tries: u32,
}

/// An entry in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntryProgress {
    /// The entry.
    pub id: EntryId,
    /// How far it got.
    pub stage: Stage,
    /// How long ago it began.
    pub age_ms: u64,
}

/// How a camera is, with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CameraStatus {
    /// What people call it.
    pub name: CameraName,
    /// How it is.
    pub health: CameraHealth,
}

/// How a camera is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CameraHealth {
    /// Pictures arrive and move.
    Live {
        /// How old the newest keyframe is.
        keyframe_age_ms: u64,
        /// The codec: `H.264` or `H.265`.
        codec: String,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// It is being connected to.
    Connecting,
    /// Not reached, or it sends no pictures.
    Unavailable {
        /// In words, without address or password.
        why: String,
    },
    /// It refuses the hub's credentials.
    Refused,
    /// Pictures arrive and do not change.
    Frozen,
    /// Pictures arrive and nobody could judge them.
    Unjudged,
}

/// How many devices there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceCounts {
    /// With a certificate or a password that is believed.
    pub enrolled: u32,
    /// Connected.
    pub connected: u32,
}

/// What was turned away since the hub started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rejected {
    /// Messages that made no sense.
    pub malformed: u64,
    /// Publications and subscriptions outside a device's grants.
    pub not_granted: u64,
    /// Connections without a valid certificate, or too many.
    pub connections: u64,
    /// Wrong passwords of devices without TLS.
    #[serde(default)]
    pub wrong_passwords: u64,
}

/// A device that tried what it may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Trespasser {
    /// The device.
    pub device: DeviceName,
    /// How often.
    pub count: u64,
    /// What it had tried when the owner was last told.
    pub attempt: Attempt,
    /// What it had aimed at then.
    pub victim: Victim,
    /// How long ago that was.
    pub age_ms: u64,
}

/// The wall clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClockStatus {
    /// Whether it can be believed.
    pub trust: ClockTrust,
    /// What it shows.
    pub now: Timestamp,
    /// The IANA name of the hub's time zone.
    pub time_zone: String,
}

/// Whether the wall clock can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockTrust {
    /// It has run evenly since the owner last stood for it.
    Trusted,
    /// It has jumped, and nobody has confirmed it since.
    Untrusted,
}

/// The disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StorageStatus {
    /// Whether decisions can be written down.
    pub state: StorageState,
    /// The size of the database.
    pub database_bytes: u64,
    /// The size of all recordings.
    pub recordings_bytes: u64,
    /// How much is free on the disk of the state folder.
    pub free_bytes: u64,
    /// How many leaves the log has.
    pub log_leaves: u64,
}

/// Whether decisions can be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageState {
    /// The last commit succeeded.
    Writable,
    /// The last commit failed; nothing unlocks.
    Failing,
}
