//! What an onlooker sees in the house.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::dialect::{Unheeded, Verdict};
use super::door::{Bolt, Leaf, Turn};

/// Something seen, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// By the house's clock.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub what: Seen,
}

/// Something seen. Never holds a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "seen", rename_all = "kebab-case")]
pub enum Seen {
    /// A device is connected and may be spoken to.
    Up {
        /// The device.
        device: String,
    },
    /// A device's connection failed or ended.
    Down {
        /// The device.
        device: String,
        /// The connection's error.
        why: String,
    },
    /// Somebody typed a code.
    Typed {
        /// The keypad.
        device: String,
        /// The number that the answer will carry.
        seq: u64,
    },
    /// Somebody rang.
    Rang {
        /// The keypad whose bell it is.
        device: String,
    },
    /// The keypad was answered.
    Answered {
        /// The keypad.
        device: String,
        /// The typed code's number.
        seq: u64,
        /// Accepted or refused.
        answer: Verdict,
    },
    /// The keypad was told to count down.
    Countdown {
        /// The keypad.
        device: String,
        /// From how many seconds.
        countdown_s: u64,
    },
    /// The lock carries out a command.
    Commanded {
        /// Which.
        turn: Turn,
    },
    /// The lock does not carry out a command.
    Unheeded {
        /// Why.
        why: Unheeded,
    },
    /// The bolt is somewhere else than before.
    Bolt {
        /// Where.
        bolt: Bolt,
    },
    /// The leaf moved.
    Leaf {
        /// Where to.
        leaf: Leaf,
    },
    /// The bolt was thrown on an open leaf.
    ThrownOnOpenLeaf,
    /// A device was sent something that its dialect does not know.
    Unclear {
        /// The device.
        device: String,
    },
}

impl Seen {
    /// This, seen at this moment.
    #[must_use]
    pub fn now(self) -> Sight {
        Sight { at: Timestamp::now(), what: self }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up { device } => write!(f, "{device} is connected"),
            Self::Down { device, why } => write!(f, "{device} is not connected: {why}"),
            Self::Typed { device, .. } => write!(f, "somebody types a code on {device}"),
            Self::Rang { device } => write!(f, "somebody rings at {device}"),
            Self::Answered { device, answer: Verdict::Accepted, .. } => {
                write!(f, "{device} shows green")
            }
            Self::Answered { device, answer: Verdict::Refused, .. } => {
                write!(f, "{device} shows red")
            }
            Self::Countdown { device, countdown_s: 0 } => write!(f, "{device} falls quiet"),
            Self::Countdown { device, countdown_s } => {
                write!(f, "{device} counts down from {countdown_s} s")
            }
            Self::Commanded { turn: Turn::Retract } => write!(f, "the lock is told to unlock"),
            Self::Commanded { turn: Turn::Throw } => write!(f, "the lock is told to lock"),
            Self::Unheeded { why: Unheeded::Expired } => {
                write!(f, "the lock refuses a command that comes too late")
            }
            Self::Unheeded { why: Unheeded::Repeated } => {
                write!(f, "the lock ignores a command that it had before")
            }
            Self::Unheeded { why: Unheeded::Malformed } => {
                write!(f, "the lock does not understand a command")
            }
            Self::Bolt { bolt: Bolt::Thrown } => write!(f, "the bolt is thrown: locked"),
            Self::Bolt { bolt: Bolt::Retracted } => write!(f, "the bolt is retracted: unlocked"),
            Self::Bolt { bolt: Bolt::Moving } => write!(f, "the bolt moves"),
            Self::Bolt { bolt: Bolt::Jammed } => write!(f, "the bolt is jammed"),
            Self::Bolt { bolt: Bolt::Unknown } => write!(f, "the lock does not know its bolt"),
            Self::Leaf { leaf: Leaf::Open } => write!(f, "the door is open"),
            Self::Leaf { leaf: Leaf::Closed } => write!(f, "the door is closed"),
            Self::ThrownOnOpenLeaf => write!(f, "the bolt is thrown on an open door"),
            Self::Unclear { device } => write!(f, "{device} is sent something unclear"),
        }
    }
}
