//! The law of wrong tries, told once more in the plainest way, to hold the hub
//! against.

use std::collections::BTreeMap;
use std::time::Duration;

use doorward_core::entry::Reason;
use doorward_core::time::HubTime;

const DAY: Duration = Duration::from_secs(86_400);

#[derive(Debug, Clone, Default)]
pub(super) struct Pad {
    wrong: Vec<HubTime>,
    failures: u32,
    failed_at: HubTime,
    silent_until: HubTime,
    suspended_until: HubTime,
}

/// All keypads of the house, by name.
pub(super) type Pads = BTreeMap<String, Pad>;

impl Pad {
    pub(super) fn listens(&self, now: HubTime) -> bool {
        now >= self.silent_until
    }

    pub(super) fn is_suspended(&self, now: HubTime) -> bool {
        now < self.suspended_until
    }

    pub(super) fn rearm(&mut self, now: HubTime) {
        *self = Self { failed_at: now, ..Self::default() };
    }

    fn today(&self, now: HubTime) -> usize {
        self.wrong.iter().filter(|at| now.since(**at) < DAY).count()
    }

    fn count(&mut self, now: HubTime) {
        let quiet_days = now.since(self.failed_at).as_secs() / 86_400;
        for _ in 0..quiet_days.min(u64::from(self.failures)) {
            self.failures -= 1;
        }
        self.failures += 1;
        self.failed_at = now;
        self.wrong.push(now);
        if self.failures > 5 {
            let mut delay = 30;
            for _ in 6..self.failures {
                delay = (delay * 2).min(3600);
            }
            self.silent_until = now + Duration::from_secs(delay);
        }
    }
}

/// A wrong try was heard at a keypad.
pub(super) fn count_wrong(pads: &mut Pads, name: &str, now: HubTime) {
    let pad = pads.get_mut(name).expect("the house has this keypad");
    pad.count(now);
    // Five free ones, eight while the delay doubles, then one an hour.
    assert!(pad.today(now) <= 5 + 8 + 24, "S10: a keypad listened too often");
    if pad.today(now) >= 10 && !pad.is_suspended(now) {
        pad.suspended_until = now + DAY;
    }
    let everywhere: usize = pads.values().map(|pad| pad.today(now)).sum();
    if everywhere >= 20 {
        for pad in pads.values_mut().filter(|pad| !pad.is_suspended(now)) {
            pad.suspended_until = now + DAY;
        }
    }
}

/// Says whether a try that was refused for this reason was a guess.
pub(super) fn is_guess(reason: Reason) -> bool {
    use Reason::{
        Cancelled, Expired, Malformed, OutsideSchedule, Spent, Suspended, TooEarly, WrongCode,
        WrongDoor,
    };
    [WrongCode, Malformed, Spent, Expired, Cancelled, TooEarly]
        .into_iter()
        .chain([OutsideSchedule, WrongDoor, Suspended])
        .any(|guess| guess == reason)
}
