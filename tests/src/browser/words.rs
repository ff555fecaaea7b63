//! What the script may wish for, and what it is told.

use std::net::SocketAddr;
use std::path::PathBuf;

use doorward_api::camera::Sound;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::harness;

/// What a script is told before anything else.
#[derive(Debug, Serialize)]
pub(crate) struct Opening {
    /// Where the hub's HTTPS listener is.
    pub(crate) https: SocketAddr,
    /// The link that `doorward pair` printed, with the token and the authority's fingerprint.
    pub(crate) link: String,
    /// Where pictures of the screens go.
    pub(crate) screens: PathBuf,
    /// A folder for what the browser saves; it is thrown away.
    pub(crate) folder: PathBuf,
}

/// One wish, with the number that its answer carries.
#[derive(Debug, Deserialize)]
pub(crate) struct Numbered {
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) wish: Wish,
}

/// What a script may have done in the house.
#[derive(Debug, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub(crate) enum Wish {
    /// Enrol the devices, describe the door, move in.
    Furnish,
    /// Type a code on the keypad, and tell what the keypad said.
    Type { code: String },
    /// An order in the words of the demonstration: `open`, `lock jammed`, `visitor careless`.
    Order { order: String },
    /// Run `doorward` with these words, whatever comes of it.
    Doorward { words: Vec<String> },
    /// Mend or break the camera.
    Camera { condition: Condition },
    /// Cut the hub's life off.
    Kill,
    /// Start it again at the same addresses, and wait for the devices, if there are any.
    Return,
    /// Add a camera that shows the time of day, called "clock", with its sound or without.
    AddClock { sound: Sound },
    /// Tell when the door's parts moved since the last time that this was asked, in milliseconds
    /// of the Unix epoch.
    Moved,
    /// Take one segment from the middle of a recording off the hub's disk.
    LosePart { recording: u64 },
    /// Leave no room on the hub's disk; tells whether this stage can.
    FillDisk,
    /// Make room again.
    FreeDisk,
    /// Keep a figure.
    Note(Figure),
}

/// What a script measured.
#[derive(Debug, Clone, Deserialize)]
pub struct Figure {
    /// Of what.
    pub name: String,
    /// The unit of all samples.
    pub unit: Unit,
    /// Every time that it was measured.
    pub samples: Vec<f64>,
    /// What the middle one should be at most.
    pub aim: f64,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Unit {
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Thousands of bytes.
    #[serde(rename = "kB")]
    Kilobytes,
}

/// What a camera can be told to become.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    Live,
    Frozen,
    Stalled,
    Deaf,
    Patchy,
}

impl From<Condition> for harness::Condition {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::Live => Self::Live,
            Condition::Frozen => Self::Frozen,
            Condition::Stalled => Self::Stalled,
            Condition::Deaf => Self::Deaf,
            Condition::Patchy => Self::Patchy,
        }
    }
}

/// What came of a wish.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

/// Done, with what there is to tell, or why not.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Done(Value),
    Failed(String),
}
