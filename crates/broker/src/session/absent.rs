//! A session whose client is away.
//!
//! It hears what other devices say, keeps what is worth keeping up to a limit,
//! and waits for its client's next connection, for its time to be over, for
//! its will's, or for its key to be revoked. The hub does not see it: what the
//! hub says is for who is there.

use std::time::{Duration, Instant};

use rumqttd::protocol::QoS;
use tokio::sync::watch;
use tracing::debug;

use super::conversation::{next_routed, pass_until};
use super::last_word::Owner;
use super::{Carried, Will};
use crate::message::Message;
use crate::router::{FromRouter, RouterGone};
use crate::sessions::{Membership, Order, Start};
use crate::subscriptions::Speaker;

/// Between two attempts to reach a router that has died.
const RETRY: Duration = Duration::from_millis(200);

/// A session without a connection.
pub(crate) struct Absent {
    owner: Owner,
    membership: Membership,
    registry: watch::Receiver<()>,
    carried: Carried,
    will: Option<Will>,
    will_at: Option<Instant>,
    until: Option<Instant>,
    retry_at: Option<Instant>,
}

enum Happened {
    Stopped,
    Ordered(Option<Order>),
    RegistryChanged,
    Routed(Result<FromRouter, RouterGone>),
    TimePassed,
}

/// Why a session without a connection ends.
enum End {
    TakenOver(Start),
    Expired,
    /// Nobody may speak for it any more.
    Silenced,
}

impl Absent {
    pub(super) fn new(
        owner: Owner,
        membership: Membership,
        registry: watch::Receiver<()>,
        carried: Carried,
        will: Option<Will>,
        outlives: Duration,
    ) -> Self {
        let now = Instant::now();
        let will_at = will.as_ref().and_then(|will| now.checked_add(will.delay));
        let until = now.checked_add(outlives);
        Self { owner, membership, registry, carried, will, will_at, until, retry_at: None }
    }

    /// Waits until the session goes on or ends.
    pub(crate) async fn wait(mut self) {
        let end = loop {
            if let Some(end) = self.next().await {
                break end;
            }
        };
        match end {
            End::TakenOver(Start::Resume) => self.membership.hand_over(self.carried),
            End::TakenOver(Start::Clean) | End::Expired => {
                self.membership.subscriptions.clear();
                if let Some(will) = self.will.take() {
                    self.owner.say_will(will).await;
                }
            }
            End::Silenced => self.membership.subscriptions.clear(),
        }
    }

    async fn next(&mut self) -> Option<End> {
        let is_due = self.retry_at.is_none_or(|at| at <= Instant::now());
        if is_due {
            let linked =
                self.carried.relink(&self.owner.shared, &self.membership.subscriptions).await;
            self.retry_at = linked.is_err().then(|| Instant::now() + RETRY);
        }
        match self.happen().await {
            Happened::Stopped => Some(End::Silenced),
            Happened::Ordered(order) => self.obey(order),
            Happened::RegistryChanged => self.obey_registry(),
            Happened::Routed(Ok(FromRouter::Message(message))) => {
                self.hear(&message);
                None
            }
            Happened::Routed(Ok(FromRouter::Subscribed(_) | FromRouter::Nothing)) => None,
            Happened::Routed(Err(_)) => {
                self.lose_router();
                None
            }
            Happened::TimePassed => self.check_time(Instant::now()).await,
        }
    }

    async fn happen(&mut self) -> Happened {
        let deadline = [self.until, self.will_at, self.retry_at].into_iter().flatten().min();
        tokio::select! {
            () = self.owner.shared.stop.cancelled() => Happened::Stopped,
            changed = self.membership.orders.changed() => {
                let order = *self.membership.orders.borrow();
                Happened::Ordered(changed.map_or(Some(Order::Forgotten), |()| order))
            }
            _ = self.registry.changed() => Happened::RegistryChanged,
            routed = next_routed(&mut self.carried.link) => Happened::Routed(routed),
            () = pass_until(deadline) => Happened::TimePassed,
        }
    }

    fn obey(&mut self, order: Option<Order>) -> Option<End> {
        match order {
            Some(Order::TakenOver(start)) => Some(End::TakenOver(start)),
            Some(Order::Forgotten) => Some(End::Expired),
            Some(Order::Stopping) => Some(End::Silenced),
            Some(Order::RouterGone) => {
                self.lose_router();
                None
            }
            Some(Order::TooSlow) | None => None,
        }
    }

    fn obey_registry(&mut self) -> Option<End> {
        match self.owner.still_enrolled() {
            Some(enrolled) => {
                let granted = |message: &Message| enrolled.grants.may_receive(&message.topic);
                self.carried.outbox.keep_granted(granted);
                self.owner.enrolled = enrolled;
                None
            }
            None => Some(End::Silenced),
        }
    }

    /// What is said until the router runs again is missed.
    fn lose_router(&mut self) {
        self.carried.link = None;
        self.retry_at = Some(Instant::now() + RETRY);
        debug!(device = %self.owner.enrolled.device, "an absent session lost its router");
    }

    /// Keeps a message if a subscription asks for more than QoS 0 and the
    /// grants allow it.
    fn hear(&mut self, message: &Message) {
        let subscriptions = &self.membership.subscriptions;
        let Some(terms) = subscriptions.terms(message, Speaker::Another) else { return };
        let granted = self.owner.enrolled.grants.may_receive(&message.topic);
        if terms.qos == QoS::AtMostOnce || !granted || !self.carried.copies.is_first(message) {
            return;
        }
        let shared = &self.owner.shared;
        let dropped = self.carried.outbox.keep(message, terms, &shared.limits);
        shared.counters.count_dropped(dropped);
    }

    async fn check_time(&mut self, now: Instant) -> Option<End> {
        let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if passed(self.until) {
            return Some(End::Expired);
        }
        if passed(self.will_at) {
            self.will_at = None;
            if let Some(will) = self.will.take() {
                self.owner.say_will(will).await;
            }
        }
        None
    }
}
