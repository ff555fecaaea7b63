//! The law of wrong tries, told once more in the plainest way, to hold the hub
//! against: door by door, where the hub keeps its books keypad by keypad.

use std::collections::BTreeMap;
use std::time::Duration;

use doorward_core::entry::Reason;
use doorward_core::time::HubTime;

const DAY: Duration = Duration::from_secs(86_400);

/// The codes that a try could have hit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Targets {
    pub(super) all: u32,
    pub(super) emergency: u32,
}

/// The keypads of one door.
#[derive(Debug, Clone, Default)]
pub(super) struct Porch {
    wrong: Vec<(HubTime, u32)>,
    pads: BTreeMap<String, Pad>,
    suspended_until: HubTime,
}

#[derive(Debug, Clone, Default)]
struct Pad {
    failures: u32,
    failed_at: HubTime,
    silent_until: HubTime,
}

/// All doors of the house, by the first word of their keypads' names.
pub(super) type Pads = BTreeMap<String, Porch>;

/// Returns the door that a keypad belongs to.
pub(super) fn porch_of(pad: &str) -> &str {
    pad.split('-').next().expect("a name has a first word")
}

impl Porch {
    pub(super) fn add(&mut self, pad: &str) {
        self.pads.insert(pad.to_owned(), Pad::default());
    }

    pub(super) fn listens(&self, pad: &str, now: HubTime) -> bool {
        now >= self.pads[pad].silent_until
    }

    /// Says whether all codes rest but for the emergency's.
    pub(super) fn rests(&self, now: HubTime, targets: Targets) -> bool {
        let today = self.wrong.iter().filter(|(at, _)| now.since(*at) < DAY);
        let points: u32 = today.map(|(_, points)| points).sum();
        now < self.suspended_until || points + targets.all > 27
    }

    /// Nothing wrong was ever typed, as far as anybody knows from this moment.
    pub(super) fn blank(&self, now: HubTime) -> Self {
        let pad = Pad { failed_at: now, ..Pad::default() };
        let pads = self.pads.keys().map(|name| (name.clone(), pad.clone())).collect();
        Self { pads, ..Self::default() }
    }

    fn today(&self, now: HubTime) -> usize {
        self.wrong.iter().filter(|(at, _)| now.since(*at) < DAY).count()
    }

    fn count(&mut self, name: &str, now: HubTime, targets: Targets) {
        let resting = self.rests(now, targets);
        self.wrong.push((now, if resting { targets.emergency } else { targets.all }));
        self.pads.values_mut().for_each(|pad| pad.forgive(now));
        let worst = self.pads.values().map(|pad| pad.failures).max().unwrap_or(0);
        let pad = self.pads.get_mut(name).expect("it is there");
        pad.failures = 1 + if resting { worst } else { pad.failures };
        pad.failed_at = now;
        if pad.failures > 5 {
            let mut delay = 30;
            for _ in 6..pad.failures {
                delay = (delay * 2).min(3600);
            }
            pad.silent_until = now + Duration::from_secs(delay);
        }
        if resting {
            let shared = pad.clone();
            for pad in self.pads.values_mut() {
                let silent_until = pad.silent_until.max(shared.silent_until);
                *pad = Pad { silent_until, ..shared.clone() };
            }
        }
        if self.today(now) >= 10 || self.rests(now, targets) {
            self.suspend(now);
        }
    }

    fn suspend(&mut self, now: HubTime) {
        if now >= self.suspended_until {
            self.suspended_until = now + DAY;
        }
    }
}

impl Pad {
    /// Takes one failure away for each whole day, and begins the next day where
    /// the last one ended.
    fn forgive(&mut self, now: HubTime) {
        while self.failures > 0 && now.since(self.failed_at) >= DAY {
            self.failures -= 1;
            self.failed_at = self.failed_at + DAY;
        }
    }
}

/// A wrong try was heard at a keypad.
pub(super) fn count_wrong(pads: &mut Pads, name: &str, now: HubTime, targets: Targets) {
    let porch = pads.get_mut(porch_of(name)).expect("the house has this keypad");
    porch.count(name, now, targets);
    // Two keypads: five free ones each, eight while the delay doubles, then one
    // an hour.
    assert!(porch.today(now) <= 2 * (5 + 8 + 24), "S10: keypads listened too often");
    if pads.values().map(|porch| porch.today(now)).sum::<usize>() >= 20 {
        pads.values_mut().for_each(|porch| porch.suspend(now));
    }
}

/// Says whether a try that was refused for this reason was a guess.
pub(super) fn is_guess(reason: Reason) -> bool {
    use Reason::{
        Cancelled, Expired, Malformed, OutsideSchedule, Paused, Spent, Suspended, TooEarly,
        WrongCode, WrongDoor,
    };
    [WrongCode, Malformed, Spent, Expired, Cancelled, TooEarly]
        .into_iter()
        .chain([OutsideSchedule, WrongDoor, Suspended, Paused])
        .any(|guess| guess == reason)
}
