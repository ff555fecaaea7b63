//! What is counted per device, over all of its connections and reconnections.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use doorward_core::ids::DeviceName;

use crate::limits::Limits;

/// All devices that ever connected.
pub(crate) struct Devices {
    limits: Limits,
    all: Mutex<HashMap<DeviceName, Arc<Account>>>,
}

/// One device's account.
pub(crate) struct Account {
    unique_topics: usize,
    bucket: Mutex<Bucket>,
    topics: Mutex<Topics>,
    refusals: AtomicU64,
}

/// A token bucket. It may run into debt; the debt says how long to wait.
struct Bucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled: Instant,
}

/// Hashes of topics instead of the topics: a few bytes each, whatever their
/// length, and under a key that no device knows.
#[derive(Default)]
struct Topics {
    hasher: RandomState,
    seen: HashSet<u64>,
}

impl Devices {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, all: Mutex::default() }
    }

    pub(crate) fn account(&self, device: &DeviceName, now: Instant) -> Arc<Account> {
        let mut all = lock(&self.all);
        let account = all.entry(device.clone());
        Arc::clone(account.or_insert_with(|| Arc::new(Account::new(&self.limits, now))))
    }

    /// Forgets which topics were used, since a router that starts again has
    /// forgotten them too.
    pub(crate) fn forget_topics(&self) {
        lock(&self.all).values().for_each(|account| lock(&account.topics).seen.clear());
    }

    pub(crate) fn refusals(&self) -> BTreeMap<DeviceName, u64> {
        let count = |account: &Account| account.refusals.load(Ordering::Relaxed);
        let all = lock(&self.all);
        let counted = all.iter().map(|(device, account)| (device.clone(), count(account)));
        counted.filter(|(_, count)| *count > 0).collect()
    }
}

impl Account {
    fn new(limits: &Limits, now: Instant) -> Self {
        let burst = f64::from(limits.publish_burst.max(1));
        let per_second = f64::from(limits.publishes_per_second.max(1));
        Self {
            unique_topics: limits.unique_topics,
            bucket: Mutex::new(Bucket { per_second, burst, tokens: burst, filled: now }),
            topics: Mutex::default(),
            refusals: AtomicU64::new(0),
        }
    }

    /// Charges one publish; returns how long to read nothing more.
    pub(crate) fn charge(&self, now: Instant) -> Option<Duration> {
        let mut bucket = lock(&self.bucket);
        let since = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + since * bucket.per_second).min(bucket.burst) - 1.0;
        bucket.filled = now;
        let debt = -bucket.tokens;
        (debt > 0.0).then(|| Duration::from_secs_f64(debt / bucket.per_second))
    }

    /// Notes a topic or filter; tells whether the device may use it.
    pub(crate) fn may_use(&self, topic: &str) -> bool {
        let mut topics = lock(&self.topics);
        let hash = topics.hasher.hash_one(topic);
        if topics.seen.len() >= self.unique_topics {
            return topics.seen.contains(&hash);
        }
        topics.seen.insert(hash);
        true
    }

    pub(crate) fn count_refusal(&self) {
        self.refusals.fetch_add(1, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No caller's code runs under these locks, so what they guard is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(limits: Limits) -> (Arc<Account>, Instant) {
        let now = Instant::now();
        (Devices::new(limits).account(&DeviceName::parse("d").unwrap(), now), now)
    }

    #[test]
    fn a_burst_is_free_and_what_exceeds_it_waits() {
        let limits = Limits { publishes_per_second: 10, publish_burst: 3, ..Limits::default() };
        let (account, now) = account(limits);
        for _ in 0..3 {
            assert_eq!(account.charge(now), None);
        }
        assert_eq!(account.charge(now), Some(Duration::from_millis(100)));
        assert_eq!(account.charge(now + Duration::from_secs(1)), None);
    }

    #[test]
    fn topics_already_used_stay_usable_when_there_is_no_room_for_more() {
        let (account, _) = account(Limits { unique_topics: 2, ..Limits::default() });
        assert!(account.may_use("a"));
        assert!(account.may_use("b"));
        assert!(!account.may_use("c"));
        assert!(account.may_use("a"));
    }
}
