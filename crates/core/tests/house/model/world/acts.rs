//! What devices and cameras say in the world, and who approves.

use doorward_core::code::{AccessCode, CodeFormat, CodeRecord, Standing};
use doorward_core::device::{DeviceReport, Motion};
use doorward_core::door::{Bolt, Contact};
use doorward_core::ids::{CodeId, EntryId};
use doorward_core::io::{Input, OwnerRequest};

use super::{CONTACT, LOCKS, PADS, World, pick};
use crate::house::device;
use crate::model::step::Typed;
use crate::model::watch::Told;

impl World {
    pub(super) fn says(&mut self, name: &str, report: DeviceReport) {
        self.feed(Input::Device(device(name), report));
    }

    pub(super) fn type_code(&mut self, pad: &str, what: Typed) {
        self.transactions += 1;
        let transaction = self.transactions;
        let code = match what {
            Typed::Code(number) => pick(&self.codes, number).map(|(_, digits)| digits.clone()),
            Typed::Latest => self.codes.last().map(|(_, digits)| digits.clone()),
            Typed::Wrong => Some("9182 7364".to_owned()),
            Typed::Malformed => None,
        };
        let code = code.map_or(Err(CodeFormat), |digits| AccessCode::parse(&digits));
        let report = DeviceReport::Typed { code, transaction };
        let told = Told::Typed { pad: pad.to_owned(), transaction };
        self.watch.live = self.live_at(pad);
        self.feed_as(Input::Device(device(pad), report), told);
    }

    pub(super) fn live_at(&self, pad: &str) -> Vec<CodeId> {
        let door = self.doors[PADS.iter().position(|name| *name == pad).unwrap() / 2];
        let opens =
            |code: &CodeRecord| code.tombstone.is_none() && code.standing == Standing::InForce;
        let is_live = |id: CodeId| self.hub.code(id).is_some_and(opens);
        let promises = self.watch.codes.iter().filter(|(_, promise)| promise.door == door);
        let live = promises.filter(|(id, promise)| is_live(**id) && is_live(promise.twin));
        live.map(|(id, _)| *id).collect()
    }

    pub(super) fn bolt(&mut self, door: usize, bolt: Bolt) {
        let open = self.disk.open_entries();
        let of_door = open.iter().filter(|entry| entry.door == self.doors[door]);
        let mut entries: Vec<EntryId> = of_door.map(|entry| entry.id).collect();
        entries.extend(self.entry(door));
        self.watch.lock_said(self.doors[door], bolt, &entries);
        self.says(LOCKS[door], DeviceReport::Bolt(bolt));
    }

    pub(super) fn obey(&mut self, door: usize) {
        match self.told[door].take().map(|command| command.motion) {
            Some(Motion::Retract) => self.bolt(door, Bolt::Retracted),
            Some(Motion::Throw) => self.bolt(door, Bolt::Thrown),
            None => {}
        }
    }

    pub(super) fn contact(&mut self, contact: Contact) {
        self.watch.contact_said(self.doors[0], Some(contact));
        self.says(CONTACT, DeviceReport::Contact(contact));
    }

    pub(super) fn offline(&mut self, device: usize) {
        match device {
            0 | 1 => self.watch.lock_gone(self.doors[device]),
            2 => self.watch.contact_said(self.doors[0], None),
            _ => {}
        }
        let name = [LOCKS[0], LOCKS[1], CONTACT, PADS[0]][device];
        self.says(name, DeviceReport::Offline);
    }

    pub(super) fn undelivered(&mut self) {
        if let Some(command) = self.last_command.take() {
            self.told = [None, None];
            self.watch.undelivered(command.id);
            self.feed(Input::Undelivered(command.id));
        }
    }

    pub(super) fn film(&mut self, outcome: Result<(), doorward_core::io::CameraFault>) {
        if let Some(recording) = self.films.pop_front() {
            self.watch.camera_said(recording, outcome.is_ok(), self.now.mono);
            self.feed(Input::Filming(recording, outcome));
        }
    }

    pub(super) fn approve(&mut self, door: usize) {
        let view = self.hub.door(self.doors[door]).and_then(|view| view.entry);
        let Some(entry) = view else { return };
        if entry.approval_until.is_some_and(|until| self.now.mono < until) {
            self.watch.approved(entry.record.id, self.now.mono);
        }
        self.ask(OwnerRequest::Approve(entry.record.id));
    }
}
