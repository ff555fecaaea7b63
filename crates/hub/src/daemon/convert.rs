//! From the core's words to the wire's. The names are the same; the numbers of
//! doors become their names, and codes get their labels.

use doorward_api as api;
use doorward_core as core;
use doorward_core::code::CodeKindName;
use doorward_core::event::{Alarm, ClockTrust, Leaf, LogEvent};
use doorward_core::io::Refusal;
use jiff::Timestamp;

use super::directory::Directory;
use crate::http::Principal;

/// Shows what people call things.
pub(super) struct Shown<'a>(pub(super) &'a Directory);

/// Shows a leaf of a log whose names are not at hand: doors and codes go by their
/// numbers.
pub(crate) fn nameless_line(index: u64, leaf: &Leaf) -> api::log::LogLine {
    Shown(&Directory::default()).line(index, leaf)
}

/// One arm per variant of the same name.
macro_rules! same_names {
    ($name:ident: $from:ty => $to:ty { $($variant:ident),+ $(,)? }) => {
        pub(super) const fn $name(value: $from) -> $to {
            match value { $(<$from>::$variant => <$to>::$variant,)+ }
        }
    };
}

same_names!(bolt: core::door::Bolt => api::door::Bolt {
    Thrown, Retracted, Moving, Jammed, Unknown,
});
same_names!(known_contact: core::door::Contact => api::door::Contact { Open, Closed });
same_names!(recording_rule: core::door::Recording => api::door::RecordingRule {
    Required, Preferred, Off,
});
same_names!(recording_of: api::door::RecordingRule => core::door::Recording {
    Required, Preferred, Off,
});
same_names!(approval_rule: core::door::Approval => api::door::ApprovalRule { None, Tap });
same_names!(approval_of: api::door::ApprovalRule => core::door::Approval { None, Tap });
same_names!(stage: core::entry::Stage => api::entry::Stage {
    Arming, Unlocking, Unlocked, Open, Relocking, Jammed, Unknown, Secured,
});
same_names!(reason: core::entry::Reason => api::entry::Reason {
    WrongCode, Malformed, Spent, Expired, Cancelled, Paused, TooEarly, OutsideSchedule, WrongDoor,
    NoDoor, Throttled, Suspended, ClockUntrusted, DoorBusy, DoorOpen, NoCamera,
    CameraUnavailable, CameraFrozen, CameraRefused, CameraUnjudged, NotApproved, Blocked,
    NotRecorded, LockUnreachable, Interrupted,
});
same_names!(code_end: core::code::Tombstone => api::event::CodeEnd {
    Spent, Expired, Cancelled,
});
same_names!(clock_trust: ClockTrust => api::status::ClockTrust { Trusted, Untrusted });
same_names!(alarm: Alarm => api::event::Alarm {
    ForcedOpen, HeldOpen, Jammed, LockSilent, LockUnreachable, OpenAfterRestart,
    ContactUnknown, WrongCodeLimit, BreakGlassUsed, Duress, VisitStopped, EvidenceGap,
    StorageFailed, ClockStepped,
});
same_names!(attempt: core::trespass::Attempt => api::event::Attempt {
    Publish, LeaveWill, AskForAnswers, Subscribe, Misname, Exceed, Garble, GuessPassword,
});
same_names!(part: core::trespass::Part => api::device::Part { Lock, Keypad, Contact });
same_names!(ability: doorward_devices::Ability => api::device::Ability {
    Bolt, Jam, Pins, AutoRelock, Contact, Codes, Answers,
});
same_names!(part_of: doorward_devices::Role => api::device::Part { Lock, Keypad, Contact });
same_names!(role: core::person::Role => api::Role { Viewer, Resident, Owner });
same_names!(role_of: api::Role => core::person::Role { Viewer, Resident, Owner });
same_names!(permit: core::permit::Permit => api::device::Permit { Lock, Unlock });
same_names!(permit_of: api::device::Permit => core::permit::Permit { Lock, Unlock });
same_names!(device_kind: core::grants::DeviceKind => api::device::DeviceKind {
    Lock, Keypad, Contact, Bridge, HomeAssistant, Camera, Other,
});
same_names!(device_kind_of: api::device::DeviceKind => core::grants::DeviceKind {
    Lock, Keypad, Contact, Bridge, HomeAssistant, Camera, Other,
});

