//! Which topics a device may publish and subscribe.
//!
//! Owns the one table that says so, by kind of device and dialect. The
//! enrolled name decides the topics of our own dialect, so that a device can
//! speak for itself and for nobody else. It does not know certificates or
//! connections: whoever holds those asks [`TopicGrants::may_publish`] and its
//! neighbours for every single message.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::DeviceName;
use crate::topic::{TopicFilter, TopicFormat, TopicName};

/// The topic level under which devices of our own dialect live.
const NATIVE_ROOT: &str = "doorward";

/// The base topic that Zigbee2MQTT uses unless told otherwise.
const ZIGBEE2MQTT_BASE: &str = "zigbee2mqtt";

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// Throws and retracts a bolt.
    Lock,
    /// Takes codes and rings the bell.
    Keypad,
    /// Tells whether a door is open.
    Contact,
    /// Speaks for devices behind it.
    Bridge,
}

/// The language a device speaks on MQTT.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Our own, for devices that people build.
    Native,
    /// Zigbee2MQTT's.
    Zigbee2Mqtt {
        /// The topic under which the bridge puts everything.
        base: BaseTopic,
    },
}

/// The topic under which a bridge puts everything.
///
/// Never within our own dialect's topics: a bridge that owned those would own
/// every device of the house.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseTopic(TopicName);

/// Why a text cannot be a bridge's base topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseTopicError {
    /// Not a topic at all.
    #[error("the base topic is not a topic name")]
    Format(#[from] TopicFormat),
    /// Within the topics of our own dialect or of Home Assistant's discovery.
    #[error(
        "the base topic belongs to somebody else; choose one outside doorward and homeassistant"
    )]
    Taken,
}

/// A kind of device that does not exist in a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoGrants {
    /// Devices behind a bridge hold no certificate of their own.
    #[error("a zigbee2mqtt device is reached through its bridge; enrol the bridge instead")]
    BehindBridge,
    /// Our own dialect has no bridges.
    #[error("the native dialect has no bridges; enrol each device, or name the bridge's dialect")]
    NativeBridge,
    /// The name already names a bridge and something behind it.
    #[error("a device behind a bridge holds no certificate; enrol the bridge instead")]
    NotAHolder,
}

/// A dialect's or kind's name that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnknownWord {
    /// Not a kind of device.
    #[error("a device is a lock, keypad, contact or bridge")]
    Kind,
    /// Not a dialect.
    #[error("a dialect is native or zigbee2mqtt")]
    Dialect,
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
    /// | zigbee2mqtt | bridge | base and `homeassistant`, with all below | the same |
    ///
    /// Native topics are below `doorward/<device>/`; each … is `cert/request` or
    /// `cert/issued`, `cert/refused` and `cert/renew`, by which a device has its own
    /// certificate renewed. A Zigbee2MQTT bridge
    /// announces its devices to Home Assistant and reads its old announcements
    /// back to withdraw them.
    ///
    /// # Errors
    /// For a pair that does not exist, and for a name behind a bridge.
    pub fn for_device(
        kind: DeviceKind,
        dialect: &Dialect,
        device: &DeviceName,
    ) -> Result<Self, NoGrants> {
        if device.behind_bridge().is_some() {
            return Err(NoGrants::NotAHolder);
        }
        match (dialect, kind) {
            (Dialect::Native, DeviceKind::Lock) => {
                Ok(native(device, &["status", "lock/state"], &["lock/set"]))
            }
            (Dialect::Native, DeviceKind::Keypad) => {
                let publish = ["status", "keypad/entry", "bell/pressed"];
                Ok(native(device, &publish, &["keypad/answer"]))
            }
            (Dialect::Native, DeviceKind::Contact) => {
                Ok(native(device, &["status", "contact/state"], &[]))
            }
            (Dialect::Native, DeviceKind::Bridge) => Err(NoGrants::NativeBridge),
            (Dialect::Zigbee2Mqtt { base }, DeviceKind::Bridge) => {
                let both = vec![base.everything(), below("homeassistant")];
                Ok(Self { publish: both.clone(), subscribe: both })
            }
            (
                Dialect::Zigbee2Mqtt { .. },
                DeviceKind::Lock | DeviceKind::Keypad | DeviceKind::Contact,
            ) => Err(NoGrants::BehindBridge),
        }
    }

    /// Tells whether the device may publish on a topic.
    #[must_use]
    pub fn may_publish(&self, topic: &TopicName) -> bool {
        self.publish.iter().any(|granted| granted.matches(topic))
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

fn native(device: &DeviceName, publish: &[&str], subscribe: &[&str]) -> TopicGrants {
    let own = |tails: &[&str], more: &[&str]| {
        let full = |tail: &&str| fixed(&format!("{NATIVE_ROOT}/{device}/{tail}"));
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

impl BaseTopic {
    /// Reads a base topic as the owner typed it.
    ///
    /// # Errors
    /// When it is not a topic, or one that belongs to somebody else.
    pub fn parse(text: &str) -> Result<Self, BaseTopicError> {
        let name = TopicName::parse(text)?;
        // With room for the `/#` that makes a filter of it.
        TopicFilter::parse(&format!("{text}/#"))?;
        match text.split('/').next() {
            Some(NATIVE_ROOT | "homeassistant") | None => Err(BaseTopicError::Taken),
            Some(_) => Ok(Self(name)),
        }
    }

    /// Returns the base topic as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    fn everything(&self) -> TopicFilter {
        // `parse` tried this very text.
        TopicFilter::parse(&format!("{}/#", self.0)).expect("parse has tried this filter")
    }
}

impl Default for BaseTopic {
    fn default() -> Self {
        Self(TopicName::parse(ZIGBEE2MQTT_BASE).expect("a plain word is a topic"))
    }
}

impl DeviceKind {
    /// Returns the word for the kind, as the command line and the database
    /// have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Keypad => "keypad",
            Self::Contact => "contact",
            Self::Bridge => "bridge",
        }
    }
}

