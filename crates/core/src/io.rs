//! What goes into the hub and what comes out.

use jiff::Timestamp;

use crate::batch::{Batch, SegmentRecord};
use crate::code::{AccessCode, Window};
use crate::device::{DeviceOrder, DeviceReport};
use crate::door::{Approval, Recording};
use crate::entry::Actor;
use crate::event::Alarm;
use crate::ids::{
    CameraName, CodeId, CommandId, CommitTicket, DeviceName, DoorId, DoorName, EntryId,
    HouseholdId, PairedDeviceId, PersonId, RecordingId,
};
use crate::permit::{DeviceWish, Permit};
use crate::person::Role;
use crate::schedule::Schedule;
use crate::trespass::{Attempt, Trespass, Victim};

/// Something that happened.
pub enum Input {
    /// The deadline that the hub asked for has come, or might have.
    Deadline,
    /// A batch is on the disk.
    Committed(CommitTicket),
    /// A batch may or may not be on the disk; nobody can tell.
    CommitFailed(CommitTicket),
    /// A device said something.
    Device(DeviceName, DeviceReport),
    /// A device that is no part of a door asks something of it.
    Asked(DeviceName, DoorId, DeviceWish),
    /// A device tried what it may not, and was refused.
    Refused(Trespass),
    /// Nobody was there to take a command to a lock.
    Undelivered(CommandId),
    /// The camera showed a live picture just now and the recording runs, or not.
    Filming(RecordingId, Result<(), CameraFault>),
    /// A camera failed while it recorded.
    CameraLost(CameraName),
    /// A sealed segment is on the disk.
    SegmentSealed(SegmentRecord),
    /// A recording ended.
    RecordingClosed(RecordingId),
    /// Somebody of the house wants something.
    Owner(RequestId, Actor, OwnerRequest),
    /// The hub is about to stop in good order.
    Stop,
}

/// Why a camera cannot stand witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CameraFault {
    /// Not reached, no stream, or no picture within two seconds.
    Unavailable,
    /// It refuses the hub's credentials.
    Refused,
    /// Pictures arrive and do not change.
    Frozen,
    /// Pictures arrive and could not be judged in time.
    Unjudged,
}

/// One wish of the owner's, so that its answer finds the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What the owner wants.
pub enum OwnerRequest {
    /// Describe a door.
    AddDoor(NewDoor),
    /// Change what is wanted of a door; what is absent stays.
    SetPolicy(DoorId, PolicyChange),
    /// Give out a code.
    IssueCode(NewCode),
    /// Take a code back.
    CancelCode(CodeId),
    /// Have a guest's or an emergency code open nothing until it is taken up again.
    PauseCode(CodeId),
    /// Have a code that was paused open again.
    ResumeCode(CodeId),
    /// Unlock a door, by the owner's own leave.
    Unlock(DoorId),
    /// Lock a door; if it is open, as soon as it closes.
    Lock(DoorId),
    /// Stop a visit.
    Block(EntryId),
    /// Let a visit go on that waits for the owner.
    Approve(EntryId),
    /// Let a keypad take codes again.
    Rearm(DeviceName),
    /// Let a device ask this of a door, and nothing else of it.
    Allow(DeviceName, DoorId, Permit),
    /// Let a device ask nothing of a door any more.
    Disallow(DeviceName, DoorId),
    /// Stand for the machine's clock.
    ConfirmClock,
    /// Write into the log what was done elsewhere in the hub.
    Note(Note),
    /// Forget a recording's key, and what is known of its segments. Retention
    /// asks for it in the owner's name.
    EraseRecording(RecordingId),
    /// Forget what is known of people in an entry, its recordings among it.
    EraseEntry(EntryId),
    /// Forget what was written about a code.
    EraseCodeNotes(CodeId),
}

