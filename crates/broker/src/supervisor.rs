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
        pulse = tokio::select! {
            () = shared.stop.cancelled() => return,
            pulse = restart(&shared) => pulse,
        };
        shared.counters.router_restarts.fetch_add(1, Ordering::Relaxed);
        shared.devices.forget_topics();
        shared.sessions.order_all(Order::RouterGone);
        shared.events.tell(BrokerEvent::RouterRestarted);
        info!("the message router runs again");
    }
}

async fn restart(shared: &Shared) -> Pulse {
    loop {
        match Router::start(shared.limits.subscribers()).await {
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
        shared.retained_changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use crate::support::packets::publish;
    use crate::support::{Client, Hello, House};
    use crate::{BrokerEvent, Retain};

    #[tokio::test]
    async fn a_router_that_dies_runs_again_within_a_second_and_devices_come_back() {
        let mut house = House::new().await;
        let identity = house.granted("d", &["t"], &["t"]);
        let hello = || Hello::v5("listener").will("t", "offline", 0, 0);
        for restarts in 1..=3 {
            let mut listener = Client::connect(&house, &identity, hello()).await;
            listener.subscribe(&[("t", 0)]).await;
            let since = Instant::now();
            house.broker.shared().router().kill().await.unwrap();
            house.event(|event| *event == BrokerEvent::RouterRestarted).await;
            assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
            assert_eq!(listener.closed().await[0].body, [0x89], "server busy");
            assert_eq!(house.heard().await.payload, "offline");
            assert_eq!(house.broker.stats().router_restarts, restarts);

            let mut listener = Client::connect(&house, &identity, Hello::v4("l")).await;
            listener.subscribe(&[("t", 0)]).await;
            let mut speaker = Client::connect(&house, &identity, Hello::v4("s")).await;
            speaker.send(&publish("t", b"well", 1, 1, 0)).await;
            assert_eq!(speaker.next().await.first, 0x40);
            assert_eq!(listener.heard().await.1, "well");
            assert_eq!(house.heard().await.payload, "well");
        }
    }

    #[tokio::test]
    async fn sessions_outlive_the_router_whether_their_clients_are_there_or_not() {
        let mut house = House::new().await;
        let listening = house.granted("listener", &[], &["t"]);
        let speaking = house.granted("speaker", &["t"], &[]);
        let hello = |id| Hello::v4(id).resume();
        let mut away = Client::connect(&house, &listening, hello("away")).await;
        away.subscribe(&[("t", 1)]).await;
        away.leave().await;
        let mut here = Client::connect(&house, &listening, hello("here")).await;
        here.subscribe(&[("t", 1)]).await;
        house.broker.shared().router().kill().await.unwrap();
        house.event(|event| *event == BrokerEvent::RouterRestarted).await;
        here.closed().await;
        let mut here = Client::back(&house, &listening, hello("here")).await;
        let mut speaker = Client::connect(&house, &speaking, Hello::v4("s")).await;
        // The absent one is linked to the new router some moment later.
        while house.broker.shared().router().links() < 2 {
            speaker.ping().await;
        }
        for payload in ["1", "2"] {
            speaker.publish("t", payload, 1).await;
            assert_eq!(here.takes().await.1, payload);
        }
        let mut away = Client::back(&house, &listening, hello("away")).await;
        for payload in ["1", "2"] {
            assert_eq!(away.takes().await.1, payload);
        }
    }

    #[tokio::test]
    async fn the_hub_hears_a_device_whatever_becomes_of_the_router() {
        let mut house = House::new().await;
        let identity = house.granted("d", &["t"], &["t"]);
        let mut client = Client::connect(&house, &identity, Hello::v4("c")).await;
        client.subscribe(&[("t", 0)]).await;
        house.broker.shared().router().kill().await.unwrap();
        // Whether this is read before or after the router's death is noticed,
        // it is told or the connection is closed unanswered.
        client.try_send(&publish("t", b"code", 1, 1, 0)).await;
        let answered = client.closed().await.iter().any(|packet| packet.first == 0x40);
        let told = house.link.messages.try_recv().is_some();
        assert!(told || !answered, "an acknowledged message has been told");
        let reach = house.link.sender.publish(&crate::support::topic("t"), "x", Retain::No);
        assert!(reach.unwrap().is_nobody());
    }
}
