//! Who is enrolled: the table from credentials to devices.
//!
//! Shared between the hub, which changes it, and the connections, which ask
//! it. A change is effective at once: each connection looks itself up again
//! before the next packet it accepts or delivers, and one whose credential is
//! gone is cut.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use doorward_core::grants::TopicGrants;
use doorward_core::ids::DeviceName;
use doorward_core::topic::{TopicFilter, TopicName};
use tokio::sync::watch;

use crate::credential::Credential;

/// What a credential stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The device's name. Two credentials may stand for one device while
    /// it is given another.
    pub device: DeviceName,
    /// What the device may publish and subscribe.
    pub grants: TopicGrants,
}

/// The table from credentials to devices. Clones share one table.
#[derive(Clone)]
pub struct Registry {
    table: Arc<RwLock<HashMap<Credential, Arc<Enrolled>>>>,
    changes: Arc<watch::Sender<()>>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { table: Arc::default(), changes: Arc::new(watch::Sender::new(())) }
    }
}

impl Registry {
    /// Makes an empty table: nobody is enrolled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Enrols a credential, or changes what an enrolled one stands for.
    /// Connections of one that now stands for another device are cut.
    pub fn enrol(&self, credential: impl Into<Credential>, enrolled: Enrolled) {
        let credential = credential.into();
        self.change(|table| table.insert(credential, Arc::new(enrolled)));
    }

    /// Takes a credential out and cuts its connections. Returns what it stood
    /// for.
    pub fn revoke(&self, credential: impl Into<Credential>) -> Option<Enrolled> {
        let credential = credential.into();
        self.change(|table| table.remove(&credential)).map(|was| (*was).clone())
    }

    /// Puts another table in the place of this one, in one step.
    pub fn replace_all(&self, all: impl IntoIterator<Item = (Credential, Enrolled)>) {
        let fresh = all.into_iter().map(|(credential, one)| (credential, Arc::new(one))).collect();
        self.change(|table| *table = fresh);
    }

    pub(crate) fn look_up(&self, credential: &Credential) -> Option<Arc<Enrolled>> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).get(credential).cloned()
    }

    /// Tells whether several credentials stand for a device.
    pub(crate) fn has_several(&self, device: &DeviceName) -> bool {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.values().filter(|enrolled| enrolled.device == *device).nth(1).is_some()
    }

    pub(crate) fn has_device(&self, device: &DeviceName) -> bool {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.values().any(|enrolled| enrolled.device == *device)
    }

    /// Tells whether any credential of a device lets it publish on a topic.
    pub(crate) fn device_may_publish(&self, device: &DeviceName, topic: &TopicName) -> bool {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let mut own = table.values().filter(|enrolled| enrolled.device == *device);
        own.any(|enrolled| enrolled.grants.may_publish(topic))
    }

    /// Finds the device that may publish on a topic. Where two could, which
    /// enrolment rules out, it is the first by name.
    pub(crate) fn device_that_publishes(&self, topic: &TopicName) -> Option<DeviceName> {
        self.devices_that(|grants| grants.may_publish(topic)).into_iter().next()
    }

    /// Finds the devices that may be sent a message on a topic.
    pub(crate) fn devices_that_hear(&self, topic: &TopicName) -> Vec<DeviceName> {
        self.devices_that(|grants| grants.may_receive(topic)).into_iter().collect()
    }

    /// Returns all devices.
    pub(crate) fn devices(&self) -> BTreeSet<DeviceName> {
        self.devices_that(|_| true)
    }

    fn devices_that(&self, may: impl Fn(&TopicGrants) -> bool) -> BTreeSet<DeviceName> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let granted = table.values().filter(|enrolled| may(&enrolled.grants));
        granted.map(|enrolled| enrolled.device.clone()).collect()
    }

    /// Returns everything on which a device may publish.
    pub(crate) fn filters_that_speak(&self) -> BTreeSet<TopicFilter> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.values().flat_map(|enrolled| enrolled.grants.publish.iter().cloned()).collect()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    fn change<R>(&self, edit: impl FnOnce(&mut HashMap<Credential, Arc<Enrolled>>) -> R) -> R {
        // A panic cannot leave the map half changed, so a poisoned lock is as
        // good as any other.
        let result = edit(&mut self.table.write().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_replace(());
        result
    }
}
