//! What the log keeps: one leaf for each thing that happened.
//!
//! A leaf's body is the JSON of a [`Leaf`]. The tree holds only a salted
//! commitment to it, SHA-256(salt ‖ body), so that a body can be erased without
//! breaking a proof. Bodies name people and parcels by number alone; what
//! carries a name lies in rows of its own.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::code::{CodeKindName, Tombstone};
use crate::door::{Bolt, Contact};
use crate::entry::{Actor, Outcome, Reason, Stage};
use crate::ids::{
    CameraName, CodeId, CommandId, DeviceName, DoorId, EntryId, HouseholdId, PairedDeviceId,
    PersonId, RecordingId,
};
use crate::permit::Permit;
use crate::person::Role;
use crate::time::Now;
use crate::trespass::{Attempt, Victim};

/// The body of one leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// When it happened, on both clocks.
    pub at: Now,
    /// Whether the wall clock could be believed then.
    pub clock: ClockTrust,
    /// Who wished it; absent if nobody did: it came about by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// What happened.
    pub event: LogEvent,
}

impl Leaf {
    /// Returns the bytes that the log commits to.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a leaf holds no map with keys that are not text")
    }

    /// Reads a leaf's body back.
    ///
    /// # Errors
    /// If the bytes are not the JSON of a leaf.
    pub fn decode(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }
}

/// Whether the wall clock can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockTrust {
    /// It has run evenly since the owner last stood for it.
    Trusted,
    /// It has jumped, and nobody has confirmed it since.
    Untrusted,
}

