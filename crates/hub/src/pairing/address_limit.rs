//! How often one address may knock at the doors that stand open to everybody.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many knocks an address has at once, and how fast they come back. A phone that
/// logs in needs two.
const KNOCKS: u32 = 20;
const ONE_BACK_EVERY: Duration = Duration::from_secs(3);

/// How many addresses are remembered. A home network is smaller; whoever has more
/// addresses than this shares what is left.
const MOST_ADDRESSES: usize = 1024;

/// Too many knocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tries from this address; wait a minute")]
pub(crate) struct TooMany;

struct Bucket {
    left: u32,
    counted_at: Instant,
}

/// Knocks by address.
#[derive(Default)]
pub(crate) struct AddressLimit(Mutex<HashMap<IpAddr, Bucket>>);

impl AddressLimit {
    /// Counts a knock. The hub's own user, at its own machine, knocks as they like.
    pub(crate) fn knock(&self, address: Option<IpAddr>, now: Instant) -> Result<(), TooMany> {
        let Some(address) = address else { return Ok(()) };
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.values_mut().for_each(|bucket| bucket.refill(now));
        buckets.retain(|known, bucket| *known == address || bucket.left < KNOCKS);
        if buckets.len() >= MOST_ADDRESSES && !buckets.contains_key(&address) {
            return Err(TooMany);
        }
        let bucket = buckets.entry(address).or_insert(Bucket { left: KNOCKS, counted_at: now });
        bucket.left = bucket.left.checked_sub(1).ok_or(TooMany)?;
        Ok(())
    }
}

impl Bucket {
    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.counted_at);
        let back = passed.as_millis() / ONE_BACK_EVERY.as_millis();
        let back = u32::try_from(back).unwrap_or(KNOCKS).min(KNOCKS);
        if back > 0 {
            self.left = self.left.saturating_add(back).min(KNOCKS);
            self.counted_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_knocks_too_often_waits_and_others_do_not() {
        let (limit, now) = (AddressLimit::default(), Instant::now());
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..KNOCKS {
            limit.knock(Some(one), now).unwrap();
        }
        assert_eq!(limit.knock(Some(one), now), Err(TooMany));
        assert_eq!(limit.knock(Some(other), now), Ok(()));
        assert_eq!(limit.knock(None, now), Ok(()));
        assert_eq!(limit.knock(Some(one), now + ONE_BACK_EVERY), Ok(()));
        assert_eq!(limit.knock(Some(one), now + ONE_BACK_EVERY), Err(TooMany));
    }

    #[test]
    fn a_crowd_of_addresses_is_bounded() {
        let (limit, now) = (AddressLimit::default(), Instant::now());
        for number in 0..MOST_ADDRESSES {
            let number = u32::try_from(number).unwrap();
            limit.knock(Some(IpAddr::from(number.to_be_bytes())), now).unwrap();
        }
        assert_eq!(limit.knock(Some(IpAddr::from([10, 0, 0, 1])), now), Err(TooMany));
        let later = now + ONE_BACK_EVERY;
        assert_eq!(limit.knock(Some(IpAddr::from([10, 0, 0, 1])), later), Ok(()));
    }
}
