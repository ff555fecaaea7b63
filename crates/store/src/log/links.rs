//! What a leaf tells of, for the columns by which it is looked up.

use doorward_core::event::LogEvent;
use doorward_core::ids::{DoorId, EntryId, RecordingId};
use doorward_core::trespass::Victim;

/// The things that a leaf names by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Links {
    pub(crate) entry: Option<EntryId>,
    pub(crate) door: Option<DoorId>,
    pub(crate) recording: Option<RecordingId>,
}

/// Returns the entry that an event names, if it names one.
#[must_use]
pub fn entry_of(event: &LogEvent) -> Option<EntryId> {
    Links::of(event).entry
}

/// Returns the recording that an event names, if it names one.
#[must_use]
pub fn recording_of(event: &LogEvent) -> Option<RecordingId> {
    Links::of(event).recording
}

impl Links {
    fn door(door: Option<DoorId>) -> Self {
        Self { door, ..Self::default() }
    }

    fn entry(entry: Option<EntryId>, door: Option<DoorId>) -> Self {
        Self { entry, door, recording: None }
    }

    fn recording(recording: RecordingId) -> Self {
        Self { recording: Some(recording), ..Self::default() }
    }

    /// Returns what an event names. A recording's entry is not in each of its
    /// events; the store knows it.
    pub(crate) fn of(event: &LogEvent) -> Self {
        match event {
            LogEvent::UnlockGranted { entry, door, .. }
            | LogEvent::EntryDenied { entry, door, .. }
            | LogEvent::EntryMoved { entry, door, .. }
            | LogEvent::EntryClosed { entry, door, .. }
            | LogEvent::EntryResumed { entry, door }
            | LogEvent::EntryBlocked { entry, door }
            | LogEvent::EntryApproved { entry, door } => Self::entry(Some(*entry), Some(*door)),
            LogEvent::Alarm { door, entry, .. } => Self::entry(*entry, *door),
            LogEvent::DoorAdded { door }
            | LogEvent::DoorPolicyChanged { door }
            | LogEvent::BoltReported { door, .. }
            | LogEvent::ContactReported { door, .. }
            | LogEvent::LockAsked { door, .. }
            | LogEvent::DeviceAllowed { door, .. }
            | LogEvent::DeviceDisallowed { door, .. }
            | LogEvent::DeviceRefused { door, .. } => Self::door(Some(*door)),
            LogEvent::CodeRefused { door, .. } => Self::door(*door),
            LogEvent::Trespass { victim: Victim::Part { door, .. }, .. } => Self::door(Some(*door)),
            LogEvent::Trespass {
                victim: Victim::Device { .. } | Victim::Topic { .. } | Victim::Unnamed,
                ..
            } => Self::default(),
            LogEvent::RecordingOpened { recording, entry, .. } => {
                Self { entry: Some(*entry), ..Self::recording(*recording) }
            }
            LogEvent::FilmingRested { entry, door, recording } => {
                Self { recording: Some(*recording), ..Self::entry(Some(*entry), Some(*door)) }
            }
            LogEvent::SegmentSealed { recording, .. }
            | LogEvent::RecordingClosed { recording }
            | LogEvent::RecordingErased { recording } => Self::recording(*recording),
            LogEvent::HubStarted
            | LogEvent::HubStopped
            | LogEvent::DeviceEnrolled { .. }
            | LogEvent::DeviceRevoked { .. }
            | LogEvent::CertificateIssued { .. }
            | LogEvent::CertificateReplaced { .. }
            | LogEvent::AuthorityAdded { .. }
            | LogEvent::AuthorityRetired { .. }
            | LogEvent::NoticesAllowed { .. }
            | LogEvent::NoticesDisallowed { .. }
            | LogEvent::HomeAssistantOn
            | LogEvent::HomeAssistantOff
            | LogEvent::CameraAdded { .. }
            | LogEvent::CameraRemoved { .. }
            | LogEvent::CameraWatched { .. }
            | LogEvent::BackupMade
            | LogEvent::HubRestored { .. }
            | LogEvent::CodePaused { .. }
            | LogEvent::CodeResumed { .. }
            | LogEvent::CodeIssued { .. }
            | LogEvent::CodeEnded { .. }
            | LogEvent::KeypadLockedOut { .. }
            | LogEvent::KeypadSuspended { .. }
            | LogEvent::KeypadRearmed { .. }
            | LogEvent::PersonAdded { .. }
            | LogEvent::PersonChanged { .. }
            | LogEvent::PersonRemoved { .. }
            | LogEvent::DevicePaired { .. }
            | LogEvent::PairingEnded { .. }
            | LogEvent::PinRests { .. }
            | LogEvent::PinLifted { .. }
            | LogEvent::PasskeyAdded { .. }
            | LogEvent::ClockStepped { .. }
            | LogEvent::ClockConfirmed
            // What tells of an erasure outlives what was erased.
            | LogEvent::EntryErased { .. }
            | LogEvent::CodeNotesErased { .. } => Self::default(),
        }
    }
}
