//! Time as the core is told it.
//!
//! Two clocks run side by side. The wall clock says when a code is valid; it
//! can be wrong and can be set. Hub time only ever goes forward, over restarts
//! too, and measures every duration: deadlines, lock-outs, the age of a report.

use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Hub time: milliseconds that this hub has been watching, since its first
/// start. The store keeps the last value, and the next start continues from it,
/// so that a restart never shortens a lock-out.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct HubTime {
    ms: u64,
}

impl HubTime {
    /// Returns the hub time that lies `ms` milliseconds after the first start.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self { ms }
    }

    /// Returns the milliseconds since the first start.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.ms
    }

    /// Returns how long ago `earlier` was; zero if it lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.ms.saturating_sub(earlier.ms))
    }
}

impl Add<Duration> for HubTime {
    type Output = Self;

    fn add(self, wait: Duration) -> Self {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Self { ms: self.ms.saturating_add(wait_ms) }
    }
}

impl Sub<Duration> for HubTime {
    type Output = Self;

    fn sub(self, back: Duration) -> Self {
        let back_ms = u64::try_from(back.as_millis()).unwrap_or(u64::MAX);
        Self { ms: self.ms.saturating_sub(back_ms) }
    }
}

/// The moment at which an input happened, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// What the machine's clock shows.
    pub wall: Timestamp,
    /// Hub time.
    pub mono: HubTime,
}
