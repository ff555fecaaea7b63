//! How often wrong passwords may be said.
//!
//! Passwords are beyond guessing; the bound keeps whoever tries all the same,
//! or is set up wrongly, from costing anything. It must not become a way to
//! keep a device out: under a device's name, the address from which the device
//! came in last is not held to what others do.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use doorward_core::ids::DeviceName;

use crate::limits::Limits;

/// Addresses, and names, whose wrong passwords are remembered. One more, and
/// the oldest is forgotten.
const REMEMBERED: usize = 1_024;

/// The wrong passwords of late.
pub(crate) struct Tries {
    per_address: u32,
    per_device: u32,
    window: Duration,
    of_late: Mutex<OfLate>,
}

#[derive(Default)]
struct OfLate {
    addresses: HashMap<IpAddr, Wrong>,
    devices: HashMap<DeviceName, Wrong>,
    /// From where each device came in last.
    at_home: HashMap<DeviceName, IpAddr>,
}

struct Wrong {
    since: Instant,
    count: u32,
}

impl Tries {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            per_address: limits.wrong_passwords_per_address,
            per_device: limits.wrong_passwords_per_device,
            window: limits.wrong_password_window,
            of_late: Mutex::default(),
        }
    }

    /// Tells whether a password that is said under a name is to be looked at.
    pub(crate) fn may_try(
        &self,
        address: IpAddr,
        device: Option<&DeviceName>,
        now: Instant,
    ) -> bool {
        let of_late = self.of_late();
        let wrong = |wrong: Option<&Wrong>| match wrong {
            Some(wrong) if now < wrong.since + self.window => wrong.count,
            Some(_) | None => 0,
        };
        if wrong(of_late.addresses.get(&address)) >= self.per_address {
            return false;
        }
        device.is_none_or(|device| {
            of_late.at_home.get(device) == Some(&address)
                || wrong(of_late.devices.get(device)) < self.per_device
        })
    }

    pub(crate) fn note_wrong(&self, address: IpAddr, device: Option<&DeviceName>, now: Instant) {
        let mut of_late = self.of_late();
        count(&mut of_late.addresses, &address, now, self.window);
        if let Some(device) = device {
            count(&mut of_late.devices, device, now, self.window);
        }
    }

    pub(crate) fn note_right(&self, address: IpAddr, device: &DeviceName) {
        self.of_late().at_home.insert(device.clone(), address);
    }

    fn of_late(&self) -> MutexGuard<'_, OfLate> {
        // Nothing under the lock panics half way through a change.
        self.of_late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count<K: Clone + Eq + Hash>(
    all: &mut HashMap<K, Wrong>,
    who: &K,
    now: Instant,
    window: Duration,
) {
    if all.len() >= REMEMBERED && !all.contains_key(who) {
        let oldest = all.iter().min_by_key(|(_, wrong)| wrong.since).map(|(who, _)| who.clone());
        oldest.and_then(|oldest| all.remove(&oldest));
    }
    let wrong = all.entry(who.clone()).or_insert(Wrong { since: now, count: 0 });
    if now >= wrong.since + window {
        *wrong = Wrong { since: now, count: 0 };
    }
    wrong.count += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    fn tries() -> Tries {
        Tries::new(&Limits {
            wrong_passwords_per_address: 3,
            wrong_passwords_per_device: 5,
            wrong_password_window: Duration::from_secs(60),
            ..Limits::default()
        })
    }

    #[test]
    fn an_address_has_so_many_tries_in_a_window_and_then_new_ones() {
        let (tries, now) = (tries(), Instant::now());
        for _ in 0..3 {
            assert!(tries.may_try(HOME, None, now));
            tries.note_wrong(HOME, None, now);
        }
        assert!(!tries.may_try(HOME, None, now + Duration::from_secs(59)));
        assert!(tries.may_try(ELSEWHERE, None, now));
        assert!(tries.may_try(HOME, None, now + Duration::from_secs(60)));
        tries.note_wrong(HOME, None, now + Duration::from_secs(60));
        assert!(tries.may_try(HOME, None, now + Duration::from_secs(61)));
    }

    #[test]
    fn tries_from_elsewhere_do_not_keep_a_device_out_of_its_home() {
        let (tries, now) = (tries(), Instant::now());
        let device = DeviceName::parse("plug").unwrap();
        tries.note_right(HOME, &device);
        for last in 2..7 {
            tries.note_wrong(IpAddr::from([10, 0, 0, last]), Some(&device), now);
        }
        assert!(!tries.may_try(IpAddr::from([10, 0, 0, 9]), Some(&device), now));
        assert!(tries.may_try(HOME, Some(&device), now));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (tries, now) = (tries(), Instant::now());
        for number in 0..5_000_u32 {
            tries.note_wrong(IpAddr::from(number.to_be_bytes()), None, now);
        }
        assert_eq!(tries.of_late().addresses.len(), REMEMBERED);
    }
}
