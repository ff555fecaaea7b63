//! Wrong tries: how many a keypad has seen, and what follows.
//!
//! The law, per keypad, on hub time: five wrong tries are free; from the sixth
//! on the keypad takes no code for 30 s, doubling to 1 h. One failure is
//! forgiven for each 24 h without one. A good code changes nothing: an ex-guest
//! must not refill his budget with his own code. At ten wrong tries within 24 h
//! couriers' and guests' codes rest on that keypad for 24 h, or until the owner
//! re-arms it; at twenty over all keypads, on all of them.
//!
//! Source: NIST SP 800-63B 5.2.2 for throttling by count; the odds are in
//! `docs/security.md`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::HubTime;

/// What the store keeps of a keypad's wrong tries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThrottleRecord {
    /// When wrong tries happened within the last 24 h; at most ten are kept.
    pub recent: Vec<HubTime>,
    /// Failures that have not been forgiven.
    pub failures: u32,
    /// When the last failure was counted or forgiven.
    pub failures_at: HubTime,
    /// Until when the keypad takes no code.
    pub locked_until: HubTime,
    /// Until when couriers' and guests' codes rest.
    pub suspended_until: HubTime,
    /// Tries that came while the keypad was locked out; they were not looked at.
    pub unheard: u64,
}

/// Wrong tries without a delay.
pub const FREE_TRIES: u32 = 5;
/// The first delay; each further failure doubles it.
pub const FIRST_DELAY: Duration = Duration::from_secs(30);
/// The longest delay.
pub const LONGEST_DELAY: Duration = Duration::from_secs(3600);
/// For how long a try counts, a failure stays, a suspension lasts.
pub const DAY: Duration = Duration::from_secs(24 * 3600);
/// Wrong tries in a day at which the owner is told.
pub const ALERT_AT: usize = 5;
/// Wrong tries in a day at which a keypad's courier and guest codes rest.
pub const SUSPEND_AT: usize = 10;
/// The same over all keypads of the hub.
pub const SUSPEND_HUB_AT: usize = 20;
