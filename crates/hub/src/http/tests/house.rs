//! A house that answers with samples and remembers what it was asked.

mod answers;
mod household;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use doorward_api::status::Seal;
use doorward_recorder::{HouseholdIdentity, LiveSample, LiveSoundSample, RecordingKey};
use tokio::sync::{Notify, broadcast};

use crate::board::Board;
use crate::http::Session;

/// What every segment of this house holds.
pub(crate) const SEGMENT: &[u8] = &[7; 300_000];

/// A house for tests.
pub(crate) struct TestHouse {
    pub(crate) seal: Mutex<Seal>,
    pub(crate) board: Board,
    /// By their tokens.
    pub(crate) sessions: Mutex<BTreeMap<String, Session>>,
    pub(crate) household: HouseholdIdentity,
    /// Told when a device acknowledged something.
    pub(crate) acknowledged: Notify,
    /// What every camera of this house shows.
    pub(crate) pictures: broadcast::Sender<LiveSample>,
    /// What every camera of this house hears.
    pub(crate) sound: broadcast::Sender<LiveSoundSample>,
    recording: RecordingKey,
    heard: Mutex<Vec<String>>,
    segment: PathBuf,
}

impl TestHouse {
    /// Makes a house whose segments lie in a file at `segment`.
    pub(crate) fn new(seal: Seal, segment: PathBuf) -> Self {
        std::fs::write(&segment, SEGMENT).unwrap();
        let board = Board::with_room(4);
        let household = HouseholdIdentity::generate();
        let recording = RecordingKey::generate(&household.recipient()).unwrap();
        let seal = Mutex::new(seal);
        let (sessions, heard) = (Mutex::default(), Mutex::default());
        Self {
            seal,
            board,
            sessions,
            household,
            acknowledged: Notify::new(),
            pictures: broadcast::channel(16).0,
            sound: broadcast::channel(16).0,
            recording,
            heard,
            segment,
        }
    }

    /// Returns what was asked, oldest first.
    pub(crate) fn heard(&self) -> MutexGuard<'_, Vec<String>> {
        self.heard.lock().unwrap()
    }

    fn hear(&self, what: impl std::fmt::Debug) {
        self.heard().push(format!("{what:?}"));
    }
}