impl Dialect {
    /// Returns the word for the dialect, as the command line and the database
    /// have it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Zigbee2Mqtt { .. } => "zigbee2mqtt",
        }
    }

    /// Zigbee2MQTT with the base topic it has unless told otherwise.
    #[must_use]
    pub fn zigbee2mqtt() -> Self {
        Self::Zigbee2Mqtt { base: BaseTopic::default() }
    }
}

impl std::fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for DeviceKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "lock" => Ok(Self::Lock),
            "keypad" => Ok(Self::Keypad),
            "contact" => Ok(Self::Contact),
            "bridge" => Ok(Self::Bridge),
            _ => Err(UnknownWord::Kind),
        }
    }
}

impl FromStr for Dialect {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "native" => Ok(Self::Native),
            "zigbee2mqtt" => Ok(Self::zigbee2mqtt()),
            _ => Err(UnknownWord::Dialect),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(kind: DeviceKind, dialect: &Dialect, device: &str) -> TopicGrants {
        TopicGrants::for_device(kind, dialect, &DeviceName::parse(device).unwrap()).unwrap()
    }

    fn topic(text: &str) -> TopicName {
        TopicName::parse(text).unwrap()
    }

    fn filter(text: &str) -> TopicFilter {
        TopicFilter::parse(text).unwrap()
    }

    #[test]
    fn a_lock_speaks_for_itself_and_hears_its_own_commands() {
        let lock = grants(DeviceKind::Lock, &Dialect::Native, "porch lock");
        assert!(lock.may_publish(&topic("doorward/porch lock/lock/state")));
        assert!(lock.may_publish(&topic("doorward/porch lock/status")));
        assert!(lock.may_subscribe(&filter("doorward/porch lock/lock/set")));
        for other in ["doorward/porch lock/lock/set", "doorward/back/lock/state", "zigbee2mqtt/x"] {
            assert!(!lock.may_publish(&topic(other)), "{other}");
        }
        for other in ["doorward/+/lock/set", "#", "doorward/porch lock/#", "doorward/back/lock/set"]
        {
            assert!(!lock.may_subscribe(&filter(other)), "{other}");
        }
    }

    #[test]
    fn a_keypad_cannot_answer_itself_nor_command_a_lock() {
        let keypad = grants(DeviceKind::Keypad, &Dialect::Native, "pad");
        assert!(keypad.may_publish(&topic("doorward/pad/keypad/entry")));
        assert!(keypad.may_publish(&topic("doorward/pad/bell/pressed")));
        assert!(keypad.may_receive(&topic("doorward/pad/keypad/answer")));
        assert!(!keypad.may_publish(&topic("doorward/pad/keypad/answer")));
        assert!(!keypad.may_publish(&topic("doorward/pad/lock/state")));
    }

