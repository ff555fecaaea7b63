//! What devices report and what they are told, whatever their dialect.

use jiff::Timestamp;

use crate::code::{AccessCode, CodeFormat};
use crate::door::{Bolt, Contact};
use crate::ids::{CommandId, DeviceName, DoorId};

/// What a device said.
pub enum DeviceReport {
    /// A lock: where its bolt is.
    Bolt(Bolt),
    /// A contact: whether the door is open.
    Contact(Contact),
    /// A keypad: somebody typed.
    Typed {
        /// The digits, if they were a code's.
        code: Result<AccessCode, CodeFormat>,
        /// The keypad's own number for this try; the answer carries it.
        transaction: u64,
    },
    /// A bell: somebody rang.
    Bell,
    /// The device is there.
    Online,
    /// The device is gone; what it said last is no longer known.
    Offline,
}

/// What a device is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceOrder {
    /// A lock: move the bolt.
    Move(LockCommand),
    /// A lock: say where the bolt is.
    ReportBolt,
    /// A keypad: what became of a try.
    Answer {
        /// The keypad's own number for the try.
        transaction: u64,
        /// What it may hear.
        answer: KeypadAnswer,
    },
    /// A keypad: a sound or a countdown.
    Tone(Tone),
}

/// One command to one lock. Made from a grant to retract, or by the rule that a
/// closed door is locked; worth nothing after its expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockCommand {
    /// Its number; a lock of our own dialect obeys each number once.
    pub id: CommandId,
    /// The door.
    pub door: DoorId,
    /// The lock.
    pub lock: DeviceName,
    /// What to do.
    pub motion: Motion,
    /// When it is worth nothing any more.
    pub expires: Timestamp,
}

/// What a bolt is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Motion {
    /// Go in: unlock.
    Retract,
    /// Go out: lock.
    Throw,
}

/// All that a keypad may hear of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeypadAnswer {
    /// The door is being unlocked.
    Accepted,
    /// It is not. The reason stays in the log.
    Refused,
}

/// A sound or a countdown on a keypad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// The door should be closed again within this many seconds.
    Countdown {
        /// Seconds, at most 255.
        seconds: u8,
    },
    /// The door has been open for too long.
    HeldOpen,
    /// Silence: the door is locked again.
    Quiet,
}
