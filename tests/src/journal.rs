//! What happened so far, and waiting for what happens next.
//!
//! A [`Journal`] keeps every line it is given. Waiting looks at the past first and then sleeps until
//! the next line, so a test neither misses an event nor polls for it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// An append-only list that wakes those who wait for a line in it.
#[derive(Debug)]
pub struct Journal<T> {
    lines: Arc<Mutex<Vec<T>>>,
    length: watch::Sender<usize>,
}

/// A place in a [`Journal`]: what came before it is not looked at again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(usize);

/// The awaited line did not come in time.
#[derive(Debug, thiserror::Error)]
#[error("waited {waited:?} for {what}, in vain; since then:\n{since}")]
pub struct InVain {
    what: String,
    waited: Duration,
    since: String,
}

impl<T> Clone for Journal<T> {
    fn clone(&self) -> Self {
        Self { lines: Arc::clone(&self.lines), length: self.length.clone() }
    }
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self { lines: Arc::default(), length: watch::Sender::new(0) }
    }
}

impl<T: Clone + fmt::Debug> Journal<T> {
    /// Appends a line and wakes the waiting.
    pub fn append(&self, line: T) {
        let length = {
            let mut lines = self.lock();
            lines.push(line);
            lines.len()
        };
        self.length.send_replace(length);
    }

    /// The end of the journal: waiting from here sees only what is still to come.
    #[must_use]
    pub fn end(&self) -> Place {
        Place(self.lock().len())
    }

    /// All lines from a place on.
    #[must_use]
    pub fn since(&self, place: Place) -> Vec<T> {
        self.lock().iter().skip(place.0).cloned().collect()
    }

    /// All lines.
    #[must_use]
    pub fn all(&self) -> Vec<T> {
        self.since(Place(0))
    }

    /// Waits for the first line from `place` on in which `find` finds something; returns that and
    /// the place after the line.
    ///
    /// # Errors
    /// [`InVain`] if no such line came within `patience`.
    pub async fn wait<F>(
        &self,
        place: Place,
        patience: Duration,
        what: &str,
        find: impl Fn(&T) -> Option<F>,
    ) -> Result<(F, Place), InVain> {
        let deadline = Instant::now() + patience;
        let mut length = self.length.subscribe();
        let mut looked = place.0;
        loop {
            for line in self.since(Place(looked)) {
                looked += 1;
                if let Some(found) = find(&line) {
                    return Ok((found, Place(looked)));
                }
            }
            // The sender lives in `self`, so only the deadline can end this wait without a line.
            if timeout_at(deadline, length.wait_for(|length| *length > looked)).await.is_err() {
                return Err(self.in_vain(place, patience, what));
            }
        }
    }

    /// The lines from `place` on, as soon as there is one, and the place after them.
    pub async fn more(&self, place: Place) -> (Vec<T>, Place) {
        let mut length = self.length.subscribe();
        // The sender lives in `self`: the wait ends with a line or not at all.
        drop(length.wait_for(|length| *length > place.0).await);
        let lines = self.since(place);
        let next = Place(place.0 + lines.len());
        (lines, next)
    }

    fn in_vain(&self, place: Place, waited: Duration, what: &str) -> InVain {
        let since = self.since(place).iter().map(|line| format!("  {line:?}\n")).collect();
        InVain { what: what.to_owned(), waited, since }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        // A panic elsewhere leaves a whole list behind: pushing is the only change ever made.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_written_before_the_wait_is_found() {
        let journal = Journal::default();
        journal.append(3);
        let (found, place) = journal
            .wait(Place(0), Duration::from_secs(5), "a three", |n| (*n == 3).then_some("three"))
            .await
            .unwrap();
        assert_eq!((found, place), ("three", journal.end()));
    }

    #[tokio::test]
    async fn a_line_written_during_the_wait_is_found() {
        let journal = Journal::default();
        let writer = journal.clone();
        let waiting = journal
            .wait(journal.end(), Duration::from_secs(5), "a one", |n| (*n == 1).then_some(()));
        let writing = async move { (0..2).for_each(|n| writer.append(n)) };
        tokio::join!(waiting, writing).0.unwrap();
    }

    #[tokio::test]
    async fn a_wait_in_vain_tells_what_came_instead() {
        let journal = Journal::default();
        journal.append("the wrong line");
        let error = journal
            .wait(Place(0), Duration::from_millis(1), "the right line", |_| None::<()>)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("the right line") && error.contains("the wrong line"), "{error}");
    }
}
