//! What devices report, and what follows for their doors.

use crate::batch::{Change, SegmentRecord};
use crate::device::DeviceReport;
use crate::door::{Bolt, Contact};
use crate::event::{Alarm, LogEvent};
use crate::ids::{CameraName, CodeId, DeviceName, DoorId, EntryId, RecordingId};
use crate::io::{Notice, Refusal, Reply};

use super::Hub;
use super::site::{LockLink, OnceClosed};

impl Hub {
    pub(super) fn device_reported(&mut self, device: &DeviceName, report: DeviceReport) {
        match report {
            DeviceReport::Typed { code, transaction } => self.typed(device, code, transaction),
            DeviceReport::Bolt(bolt) => {
                if let Some(door) = self.door_with(|door| door.lock == *device) {
                    self.bolt_reported(door, bolt);
                }
            }
            DeviceReport::Contact(contact) => {
                if let Some(door) = self.door_with(|door| door.contact.as_ref() == Some(device)) {
                    self.contact_reported(door, contact);
                }
            }
            DeviceReport::Bell => {
                if let Some(door) = self.door_of_keypad(device) {
                    self.notify(Notice::Bell(door));
                }
            }
            DeviceReport::Online => self.device_online(device),
            DeviceReport::Offline => self.device_offline(device),
        }
    }

    pub(super) fn door_of_keypad(&self, keypad: &DeviceName) -> Option<DoorId> {
        self.door_with(|door| door.keypads.contains(keypad))
    }

    fn door_with(&self, fits: impl Fn(&crate::door::Door) -> bool) -> Option<DoorId> {
        self.sites.values().find(|site| fits(&site.door)).map(|site| site.door.id)
    }

    fn bolt_reported(&mut self, door: DoorId, bolt: Bolt) {
        let now = self.now.mono;
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let before = std::mem::replace(&mut site.bolt, bolt);
        site.bolt_at = Some(now);
        site.lock_link = LockLink::Perhaps;
        if before != bolt {
            self.log(LogEvent::BoltReported { door, bolt });
            self.notify(Notice::DoorChanged(door));
        }
        self.visit_sees_bolt(door, before, bolt);
        self.throwing_sees_bolt(door, bolt);
    }

    fn contact_reported(&mut self, door: DoorId, contact: Contact) {
        let now = self.now.mono;
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let before = site.contact.replace(contact);
        site.contact_at = Some(now);
        let bolt = site.bolt;
        if before != Some(contact) {
            self.log(LogEvent::ContactReported { door, contact });
            self.notify(Notice::DoorChanged(door));
        }
        let opens = contact == Contact::Open && before != Some(Contact::Open);
        if opens && bolt == Bolt::Thrown && !self.is_leaving(door) {
            let entry = self.visit(door).map(|visit| visit.record.id);
            self.alarm(Some(door), entry, Alarm::ForcedOpen);
        }
        self.visit_sees_contact(door, contact);
        if contact == Contact::Closed {
            self.lock_if_wished(door);
        }
    }

    /// Says whether the bolt has been told to go in and may have done so
    /// without a report yet.
    fn is_leaving(&self, door: DoorId) -> bool {
        use super::visit::State;
        match self.visit(door).map(|visit| &visit.state) {
            Some(
                State::Unlocking { .. }
                | State::Unlocked { .. }
                | State::Open { .. }
                | State::Relocking
                | State::Jammed { .. }
                | State::Unknown { .. },
            ) => true,
            Some(State::Arming { .. } | State::Deciding { .. } | State::Secured { .. }) | None => {
                false
            }
        }
    }

    /// A visit locks for itself once the door is closed, and that meets the
    /// wish: it must not outlive the visit and lock a resident out.
    fn lock_if_wished(&mut self, door: DoorId) {
        let Some(site) = self.sites.get_mut(&door) else {
            return;
        };
        let wished = std::mem::replace(&mut site.once_closed, OnceClosed::Leave);
        if wished == OnceClosed::Lock && site.visit.is_none() {
            self.throw(door);
        }
    }

    fn device_online(&mut self, device: &DeviceName) {
        if let Some(door) = self.door_with(|door| door.lock == *device) {
            if let Some(site) = self.sites.get_mut(&door) {
                site.lock_link = LockLink::Perhaps;
            }
            self.ask_lock(door);
            self.notify(Notice::DoorChanged(door));
        }
    }

    /// What the device said last is no longer known.
    fn device_offline(&mut self, device: &DeviceName) {
        for site in self.sites.values_mut() {
            if site.door.lock == *device {
                site.bolt = Bolt::Unknown;
                site.bolt_at = None;
                site.lock_link = LockLink::Gone;
            }
            if site.door.contact.as_ref() == Some(device) {
                site.contact = None;
                site.contact_at = None;
            }
        }
        if let Some(door) =
            self.door_with(|door| door.lock == *device || door.contact.as_ref() == Some(device))
        {
            self.notify(Notice::DoorChanged(door));
        }
    }

    /// A camera failed in the middle of an entry. The visit goes on; what the
    /// camera missed is marked.
    pub(super) fn camera_lost(&mut self, camera: &CameraName) {
        let sites = self.sites.values().map(|site| &site.door);
        let filmed = sites.filter(|door| door.camera.as_ref() == Some(camera));
        let doors: Vec<DoorId> = filmed.map(|door| door.id).collect();
        doors.into_iter().for_each(|door| self.visit_loses_camera(door));
    }

    pub(super) fn segment_sealed(&mut self, segment: SegmentRecord) {
        let SegmentRecord { recording, sequence, sha256, .. } = segment;
        let sha256 = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        self.change(Change::Segment(segment));
        self.log(LogEvent::SegmentSealed { recording, sequence, sha256 });
    }

    pub(super) fn recording_closed(&mut self, recording: RecordingId) {
        self.filming.remove(&recording);
        self.change(Change::RecordingClosed(recording));
        self.log(LogEvent::RecordingClosed { recording });
    }

    /// A recording that is still filmed stays: its next segments would have
    /// nothing to belong to.
    pub(super) fn recording_erased(&mut self, recording: RecordingId) -> Result<Reply, Refusal> {
        if self.filming.contains_key(&recording) {
            return Err(Refusal::StillFilming);
        }
        self.change(Change::RecordingErased(recording));
        self.log(LogEvent::RecordingErased { recording });
        Ok(Reply::Done)
    }

    /// The leaf that tells of it is not the entry's own and stays, so that an
    /// empty leaf is always explained.
    pub(super) fn entry_erased(&mut self, entry: EntryId) -> Result<Reply, Refusal> {
        if self.door_of(entry).is_some() {
            return Err(Refusal::StillInProgress);
        }
        if self.filming.values().any(|filmed| *filmed == entry) {
            return Err(Refusal::StillFilming);
        }
        self.change(Change::EntryErased(entry));
        self.log(LogEvent::EntryErased { entry });
        Ok(Reply::Done)
    }

    pub(super) fn code_notes_erased(&mut self, code: CodeId) -> Reply {
        self.change(Change::CodeNotesErased(code));
        self.log(LogEvent::CodeNotesErased { code });
        Reply::Done
    }
}
