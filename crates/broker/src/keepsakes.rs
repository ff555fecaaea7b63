//! Retained messages on their way to a disk and back.
//!
//! The broker writes nothing itself. It notes which topics changed, and
//! whoever keeps them asks what became of those: many changes of one topic are
//! one change, and what waits is bounded by what may be retained, however slow
//! the disk. The broker never waits for it.

use std::sync::Arc;

use crate::retained::RetainedChange;
use crate::shared::Shared;

/// What changed among the retained messages since it was last asked.
///
/// Messages of the hub's own and messages that expire do not appear: the hub
/// says its own again, and what expires is not worth a disk.
#[derive(Clone)]
pub struct RetainedChanges(pub(crate) Arc<Shared>);

impl RetainedChanges {
    /// Waits until something has changed.
    pub async fn changed(&self) {
        loop {
            let changed = self.0.retained_changed.notified();
            if self.0.retained().has_unwritten() {
                return;
            }
            changed.await;
        }
    }

    /// Takes some of the changes: one, and more while they are no more than so
    /// many in no more than so many bytes. None if nothing has changed.
    #[must_use = "what is taken is not told again"]
    pub fn take(&self, most: usize, most_bytes: usize) -> Vec<RetainedChange> {
        self.0.retained().take_unwritten(most, most_bytes)
    }

    /// Gives back changes that could not be written; what is told next is what
    /// became of their topics by then.
    pub fn put_back(&self, changes: Vec<RetainedChange>) {
        let mut retained = self.0.retained();
        for change in changes {
            match change {
                RetainedChange::Kept(message) => retained.note_unwritten(message.topic),
                RetainedChange::Gone(topic) => retained.note_unwritten(topic),
            }
        }
        drop(retained);
        self.0.retained_changed.notify_one();
    }
}
