//! Who is connected, and what devices sent that was of no use.

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::device::DeviceReport;
use doorward_core::ids::DeviceName;
use doorward_devices::Malformed;

/// What the actor knows of the connections.
#[derive(Default)]
pub(crate) struct Links {
    /// Holders of certificates with a connection.
    connected: BTreeSet<DeviceName>,
    /// What devices said of their own presence.
    present: BTreeMap<DeviceName, Presence>,
    malformed: BTreeMap<Malformed, u64>,
}

/// Whether a device says that it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Online,
    Offline,
    Unknown,
}

impl Links {
    pub(crate) fn connected(&mut self, holder: DeviceName) {
        self.connected.insert(holder);
    }

    pub(crate) fn disconnected(&mut self, holder: &DeviceName) {
        self.connected.remove(holder);
    }

    /// Takes note of a report: whoever reports is there.
    pub(crate) fn heard(&mut self, device: &DeviceName, report: &DeviceReport) {
        let presence = match report {
            DeviceReport::Offline => Presence::Offline,
            DeviceReport::Online
            | DeviceReport::Bolt(_)
            | DeviceReport::Contact(_)
            | DeviceReport::Typed { .. }
            | DeviceReport::Bell => Presence::Online,
        };
        self.present.insert(device.clone(), presence);
    }

    pub(crate) fn malformed(&mut self, kind: Malformed) {
        *self.malformed.entry(kind).or_default() += 1;
    }

    /// Says whether a device can be reached: its holder is connected, and it
    /// has not said goodbye.
    pub(crate) fn presence(&self, device: &DeviceName) -> Presence {
        let holder = self.connected.iter().any(|one| one.as_str() == device.holder());
        match (holder, self.present.get(device)) {
            (false, _) | (true, Some(Presence::Offline)) => Presence::Offline,
            (true, Some(Presence::Online)) => Presence::Online,
            (true, Some(Presence::Unknown) | None) if device.behind_bridge().is_none() => {
                Presence::Online
            }
            (true, Some(Presence::Unknown) | None) => Presence::Unknown,
        }
    }

    pub(crate) fn connected_count(&self) -> usize {
        self.connected.len()
    }

    pub(crate) fn malformed_count(&self) -> u64 {
        self.malformed.values().sum()
    }
}
