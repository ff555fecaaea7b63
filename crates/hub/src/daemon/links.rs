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

    /// Takes note of what another broker had kept: whoever said it may have gone long ago.
    pub(crate) fn heard_old_news(&mut self, holder: &DeviceName) {
        self.present.entry(holder.clone()).or_insert(Presence::Unknown);
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
            (true, None) if device.behind_bridge().is_none() => Presence::Online,
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

#[cfg(test)]
mod tests {
    use doorward_core::door::Bolt;

    use super::*;

    #[test]
    fn what_a_broker_had_kept_does_not_say_that_a_device_is_there() {
        let lock = DeviceName::parse("lock").unwrap();
        let mut links = Links::default();
        links.connected(lock.clone());
        assert_eq!(links.presence(&lock), Presence::Online, "its own connection is up");
        links.heard_old_news(&lock);
        assert_eq!(links.presence(&lock), Presence::Unknown);
        links.heard(&lock, &DeviceReport::Bolt(Bolt::Thrown));
        links.heard_old_news(&lock);
        assert_eq!(links.presence(&lock), Presence::Online, "it has spoken since");
    }
}
