//! The way to the disk and back: batches go out in order, word of each comes
//! back in the same order.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use doorward_core::batch::Batch;
use doorward_core::event::Leaf;
use doorward_core::ids::CommitTicket;
use doorward_store::{CommitError, StoreHandle};
use futures::StreamExt;
use futures::stream::FuturesOrdered;
use tokio_util::sync::CancellationToken;
use tracing::error;

type Way = Pin<Box<dyn Future<Output = Written> + Send>>;

/// The actor's end.
pub(super) struct Writer {
    store: StoreHandle,
    on_the_way: FuturesOrdered<Way>,
    health: DiskHealth,
    /// Cancelled when the store has stopped, which only a dead thread does while
    /// the actor runs.
    fatal: CancellationToken,
}

/// What became of one batch.
pub(super) struct Written {
    pub(super) ticket: CommitTicket,
    pub(super) outcome: Outcome,
}

/// Whether a batch is on the disk.
pub(super) enum Outcome {
    /// It is; its leaves with their places in the tree.
    OnDisk(Vec<(u64, Leaf)>),
    /// It may be or not.
    Failed,
}

/// Whether the last batch reached the disk; clones share one answer.
#[derive(Clone, Default)]
pub(super) struct DiskHealth(Arc<AtomicBool>);

impl DiskHealth {
    pub(super) fn is_failing(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn note(&self, outcome: &Outcome) {
        let failing = match outcome {
            Outcome::OnDisk(_) => false,
            Outcome::Failed => true,
        };
        self.0.store(failing, Ordering::Relaxed);
    }
}

impl Writer {
    pub(super) fn new(store: StoreHandle, health: DiskHealth, fatal: CancellationToken) -> Self {
        Self { store, on_the_way: FuturesOrdered::new(), health, fatal }
    }

    /// Hands a batch to the store; waits only while the store's queue is full.
    pub(super) async fn write(&mut self, batch: Batch) {
        let (ticket, leaves) = (batch.ticket, batch.leaves.clone());
        let (receipt, fatal) = (self.store.submit(batch).await, self.fatal.clone());
        self.on_the_way.push_back(Box::pin(async move {
            let outcome = match receipt.durable().await {
                Ok(first) => Outcome::OnDisk((first..).zip(leaves).collect()),
                Err(error) => {
                    error!(%ticket, %error, "a batch was not written");
                    if matches!(error, CommitError::Stopped) {
                        fatal.cancel();
                    }
                    Outcome::Failed
                }
            };
            Written { ticket, outcome }
        }));
    }

    /// Waits for word of the oldest batch; `None` if none is on its way.
    pub(super) async fn word(&mut self) -> Option<Written> {
        let written = self.on_the_way.next().await?;
        self.health.note(&written.outcome);
        Some(written)
    }
}
