//! Zigbee2MQTT: one bridge, with locks, keypads and contacts behind it.
//!
//! A device says everything on one topic, `<base>/<name>`, mixed with what was
//! cached of it, so what is read depends on what the device is at its door. An
//! `action` is an event that may be late, repeated or invented: a typed code is
//! read from it, the place of a bolt never.

mod catalogue;
mod contact;
mod keypad;
mod lock;
mod presence;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use doorward_core::device::{DeviceOrder, DeviceReport};
use doorward_core::grants::BaseTopic;
use doorward_core::ids::DeviceName;
use doorward_core::time::HubTime;

use crate::discovery::{Discovered, Familiar};
use crate::parse;
use crate::roles::{Role, Roles};
use crate::speech::{Heard, Malformed, Message, Outgoing, Retained, Speech, Unwritable};
use keypad::Keypad;
use lock::Lock;
use presence::Presence;

/// For how long after a bridge (re)started its keypads are not believed.
///
/// A bridge that starts publishes what it remembers of every device, and one
/// that reconnects repeats its retained messages two seconds later; either can
/// carry a code that was typed long ago. Three seconds cover both, and cost a
/// visitor at most one more try.
pub const QUIET_AFTER_START: Duration = Duration::from_secs(3);

/// The most bytes that a device's message has. A lock with a thousand user
/// slots lists them all in each message.
const MAX_PAYLOAD_BYTES: usize = 64 * 1024;

/// One bridge and the devices behind it.
pub(crate) struct Zigbee2Mqtt {
    bridge: DeviceName,
    /// `<base>/`.
    prefix: String,
    presence: Presence,
    /// When the bridge last said that it had come.
    started: Option<HubTime>,
    /// Whether the devices are still to be greeted once more; see [`Self::poll`].
    greeting_due: Option<HubTime>,
    /// By friendly name.
    devices: BTreeMap<String, Behind>,
    /// What the bridge said is behind it; absent until it has.
    catalogue: Option<Vec<Discovered>>,
}

/// A device behind the bridge that has a place at a door.
struct Behind {
    name: DeviceName,
    roles: BTreeSet<Role>,
    presence: Presence,
    lock: Lock,
    keypad: Keypad,
}

impl Behind {
    fn new(name: DeviceName) -> Self {
        Self {
            name,
            roles: BTreeSet::new(),
            presence: Presence::Unsaid,
            lock: Lock::default(),
            keypad: Keypad::new(),
        }
    }
}

impl Zigbee2Mqtt {
    pub(crate) fn new(bridge: &DeviceName, base: &BaseTopic) -> Self {
        Self {
            bridge: bridge.clone(),
            prefix: format!("{}/", base.as_str()),
            presence: Presence::Unsaid,
            started: None,
            greeting_due: None,
            devices: BTreeMap::new(),
            catalogue: None,
        }
    }

    fn bridge_state(&mut self, payload: &[u8], now: HubTime) -> Result<Heard, Malformed> {
        self.presence = Presence::read(payload)?;
        match self.presence {
            Presence::Online => Ok(self.bridge_online(now)),
            Presence::Offline | Presence::Unsaid => Ok(self.bridge_offline()),
        }
    }

    fn bridge_online(&mut self, now: HubTime) -> Heard {
        self.started = Some(now);
        self.greeting_due = Some(now + QUIET_AFTER_START);
        let mut reports = vec![(self.bridge.clone(), DeviceReport::Online)];
        // Where the bridge does not watch over its devices, none of them says
        // that it is there: only those that it called gone are gone.
        let there = self.devices.values().filter(|one| one.presence.may_be_there());
        reports.extend(there.map(|one| (one.name.clone(), DeviceReport::Online)));
        Heard { reports, send: self.greet_all(), ..Heard::default() }
    }

