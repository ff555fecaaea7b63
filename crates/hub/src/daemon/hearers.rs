//! Who hears the notices over MQTT.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use doorward_core::ids::DeviceName;
use doorward_store::{StoreHandle, WriteError};

use crate::settings::NOTICES_TO;

/// The devices that are sent the notices; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Hearers(Arc<RwLock<BTreeSet<DeviceName>>>);

impl Hearers {
    /// Reads who hears.
    pub(super) async fn read(store: &StoreHandle) -> anyhow::Result<Self> {
        let names = store.setting(NOTICES_TO).await?;
        let names: Vec<String> =
            names.map_or(Ok(Vec::new()), |text| serde_json::from_str(&text))?;
        let names = names.iter().map(|name| DeviceName::parse(name));
        Ok(Self(Arc::new(RwLock::new(names.collect::<Result<_, _>>()?))))
    }

    /// Says whether a device hears.
    pub(super) fn has(&self, device: &DeviceName) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(device)
    }

    pub(super) fn all(&self) -> BTreeSet<DeviceName> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets a device hear from here on. The disk first. Whoever calls sees to it that nobody
    /// else changes them meanwhile.
    pub(super) async fn add(
        &self,
        store: &StoreHandle,
        device: &DeviceName,
    ) -> Result<(), WriteError> {
        let mut all = self.all();
        all.insert(device.clone());
        self.replace(store, all).await
    }

    /// Lets a device hear nothing any more. The disk first. Whoever calls sees to it that nobody
    /// else changes them meanwhile.
    pub(super) async fn remove(
        &self,
        store: &StoreHandle,
        device: &DeviceName,
    ) -> Result<(), WriteError> {
        let mut all = self.all();
        all.remove(device);
        self.replace(store, all).await
    }

    async fn replace(
        &self,
        store: &StoreHandle,
        all: BTreeSet<DeviceName>,
    ) -> Result<(), WriteError> {
        let names: serde_json::Value = all.iter().map(DeviceName::as_str).collect();
        store.set(NOTICES_TO, names.to_string()).await?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = all;
        Ok(())
    }
}
