//! What goes to the disk together, or not at all.

use serde::{Deserialize, Serialize};

use crate::code::{CodeRecord, Standing, Tombstone};
use crate::door::{Door, DoorPolicy};
use crate::entry::{Actor, EntryRecord};
use crate::event::{ClockTrust, Leaf};
use crate::ids::{CodeId, CommitTicket, DeviceName, DoorId, EntryId, RecordingId};
use crate::permit::DevicePermit;
use crate::throttle::ThrottleRecord;
use crate::time::Now;

/// One transaction: changes, the leaves that tell of them, and the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Under which the store reports back.
    pub ticket: CommitTicket,
    /// What changes, in order.
    pub changes: Vec<Change>,
    /// What the log says of it, in order.
    pub leaves: Vec<Leaf>,
    /// Written with every batch, so that neither clock ever runs below it.
    pub mark: ClockMark,
    /// Written with every batch, so that no number is given out twice.
    pub next_ids: NextIds,
}

/// How far time had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockMark {
    /// The highest wall time seen while it was trusted, and hub time.
    pub at: Now,
    /// Whether the wall clock could be believed.
    pub trust: ClockTrust,
}

/// The next number of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextIds {
    /// For the next door.
    pub door: u64,
    /// For the next code.
    pub code: u64,
    /// For the next entry.
    pub entry: u64,
    /// For the next recording.
    pub recording: u64,
    /// For the next command.
    pub command: u64,
}

impl Default for NextIds {
    fn default() -> Self {
        Self { door: 1, code: 1, entry: 1, recording: 1, command: 1 }
    }
}

/// One row that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A door is added.
    DoorAdded(Door),
    /// A door's policy becomes this.
    DoorPolicy(DoorId, DoorPolicy),
    /// A code is added; `personal` is what its owner wrote about it (JSON of
    /// the hub's, opaque here) and can be erased by itself.
    CodeAdded {
        /// The code.
        code: CodeRecord,
        /// Carrier, reference, guest's name, instructions.
        personal: String,
        /// Who gave it out.
        by: Actor,
    },
    /// A code has this many uses left.
    CodeUsesLeft(CodeId, u32),
    /// A code is over.
    CodeEnded(CodeId, Tombstone),
    /// A code that is not over opens, or does not.
    CodeStanding(CodeId, Standing),
    /// A keypad's count of wrong tries becomes this.
    Throttle(DeviceName, ThrottleRecord),
    /// An entry is added or becomes this.
    Entry(EntryRecord),
    /// A sealed segment is on the disk.
    Segment(SegmentRecord),
    /// A recording ended.
    RecordingClosed(RecordingId),
    /// A recording's rows go, and with them the key to its segments.
    RecordingErased(RecordingId),
    /// What is known of people in this entry and its leaves' bodies goes.
    EntryErased(EntryId),
    /// What its owner wrote about a code goes.
    CodeNotesErased(CodeId),
    /// A device's permit at a door is this.
    PermitGiven(DevicePermit),
    /// A device has no permit at a door any more.
    PermitTaken(DeviceName, DoorId),
}

/// One sealed segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRecord {
    /// The recording it belongs to.
    pub recording: RecordingId,
    /// Its place in the recording, from 1.
    pub sequence: u32,
    /// When its first picture was taken, by the hub's wall clock, in
    /// milliseconds since 1970.
    pub starts_at_ms: i64,
    /// How long it lasts.
    pub duration_ms: u32,
    /// The size of the sealed file.
    pub bytes: u64,
    /// SHA-256 of the sealed file.
    pub sha256: [u8; 32],
}

/// What the store hands back at start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// All doors.
    pub doors: Vec<Door>,
    /// All codes without a tombstone, and those with one that are younger than
    /// the log's retention: a spent code is told from a wrong one.
    pub codes: Vec<CodeRecord>,
    /// Wrong tries by keypad.
    pub throttles: Vec<(DeviceName, ThrottleRecord)>,
    /// What devices may ask of doors.
    pub permits: Vec<DevicePermit>,
    /// Entries without an outcome.
    pub open_entries: Vec<EntryRecord>,
    /// How far time had come; absent before the first batch.
    pub mark: Option<ClockMark>,
    /// The next number of each kind.
    pub next_ids: NextIds,
}
