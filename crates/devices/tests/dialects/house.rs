//! A house with one door in each dialect, and words for what it hears.

use std::time::Duration;

use doorward_core::device::{DeviceOrder, DeviceReport, LockCommand, Motion};
use doorward_core::grants::Dialect;
use doorward_core::ids::{CommandId, DeviceName, DoorId};
use doorward_core::time::{HubTime, Now};
use doorward_devices::{Dialects, Heard, Malformed, Outgoing, Retained, Role};

pub(crate) struct House {
    pub(crate) dialects: Dialects,
    pub(crate) now: Now,
}

pub(crate) fn name(text: &str) -> DeviceName {
    DeviceName::parse(text).unwrap()
}

/// Who may publish on a topic: nobody else reaches the hub.
pub(crate) fn holder(topic: &str) -> DeviceName {
    let mut levels = topic.split('/');
    match (levels.next(), levels.next()) {
        (Some("doorward"), Some(device)) => name(device),
        _ => name("z2m"),
    }
}

impl House {
    pub(crate) fn new() -> Self {
        let mut dialects = Dialects::new();
        for device in ["porch-lock", "porch-keypad", "porch-contact"] {
            dialects.enrol(&name(device), &Dialect::Native);
        }
        dialects.enrol(&name("z2m"), &Dialect::zigbee2mqtt());
        dialects.set_roles([
            (name("porch-lock"), Role::Lock),
            (name("porch-keypad"), Role::Keypad),
            (name("porch-contact"), Role::Contact),
            (name("z2m/Front door"), Role::Lock),
            (name("z2m/Porch keypad"), Role::Keypad),
            (name("z2m/Front contact"), Role::Contact),
            (name("z2m/Hall lock"), Role::Lock),
            (name("z2m/Hall lock"), Role::Contact),
        ]);
        let now = Now {
            wall: "2026-11-22T10:00:00Z".parse().unwrap(),
            mono: HubTime::from_millis(1_000_000),
        };
        Self { dialects, now }
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now.mono = self.now.mono + time;
    }

    pub(crate) fn read(
        &mut self,
        topic: &str,
        payload: &[u8],
        retained: Retained,
    ) -> Result<Heard, Malformed> {
        self.dialects.read(&holder(topic), topic, payload, retained, self.now)
    }

    /// What a live message comes to, in words.
    pub(crate) fn hears(&mut self, topic: &str, payload: &str) -> String {
        in_words(&self.read(topic, payload.as_bytes(), Retained::No))
    }

    /// What a retained message comes to, in words.
    pub(crate) fn finds(&mut self, topic: &str, payload: &str) -> String {
        in_words(&self.read(topic, payload.as_bytes(), Retained::Yes))
    }

    /// What is sent in return, in words.
    pub(crate) fn replies(&mut self, topic: &str, payload: &str) -> Vec<String> {
        let heard = self.read(topic, payload.as_bytes(), Retained::No);
        heard.unwrap().send.iter().map(packet).collect()
    }

    pub(crate) fn writes(&mut self, device: &str, order: &DeviceOrder) -> Vec<String> {
        let sent = self.dialects.write(&name(device), order).unwrap();
        sent.iter().map(packet).collect()
    }

    pub(crate) fn polls(&mut self) -> Vec<String> {
        self.dialects.poll(self.now.mono).iter().map(packet).collect()
    }
}

pub(crate) fn movement(lock: &str, motion: Motion) -> DeviceOrder {
    DeviceOrder::Move(LockCommand {
        id: CommandId(u64::MAX),
        door: DoorId(1),
        lock: name(lock),
        motion,
        expires: "2026-11-22T10:00:05.9Z".parse().unwrap(),
    })
}

/// A message to a device: topic, space, payload.
pub(crate) fn packet(sent: &Outgoing) -> String {
    let payload = std::str::from_utf8(&sent.payload).unwrap();
    format!("{} {payload}", sent.topic)
}

pub(crate) fn in_words(heard: &Result<Heard, Malformed>) -> String {
    match heard {
        Ok(heard) => {
            let words = heard.reports.iter().map(|(device, report)| say(device, report));
            let asked = heard.certificate.iter().map(|_| "a certificate is asked for".to_owned());
            words.chain(asked).collect::<Vec<_>>().join(", ")
        }
        Err(why) => format!("! {why:?}"),
    }
}

fn say(device: &DeviceName, report: &DeviceReport) -> String {
    match report {
        DeviceReport::Bolt(bolt) => format!("{device} bolt {bolt:?}"),
        DeviceReport::Contact(contact) => format!("{device} contact {contact:?}"),
        DeviceReport::Typed { code, transaction } => {
            let code = code.as_ref().map_or_else(
                |_| "no code".to_owned(),
                |code| code.expose_for_owner().replace(' ', ""),
            );
            format!("{device} typed {code} #{transaction}")
        }
        DeviceReport::Bell => format!("{device} bell"),
        DeviceReport::Online => format!("{device} online"),
        DeviceReport::Offline => format!("{device} offline"),
    }
}
