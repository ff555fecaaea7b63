//! When a connection has to do something of its own accord: end, because the client
//! is silent or does not read, or read again.

use std::time::Instant;

use super::outbox::HIGH_WATER;
use super::{End, Session};

impl Session {
    /// Charges something that the client asked for to its device's account; if
    /// that is overdrawn, the client is not read from for a while.
    pub(super) fn charge(&mut self, now: Instant) {
        if let Some(pause) = self.account.charge(now) {
            self.read_again = Some(now + pause);
        }
    }

    pub(super) fn may_read(&self, now: Instant) -> bool {
        self.held.is_none()
            && self.output.bytes.len() < HIGH_WATER
            && self.read_again.is_none_or(|at| at <= now)
    }

    fn silent_at(&self) -> Option<Instant> {
        self.keep_alive.map(|keep_alive| self.last_heard + keep_alive)
    }

    fn stalled_at(&self) -> Option<Instant> {
        self.output.waiting_since.map(|since| since + self.shared.limits.write_stall)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let overdue = self.carried.outbox.overdue_at(self.shared.limits.acknowledge);
        [self.silent_at(), self.stalled_at(), self.output.due, overdue, self.read_again]
            .into_iter()
            .flatten()
            .min()
    }

    pub(super) fn check_deadlines(&mut self, now: Instant) -> Result<(), End> {
        let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if passed(self.read_again) {
            self.read_again = None;
        }
        if passed(self.stalled_at()) || passed(self.output.due) {
            return Err(End::NotReading);
        }
        if passed(self.carried.outbox.overdue_at(self.shared.limits.acknowledge)) {
            return Err(End::NotAcknowledging);
        }
        if passed(self.silent_at()) {
            return Err(End::Silent);
        }
        Ok(())
    }
}
