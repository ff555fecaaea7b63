//! Devices that try what they may not: everything is counted, and the owner is
//! told of each device once an hour, with the first thing that it tried.
//!
//! The hour is kept in memory alone. A hub that starts anew tells once more.

use std::time::Duration;

use super::Hub;
use crate::event::LogEvent;
use crate::ids::DeviceName;
use crate::io::Notice;
use crate::time::HubTime;
use crate::trespass::{Attempt, Part, Target, Trespass, Victim};

/// For how long a device that was told of is only counted.
pub const TOLD_EVERY: Duration = Duration::from_secs(3600);

/// What is remembered of one device.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// All that it tried since the hub began to watch.
    count: u64,
    /// What it tried since it was last told of.
    untold: u64,
    told_at: HubTime,
    attempt: Attempt,
    victim: Victim,
}

/// A device that tried what it may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrespassView {
    /// The device.
    pub device: DeviceName,
    /// How often, since the hub began to watch.
    pub count: u64,
    /// When the owner was last told.
    pub told_at: HubTime,
    /// What it had tried then.
    pub attempt: Attempt,
    /// What it had aimed at.
    pub victim: Victim,
}

impl Hub {
    pub(super) fn refused(&mut self, trespass: Trespass) {
        let Trespass { device, attempt, target } = trespass;
        let now = self.now.mono;
        let mut untold = 0;
        if let Some(known) = self.trespasses.get_mut(&device) {
            known.count = known.count.saturating_add(1);
            if now.since(known.told_at) < TOLD_EVERY {
                known.untold = known.untold.saturating_add(1);
                return;
            }
            untold = std::mem::take(&mut known.untold);
        }
        let victim = self.victim(target);
        self.remember(&device, attempt, &victim);
        let (of, at) = (device.clone(), victim.clone());
        self.log(LogEvent::Trespass { device: of, attempt, victim: at, untold });
        self.notify(Notice::Trespass { device, attempt, victim });
    }

    fn remember(&mut self, device: &DeviceName, attempt: Attempt, victim: &Victim) {
        let count = self.trespasses.get(device).map_or(1, |known| known.count);
        let victim = victim.clone();
        let record = Record { count, untold: 0, told_at: self.now.mono, attempt, victim };
        self.trespasses.insert(device.clone(), record);
    }

    fn victim(&self, target: Target) -> Victim {
        match target {
            Target::Device(name) => {
                let part = self.sites.values().find_map(|site| {
                    let door = &site.door;
                    let part = if door.lock == name {
                        Part::Lock
                    } else if door.keypads.contains(&name) {
                        Part::Keypad
                    } else if door.contact.as_ref() == Some(&name) {
                        Part::Contact
                    } else {
                        return None;
                    };
                    Some(Victim::Part { door: door.id, part })
                });
                part.unwrap_or(Victim::Device { name })
            }
            Target::Topic(words) => Victim::Topic { words },
            Target::Unnamed => Victim::Unnamed,
        }
    }

