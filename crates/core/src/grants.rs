//! Which topics a device may publish and subscribe.
//!
//! Owns the one table that says so, by kind of device and dialect. The
//! enrolled name decides the topics of our own dialect, so that a device can
//! speak for itself and for nobody else. It does not know certificates or
//! connections: whoever holds those asks [`TopicGrants::may_publish`] and its
//! neighbours for every single message.

mod kinds;

use crate::ids::{DeviceName, DoorId};
use crate::topic::{TopicFilter, TopicName};

pub use kinds::{
    BaseTopic, BaseTopicError, DeviceKind, Dialect, DialectError, Program, UnknownWord,
};

/// The topic level under which devices of our own dialect live.
const NATIVE: &str = "doorward";

/// The topic level under which Home Assistant is shown the doors. No device's name
/// and no base topic can reach it.
pub const HOME: &str = "doorward-home";

/// The topic level under which things are announced to Home Assistant.
pub const ANNOUNCEMENTS: &str = "homeassistant";

/// The id under which the hub itself announces, as `homeassistant/<component>/doorward/…`.
/// Nobody else may, whatever the table grants.
pub const HUBS_OWN_ID: &str = "doorward";

/// A kind of device that does not exist in a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoGrants {
    /// Devices behind a bridge hold no certificate of their own.
    #[error("a zigbee2mqtt device is reached through its bridge; enrol the bridge instead")]
    BehindBridge,
    /// Our own dialect has no bridges.
    #[error("the native dialect has no bridges; enrol each device, or name the bridge's dialect")]
    NativeBridge,
    /// Our own dialect has no cameras.
    #[error("the native dialect has no cameras; name what this device speaks")]
    NotNative,
    /// Home Assistant is a kind and a dialect, each for the other alone.
    #[error("home_assistant is a kind and a dialect, each for the other alone")]
    HomeAssistant,
    /// The hub does not read this dialect, so that no door can rely on it.
    #[error("the hub does not read this dialect: enrol the device as a camera or as other")]
    NotRead,
    /// The name already names a bridge and something behind it.
    #[error("a device behind a bridge holds no certificate; enrol the bridge instead")]
    NotAHolder,
}

/// The topics that one device may publish and subscribe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopicGrants {
    /// Messages on topics that one of these matches may come from the device.
    pub publish: Vec<TopicFilter>,
    /// Messages on topics that one of these matches may go to the device.
    pub subscribe: Vec<TopicFilter>,
}

impl TopicGrants {
    /// Looks up what a device may do. This is the whole table:
    ///
    /// | dialect | kind | may publish | may subscribe |
    /// | --- | --- | --- | --- |
    /// | native | lock | `status`, `lock/state`, … | `lock/set`, … |
    /// | native | keypad | `status`, `keypad/entry`, `bell/pressed`, … | `keypad/answer`, … |
    /// | native | contact | `status`, `contact/state`, … | … |
    /// | native | other | … | … |
    /// | zigbee2mqtt | bridge | base and `homeassistant`, with all below | the same |
    /// | frigate, tasmota, shelly, esphome, zwave_js_ui | camera, other | base with all below, `homeassistant/+/<device>` with all below | base with all below, `homeassistant/status` |
    /// | … tasmota | camera, other | also `tasmota/discovery/+/config` and `…/sensors` | |
    /// | … shelly with a base below `shellies` | camera, other | also `shellies/announce` | also `shellies/command` |
    /// | home_assistant | home_assistant | `homeassistant/status`, `doorward-home/<door>/lock/set` of each door that the owner ticked ([`Self::with_doors`]) | `homeassistant` and `doorward-home`, with all below |
    ///
    /// Native topics are below `doorward/<device>/`; each … is `cert/request` or
    /// `cert/issued`, `cert/refused` and `cert/renew`, by which a device has its own
    /// certificate renewed. What the owner lets hear the notices may also subscribe to
    /// `doorward/<device>/notices`, whatever its dialect ([`Self::with_notices`]).
    /// A Zigbee2MQTT bridge
    /// announces its devices to Home Assistant and reads its old announcements
    /// back to withdraw them. What Tasmota and Shelly's first generation say beyond their
    /// base they cannot be told not to say; no row hears Tasmota's. Below `homeassistant/+/doorward` the hub alone
    /// publishes, whatever a row says.
    ///
    /// # Errors
    /// For a pair that does not exist, and for a name behind a bridge.
    pub fn for_device(
        kind: DeviceKind,
        dialect: &Dialect,
        device: &DeviceName,
    ) -> Result<Self, NoGrants> {
        use DeviceKind::{Bridge, Camera, Contact, HomeAssistant, Keypad, Lock, Other};
        if device.behind_bridge().is_some() {
            return Err(NoGrants::NotAHolder);
        }
        let home_status = || fixed(&format!("{ANNOUNCEMENTS}/status"));
        match (dialect, kind) {
            (Dialect::Native, Lock) => Ok(native(device, &["status", "lock/state"], &["lock/set"])),
            (Dialect::Native, Keypad) => {
                let publish = ["status", "keypad/entry", "bell/pressed"];
                Ok(native(device, &publish, &["keypad/answer"]))
            }
            (Dialect::Native, Contact) => Ok(native(device, &["status", "contact/state"], &[])),
            (Dialect::Native, Other) => Ok(native(device, &[], &[])),
            (Dialect::Zigbee2Mqtt { base }, Bridge) => {
                let both = vec![base.everything(), below(ANNOUNCEMENTS)];
                Ok(Self { publish: both.clone(), subscribe: both })
            }
            (Dialect::Carried { program, base }, Camera | Other) => {
                let own = fixed(&format!("{ANNOUNCEMENTS}/+/{device}/#"));
                let publish = vec![base.everything(), own];
                let mut grants =
                    Self { publish, subscribe: vec![base.everything(), home_status()] };
                grants.add_habits(*program, base);
                Ok(grants)
            }
            (Dialect::HomeAssistant, HomeAssistant) => {
                let subscribe = vec![below(ANNOUNCEMENTS), below(HOME)];
                Ok(Self { publish: vec![home_status()], subscribe })
            }
            (Dialect::Native, Bridge) => Err(NoGrants::NativeBridge),
            (Dialect::Native, Camera) => Err(NoGrants::NotNative),
            (_, HomeAssistant) | (Dialect::HomeAssistant, _) => Err(NoGrants::HomeAssistant),
            (Dialect::Zigbee2Mqtt { .. }, Lock | Keypad | Contact | Camera | Other) => {
                Err(NoGrants::BehindBridge)
            }
            (Dialect::Carried { .. }, Lock | Keypad | Contact | Bridge) => Err(NoGrants::NotRead),
        }
    }

