//! How many connections there may be, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// All connections together.
const MAX_CONNECTIONS: usize = 256;

/// A browser keeps up to six connections, and a household may stand behind one router.
const MAX_PER_ADDRESS: usize = 48;

/// The connections that are up, by address; clones share one count.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's place; given back when dropped.
pub(super) struct Place {
    address: IpAddr,
    places: Places,
}

impl Places {
    /// Takes a place, if there is one left for this address.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= MAX_CONNECTIONS {
            return None;
        }
        let count = taken.entry(address).or_default();
        if *count >= MAX_PER_ADDRESS {
            return None;
        }
        *count += 1;
        Some(Place { address, places: self.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [192, 168, 1, last].into()
    }

    #[test]
    fn an_address_has_its_share_and_gives_it_back() {
        let places = Places::default();
        let mut held: Vec<_> = (0..MAX_PER_ADDRESS).map(|_| places.take(address(1))).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(places.take(address(1)).is_none());
        assert!(places.take("::ffff:192.168.1.1".parse().unwrap()).is_none());
        assert!(places.take(address(2)).is_some());
        held.pop();
        assert!(places.take(address(1)).is_some());
    }

    #[test]
    fn all_addresses_together_have_no_more_than_there_are() {
        let places = Places::default();
        let held: Vec<_> = (0..=u8::MAX).filter_map(|last| places.take(address(last))).collect();
        assert_eq!(held.len(), MAX_CONNECTIONS);
        assert!(places.take([10, 0, 0, 1].into()).is_none());
    }
}
