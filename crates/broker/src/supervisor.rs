//! The tasks that watch over the others.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::sleep;
use tracing::{error, info};

use crate::events::BrokerEvent;
use crate::router::{Pulse, Router};
use crate::sessions::Order;
use crate::shared::Shared;

/// Between two attempts to start a router that does not come up.
const RETRY: Duration = Duration::from_millis(200);

/// Starts the router again whenever it dies, and drops all clients, whose
/// subscriptions died with it, to reconnect.
pub(crate) async fn keep_router(shared: Arc<Shared>, mut pulse: Pulse) {
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = pulse.stopped() => {}
        }
        error!("the message router died; all devices are dropped to reconnect");
        pulse = restart(&shared).await;
        shared.counters.router_restarts.fetch_add(1, Ordering::Relaxed);
        shared.devices.forget_topics();
        shared.sessions.order_all(Order::RouterGone);
        shared.events.tell(BrokerEvent::RouterRestarted);
        info!("the message router runs again");
    }
}

async fn restart(shared: &Shared) -> Pulse {
    loop {
        match Router::start(shared.limits.connections).await {
            Ok((router, pulse)) => {
                shared.replace_router(router);
                return pulse;
            }
            Err(reason) => {
                error!(%reason, "the message router did not start again");
                sleep(RETRY).await;
            }
        }
    }
}

/// Forgets what revoked devices had retained.
pub(crate) async fn forget_revoked(shared: Arc<Shared>) {
    let mut changes = shared.registry.watch();
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
        let registry = &shared.registry;
        shared.retained().forget_devices(|device| !registry.has_device(device));
    }
}
