//! What can be seen of a house, and what the tests ask.

use doorward_core::device::{DeviceOrder, KeypadAnswer, LockCommand, Motion, Tone};
use doorward_core::entry::{Outcome, Reason, Stage};
use doorward_core::event::{Alarm, LogEvent};
use doorward_core::ids::{CommandId, DeviceName, EntryId, RecordingId};
use doorward_core::io::{Effect, Notice};

use super::House;

impl House {
    /// The entry in progress at the first door.
    pub(crate) fn entry(&self) -> EntryId {
        self.hub.door(self.door).unwrap().entry.expect("an entry is in progress").record.id
    }

    pub(crate) fn stage(&self) -> Option<Stage> {
        self.hub.door(self.door).unwrap().entry.map(|entry| entry.record.stage)
    }

    pub(crate) fn recording(&self) -> RecordingId {
        let entry = self.hub.door(self.door).unwrap().entry.expect("an entry is in progress");
        entry.record.recording.expect("it is filmed")
    }

    pub(crate) fn outcome(&self, entry: EntryId) -> Option<Outcome> {
        self.disk.outcome(entry)
    }

    pub(crate) fn commands(&self) -> Vec<LockCommand> {
        let orders = self.orders().filter_map(|(_, order)| match order {
            DeviceOrder::Move(command) => Some(command.clone()),
            DeviceOrder::ReportBolt | DeviceOrder::Answer { .. } | DeviceOrder::Tone(_) => None,
        });
        orders.collect()
    }

    fn orders(&self) -> impl Iterator<Item = (&DeviceName, &DeviceOrder)> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Order(device, order) => Some((device, order)),
            Effect::Commit(_)
            | Effect::Film { .. }
            | Effect::StopFilming(_)
            | Effect::Notify(_)
            | Effect::Reply(..) => None,
        })
    }

    pub(crate) fn motions(&self) -> Vec<(CommandId, Motion)> {
        self.commands().iter().map(|command| (command.id, command.motion)).collect()
    }

    pub(crate) fn count(&self, motion: Motion) -> usize {
        self.motions().iter().filter(|(_, m)| *m == motion).count()
    }

    pub(crate) fn last_command(&self) -> CommandId {
        self.motions().last().unwrap().0
    }

    pub(crate) fn answers(&self, attempt: u64) -> Vec<KeypadAnswer> {
        let answers = self.orders().filter_map(|(_, order)| match order {
            DeviceOrder::Answer { transaction, answer } => {
                (*transaction == attempt).then_some(*answer)
            }
            DeviceOrder::Move(_) | DeviceOrder::ReportBolt | DeviceOrder::Tone(_) => None,
        });
        answers.collect()
    }

    pub(crate) fn alarms(&self) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        for effect in &self.effects {
            if let Effect::Notify(Notice::Alarm { alarm, .. }) = effect {
                alarms.push(*alarm);
            }
        }
        alarms
    }

    pub(crate) fn tones(&self, keypad: &str) -> Vec<Tone> {
        let tones = self.orders().filter_map(|(name, order)| match order {
            DeviceOrder::Tone(tone) => (name.as_str() == keypad).then_some(*tone),
            DeviceOrder::Move(_) | DeviceOrder::ReportBolt | DeviceOrder::Answer { .. } => None,
        });
        tones.collect()
    }

    /// How often the lock was asked where its bolt is.
    pub(crate) fn questions_to_lock(&self) -> usize {
        let asks = |e: &&Effect| matches!(e, Effect::Order(_, DeviceOrder::ReportBolt));
        self.effects.iter().filter(asks).count()
    }

    /// Why the log says that codes were refused, in order.
    pub(crate) fn refusals(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for event in self.disk.events() {
            if let LogEvent::CodeRefused { reason, .. } | LogEvent::EntryDenied { reason, .. } =
                event
            {
                reasons.push(*reason);
            }
        }
        reasons
    }
}