/// Something that happened.
#[expect(missing_docs, reason = "each field is named for the id or value it holds")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LogEvent {
    /// The hub began to watch.
    HubStarted,
    /// The hub stopped in good order.
    HubStopped,
    /// A door was described.
    DoorAdded { door: DoorId },
    /// A door's policy was changed.
    DoorPolicyChanged { door: DoorId },
    /// A device was enrolled.
    DeviceEnrolled { device: DeviceName },
    /// A device's certificate was revoked.
    DeviceRevoked { device: DeviceName },
    /// A device was issued a certificate to follow the one that it has.
    CertificateIssued { device: DeviceName },
    /// A device showed the certificate that follows; the one before is void.
    CertificateReplaced { device: DeviceName },
    /// Another authority stands beside the one so far, and issues from here on.
    AuthorityAdded { authority: u32 },
    /// An authority is no longer believed.
    AuthorityRetired { authority: u32 },
    /// A device may ask this of a door.
    DeviceAllowed { device: DeviceName, door: DoorId, permit: Permit },
    /// A device may ask nothing of a door any more.
    DeviceDisallowed { device: DeviceName, door: DoorId },
    /// A device asked something of a door within its permit, and it was not done.
    DeviceRefused { device: DeviceName, door: DoorId, reason: Reason },
    /// A device is sent the notices from here on.
    NoticesAllowed { device: DeviceName },
    /// A device is sent no notices any more.
    NoticesDisallowed { device: DeviceName },
    /// Home Assistant is shown the doors.
    HomeAssistantOn,
    /// Home Assistant is shown nothing any more.
    HomeAssistantOff,
    /// A camera was added.
    CameraAdded { camera: CameraName },
    /// A camera was removed.
    CameraRemoved { camera: CameraName },
    /// Somebody watched a camera's live picture.
    CameraWatched { camera: CameraName, from: Timestamp, until: Timestamp },
    /// A code was given out.
    CodeIssued { code: CodeId, kind: CodeKindName, household: HouseholdId, doors: Vec<DoorId> },
    /// A code will never open again.
    CodeEnded { code: CodeId, why: Tombstone },
    /// A code opens nothing until it is taken up again.
    CodePaused { code: CodeId },
    /// A code that was paused opens again.
    CodeResumed { code: CodeId },
    /// A code was typed and opened nothing. `code` is absent if no code has
    /// those digits.
    CodeRefused { keypad: DeviceName, door: Option<DoorId>, code: Option<CodeId>, reason: Reason },
    /// A try too many: the keypad takes no code until `until_mono_ms`.
    KeypadLockedOut { keypad: DeviceName, until_mono_ms: u64 },
    /// Too many wrong tries in a day: couriers' and guests' codes rest.
    KeypadSuspended { keypad: DeviceName, until_mono_ms: u64 },
    /// The owner let a keypad take codes again.
    KeypadRearmed { keypad: DeviceName },
    /// The decision to retract one bolt once.
    UnlockGranted { entry: EntryId, door: DoorId, by: Actor, command: CommandId },
    /// The decision not to.
    EntryDenied { entry: EntryId, door: DoorId, by: Actor, reason: Reason },
    /// An entry went on to another stage.
    EntryMoved { entry: EntryId, door: DoorId, stage: Stage },
    /// An entry is over.
    EntryClosed { entry: EntryId, door: DoorId, outcome: Outcome },
    /// An entry that a restart interrupted was taken up again.
    EntryResumed { entry: EntryId, door: DoorId },
    /// The owner stopped a visit.
    EntryBlocked { entry: EntryId, door: DoorId },
    /// The owner let a visit go on.
    EntryApproved { entry: EntryId, door: DoorId },
    /// The lock said where its bolt is.
    BoltReported { door: DoorId, bolt: Bolt },
    /// The contact said whether the door is open.
    ContactReported { door: DoorId, contact: Contact },
    /// The owner asked for a bolt to be thrown.
    LockAsked { door: DoorId, by: Actor },
    /// Something that somebody must look at.
    Alarm { door: Option<DoorId>, entry: Option<EntryId>, alarm: Alarm },
    /// An alarm: a device tried what it may not. `untold` counts what it tried
    /// since it was last told of.
    Trespass { device: DeviceName, attempt: Attempt, victim: Victim, untold: u64 },
    /// A camera's recording of an entry began.
    RecordingOpened { recording: RecordingId, entry: EntryId, camera: CameraName },
    /// A sealed segment is on the disk. `sha256` is of the ciphertext, in hex.
    SegmentSealed { recording: RecordingId, sequence: u32, sha256: String },
    /// A recording ended.
    RecordingClosed { recording: RecordingId },
    /// A recording was removed as retention says, or erased by the owner.
    RecordingErased { recording: RecordingId },
    /// An entry was in progress for longer than one is filmed. The camera rests
    /// until something moves at the door.
    FilmingRested { entry: EntryId, door: DoorId, recording: RecordingId },
    /// The owner erased an entry: its leaves up to this one are empty.
    EntryErased { entry: EntryId },
    /// The owner erased what was written about a code.
    CodeNotesErased { code: CodeId },
    /// A person was added to the household.
    PersonAdded { person: PersonId, role: Role },
    /// A person's name or role was changed.
    PersonChanged { person: PersonId, role: Role },
    /// A person was removed from the household, with all their devices.
    PersonRemoved { person: PersonId },
    /// A device was paired.
    DevicePaired { paired: PairedDeviceId, person: PersonId },
    /// A device's pairing was ended.
    PairingEnded { paired: PairedDeviceId },
    /// A paired device's PIN was wrong too often and rests.
    PinRests { paired: PairedDeviceId },
    /// A paired device's PIN may be tried again.
    PinLifted { paired: PairedDeviceId },
    /// A paired device has a new passkey, in place of the one that it may have had.
    PasskeyAdded { paired: PairedDeviceId },
    /// The wall clock jumped by this many seconds against hub time.
    ClockStepped { step_s: i64 },
    /// The owner stood for the wall clock.
    ClockConfirmed,
    /// A backup was sealed, and is handed out.
    BackupMade,
    /// The hub was made again from a backup of this moment. What happened between the
    /// backup and this leaf is in no log.
    HubRestored { backup_of: Timestamp },
}

/// Something that somebody must look at, in Matter's words where it has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// The door opened though its bolt was thrown and nobody had leave.
    ForcedOpen,
    /// The door has been open for too long.
    HeldOpen,
    /// The bolt is stuck.
    Jammed,
    /// The lock did not answer a command.
    LockSilent,
    /// The lock could not be reached with a command.
    LockUnreachable,
    /// The door was open when the hub came back.
    OpenAfterRestart,
    /// The contact says nothing, so that nobody knows whether the door is open.
    ContactUnknown,
    /// Too many wrong codes.
    WrongCodeLimit,
    /// The emergency code was used.
    BreakGlassUsed,
    /// A duress code was used. Never shown where the door can be seen.
    Duress,
    /// The owner stopped a visit that was already inside.
    VisitStopped,
    /// The camera was lost during an entry.
    EvidenceGap,
    /// A decision or a report could not be written down.
    StorageFailed,
    /// The wall clock jumped.
    ClockStepped,
}
