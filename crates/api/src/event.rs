//! What the log tells, with names in place of numbers where people use names.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::code::CodeKind;
use crate::device::{Part, Permit};
use crate::door::{Bolt, Contact};
use crate::entry::{Actor, Outcome, Reason, Stage};
use crate::id::{
    CameraName, CodeId, DeviceName, DoorName, EntryId, PairedDeviceId, PersonId, RecordingId,
};
use crate::person::Role;

/// Something that happened.
#[expect(missing_docs, reason = "each field is named for the id or value it holds")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LogEvent {
    /// The hub began to watch.
    HubStarted,
    /// The hub stopped in good order.
    HubStopped,
    /// A door was described.
    DoorAdded { door: DoorName },
    /// A door's policy was changed.
    DoorPolicyChanged { door: DoorName },
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
    DeviceAllowed { device: DeviceName, door: DoorName, permit: Permit },
    /// A device may ask nothing of a door any more.
    DeviceDisallowed { device: DeviceName, door: DoorName },
    /// A device asked something of a door within its permit, and it was not done.
    DeviceRefused { device: DeviceName, door: DoorName, reason: Reason },
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
    CodeIssued { code: CodeId, kind: CodeKind, doors: Vec<DoorName> },
    /// A code will never open again.
    CodeEnded { code: CodeId, why: CodeEnd },
    /// A code opens nothing until it is taken up again.
    CodePaused { code: CodeId },
    /// A code that was paused opens again.
    CodeResumed { code: CodeId },
    /// A code was typed and opened nothing. `code` is absent if no code has those
    /// digits.
    CodeRefused { keypad: DeviceName, door: Option<DoorName>, code: Option<CodeId>, reason: Reason },
    /// A try too many: the keypad takes no code for a while.
    KeypadLockedOut { keypad: DeviceName, for_ms: u64 },
    /// Too many wrong tries in a day: couriers' and guests' codes rest.
    KeypadSuspended { keypad: DeviceName, for_ms: u64 },
    /// The owner let a keypad take codes again.
    KeypadRearmed { keypad: DeviceName },
    /// The decision to retract one bolt once.
    UnlockGranted { entry: EntryId, door: DoorName, by: Actor },
    /// The decision not to.
    EntryDenied { entry: EntryId, door: DoorName, by: Actor, reason: Reason },
    /// An entry went on to another stage.
    EntryMoved { entry: EntryId, door: DoorName, stage: Stage },
    /// An entry is over.
    EntryClosed { entry: EntryId, door: DoorName, outcome: Outcome },
    /// An entry that a restart interrupted was taken up again.
    EntryResumed { entry: EntryId, door: DoorName },
    /// The owner stopped a visit.
    EntryBlocked { entry: EntryId, door: DoorName },
    /// The owner let a visit go on.
    EntryApproved { entry: EntryId, door: DoorName },
    /// The lock said where its bolt is.
    BoltReported { door: DoorName, bolt: Bolt },
    /// The contact said whether the door is open.
    ContactReported { door: DoorName, contact: Contact },
    /// Somebody asked for a bolt to be thrown.
    LockAsked { door: DoorName, by: Actor },
    /// Something that somebody must look at.
    Alarm { door: Option<DoorName>, entry: Option<EntryId>, alarm: Alarm },
    /// An alarm: a device tried what it may not. `untold` counts what it tried since
    /// it was last told of.
    Trespass { device: DeviceName, attempt: Attempt, victim: Victim, untold: u64 },
    /// A camera's recording of an entry began.
    RecordingOpened { recording: RecordingId, entry: EntryId, camera: CameraName },
    /// A sealed segment is on the disk. `sha256` is of the ciphertext, in hex.
    SegmentSealed { recording: RecordingId, sequence: u32, sha256: String },
    /// A recording ended.
    RecordingClosed { recording: RecordingId },
    /// A recording was removed as retention says, or erased by the owner.
    RecordingErased { recording: RecordingId },
    /// An entry was in progress for longer than one is filmed. The camera rests until
    /// something moves at the door.
    FilmingRested { entry: EntryId, door: DoorName, recording: RecordingId },
    /// The owner erased an entry: its leaves up to this one are empty.
    EntryErased { entry: EntryId },
    /// The owner erased what was written about a code.
    CodeNotesErased { code: CodeId },
    /// A person was added to the household; the name is as it is today.
    PersonAdded { person: PersonId, name: Option<String>, role: Role },
    /// A person's name or role was changed.
    PersonChanged { person: PersonId, name: Option<String>, role: Role },
    /// A person was removed from the household, with all their devices.
    PersonRemoved { person: PersonId },
    /// A device was paired.
    DevicePaired { paired: PairedDeviceId, name: Option<String>, person: PersonId },
    /// A device's pairing was ended.
    PairingEnded { paired: PairedDeviceId, name: Option<String> },
    /// A paired device's PIN was wrong too often and rests.
    PinRests { paired: PairedDeviceId, name: Option<String> },
    /// A paired device's PIN may be tried again.
    PinLifted { paired: PairedDeviceId, name: Option<String> },
    /// A paired device has a new passkey, in place of the one that it may have had.
    PasskeyAdded { paired: PairedDeviceId, name: Option<String> },
    /// The wall clock jumped by this many seconds against hub time.
    ClockStepped { step_s: i64 },
    /// The owner stood for the wall clock.
    ClockConfirmed,
    /// A backup was sealed, and is handed out.
    BackupMade,
    /// The hub was made again from a backup of this moment. What happened between the
    /// backup and this line is in no log.
    HubRestored { backup_of: Timestamp },
    /// What happened was erased at the owner's wish; the log's proofs still hold.
    Erased,
}

/// What a device tried and was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attempt {
    /// To publish.
    Publish,
    /// To leave a will.
    LeaveWill,
    /// To have answers sent somewhere.
    AskForAnswers,
    /// To subscribe.
    Subscribe,
    /// To use a name that is no topic.
    Misname,
    /// To take more than its share: topics, subscriptions, bytes, connections.
    Exceed,
    /// To send bytes that are not MQTT.
    Garble,
    /// To come in by a wrong password. Whoever did named this device, and need not be it.
    GuessPassword,
}

/// What a device aimed at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Victim {
    /// A part of a door.
    Part {
        /// The door.
        door: DoorName,
        /// Which part of it.
        part: Part,
    },
    /// A device that hangs on no door.
    Device {
        /// Its name.
        name: DeviceName,
    },
    /// A topic that is nobody's.
    Topic {
        /// As much of it as is shown: the device chose it, so it was cleaned and cut.
        words: String,
    },
    /// It named none.
    Unnamed,
}

/// Why a code will never open again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeEnd {
    /// It has opened as often as it may.
    Spent,
    /// Its time is over.
    Expired,
    /// The owner took it back.
    Cancelled,
}

/// Something that somebody must look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
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