/// Something done elsewhere in the hub that the log must tell of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A device was enrolled.
    DeviceEnrolled(DeviceName),
    /// A device's certificate was revoked.
    DeviceRevoked(DeviceName),
    /// A device was issued a certificate to follow the one that it has.
    CertificateIssued(DeviceName),
    /// A device showed the certificate that follows; the one before is void.
    CertificateReplaced(DeviceName),
    /// Another authority stands beside the one so far, by its number.
    AuthorityAdded(u32),
    /// An authority is no longer believed.
    AuthorityRetired(u32),
    /// A camera was added.
    CameraAdded(CameraName),
    /// A camera was removed.
    CameraRemoved(CameraName),
    /// A person was added.
    PersonAdded(PersonId, Role),
    /// A person's name or role was changed.
    PersonChanged(PersonId, Role),
    /// A person was removed.
    PersonRemoved(PersonId),
    /// A device was paired.
    DevicePaired(PairedDeviceId, PersonId),
    /// A device's pairing was ended.
    PairingEnded(PairedDeviceId),
    /// A paired device's PIN rests.
    PinRests(PairedDeviceId),
    /// A paired device's PIN may be tried again.
    PinLifted(PairedDeviceId),
    /// A paired device has a new passkey.
    PasskeyAdded(PairedDeviceId),
    /// A device is sent the notices from here on.
    NoticesAllowed(DeviceName),
    /// A device is sent no notices any more.
    NoticesDisallowed(DeviceName),
    /// Home Assistant is shown the doors.
    HomeAssistantOn,
    /// Home Assistant is shown nothing any more.
    HomeAssistantOff,
    /// A backup is handed out.
    BackupMade,
    /// Somebody watched a camera's live picture.
    CameraWatched {
        /// The camera.
        camera: CameraName,
        /// When they began.
        from: Timestamp,
        /// When they went away.
        until: Timestamp,
    },
}

/// A door to be described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDoor {
    /// What people call it.
    pub name: DoorName,
    /// The households that may give out codes for it.
    pub households: Vec<HouseholdId>,
    /// The device that moves its bolt.
    pub lock: DeviceName,
    /// The keypads in front of it.
    pub keypads: Vec<DeviceName>,
    /// The contact, if it has one.
    pub contact: Option<DeviceName>,
    /// The camera, if it has one.
    pub camera: Option<CameraName>,
}

/// What is to change in a door's policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PolicyChange {
    /// Whether an entry must be filmed.
    pub recording: Option<Recording>,
    /// Whether the owner is asked each time.
    pub approval: Option<Approval>,
    /// How long an unlocked door waits to be opened.
    pub relock_after: Option<std::time::Duration>,
}

/// A code to be given out.
pub struct NewCode {
    /// The household that gives it out.
    pub household: HouseholdId,
    /// The doors it opens.
    pub doors: Vec<DoorId>,
    /// What kind of code.
    pub kind: NewCodeKind,
    /// What the owner wrote about it; JSON of the hub's, opaque here.
    pub personal: String,
}

/// What kind of code is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewCodeKind {
    /// For a delivery.
    OneTime(Window),
    /// For a guest.
    Scheduled {
        /// When it opens.
        schedule: Schedule,
        /// How often, if limited.
        uses: Option<u32>,
    },
    /// For an emergency.
    BreakGlass,
    /// To be typed under threat in place of another.
    Duress {
        /// The code it resembles.
        resembles: CodeId,
    },
}

/// What is to be done.
pub enum Effect {
    /// Write this down, in one transaction, and report back.
    Commit(Batch),
    /// Tell a device something.
    Order(DeviceName, DeviceOrder),
    /// Start a recording, see whether the camera is live, and report back with
    /// [`Input::Filming`].
    Film {
        /// The recording's number.
        recording: RecordingId,
        /// The entry it shows.
        entry: EntryId,
        /// The household it is sealed to.
        household: HouseholdId,
        /// The camera.
        camera: CameraName,
    },
    /// End a recording.
    StopFilming(RecordingId),
    /// Tell the people of the house.
    Notify(Notice),
    /// Answer the owner.
    Reply(RequestId, Result<Reply, Refusal>),
}

