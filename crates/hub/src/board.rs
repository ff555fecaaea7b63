//! The board of notices: what the people of the house are told, each with a number, and
//! kept for a while for those who were away.
//!
//! One board for all: the command line's stream, the app's sockets and the list of what
//! a device has missed read the same notices under the same numbers. A number is never
//! given out twice, not over restarts either: each run begins beyond whatever the one
//! before may have used ([`Board::begin_at`]). Posting never waits; whoever listens too
//! slowly is told how much went by.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_api::notice::{News, Notice, NumberedNotice};
use jiff::Timestamp;
use tokio::sync::watch;

/// How many notices are kept in memory.
const KEPT: usize = 1024;

/// The board; clones share it.
#[derive(Clone)]
pub struct Board(Arc<Inner>);

struct Inner {
    ring: Mutex<Ring>,
    /// The number of the newest notice.
    newest: watch::Sender<u64>,
    /// Held once by the board and once by everybody who listens.
    present: Arc<()>,
}

struct Ring {
    kept: VecDeque<Arc<NumberedNotice>>,
    room: usize,
    /// The first number of this run.
    first: u64,
    next: u64,
}

/// Reads the board from one place on.
pub struct Listener {
    board: Board,
    /// Everything up to this number was read.
    after: u64,
    /// Of notices that this run cannot have, once there is something to say of them.
    gone: Option<u64>,
    newest: watch::Receiver<u64>,
    // Counted as long as it lives.
    _present: Option<Arc<()>>,
}

impl Default for Board {
    fn default() -> Self {
        Self::with_room(KEPT)
    }
}

impl Board {
    /// Makes a board that keeps so many notices.
    #[must_use]
    pub fn with_room(room: usize) -> Self {
        let ring = Ring { kept: VecDeque::new(), room, first: 1, next: 1 };
        let newest = watch::Sender::new(0);
        Self(Arc::new(Inner { ring: Mutex::new(ring), newest, present: Arc::default() }))
    }

    /// Numbers what follows from here on, if that is further than the board has come.
    pub fn begin_at(&self, number: u64) {
        let mut ring = self.ring();
        if number > ring.next {
            ring.kept.clear();
            (ring.first, ring.next) = (number, number);
            self.0.newest.send_replace(number - 1);
        }
    }

    /// Puts a notice up.
    pub fn post(&self, notice: Notice) {
        let mut ring = self.ring();
        let seq = ring.next;
        ring.next += 1;
        if ring.kept.len() == ring.room {
            ring.kept.pop_front();
        }
        ring.kept.push_back(Arc::new(NumberedNotice { seq, notice }));
        // Within the lock, so that the number never steps back.
        self.0.newest.send_replace(seq);
    }

    /// Returns the newest number.
    #[must_use]
    pub fn newest(&self) -> u64 {
        *self.0.newest.borrow()
    }

    /// Tells whether anybody listens at this moment.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        Arc::strong_count(&self.0.present) > 1
    }

    /// Listens from this moment on for the hub itself, which is nobody.
    #[must_use]
    pub fn transcribe(&self) -> Listener {
        Listener { _present: None, ..self.listen(None) }
    }

    /// Listens from after a number on; without one, from this moment on.
    #[must_use]
    pub fn listen(&self, after: Option<u64>) -> Listener {
        let newest = self.0.newest.subscribe();
        let ring = self.ring();
        let last = ring.next - 1;
        let known = after.filter(|after| (ring.first - 1..=last).contains(after));
        // A number of another run: what was posted since this one began was missed.
        let gone = match (after, known) {
            (Some(_), None) => Some(ring.next - ring.first),
            (Some(_) | None, Some(_) | None) => None,
        };
        let after = known.unwrap_or(last);
        drop(ring);
        let present = Some(Arc::clone(&self.0.present));
        Listener { board: self.clone(), after, gone, newest, _present: present }
    }

    /// Nothing panics while it holds this lock, so a poisoned one is whole.
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Returns the next notice. One that says [`News::Missed`] stands for those that
    /// are not kept any more. May be dropped at any await.
    pub async fn next(&mut self) -> Arc<NumberedNotice> {
        loop {
            self.newest.borrow_and_update();
            if let Some(notice) = self.take() {
                return notice;
            }
            if self.newest.changed().await.is_err() {
                // The board is held by this very listener.
                std::future::pending::<()>().await;
            }
        }
    }

    fn take(&mut self) -> Option<Arc<NumberedNotice>> {
        if let Some(notices) = self.gone.take() {
            return Some(missed(self.after, notices));
        }
        let ring = self.board.ring();
        let oldest = ring.next - u64::try_from(ring.kept.len()).unwrap_or(ring.next);
        let left_out = oldest.saturating_sub(self.after + 1);
        if left_out > 0 {
            self.after = oldest - 1;
            return Some(missed(self.after, left_out));
        }
        let place = usize::try_from(self.after + 1 - oldest).ok()?;
        let notice = Arc::clone(ring.kept.get(place)?);
        self.after = notice.seq;
        Some(notice)
    }
}

/// Bears the number of the last one that was missed.
fn missed(seq: u64, notices: u64) -> Arc<NumberedNotice> {
    let notice = Notice { at: Timestamp::now(), news: News::Missed { notices } };
    Arc::new(NumberedNotice { seq, notice })
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn bell(board: &Board) {
        board.post(Notice { at: Timestamp::UNIX_EPOCH, news: News::Bell { door: "front".into() } });
    }

    fn heard(listener: &mut Listener) -> Vec<(u64, Option<u64>)> {
        std::iter::from_fn(|| listener.next().now_or_never())
            .map(|one| {
                let News::Missed { notices } = one.notice.news else { return (one.seq, None) };
                (one.seq, Some(notices))
            })
            .collect()
    }

    #[test]
    fn the_hub_itself_is_nobody() {
        let board = Board::default();
        let _scribe = board.transcribe();
        assert!(!board.is_heard());
        let listener = board.listen(None);
        assert!(board.is_heard());
        drop(listener);
        assert!(!board.is_heard());
    }

    #[test]
    fn whoever_comes_back_hears_what_came_meanwhile_once() {
        let board = Board::default();
        let mut first = board.listen(None);
        (0..3).for_each(|_| bell(&board));
        assert_eq!(heard(&mut first), [(1, None), (2, None), (3, None)]);
        assert_eq!(heard(&mut board.listen(Some(1))), [(2, None), (3, None)]);
        assert_eq!(heard(&mut board.listen(Some(3))), []);
        assert_eq!(heard(&mut board.listen(None)), []);
    }

    #[test]
    fn whoever_was_away_too_long_hears_how_much_is_gone() {
        let board = Board::with_room(2);
        let mut slow = board.listen(None);
        (0..5).for_each(|_| bell(&board));
        let expected = [(3, Some(3)), (4, None), (5, None)];
        assert_eq!(heard(&mut slow), expected);
        assert_eq!(heard(&mut board.listen(Some(0))), expected);
    }

    #[test]
    fn a_number_of_another_run_leads_to_the_present() {
        let board = Board::default();
        board.begin_at(1_000);
        bell(&board);
        assert_eq!(heard(&mut board.listen(Some(7))), [(1_000, Some(1))]);
        assert_eq!(heard(&mut board.listen(Some(5_000))), [(1_000, Some(1))]);
        assert_eq!(heard(&mut board.listen(Some(999))), [(1_000, None)]);
        board.begin_at(10);
        bell(&board);
        assert_eq!(board.newest(), 1_001);
    }
}
