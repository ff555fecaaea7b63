//! Everybody who holds a certificate, each in his dialect.

use std::collections::BTreeMap;

use doorward_core::device::{DeviceOrder, DeviceReport};
use doorward_core::grants::Dialect;
use doorward_core::ids::DeviceName;
use doorward_core::time::{HubTime, Now};

use crate::discovery::{Discovered, Familiar};
use crate::native::Native;
use crate::roles::{Role, Roles};
use crate::speech::{Heard, Malformed, Message, Outgoing, Retained, Speech, Unwritable};
use crate::zigbee2mqtt::Zigbee2Mqtt;

/// The hub's interpreter. One per hub; it is told who is enrolled and what the
/// devices are at the doors, and then turns messages into reports and orders
/// into messages.
///
/// Sans-IO: when [`Dialects::poll_deadline`] names a time, call
/// [`Dialects::poll`] at it and publish what it returns.
#[derive(Default)]
pub struct Dialects {
    /// By the holder's name.
    speakers: BTreeMap<String, Box<dyn Speech>>,
    roles: Roles,
}

impl Dialects {
    /// Makes an interpreter that knows nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns that a device or bridge holds a certificate and how it speaks.
    /// One that is known already is forgotten and begins again.
    pub fn enrol(&mut self, holder: &DeviceName, dialect: &Dialect) {
        let mut speaker: Box<dyn Speech> = match dialect {
            // What is carried and not read; the hub's doors hear nothing of it.
            Dialect::HomeAssistant | Dialect::Carried { .. } => {
                self.speakers.remove(holder.holder());
                return;
            }
            Dialect::Native => Box::new(Native::new(holder)),
            Dialect::Zigbee2Mqtt { base } => Box::new(Zigbee2Mqtt::new(holder, base)),
        };
        // Whoever was enrolled just now has not connected yet: nobody is there
        // to take the greetings.
        speaker.set_roles(&self.roles);
        self.speakers.insert(holder.holder().to_owned(), speaker);
    }

    /// Forgets a holder whose certificate is revoked; returns what that means
    /// for the devices it spoke for.
    pub fn revoke(&mut self, holder: &DeviceName) -> Vec<(DeviceName, DeviceReport)> {
        let gone = self.lost(holder);
        self.speakers.remove(holder.holder());
        gone
    }

    /// Takes note that a holder's last connection ended, for one that may not
    /// have left a will. Returns what that means for the devices it spoke for.
    pub fn lost(&mut self, holder: &DeviceName) -> Vec<(DeviceName, DeviceReport)> {
        let gone = self.speakers.get_mut(holder.holder()).map(|speaker| speaker.lost());
        let offline = |device| (device, DeviceReport::Offline);
        gone.unwrap_or_default().into_iter().map(offline).collect()
    }

    /// Learns what all devices are at all doors (see
    /// [`roles_of_door`](crate::roles_of_door)); replaces what it was told
    /// before. Returns what must be sent to devices that it hears of for the
    /// first time.
    pub fn set_roles(
        &mut self,
        roles: impl IntoIterator<Item = (DeviceName, Role)>,
    ) -> Vec<Outgoing> {
        self.roles.clear();
        for (device, role) in roles {
            self.roles.entry(device).or_default().insert(role);
        }
        let roles = &self.roles;
        let speakers = self.speakers.values_mut();
        speakers.flat_map(|one| one.set_roles(roles)).collect()
    }

    /// Reads a message that the holder of a certificate published.
    ///
    /// Topics that mean nothing to the holder's dialect, and holders that are
    /// not enrolled, say nothing.
    ///
    /// # Errors
    /// When the topic is known and the payload is not what belongs there. The
    /// error holds nothing of it, and nothing was reported.
    pub fn read(
        &mut self,
        from: &DeviceName,
        topic: &str,
        payload: &[u8],
        retained: Retained,
        now: Now,
    ) -> Result<Heard, Malformed> {
        let Some(speaker) = self.speakers.get_mut(from.holder()) else {
            return Ok(Heard::default());
        };
        speaker.read(Message { topic, payload, retained, now })
    }

    /// Puts an order into the words of its device, to be published in this
    /// order. An empty list means that the dialect has no words for it and
    /// needs none.
    ///
    /// # Errors
    /// When nobody could be addressed.
    pub fn write(
        &mut self,
        device: &DeviceName,
        order: &DeviceOrder,
    ) -> Result<Vec<Outgoing>, Unwritable> {
        let speaker = self.speakers.get_mut(device.holder());
        speaker.ok_or(Unwritable::NotEnrolled)?.write(device, order)
    }

    /// Makes a message on a lock's command topic that no lock heeds, for trying
    /// who may publish and hear there.
    ///
    /// # Errors
    /// When nobody could be addressed.
    pub fn idle_command(&self, lock: &DeviceName) -> Result<Outgoing, Unwritable> {
        let speaker = self.speakers.get(lock.holder());
        speaker.ok_or(Unwritable::NotEnrolled)?.idle_command(lock)
    }

    /// Finds the device that is meant by a topic or filter.
    #[must_use]
    pub fn addressee(&self, topic: &str) -> Option<DeviceName> {
        self.speakers.values().find_map(|one| one.addressee(topic))
    }

    /// Returns what bridges have told of the devices behind them.
    pub fn discovered(&self) -> impl Iterator<Item = &Discovered> {
        self.speakers.values().flat_map(|one| one.discovered())
    }

    /// Says what is known of a device by its name.
    #[must_use]
    pub fn familiar(&self, device: &DeviceName) -> Familiar<'_> {
        let speaker = self.speakers.get(device.holder());
        speaker.map_or(Familiar::Unsaid, |speaker| speaker.familiar(device))
    }

    /// Returns what is due to be published.
    pub fn poll(&mut self, now: HubTime) -> Vec<Outgoing> {
        let speakers = self.speakers.values_mut();
        speakers.flat_map(|one| one.poll(now)).collect()
    }

    /// Returns when [`Dialects::poll`] will have something.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<HubTime> {
        let speakers = self.speakers.values();
        speakers.filter_map(|one| one.poll_deadline()).min()
    }
}
