//! What the service manager is told: that the hub is ready, that it lives, that it stops.
//!
//! The sign of life comes from the one task that owns the rules: it is asked, and only its answer is
//! passed on. A hub whose rules hang is therefore killed and started again, which takes up the visits
//! that were open, however lively its other tasks are.

use std::sync::{Arc, Weak};
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

use super::daemon::Daemon;

/// Says that commands are answered from here on.
pub(super) fn ready() {
    tell(NotifyState::Ready);
}

/// Says that the hub puts itself down.
pub(super) fn stopping() {
    tell(NotifyState::Stopping);
}

/// Gives signs of life until the hub stops, if the service manager waits for them.
pub(super) fn keep_alive(daemon: &Arc<Daemon>) {
    if let Some(patience) = sd_notify::watchdog_enabled().filter(|patience| !patience.is_zero()) {
        tokio::spawn(give_signs(Arc::downgrade(daemon), patience));
    }
}

/// Twice in the time that the service manager waits, as `sd_watchdog_enabled(3)` advises.
async fn give_signs(daemon: Weak<Daemon>, patience: Duration) {
    let mut pace = interval((patience / 2).max(Duration::from_millis(1)));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        let Some(rules) = daemon.upgrade().map(|daemon| daemon.rules()) else { return };
        // A sealed hub keeps no doors: that this task runs is all the life it has.
        if let Some(rules) = rules
            && rules.look(|_| ()).await.is_err()
        {
            return;
        }
        tell(NotifyState::Watchdog);
    }
}

/// Outside of a service manager there is nobody to tell.
fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!(%error, "the service manager was not told");
    }
}
