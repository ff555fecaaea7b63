//! How the connection to another broker is, for whoever asks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use doorward_core::ids::DeviceName;

use super::dial::LinkFault;

/// Whether there is a connection.
#[derive(Debug, Clone)]
pub enum LinkState {
    /// The first attempt is under way.
    Connecting,
    /// Connected, and all subscriptions answered.
    Up {
        /// Since when.
        since: Instant,
    },
    /// There is none; it is tried again and again.
    Down {
        /// Since when.
        since: Instant,
        /// Why the last one ended or the last attempt failed.
        why: Arc<LinkFault>,
    },
}

/// What is known of another broker.
#[derive(Debug, Clone)]
pub struct OtherStats {
    /// Whether there is a connection.
    pub link: LinkState,
    /// Filters that the broker did not let the hub subscribe to.
    pub refused_filters: BTreeSet<String>,
    /// Messages of the hub's that the broker refused or gave to nobody, since
    /// the hub started.
    pub not_taken: u64,
    /// Devices that were heard since the connection is up.
    pub heard: BTreeMap<DeviceName, u64>,
}

/// The same, shared between the connection and whoever asks.
pub(super) struct Board(Mutex<OtherStats>);

impl Board {
    pub(super) fn new() -> Self {
        Self(Mutex::new(OtherStats {
            link: LinkState::Connecting,
            refused_filters: BTreeSet::new(),
            not_taken: 0,
            heard: BTreeMap::new(),
        }))
    }

    pub(super) fn read(&self) -> OtherStats {
        self.lock().clone()
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self.lock().link, LinkState::Up { .. })
    }

    pub(super) fn up(&self) {
        self.lock().link = LinkState::Up { since: Instant::now() };
    }

    /// Notes an end, or another attempt that failed. Returns those that were
    /// heard on it.
    pub(super) fn down(&self, why: LinkFault) -> Vec<DeviceName> {
        let mut stats = self.lock();
        let since = match &stats.link {
            LinkState::Down { since, .. } => *since,
            LinkState::Connecting | LinkState::Up { .. } => Instant::now(),
        };
        stats.link = LinkState::Down { since, why: Arc::new(why) };
        stats.refused_filters.clear();
        std::mem::take(&mut stats.heard).into_keys().collect()
    }

    /// Counts a message of a device's; tells whether it is the first.
    pub(super) fn hear(&self, device: &DeviceName) -> Heard {
        let mut stats = self.lock();
        if let Some(count) = stats.heard.get_mut(device) {
            *count += 1;
            return Heard::Again;
        }
        stats.heard.insert(device.clone(), 1);
        Heard::First
    }

    /// Forgets devices that are no longer enrolled; returns them.
    pub(super) fn keep_devices(&self, enrolled: &BTreeSet<DeviceName>) -> Vec<DeviceName> {
        let heard = &mut self.lock().heard;
        heard.extract_if(.., |device, _| !enrolled.contains(device)).map(|(name, _)| name).collect()
    }

    pub(super) fn refuse_filter(&self, filter: String) {
        self.lock().refused_filters.insert(filter);
    }

    pub(super) fn forget_filter(&self, filter: &str) {
        self.lock().refused_filters.remove(filter);
    }

    pub(super) fn count_not_taken(&self) {
        self.lock().not_taken += 1;
    }

    fn lock(&self) -> MutexGuard<'_, OtherStats> {
        // Each change is one step that cannot panic half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a device was heard before on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    First,
    Again,
}