/// Returns who asks, as the log knows them. Nobody without a session wishes anything;
/// what is public is done by the hub's own rules.
pub(super) const fn actor_of(by: Principal) -> core::entry::Actor {
    match by {
        Principal::LocalOwner => core::entry::Actor::LocalOwner,
        Principal::Person { person, device, role: _ } => core::entry::Actor::Person {
            person: core::ids::PersonId(person.0),
            device: core::ids::PairedDeviceId(device.0),
        },
        Principal::Anyone => core::entry::Actor::Hub,
    }
}

pub(super) const fn code_kind(kind: CodeKindName) -> api::code::CodeKind {
    match kind {
        CodeKindName::OneTime => api::code::CodeKind::Delivery,
        CodeKindName::Scheduled => api::code::CodeKind::Guest,
        CodeKindName::BreakGlass => api::code::CodeKind::BreakGlass,
        CodeKindName::Duress => api::code::CodeKind::Duress,
    }
}

pub(crate) const fn dialect(dialect: &core::grants::Dialect) -> api::device::Dialect {
    match dialect {
        core::grants::Dialect::Native => api::device::Dialect::Native,
        core::grants::Dialect::Zigbee2Mqtt { .. } => api::device::Dialect::Zigbee2mqtt,
        core::grants::Dialect::HomeAssistant => api::device::Dialect::HomeAssistant,
        core::grants::Dialect::Carried { program: of, .. } => program(*of),
    }
}

same_names!(program: core::grants::Program => api::device::Dialect {
    Frigate, Tasmota, Shelly, Esphome, ZwaveJsUi,
});

/// Says what a device may do, as the table has it.
pub(crate) fn device_grants(
    name: &core::ids::DeviceName,
    kind: core::grants::DeviceKind,
    speaks: &core::grants::Dialect,
    grants: &core::grants::TopicGrants,
) -> api::device::DeviceGrants {
    let texts =
        |filters: &[core::topic::TopicFilter]| filters.iter().map(ToString::to_string).collect();
    api::device::DeviceGrants {
        device: device(name),
        kind: device_kind(kind),
        dialect: dialect(speaks),
        publish: texts(&grants.publish),
        subscribe: texts(&grants.subscribe),
    }
}

pub(super) const fn outcome(outcome: core::entry::Outcome) -> api::entry::Outcome {
    match outcome {
        core::entry::Outcome::Completed => api::entry::Outcome::Completed,
        core::entry::Outcome::NotEntered => api::entry::Outcome::NotEntered,
        core::entry::Outcome::Denied(why) => api::entry::Outcome::Denied { reason: reason(why) },
    }
}

pub(super) fn contact(contact: Option<core::door::Contact>) -> api::door::Contact {
    contact.map_or(api::door::Contact::Unknown, known_contact)
}

pub(super) fn device(name: &core::ids::DeviceName) -> api::DeviceName {
    api::DeviceName(name.to_string())
}

pub(super) fn camera(name: &core::ids::CameraName) -> api::CameraName {
    api::CameraName(name.to_string())
}

pub(super) fn door_view(door: &core::door::Door) -> api::door::DoorView {
    api::door::DoorView {
        name: api::DoorName(door.name.to_string()),
        lock: device(&door.lock),
        keypads: door.keypads.iter().map(device).collect(),
        contact: door.contact.as_ref().map(device),
        camera: door.camera.as_ref().map(camera),
        policy: api::door::PolicyView {
            recording: recording_rule(door.policy.recording),
            approval: approval_rule(door.policy.approval),
            relock_after_ms: millis(door.policy.relock_after),
        },
    }
}

