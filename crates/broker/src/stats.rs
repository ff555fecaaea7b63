//! What the broker counts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use doorward_core::ids::DeviceName;

use crate::shared::Shared;

/// What the broker counts, for whoever asks how it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections of each connected device.
    pub connected: BTreeMap<DeviceName, usize>,
    /// How often each device tried what it may not do, since the broker
    /// started.
    pub refusals: BTreeMap<DeviceName, u64>,
    /// Packets that were no MQTT or too long.
    pub malformed: u64,
    /// Connections with a believed certificate whose key is not enrolled.
    pub strangers: u64,
    /// Wrong passwords that were looked at.
    pub wrong_passwords: u64,
    /// Connections that did not get through TLS and CONNECT.
    pub failed_handshakes: u64,
    /// Connections turned away because there were too many, and passwords not
    /// looked at for the same reason.
    pub turned_away: u64,
    /// How often the router died and was started again.
    pub router_restarts: u64,
    /// Retained messages.
    pub retained: usize,
    /// Sessions whose clients are away.
    pub absent_sessions: usize,
    /// Messages that absent clients will not hear because too many waited.
    pub dropped_for_absent: u64,
}

impl Stats {
    pub(crate) fn of(shared: &Shared) -> Self {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &shared.counters;
        Self {
            connected: shared.sessions.connected(),
            refusals: shared.devices.refusals(),
            malformed: count(&counters.malformed),
            strangers: count(&counters.strangers),
            wrong_passwords: count(&counters.wrong_passwords),
            failed_handshakes: count(&counters.failed_handshakes),
            turned_away: count(&counters.turned_away),
            router_restarts: count(&counters.router_restarts),
            retained: shared.retained().len(),
            absent_sessions: shared.sessions.absent(),
            dropped_for_absent: count(&counters.dropped_for_absent),
        }
    }
}
