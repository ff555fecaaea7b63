//! What may be believed of the wall clock, told once more in the plainest way.

use doorward_core::batch::ClockMark;
use doorward_core::event::ClockTrust;
use doorward_core::time::Now;
use jiff::{SignedDuration, Timestamp};

/// The wall clock as an honest bookkeeper sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wall {
    seen: Now,
    highest: Timestamp,
    trust: ClockTrust,
}

impl Wall {
    pub(super) fn from_disk(mark: Option<ClockMark>, now: Now) -> Self {
        let mark = mark.unwrap_or(ClockMark { at: now, trust: ClockTrust::Trusted });
        Self { seen: mark.at, highest: mark.at.wall, trust: mark.trust }
    }

    pub(super) fn look(&mut self, now: Now) {
        let by_hub = SignedDuration::try_from(now.mono.since(self.seen.mono)).unwrap();
        let stray = now.wall.duration_since(self.seen.wall) - by_hub;
        if stray.abs() > SignedDuration::from_secs(300) {
            self.trust = ClockTrust::Untrusted;
        }
        if self.trust == ClockTrust::Trusted {
            self.highest = self.highest.max(now.wall);
        }
        self.seen = now;
    }

    pub(super) fn confirm(&mut self, now: Now) {
        *self = Self { seen: now, highest: now.wall, trust: ClockTrust::Trusted };
    }

    /// The time by which a code may open, if any time may be believed.
    pub(super) fn believed(&self) -> Option<Timestamp> {
        (self.trust == ClockTrust::Trusted).then(|| self.highest.max(self.seen.wall))
    }
}