pub(super) fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Says how a refused wish goes over the wire.
pub(super) fn refusal(refusal: Refusal) -> api::Problem {
    use api::ProblemKind as Kind;
    let kind = match refusal {
        Refusal::NoSuchDoor
        | Refusal::NoSuchEntry
        | Refusal::NoSuchCode
        | Refusal::NoSuchPermit
        | Refusal::NoSuchKeypad => Kind::NotFound,
        Refusal::NameTaken
        | Refusal::DeviceTaken
        | Refusal::DoorBusy
        | Refusal::NotWaiting
        | Refusal::StillFilming
        | Refusal::StillInProgress => Kind::Conflict,
        Refusal::BadWindow | Refusal::BadSchedule | Refusal::BadDoors => Kind::Invalid,
        Refusal::NotThisHousehold
        | Refusal::TooManyCodes
        | Refusal::NotToBePaused
        | Refusal::ClockUntrusted => Kind::Refused,
        Refusal::NotRecorded => Kind::NotRecorded,
    };
    api::Problem::new(kind, refusal.to_string())
}

impl Shown<'_> {
    pub(super) fn door(&self, id: core::ids::DoorId) -> api::DoorName {
        api::DoorName(self.0.door_name(id))
    }

    fn paired(&self, id: core::ids::PairedDeviceId) -> (api::PairedDeviceId, Option<String>) {
        (api::PairedDeviceId(id.0), self.0.phone(id))
    }

    fn doors(&self, ids: &[core::ids::DoorId]) -> Vec<api::DoorName> {
        ids.iter().map(|id| self.door(*id)).collect()
    }

    pub(super) fn actor(&self, actor: &core::entry::Actor) -> api::entry::Actor {
        match actor {
            core::entry::Actor::LocalOwner => api::entry::Actor::LocalOwner,
            core::entry::Actor::Device(name) => api::entry::Actor::Device { device: device(name) },
            core::entry::Actor::Hub => api::entry::Actor::Hub,
            core::entry::Actor::Person { person, device } => api::entry::Actor::Person {
                person: api::PersonId(person.0),
                name: self.0.person(*person),
                device: api::PairedDeviceId(device.0),
                device_name: self.0.phone(*device),
            },
            core::entry::Actor::Code(id) => {
                let (id, name) = self.0.shown_as(*id);
                api::entry::Actor::Code {
                    code: api::CodeId(id.0),
                    kind: name.as_ref().map(|name| code_kind(name.kind)),
                    label: name.and_then(|name| name.personal.label()),
                }
            }
        }
    }

    pub(super) fn entry(
        &self,
        record: &core::entry::EntryRecord,
        closed_at: Option<Timestamp>,
    ) -> api::entry::EntryView {
        api::entry::EntryView {
            id: api::EntryId(record.id.0),
            door: self.door(record.door),
            by: self.actor(&record.by),
            opened_at: record.opened_at.wall,
            closed_at,
            stage: stage(record.stage),
            outcome: record.outcome.map(outcome),
            recording: record.recording.map(|id| api::RecordingId(id.0)),
        }
    }

    pub(super) fn victim(&self, victim: &core::trespass::Victim) -> api::event::Victim {
        use core::trespass::Victim;
        match victim {
            Victim::Part { door, part: which } => {
                api::event::Victim::Part { door: self.door(*door), part: part(*which) }
            }
            Victim::Device { name } => api::event::Victim::Device { name: device(name) },
            Victim::Topic { words } => api::event::Victim::Topic { words: words.to_string() },
            Victim::Unnamed => api::event::Victim::Unnamed,
        }
    }

    pub(super) fn line(&self, index: u64, leaf: &Leaf) -> api::log::LogLine {
        api::log::LogLine {
            index,
            at: leaf.at.wall,
            hub_ms: leaf.at.mono.as_millis(),
            clock: clock_trust(leaf.clock),
            asked_by: leaf.by.as_ref().map(|by| self.actor(by)),
            event: self.event(leaf),
        }
    }

    fn event(&self, leaf: &Leaf) -> api::event::LogEvent {
        use api::event::LogEvent as Shown;
        let until = |ms: &u64| ms.saturating_sub(leaf.at.mono.as_millis());
        let entry_id = |id: &core::ids::EntryId| api::EntryId(id.0);
        let recording_id = |id: &core::ids::RecordingId| api::RecordingId(id.0);
        match &leaf.event {
            LogEvent::HubStarted => Shown::HubStarted,
            LogEvent::HubStopped => Shown::HubStopped,
            LogEvent::DoorAdded { door } => Shown::DoorAdded { door: self.door(*door) },
            LogEvent::DoorPolicyChanged { door } => {
                Shown::DoorPolicyChanged { door: self.door(*door) }
            }
            LogEvent::DeviceEnrolled { device: d } => Shown::DeviceEnrolled { device: device(d) },
            LogEvent::DeviceRevoked { device: d } => Shown::DeviceRevoked { device: device(d) },
            LogEvent::CertificateIssued { device: d } => {
                Shown::CertificateIssued { device: device(d) }
            }
            LogEvent::CertificateReplaced { device: d } => {
                Shown::CertificateReplaced { device: device(d) }
            }
            LogEvent::AuthorityAdded { authority } => {
                Shown::AuthorityAdded { authority: *authority }
            }
            LogEvent::AuthorityRetired { authority } => {
                Shown::AuthorityRetired { authority: *authority }
            }
            LogEvent::DeviceAllowed { device: d, door, permit: may } => Shown::DeviceAllowed {
                device: device(d),
                door: self.door(*door),
                permit: permit(*may),
            },
            LogEvent::DeviceDisallowed { device: d, door } => {
                Shown::DeviceDisallowed { device: device(d), door: self.door(*door) }
            }
            LogEvent::DeviceRefused { device: d, door, reason: why } => Shown::DeviceRefused {
                device: device(d),
                door: self.door(*door),
                reason: reason(*why),
            },
            LogEvent::NoticesAllowed { device: d } => Shown::NoticesAllowed { device: device(d) },
            LogEvent::NoticesDisallowed { device: d } => {
                Shown::NoticesDisallowed { device: device(d) }
            }
            LogEvent::HomeAssistantOn => Shown::HomeAssistantOn,
            LogEvent::HomeAssistantOff => Shown::HomeAssistantOff,
            LogEvent::CameraAdded { camera: c } => Shown::CameraAdded { camera: camera(c) },
            LogEvent::CameraRemoved { camera: c } => Shown::CameraRemoved { camera: camera(c) },
            LogEvent::CameraWatched { camera: c, from, until } => {
                Shown::CameraWatched { camera: camera(c), from: *from, until: *until }
            }
            LogEvent::CodeIssued { code, kind, household: _, doors } => Shown::CodeIssued {
                code: api::CodeId(code.0),
                kind: code_kind(*kind),
                doors: self.doors(doors),
            },
            LogEvent::CodeEnded { code, why } => {
                Shown::CodeEnded { code: api::CodeId(code.0), why: code_end(*why) }
            }
            LogEvent::CodePaused { code } => Shown::CodePaused { code: api::CodeId(code.0) },
            LogEvent::CodeResumed { code } => Shown::CodeResumed { code: api::CodeId(code.0) },
            LogEvent::CodeRefused { keypad, door, code, reason: why } => Shown::CodeRefused {
                keypad: device(keypad),
                door: door.map(|door| self.door(door)),
                code: code.map(|code| api::CodeId(code.0)),
                reason: reason(*why),
            },
            LogEvent::KeypadLockedOut { keypad, until_mono_ms } => {
                Shown::KeypadLockedOut { keypad: device(keypad), for_ms: until(until_mono_ms) }
            }
            LogEvent::KeypadSuspended { keypad, until_mono_ms } => {
                Shown::KeypadSuspended { keypad: device(keypad), for_ms: until(until_mono_ms) }
            }
            LogEvent::KeypadRearmed { keypad } => Shown::KeypadRearmed { keypad: device(keypad) },
            LogEvent::UnlockGranted { entry, door, by, command: _ } => Shown::UnlockGranted {
                entry: entry_id(entry),
                door: self.door(*door),
                by: self.actor(by),
            },
            LogEvent::EntryDenied { entry, door, by, reason: why } => Shown::EntryDenied {
                entry: entry_id(entry),
                door: self.door(*door),
                by: self.actor(by),
                reason: reason(*why),
            },
            LogEvent::EntryMoved { entry, door, stage: at } => Shown::EntryMoved {
                entry: entry_id(entry),
                door: self.door(*door),
                stage: stage(*at),
            },
            LogEvent::EntryClosed { entry, door, outcome: how } => Shown::EntryClosed {
                entry: entry_id(entry),
                door: self.door(*door),
                outcome: outcome(*how),
            },
            LogEvent::EntryResumed { entry, door } => {
                Shown::EntryResumed { entry: entry_id(entry), door: self.door(*door) }
            }
            LogEvent::EntryBlocked { entry, door } => {
                Shown::EntryBlocked { entry: entry_id(entry), door: self.door(*door) }
            }
            LogEvent::EntryApproved { entry, door } => {
                Shown::EntryApproved { entry: entry_id(entry), door: self.door(*door) }
            }
            LogEvent::BoltReported { door, bolt: at } => {
                Shown::BoltReported { door: self.door(*door), bolt: bolt(*at) }
            }
            LogEvent::ContactReported { door, contact: at } => {
                Shown::ContactReported { door: self.door(*door), contact: known_contact(*at) }
            }
            LogEvent::LockAsked { door, by } => {
                Shown::LockAsked { door: self.door(*door), by: self.actor(by) }
            }
            LogEvent::Alarm { door, entry, alarm: what } => Shown::Alarm {
                door: door.map(|door| self.door(door)),
                entry: entry.as_ref().map(entry_id),
                alarm: alarm(*what),
            },
            LogEvent::Trespass { device: d, attempt: what, victim, untold } => Shown::Trespass {
                device: device(d),
                attempt: attempt(*what),
                victim: self.victim(victim),
                untold: *untold,
            },
            LogEvent::RecordingOpened { recording, entry, camera: c } => Shown::RecordingOpened {
                recording: recording_id(recording),
                entry: entry_id(entry),
                camera: camera(c),
            },
            LogEvent::SegmentSealed { recording, sequence, sha256 } => Shown::SegmentSealed {
                recording: recording_id(recording),
                sequence: *sequence,
                sha256: sha256.clone(),
            },
            LogEvent::RecordingClosed { recording } => {
                Shown::RecordingClosed { recording: recording_id(recording) }
            }
            LogEvent::RecordingErased { recording } => {
                Shown::RecordingErased { recording: recording_id(recording) }
            }
            LogEvent::FilmingRested { entry, door, recording } => Shown::FilmingRested {
                entry: entry_id(entry),
                door: self.door(*door),
                recording: recording_id(recording),
            },
            LogEvent::EntryErased { entry } => Shown::EntryErased { entry: entry_id(entry) },
            LogEvent::CodeNotesErased { code } => {
                Shown::CodeNotesErased { code: api::CodeId(code.0) }
            }
            LogEvent::PersonAdded { person, role: may } => Shown::PersonAdded {
                person: api::PersonId(person.0),
                name: self.0.person(*person),
                role: role(*may),
            },
            LogEvent::PersonChanged { person, role: may } => Shown::PersonChanged {
                person: api::PersonId(person.0),
                name: self.0.person(*person),
                role: role(*may),
            },
            LogEvent::PersonRemoved { person } => {
                Shown::PersonRemoved { person: api::PersonId(person.0) }
            }
            LogEvent::DevicePaired { paired, person } => Shown::DevicePaired {
                paired: api::PairedDeviceId(paired.0),
                name: self.0.phone(*paired),
                person: api::PersonId(person.0),
            },
            LogEvent::PairingEnded { paired } => {
                let (paired, name) = self.paired(*paired);
                Shown::PairingEnded { paired, name }
            }
            LogEvent::PinRests { paired } => {
                let (paired, name) = self.paired(*paired);
                Shown::PinRests { paired, name }
            }
            LogEvent::PinLifted { paired } => {
                let (paired, name) = self.paired(*paired);
                Shown::PinLifted { paired, name }
            }
            LogEvent::PasskeyAdded { paired } => {
                let (paired, name) = self.paired(*paired);
                Shown::PasskeyAdded { paired, name }
            }
            LogEvent::ClockStepped { step_s } => Shown::ClockStepped { step_s: *step_s },
            LogEvent::ClockConfirmed => Shown::ClockConfirmed,
            LogEvent::BackupMade => Shown::BackupMade,
            LogEvent::HubRestored { backup_of } => Shown::HubRestored { backup_of: *backup_of },
        }
    }
}
