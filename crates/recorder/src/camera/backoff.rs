//! How long to wait before the next try.

use std::time::Duration;

use rand::Rng;

/// Waits that double up to a bound, each jittered by a quarter, so that ten
/// cameras behind one switch do not come back in one instant.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    /// Starts over after a success.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }

    /// Returns the next wait.
    pub(super) fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (self.next * 2).min(self.longest);
        wait.mul_f64(rand::rng().random_range(0.75..1.25))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_over_after_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(8));
        let near = |wait: Duration, seconds: f64| {
            let seconds = seconds * 0.75..=seconds * 1.25;
            assert!(seconds.contains(&wait.as_secs_f64()), "{wait:?}");
        };
        for seconds in [1.0, 2.0, 4.0, 8.0, 8.0] {
            near(backoff.wait(), seconds);
        }
        backoff.reset();
        near(backoff.wait(), 1.0);
    }
}