    /// Returns the devices that tried what they may not, since the hub began
    /// to watch.
    #[must_use]
    pub fn trespasses(&self) -> Vec<TrespassView> {
        let view = |(device, known): (&DeviceName, &Record)| TrespassView {
            device: device.clone(),
            count: known.count,
            told_at: known.told_at,
            attempt: known.attempt,
            victim: known.victim.clone(),
        };
        self.trespasses.iter().map(view).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use secrecy::SecretBox;

    use super::*;
    use crate::batch::Snapshot;
    use crate::code::CodeMacKey;
    use crate::ids::{DoorName, HouseholdId};
    use crate::io::{Effect, Input, NewDoor, OwnerRequest, RequestId};
    use crate::time::Now;
    use crate::trespass::SafeWords;

    struct House {
        hub: Hub,
        now: Now,
        told: Vec<Victim>,
        logged: Vec<LogEvent>,
    }

    fn name(text: &str) -> DeviceName {
        DeviceName::parse(text).unwrap()
    }

    impl House {
        fn new() -> Self {
            let mono = HubTime::from_millis(1000);
            let now = Now { wall: "2026-03-02T09:00:00Z".parse().unwrap(), mono };
            let key = CodeMacKey::new(SecretBox::new(Box::new([7; 32])));
            let hub = Hub::restore(Snapshot::default(), key, TimeZone::UTC, now);
            let mut house = Self { hub, now, told: Vec::new(), logged: Vec::new() };
            let door = NewDoor {
                name: DoorName::parse("Porch").unwrap(),
                households: vec![HouseholdId(1)],
                lock: name("lock"),
                keypads: vec![name("pad")],
                contact: Some(name("contact")),
                camera: None,
            };
            house.feed(Input::Owner(
                RequestId(1),
                crate::entry::Actor::LocalOwner,
                OwnerRequest::AddDoor(door),
            ));
            house.logged.clear();
            house
        }

        fn feed(&mut self, input: Input) {
            self.hub.handle(input, self.now, &mut ChaCha20Rng::seed_from_u64(1));
            while let Some(effect) = self.hub.poll_effect() {
                match effect {
                    Effect::Notify(Notice::Trespass { victim, .. }) => self.told.push(victim),
                    Effect::Commit(batch) => {
                        self.logged.extend(batch.leaves.into_iter().map(|leaf| leaf.event));
                    }
                    Effect::Order(..)
                    | Effect::Film { .. }
                    | Effect::StopFilming(_)
                    | Effect::Notify(_)
                    | Effect::Reply(..) => {}
                }
            }
        }

        fn wait(&mut self, time: Duration) {
            self.now.mono = self.now.mono + time;
            self.now.wall += jiff::SignedDuration::try_from(time).unwrap();
        }

        fn tries(&mut self, device: &str, target: Target) {
            let device = name(device);
            self.feed(Input::Refused(Trespass { device, attempt: Attempt::Publish, target }));
        }
    }

    fn topic(text: &str) -> Target {
        Target::Topic(SafeWords::of(text))
    }

    #[test]
    fn a_device_is_told_of_once_an_hour_with_the_first_thing_it_tried() {
        let mut house = House::new();
        house.tries("camera", topic("first"));
        for _ in 0..1000 {
            house.tries("camera", topic("later"));
        }
        house.wait(TOLD_EVERY - Duration::from_millis(1));
        house.tries("camera", topic("just within the hour"));
        house.wait(Duration::from_millis(1));
        house.tries("camera", topic("an hour later"));
        let event = |words: &str, untold| LogEvent::Trespass {
            device: name("camera"),
            attempt: Attempt::Publish,
            victim: Victim::Topic { words: SafeWords::of(words) },
            untold,
        };
        assert_eq!(house.logged, [event("first", 0), event("an hour later", 1001)]);
        assert_eq!(house.told.len(), 2);
        let [view] = &house.hub.trespasses()[..] else { panic!("one device") };
        assert_eq!((view.device.as_str(), view.count), ("camera", 1003));
    }

    #[test]
    fn each_device_has_an_hour_of_its_own() {
        let mut house = House::new();
        for device in ["camera", "lamp", "camera", "lamp"] {
            house.tries(device, Target::Unnamed);
        }
        assert_eq!(house.told.len(), 2);
        assert_eq!(house.hub.trespasses().len(), 2);
    }

    #[test]
    fn whoever_aims_at_a_doors_part_is_told_of_with_the_door() {
        for (aim, part) in [("lock", Part::Lock), ("pad", Part::Keypad), ("contact", Part::Contact)]
        {
            let mut house = House::new();
            house.tries("camera", Target::Device(name(aim)));
            let door = house.hub.doors().pop().unwrap().door.id;
            assert_eq!(house.told, [Victim::Part { door, part }], "{aim}");
        }
    }

    #[test]
    fn a_device_on_no_door_is_named_as_it_is() {
        let mut house = House::new();
        house.tries("camera", Target::Device(name("shed")));
        assert_eq!(house.told, [Victim::Device { name: name("shed") }]);
    }
}