/// Something the people of the house are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A visit waits for the owner's tap.
    ApprovalWanted {
        /// The door.
        door: DoorId,
        /// The entry.
        entry: EntryId,
    },
    /// An entry went on, or ended.
    EntryChanged(EntryId),
    /// A door's bolt, contact or lock changed.
    DoorChanged(DoorId),
    /// Somebody rang.
    Bell(DoorId),
    /// Something that somebody must look at.
    Alarm {
        /// The door, if it is about one.
        door: Option<DoorId>,
        /// The entry, if it is about one.
        entry: Option<EntryId>,
        /// What.
        alarm: Alarm,
    },
    /// A device tried what it may not; at most once an hour for each device.
    Trespass {
        /// The device.
        device: DeviceName,
        /// What it tried.
        attempt: Attempt,
        /// What it aimed at.
        victim: Victim,
    },
}

/// What the owner hears once his wish is on the disk.
pub enum Reply {
    /// Done.
    Done,
    /// A door was described.
    Door(DoorId),
    /// An entry was begun.
    Entry(EntryId),
    /// A code was given out. This is the only time its digits are shown.
    Code {
        /// Its number.
        code: CodeId,
        /// Its digits.
        digits: AccessCode,
    },
    /// A code that was paused opens again.
    Resumed(CodeId),
    /// The door is open; it will be locked as soon as it closes.
    OnceClosed,
}

/// Why a wish was not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such door.
    #[error("there is no such door")]
    NoSuchDoor,
    /// No such entry, or it is over.
    #[error("there is no such entry in progress")]
    NoSuchEntry,
    /// No such code, or it is over.
    #[error("there is no such code, or it is over already")]
    NoSuchCode,
    /// A code that has its own end, or follows another.
    #[error("only a guest's or an emergency code can be paused; take a delivery's back instead")]
    NotToBePaused,
    /// The device has no permit at the door.
    #[error("this device has no permit at that door")]
    NoSuchPermit,
    /// No such keypad at any door.
    #[error("no door has such a keypad")]
    NoSuchKeypad,
    /// A door of this name exists.
    #[error("a door of this name exists already")]
    NameTaken,
    /// A lock, keypad or contact that belongs to another door, or has another part
    /// in this one.
    #[error(
        "each lock, keypad and contact has one part in one door; one of these belongs to another door, \
         or was enrolled as something else"
    )]
    DeviceTaken,
    /// A household that has no part in the door.
    #[error("this household has no part in that door")]
    NotThisHousehold,
    /// A window that ends before it begins, lies in the past, or is too long.
    #[error("the time window must end in the future, after it begins, and last at most 24 hours")]
    BadWindow,
    /// A schedule that never admits anybody.
    #[error("the schedule needs at least one day, and dates that lie ahead")]
    BadSchedule,
    /// A code that opens nothing.
    #[error("a code needs at least one door; a delivery's needs exactly one")]
    BadDoors,
    /// So many live codes that guessing would get too easy.
    #[error(
        "this door has as many codes as it may: nine that open at one moment, among them three \
         deliveries; sixteen guests' and one emergency code in all; take one back, or choose another time"
    )]
    TooManyCodes,
    /// Another entry is in progress at the door.
    #[error("an entry is in progress at this door")]
    DoorBusy,
    /// The entry does not wait for anybody's leave.
    #[error("this entry does not wait for approval")]
    NotWaiting,
    /// A recording whose last segment is not on the disk yet.
    #[error("it is still being filmed; wait until the recording has ended")]
    StillFilming,
    /// An entry that is not over.
    #[error("this entry is still in progress; only one that is over can be erased")]
    StillInProgress,
    /// The clock jumped.
    #[error("the clock cannot be relied on; confirm the time first (`doorward clock confirm`)")]
    ClockUntrusted,
    /// The wish could not be written down.
    #[error("it could not be written down; look at the disk")]
    NotRecorded,
}