    fn bridge_offline(&mut self) -> Heard {
        self.greeting_due = None;
        let offline = |name| (name, DeviceReport::Offline);
        Heard { reports: self.everybody().map(offline).collect(), ..Heard::default() }
    }

    /// The bridge and all that is behind it.
    fn everybody(&self) -> impl Iterator<Item = DeviceName> {
        let behind = self.devices.values().map(|one| &one.name);
        std::iter::once(&self.bridge).chain(behind).cloned()
    }

    fn availability(&mut self, friendly: &str, payload: &[u8]) -> Result<Heard, Malformed> {
        let Some(device) = self.devices.get_mut(friendly) else {
            return Ok(Heard::default());
        };
        let before = std::mem::replace(&mut device.presence, Presence::read(payload)?);
        let report = device.presence.report();
        let mut heard = Heard::default();
        // Behind a bridge that is gone, nobody is there.
        if self.presence.may_be_there() {
            heard.reports.extend(report.map(|report| (device.name.clone(), report)));
            if device.presence == Presence::Online && before != Presence::Online {
                heard.send = greet(&self.prefix, friendly, device);
            }
        }
        Ok(heard)
    }

    fn device(&mut self, friendly: &str, message: Message<'_>) -> Result<Heard, Malformed> {
        let is_quiet = self.is_quiet(message.now.mono);
        let Some(device) = self.devices.get_mut(friendly) else {
            return Ok(Heard::default());
        };
        let text = parse::text(message.payload, MAX_PAYLOAD_BYTES)?;
        let mut reports = Vec::new();
        for role in &device.roles {
            let report = match role {
                Role::Lock => device.lock.read(text)?.map(DeviceReport::Bolt),
                Role::Contact => contact::read(text)?.map(DeviceReport::Contact),
                Role::Keypad if is_quiet || message.retained == Retained::Yes => None,
                Role::Keypad => device.keypad.read(text, message.now.mono)?,
            };
            reports.extend(report);
        }
        let of_device = |report| (device.name.clone(), report);
        Ok(Heard { reports: reports.into_iter().map(of_device).collect(), ..Heard::default() })
    }

    fn is_quiet(&self, now: HubTime) -> bool {
        self.started.is_some_and(|started| now.since(started) < QUIET_AFTER_START)
    }

    fn greet_all(&mut self) -> Vec<Outgoing> {
        let prefix = &self.prefix;
        let there = self.devices.iter_mut();
        let there = there.filter(|(_, one)| one.presence.may_be_there());
        there.flat_map(|(friendly, one)| greet(prefix, friendly, one)).collect()
    }
}

/// What a device must be sent when it comes: a keypad's panel shows nothing
/// until it was told something, and what was cached of a lock may be old.
fn greet(prefix: &str, friendly: &str, device: &mut Behind) -> Vec<Outgoing> {
    let mut send = Vec::new();
    for role in &device.roles {
        let greeting = match role {
            Role::Lock => lock::ask(prefix, friendly),
            Role::Keypad => device.keypad.seed(prefix, friendly),
            // A contact sleeps until its door moves; it cannot be asked.
            Role::Contact => continue,
        };
        // A name too long for a topic cannot have been heard on one either.
        send.extend(greeting.ok());
    }
    send
}

impl Speech for Zigbee2Mqtt {
    fn set_roles(&mut self, roles: &Roles) -> Vec<Outgoing> {
        let mut known = std::mem::take(&mut self.devices);
        let mut send = Vec::new();
        for (name, roles) in roles {
            let Some(friendly) = behind(&self.bridge, name) else {
                continue;
            };
            let earlier = known.remove(friendly);
            let mut device = earlier.unwrap_or_else(|| Behind::new(name.clone()));
            if device.roles != *roles {
                device.roles.clone_from(roles);
                send.extend(greet(&self.prefix, friendly, &mut device));
            }
            self.devices.insert(friendly.to_owned(), device);
        }
        send
    }

