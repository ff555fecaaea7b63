//! What all connections of one broker share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use doorward_core::ids::DeviceName;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::device::{Account, Devices};
use crate::events::{BrokerEvent, EventSink, Refusal};
use crate::from_device::FromDevice;
use crate::limits::Limits;
use crate::message::{Message, Retain, SessionId};
use crate::registry::Registry;
use crate::retained::{Owner, Retained, RetainedFull, RetainedMessage};
use crate::router::{Router, RouterGone};
use crate::sessions::Sessions;
use crate::tries::Tries;

/// Characters of a refused topic that the hub is told.
const TOLD_CHARACTERS: usize = 128;

/// What all connections of one broker share.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) registry: Registry,
    pub(crate) sessions: Sessions,
    pub(crate) devices: Devices,
    pub(crate) tries: Tries,
    pub(crate) events: EventSink,
    pub(crate) hub: mpsc::Sender<FromDevice>,
    pub(crate) counters: Counters,
    pub(crate) stop: CancellationToken,
    /// Rung when a retained message may have changed.
    pub(crate) retained_changed: Notify,
    retained: Mutex<Retained>,
    router: RwLock<Arc<Router>>,
    sequence: AtomicU64,
}

/// What is counted for the broker as a whole.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) malformed: AtomicU64,
    pub(crate) strangers: AtomicU64,
    pub(crate) wrong_passwords: AtomicU64,
    pub(crate) failed_handshakes: AtomicU64,
    pub(crate) turned_away: AtomicU64,
    pub(crate) router_restarts: AtomicU64,
    pub(crate) dropped_for_absent: AtomicU64,
}

impl Counters {
    pub(crate) fn count_dropped(&self, messages: usize) {
        let messages = u64::try_from(messages).unwrap_or(u64::MAX);
        self.dropped_for_absent.fetch_add(messages, Ordering::Relaxed);
    }
}

impl Shared {
    pub(crate) fn new(
        limits: Limits,
        registry: Registry,
        events: EventSink,
        hub: mpsc::Sender<FromDevice>,
        router: Router,
        stop: CancellationToken,
    ) -> Self {
        Self {
            sessions: Sessions::new(events.clone(), &limits),
            devices: Devices::new(limits.clone()),
            tries: Tries::new(&limits),
            retained: Mutex::new(Retained::new(&limits)),
            retained_changed: Notify::new(),
            router: RwLock::new(Arc::new(router)),
            counters: Counters::default(),
            stop,
            sequence: AtomicU64::new(1),
            limits,
            registry,
            events,
            hub,
        }
    }

    pub(crate) fn retained(&self) -> MutexGuard<'_, Retained> {
        // The store changes in steps that cannot panic half way.
        self.retained.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up what devices had retained, as far as it is still granted.
    pub(crate) fn restore(&self, earlier: Vec<RetainedMessage>) {
        let mut retained = self.retained();
        for message in earlier {
            if self.registry.device_may_publish(&message.device, &message.topic) {
                retained.restore(message);
            } else {
                retained.note_unwritten(message.topic);
            }
        }
    }

    /// Keeps a message of a device's, unless the device was revoked meanwhile:
    /// what a revoked device had retained is forgotten once.
    fn keep(&self, device: &DeviceName, message: &Message) -> Result<(), RetainedFull> {
        let mut retained = self.retained();
        if !self.registry.has_device(device) {
            return Ok(());
        }
        retained.keep(&Owner::Device(device.clone()), message)?;
        drop(retained);
        self.retained_changed.notify_one();
        Ok(())
    }

    pub(crate) fn router(&self) -> Arc<Router> {
        Arc::clone(&self.router.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace_router(&self, router: Router) {
        *self.router.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(router);
    }

    /// A number that no message or connection of this broker has had.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn next_session(&self) -> SessionId {
        SessionId(self.next_sequence())
    }

    /// Counts a refusal and tells the hub of it.
    pub(crate) fn refuse(
        &self,
        device: &DeviceName,
        account: &Account,
        what: Refusal,
        topic: Option<&str>,
    ) {
        account.count_refusal();
        if matches!(what, Refusal::Malformed | Refusal::PacketTooLarge) {
            self.counters.malformed.fetch_add(1, Ordering::Relaxed);
        }
        let topic = topic.map(|text| text.chars().take(TOLD_CHARACTERS).collect());
        self.events.tell(BrokerEvent::Refused { device: device.clone(), what, topic });
    }

    /// Sends a message that the hub has been told on to whoever else wants it:
    /// first to those who will subscribe, then to those who have.
    ///
    /// In this order, a subscriber whose subscription comes in between hears
    /// the message twice at worst, and never not at all.
    pub(crate) async fn spread(
        &self,
        device: &DeviceName,
        account: &Account,
        message: Message,
    ) -> Result<(), RouterGone> {
        if message.retain == Retain::Yes && self.keep(device, &message).is_err() {
            let topic = Some(message.topic.as_str());
            self.refuse(device, account, Refusal::RetainedFull, topic);
        }
        if self.sessions.anybody_wants(&message.topic, message.origin) {
            self.router().publish(message).await?;
        }
        Ok(())
    }
}
