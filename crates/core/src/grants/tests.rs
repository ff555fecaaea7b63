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
    for other in ["doorward/+/lock/set", "#", "doorward/porch lock/#", "doorward/back/lock/set"] {
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
    for wanted in ["homeassistant/#", "homeassistant/+/+/config", "doorward-home/1/lock/state"] {
        assert!(home.may_subscribe(&filter(wanted)), "{wanted}");
    }
    for other in ["doorward/#", "doorward/pad/keypad/entry", "zigbee2mqtt/#", "#"] {
        assert!(!home.may_subscribe(&filter(other)), "{other}");
    }
    assert!(!home.may_publish(&topic("doorward-home/1/lock/set")));
    let home = home.with_doors([DoorId(1)]);
    assert!(home.may_publish(&topic("doorward-home/1/lock/set")));
    for other in ["doorward-home/2/lock/set", "doorward-home/1/lock/state", "doorward/x/lock/set"] {
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
