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
    fn notices_are_heard_by_whom_the_owner_lets_and_said_by_nobody() {
        let name = DeviceName::parse("herald").unwrap();
        let notices = filter("doorward/herald/notices");
        let herald = grants(DeviceKind::Other, &Dialect::Native, "herald");
        assert!(!herald.may_subscribe(&notices));
        let herald = herald.with_notices(&name);
        assert!(herald.may_subscribe(&notices));
        assert!(!herald.may_subscribe(&filter("doorward/+/notices")));
        assert!(!herald.may_publish(&topic("doorward/herald/notices")));
        assert!(!herald.may_publish(&topic("doorward/herald/status")));
    }

    #[test]
    fn a_device_without_a_certificate_has_none_to_renew() {
        let name = DeviceName::parse("c").unwrap();
        let contact = grants(DeviceKind::Contact, &Dialect::Native, "c");
        let contact = contact.without_certificates(&name);
        let said: Vec<_> = contact.publish.iter().map(TopicFilter::as_str).collect();
        assert_eq!(said, ["doorward/c/status", "doorward/c/contact/state"]);
        assert!(contact.subscribe.is_empty());
    }

    #[test]
    fn what_firmware_says_beyond_its_base_is_granted_to_that_firmware_alone() {
        let name = DeviceName::parse("plug").unwrap();
        let base = Program::Shelly.base_without_tls(&name).unwrap();
        assert_eq!(base.as_str(), "shellies/plug");
        let first = Dialect::Carried { program: Program::Shelly, base };
        let first = grants(DeviceKind::Other, &first, "plug");
        let tasmota = grants(DeviceKind::Other, &carried(Program::Tasmota, "plug"), "plug");
        let second = grants(DeviceKind::Other, &carried(Program::Shelly, "plug"), "plug");
        let announces = |one: &TopicGrants| one.may_publish(&topic("shellies/announce"));
        assert!(announces(&first) && first.may_subscribe(&filter("shellies/command")));
        assert!(first.may_publish(&topic("shellies/plug/relay/0")));
        assert!(!first.may_publish(&topic("shellies/other/relay/0")));
        assert!(!first.may_publish(&topic("shellies/command")));
        assert!(!announces(&tasmota) && !announces(&second));
        let discovery = topic("tasmota/discovery/AABBCCDDEEFF/config");
        assert!(tasmota.may_publish(&discovery) && !tasmota.may_receive(&discovery));
        assert!(!first.may_publish(&discovery) && !second.may_publish(&discovery));
    }

    #[test]
    fn nobody_is_named_as_all_shellies_are_addressed() {
        for taken in ["announce", "command"] {
            let name = DeviceName::parse(taken).unwrap();
            assert_eq!(Program::Shelly.base_without_tls(&name), Err(BaseTopicError::Taken));
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
        for text in ["doorward", "doorward/porch", "doorward-home/1", "homeassistant", "tasmota"] {
            assert_eq!(BaseTopic::parse(text), Err(BaseTopicError::Taken), "{text}");
        }
        for text in ["", "#", "$SYS", &"x".repeat(512)] {
            assert!(BaseTopic::parse(text).is_err(), "{text}");
        }
    }

    fn carried(program: Program, device: &str) -> Dialect {
        let base = program.base_for(&DeviceName::parse(device).unwrap()).unwrap();
        Dialect::Carried { program, base }
    }

    #[test]
    fn what_the_hub_carries_speaks_below_its_base_and_announces_under_its_own_id() {
        let plug = grants(DeviceKind::Other, &carried(Program::Shelly, "plug"), "plug");
        assert!(plug.may_publish(&topic("plug/status/switch:0")));
        assert!(plug.may_publish(&topic("homeassistant/switch/plug/relay/config")));
        assert!(plug.may_subscribe(&filter("plug/rpc")));
        assert!(plug.may_subscribe(&filter("homeassistant/status")));
        for other in [
            "homeassistant/switch/other/relay/config",
            "homeassistant/switch/plug2/config",
            "homeassistant/status",
            "doorward/plug/status",
            "doorward-home/1/lock/set",
            "frigate/events",
        ] {
            assert!(!plug.may_publish(&topic(other)), "{other}");
        }
        for other in ["homeassistant/#", "doorward-home/#", "+/rpc", "#"] {
            assert!(!plug.may_subscribe(&filter(other)), "{other}");
        }
        let camera = grants(DeviceKind::Camera, &carried(Program::Frigate, "nvr"), "nvr");
        assert!(camera.may_publish(&topic("frigate/events")));
        assert!(camera.may_publish(&topic("homeassistant/camera/nvr/porch/config")));
    }

    #[test]
    fn home_assistant_reads_what_it_is_shown_and_asks_what_was_ticked() {
        let home = grants(DeviceKind::HomeAssistant, &Dialect::HomeAssistant, "ha");
        assert!(home.may_publish(&topic("homeassistant/status")));
        for wanted in ["homeassistant/#", "homeassistant/+/+/config", "doorward-home/1/lock/state"]
        {
            assert!(home.may_subscribe(&filter(wanted)), "{wanted}");
        }
        for other in ["doorward/#", "doorward/pad/keypad/entry", "zigbee2mqtt/#", "#"] {
            assert!(!home.may_subscribe(&filter(other)), "{other}");
        }
        assert!(!home.may_publish(&topic("doorward-home/1/lock/set")));
        let home = home.with_doors([DoorId(1)]);
        assert!(home.may_publish(&topic("doorward-home/1/lock/set")));
        for other in
            ["doorward-home/2/lock/set", "doorward-home/1/lock/state", "doorward/x/lock/set"]
        {
            assert!(!home.may_publish(&topic(other)), "{other}");
        }
    }

    #[test]
    fn what_the_hub_announces_nobody_else_announces() {
        let bridge = grants(DeviceKind::Bridge, &Dialect::zigbee2mqtt(), "z2m");
        let own = topic("homeassistant/lock/doorward/door_1_lock/config");
        assert!(!bridge.may_publish(&own));
        assert!(bridge.may_receive(&own));
        let named = grants(DeviceKind::Other, &carried(Program::Esphome, "plug"), "doorward");
        assert!(!named.may_publish(&own));
    }

    #[test]
    fn a_door_is_asked_on_one_topic_alone() {
        assert_eq!(door_asked(&asking_topic(DoorId(12))), Some(DoorId(12)));
        for other in [
            "doorward-home/012/lock/set",
            "doorward-home/1/lock/state",
            "doorward-home//lock/set",
            "doorward/1/lock/set",
        ] {
            let Ok(other) = TopicName::parse(other) else { continue };
            assert_eq!(door_asked(&other), None, "{other}");
        }
    }

    #[test]
    fn a_base_topic_holds_whatever_is_below_it() {
        let base = |text| BaseTopic::parse(text).unwrap();
        assert!(base("flat").overlaps(&base("flat/z2m")));
        assert!(base("flat/z2m").overlaps(&base("flat")));
        assert!(!base("flat").overlaps(&base("flat2")));
    }

    #[test]
    fn pairs_that_do_not_exist_have_no_grants() {
        let name = DeviceName::parse("x").unwrap();
        let of = |kind, dialect| TopicGrants::for_device(kind, &dialect, &name);
        assert_eq!(of(DeviceKind::Bridge, Dialect::Native), Err(NoGrants::NativeBridge));
        assert_eq!(of(DeviceKind::Camera, Dialect::Native), Err(NoGrants::NotNative));
        for kind in [DeviceKind::Lock, DeviceKind::Keypad, DeviceKind::Contact] {
            assert_eq!(of(kind, Dialect::zigbee2mqtt()), Err(NoGrants::BehindBridge));
            assert_eq!(of(kind, Dialect::HomeAssistant), Err(NoGrants::HomeAssistant));
            assert_eq!(of(kind, carried(Program::Esphome, "x")), Err(NoGrants::NotRead));
        }
        assert_eq!(of(DeviceKind::HomeAssistant, Dialect::Native), Err(NoGrants::HomeAssistant));
        let behind = DeviceName::parse("z2m/Front door").unwrap();
        let refused = TopicGrants::for_device(DeviceKind::Lock, &Dialect::Native, &behind);
        assert_eq!(refused, Err(NoGrants::NotAHolder));
    }

    #[test]
    fn words_read_back_as_what_they_were() {
        use DeviceKind::{Bridge, Camera, Contact, HomeAssistant, Keypad, Lock, Other};
        for kind in [Lock, Keypad, Contact, Bridge, HomeAssistant, Camera, Other] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        use Program::{Esphome, Frigate, Shelly, Tasmota, ZwaveJsUi};
        let carried = [Frigate, Tasmota, Shelly, Esphome, ZwaveJsUi].map(|one| carried(one, "x"));
        let ours = [Dialect::Native, Dialect::zigbee2mqtt(), Dialect::HomeAssistant];
        for dialect in ours.into_iter().chain(carried) {
            let base = dialect.base().map_or("", BaseTopic::as_str);
            assert_eq!(Dialect::parse(dialect.as_str(), base), Ok(dialect));
        }
        assert_eq!("gate".parse::<DeviceKind>(), Err(UnknownWord::Kind));
        let unknown = Dialect::parse("homie", "x");
        assert_eq!(unknown, Err(DialectError::Word(UnknownWord::Dialect)));
    }
}
