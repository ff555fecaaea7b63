//! Tasks with names, and what happens when one ends that should not.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

/// The watch over a task, by the task's name.
type Watched = (&'static str, JoinHandle<()>);

/// Tasks without which the hub is no hub; clones share one list.
#[derive(Clone)]
pub(super) struct Tasks {
    running: Arc<Mutex<Vec<Watched>>>,
    /// Set as soon as tasks may end.
    ending: CancellationToken,
    /// Set when one ended before that.
    fatal: CancellationToken,
}

impl Tasks {
    /// Begins a list; `fatal` is cancelled when a task ends that should not.
    pub(super) fn new(fatal: CancellationToken) -> Self {
        Self { running: Arc::default(), ending: CancellationToken::new(), fatal }
    }

    /// Starts a task that ends only when the hub does.
    pub(super) fn spawn(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let inner = tokio::spawn(task);
        let (ending, fatal) = (self.ending.clone(), self.fatal.clone());
        let watched = tokio::spawn(async move {
            let ended = inner.await;
            if ending.is_cancelled() {
                return debug!(task = name, "task ended");
            }
            match ended {
                Ok(()) => error!(task = name, "a task ended that should not"),
                Err(error) => error!(task = name, %error, "a task died"),
            }
            fatal.cancel();
        });
        self.lock().push((name, watched));
    }

    /// Returns a token that is cancelled when tasks may end.
    pub(super) fn ending(&self) -> CancellationToken {
        self.ending.clone()
    }

    /// Says that tasks may end from here on.
    pub(super) fn may_end(&self) {
        self.ending.cancel();
    }

    /// Waits until all have ended.
    pub(super) async fn ended(&self) {
        let running = std::mem::take(&mut *self.lock());
        for (name, task) in running {
            if let Err(error) = task.await {
                error!(task = name, %error, "the watch over a task died");
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(&'static str, JoinHandle<()>)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
