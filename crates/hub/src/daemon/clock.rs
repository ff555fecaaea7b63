//! The two clocks of this machine, as the core wants them.
//!
//! Hub time goes on from the last run. While the machine has not been booted
//! anew, the time between two runs is known (`CLOCK_BOOTTIME` counts sleep, too)
//! and is part of it; over a boot it stands still, so that a restart can only
//! lengthen a lock-out.

use std::time::Duration;

use doorward_core::time::{HubTime, Now};
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// Where the kernel names this boot.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Reads both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HubClock {
    /// Hub time when the machine had been up for `base_up`.
    base: HubTime,
    base_up: Duration,
}

/// What one run leaves for the next: hub time against the machine's up time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BootMark {
    boot_id: String,
    hub_ms: u64,
    up_ms: u64,
}

impl HubClock {
    /// Goes on from the last written hub time and what the last run left.
    pub(crate) fn resume(last: HubTime, mark: Option<&BootMark>) -> Self {
        let base_up = up_time();
        let same_boot = mark.filter(|mark| Some(&mark.boot_id) == boot_id().as_ref());
        let base = same_boot.map_or(last, |mark| mark.hub_time_at(base_up).max(last));
        Self { base, base_up }
    }

    /// Returns what to keep for the next run; `None` where the kernel does not
    /// name its boots.
    pub(crate) fn mark(&self) -> Option<BootMark> {
        boot_id().map(|boot_id| BootMark {
            boot_id,
            hub_ms: self.base.as_millis(),
            up_ms: to_millis(self.base_up),
        })
    }

    /// Reads both clocks.
    pub(crate) fn now(&self) -> Now {
        let mono = self.base + up_time().saturating_sub(self.base_up);
        Now { wall: Timestamp::now(), mono }
    }

    /// Returns when hub time will be `at`, for a timer.
    pub(crate) fn instant(&self, at: HubTime) -> Instant {
        Instant::now() + at.since(self.now().mono)
    }
}

impl BootMark {
    fn hub_time_at(&self, up: Duration) -> HubTime {
        let since = to_millis(up).saturating_sub(self.up_ms);
        HubTime::from_millis(self.hub_ms) + Duration::from_millis(since)
    }
}

fn up_time() -> Duration {
    let up = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(up.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(up.tv_nsec).unwrap_or_default())
}

fn boot_id() -> Option<String> {
    std::fs::read_to_string(BOOT_ID).ok().map(|id| id.trim().to_owned())
}

fn to_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_on_the_same_boot_counts_the_time_between() {
        let first = HubClock::resume(HubTime::from_millis(5_000), None);
        let mark = first.mark().unwrap();
        let second = HubClock::resume(HubTime::from_millis(5_000), Some(&mark));
        assert!(second.now().mono >= first.now().mono - Duration::from_millis(50));
    }

    #[test]
    fn over_a_boot_hub_time_goes_on_from_its_mark() {
        let mark = BootMark { boot_id: "another boot".to_owned(), hub_ms: 90_000, up_ms: 0 };
        let clock = HubClock::resume(HubTime::from_millis(7_000), Some(&mark));
        assert!(clock.now().mono.since(HubTime::from_millis(7_000)) < Duration::from_secs(5));
    }
}