    /// Adds the doors of which Home Assistant may ask something: the row's ticks.
    #[must_use]
    pub fn with_doors(mut self, doors: impl IntoIterator<Item = DoorId>) -> Self {
        self.publish.extend(doors.into_iter().map(|door| TopicFilter::from(&asking_topic(door))));
        self
    }

    /// Adds the notices, if the owner lets the device hear them.
    #[must_use]
    pub fn with_notices(mut self, device: &DeviceName) -> Self {
        self.subscribe.push(TopicFilter::from(&notices_topic(device)));
        self
    }

    /// Adds what firmware says and hears beyond its base topic and cannot be told not to:
    /// refused, it would come back and try for ever.
    fn add_habits(&mut self, program: Program, base: &BaseTopic) {
        match program {
            Program::Tasmota => {
                let said = ["tasmota/discovery/+/config", "tasmota/discovery/+/sensors"];
                self.publish.extend(said.map(fixed));
            }
            Program::Shelly if base.is_first_shelly() => {
                self.publish.push(fixed("shellies/announce"));
                self.subscribe.push(fixed("shellies/command"));
            }
            Program::Shelly | Program::Frigate | Program::Esphome | Program::ZwaveJsUi => {}
        }
    }

    /// Leaves out what is about certificates, for a device that has none.
    #[must_use]
    pub fn without_certificates(mut self, device: &DeviceName) -> Self {
        let about = below(&format!("{NATIVE}/{device}/cert"));
        self.publish.retain(|filter| !about.covers(filter));
        self.subscribe.retain(|filter| !about.covers(filter));
        self
    }

    /// Tells whether the device may publish on a topic.
    #[must_use]
    pub fn may_publish(&self, topic: &TopicName) -> bool {
        !is_hubs_own(topic) && self.publish.iter().any(|granted| granted.matches(topic))
    }

    /// Tells whether the device may be sent a message on a topic.
    #[must_use]
    pub fn may_receive(&self, topic: &TopicName) -> bool {
        self.subscribe.iter().any(|granted| granted.matches(topic))
    }

    /// Tells whether the device may subscribe to a filter: whether one grant
    /// covers all of it.
    #[must_use]
    pub fn may_subscribe(&self, filter: &TopicFilter) -> bool {
        self.subscribe.iter().any(|granted| granted.covers(filter))
    }
}

/// Returns the topic on which Home Assistant asks something of a door.
#[must_use]
pub fn asking_topic(door: DoorId) -> TopicName {
    TopicName::parse(&format!("{HOME}/{door}/lock/set")).expect("a number makes a topic")
}

/// Returns the topic on which a device is sent the notices. Nobody but the hub publishes there.
#[must_use]
pub fn notices_topic(device: &DeviceName) -> TopicName {
    // A device's name has at most 64 bytes and no NUL or wildcard.
    TopicName::parse(&format!("{NATIVE}/{device}/notices")).expect("a name makes a topic")
}

/// Returns the door of which a topic asks something.
#[must_use]
pub fn door_asked(topic: &TopicName) -> Option<DoorId> {
    let door = topic.as_str().strip_prefix(HOME)?.strip_prefix('/')?;
    let door = door.strip_suffix("/lock/set")?.parse().ok()?;
    // A number has more than one spelling, and a grant names one of them.
    (asking_topic(door) == *topic).then_some(door)
}

/// Says whether a topic announces what is the hub's alone.
fn is_hubs_own(topic: &TopicName) -> bool {
    let mut levels = topic.as_str().split('/');
    levels.next() == Some(ANNOUNCEMENTS) && levels.nth(1) == Some(HUBS_OWN_ID)
}

fn native(device: &DeviceName, publish: &[&str], subscribe: &[&str]) -> TopicGrants {
    let own = |tails: &[&str], more: &[&str]| {
        let full = |tail: &&str| fixed(&format!("{NATIVE}/{device}/{tail}"));
        tails.iter().chain(more).map(full).collect()
    };
    let answers = ["cert/issued", "cert/refused", "cert/renew"];
    TopicGrants { publish: own(publish, &["cert/request"]), subscribe: own(subscribe, &answers) }
}

fn below(root: &str) -> TopicFilter {
    fixed(&format!("{root}/#"))
}

/// A filter made of the table's words and a checked name.
fn fixed(text: &str) -> TopicFilter {
    // A device name has at most 64 bytes and no NUL, slash or wildcard, and
    // what the table puts around it begins with ASCII.
    TopicFilter::parse(text).expect("the table's words and a checked name make a filter")
}

#[cfg(test)]
mod tests;