    #[test]
    fn a_contact_only_reports() {
        let contact = grants(DeviceKind::Contact, &Dialect::Native, "c");
        assert!(contact.may_publish(&topic("doorward/c/contact/state")));
        let heard: Vec<_> = contact.subscribe.iter().map(TopicFilter::as_str).collect();
        assert_eq!(
            heard,
            ["doorward/c/cert/issued", "doorward/c/cert/refused", "doorward/c/cert/renew"]
        );
    }

    #[test]
    fn a_device_has_its_own_certificate_renewed_and_no_others() {
        for kind in [DeviceKind::Lock, DeviceKind::Keypad, DeviceKind::Contact] {
            let device = grants(kind, &Dialect::Native, "one");
            assert!(device.may_publish(&topic("doorward/one/cert/request")), "{kind}");
            for answer in ["issued", "refused", "renew"] {
                assert!(device.may_subscribe(&filter(&format!("doorward/one/cert/{answer}"))));
                assert!(!device.may_publish(&topic(&format!("doorward/one/cert/{answer}"))));
                assert!(!device.may_subscribe(&filter(&format!("doorward/two/cert/{answer}"))));
            }
            assert!(!device.may_publish(&topic("doorward/two/cert/request")), "{kind}");
        }
    }

    #[test]
    fn a_bridge_owns_its_base_topic_and_announces() {
        let bridge = grants(DeviceKind::Bridge, &Dialect::zigbee2mqtt(), "z2m");
        assert!(bridge.may_publish(&topic("zigbee2mqtt/Front door")));
        assert!(bridge.may_publish(&topic("homeassistant/lock/0x1/lock/config")));
        assert!(bridge.may_subscribe(&filter("zigbee2mqtt/#")));
        assert!(bridge.may_subscribe(&filter("zigbee2mqtt/+/set")));
        assert!(!bridge.may_publish(&topic("doorward/porch/lock/state")));
        assert!(!bridge.may_subscribe(&filter("#")));

        let base = BaseTopic::parse("flat2/z2m").unwrap();
        let other = grants(DeviceKind::Bridge, &Dialect::Zigbee2Mqtt { base }, "z2m");
        assert!(other.may_publish(&topic("flat2/z2m/Front door")));
        assert!(!other.may_publish(&topic("zigbee2mqtt/Front door")));
    }

    #[test]
    fn a_bridge_cannot_be_given_our_own_topics() {
        for text in ["doorward", "doorward/porch", "homeassistant"] {
            assert_eq!(BaseTopic::parse(text), Err(BaseTopicError::Taken), "{text}");
        }
        for text in ["", "#", "$SYS", &"x".repeat(512)] {
            assert!(BaseTopic::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pairs_that_do_not_exist_have_no_grants() {
        let name = DeviceName::parse("x").unwrap();
        let of = |kind, dialect| TopicGrants::for_device(kind, &dialect, &name);
        assert_eq!(of(DeviceKind::Bridge, Dialect::Native), Err(NoGrants::NativeBridge));
        for kind in [DeviceKind::Lock, DeviceKind::Keypad, DeviceKind::Contact] {
            assert_eq!(of(kind, Dialect::zigbee2mqtt()), Err(NoGrants::BehindBridge));
        }
        let behind = DeviceName::parse("z2m/Front door").unwrap();
        let refused = TopicGrants::for_device(DeviceKind::Lock, &Dialect::Native, &behind);
        assert_eq!(refused, Err(NoGrants::NotAHolder));
    }

    #[test]
    fn words_read_back_as_what_they_were() {
        for kind in [DeviceKind::Lock, DeviceKind::Keypad, DeviceKind::Contact, DeviceKind::Bridge]
        {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for dialect in [Dialect::Native, Dialect::zigbee2mqtt()] {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        assert_eq!("gate".parse::<DeviceKind>(), Err(UnknownWord::Kind));
        assert_eq!("tasmota".parse::<Dialect>(), Err(UnknownWord::Dialect));
    }
}