    fn read(&mut self, message: Message<'_>) -> Result<Heard, Malformed> {
        let Some(tail) = message.topic.strip_prefix(&self.prefix) else {
            return Ok(Heard::default());
        };
        // An empty payload takes a retained message back. It says nothing.
        if message.payload.is_empty() {
            return Ok(Heard::default());
        }
        match tail.split_once('/') {
            None => self.device(tail, message),
            Some(("bridge", "state")) => self.bridge_state(message.payload, message.now.mono),
            Some(("bridge", "devices")) => {
                self.catalogue = Some(catalogue::read(&self.bridge, message.payload)?);
                Ok(Heard::default())
            }
            Some((friendly, "availability")) => self.availability(friendly, message.payload),
            Some(_) => Ok(Heard::default()),
        }
    }

    fn write(
        &mut self,
        device: &DeviceName,
        order: &DeviceOrder,
    ) -> Result<Vec<Outgoing>, Unwritable> {
        let friendly = behind(&self.bridge, device).ok_or(Unwritable::NotAddressable)?;
        let prefix = &self.prefix;
        let known = self.devices.entry(friendly.to_owned());
        let keypad = &mut known.or_insert_with(|| Behind::new(device.clone())).keypad;
        match order {
            DeviceOrder::Move(command) => {
                lock::set(prefix, friendly, command.motion).map(|set| vec![set])
            }
            DeviceOrder::ReportBolt => lock::ask(prefix, friendly).map(|get| vec![get]),
            DeviceOrder::Answer { transaction, answer } => {
                keypad.answer(prefix, friendly, *transaction, *answer)
            }
            DeviceOrder::Tone(tone) => keypad.tone(prefix, friendly, *tone),
        }
    }

    fn idle_command(&self, lock: &DeviceName) -> Result<Outgoing, Unwritable> {
        let friendly = behind(&self.bridge, lock).ok_or(Unwritable::NotAddressable)?;
        lock::idle_command(&self.prefix, friendly)
    }

    fn addressee(&self, topic: &str) -> Option<DeviceName> {
        let tail = topic.strip_prefix(&self.prefix)?;
        let friendly = tail.split_once('/').map_or(tail, |(friendly, _)| friendly);
        let listed = || {
            let mut listed = self.discovered().iter().filter_map(|one| one.name.as_ref());
            listed.find(|name| name.behind_bridge() == Some(friendly))
        };
        let known = self.devices.get(friendly).map(|one| &one.name);
        Some(known.or_else(listed).unwrap_or(&self.bridge).clone())
    }

    fn discovered(&self) -> &[Discovered] {
        self.catalogue.as_deref().unwrap_or_default()
    }

    fn familiar(&self, device: &DeviceName) -> Familiar<'_> {
        let Some(catalogue) = &self.catalogue else {
            return Familiar::Unsaid;
        };
        let listed = catalogue.iter().find(|one| one.name.as_ref() == Some(device));
        listed.map_or(Familiar::Unknown, Familiar::Known)
    }

    fn lost(&mut self) -> Vec<DeviceName> {
        // It did not say that it goes, so it need not say that it has come.
        self.presence = Presence::Unsaid;
        self.greeting_due = None;
        self.everybody().collect()
    }

    /// Greets everybody once more when the quiet time is over: a bridge says
    /// that it is online before it listens, so the first greeting may have
    /// found nobody, and what locks said meanwhile may have come from the
    /// bridge's memory.
    fn poll(&mut self, now: HubTime) -> Vec<Outgoing> {
        match self.greeting_due {
            Some(due) if due <= now => {
                self.greeting_due = None;
                self.greet_all()
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn poll_deadline(&self) -> Option<HubTime> {
        self.greeting_due
    }
}

/// The friendly name of a device behind this bridge.
fn behind<'a>(bridge: &DeviceName, device: &'a DeviceName) -> Option<&'a str> {
    device.behind_bridge().filter(|_| device.holder() == bridge.holder())
}
