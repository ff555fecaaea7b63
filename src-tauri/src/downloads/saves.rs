//! What is saved for the page.
//!
//! Guarantees that it is one file at a time, that it ends with the page that wanted it, and that no hub can
//! make it last for ever.

use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use super::NotSaved;

/// What the page has under way.
pub(crate) struct Saves {
    turn: Semaphore,
    cut: Notify,
}

impl Default for Saves {
    fn default() -> Self {
        Self { turn: Semaphore::new(1), cut: Notify::new() }
    }
}

impl Saves {
    /// Ends what is under way: whoever wanted it has gone.
    pub(crate) fn cut(&self) {
        self.cut.notify_waiters();
    }

    /// Saves a file, unless one is being saved.
    pub(super) async fn one<T>(
        &self,
        saving: impl Future<Output = Result<T, NotSaved>>,
        within: Duration,
    ) -> Result<T, NotSaved> {
        let cut = self.cut.notified();
        let _turn = self.turn.try_acquire().map_err(|_| NotSaved::Busy)?;
        tokio::select! {
            biased;
            () = cut => Err(NotSaved::Gone),
            saved = timeout(within, saving) => saved.unwrap_or(Err(NotSaved::TooSlow)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::pin::pin;

    use futures::poll;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn one_file_is_saved_at_a_time_and_ends_with_the_page_that_wanted_it() {
        let saves = Saves::default();
        let mut first = pin!(saves.one(pending::<Result<(), _>>(), PATIENCE));
        assert!(poll!(&mut first).is_pending());
        let second = saves.one(ready(Ok(())), PATIENCE).await;
        assert!(matches!(second, Err(NotSaved::Busy)), "{second:?}");

        saves.cut();
        let cut = first.await;
        assert!(matches!(cut, Err(NotSaved::Gone)), "{cut:?}");
        let next = saves.one(ready(Ok(())), PATIENCE).await;
        assert!(next.is_ok(), "the next page saves nothing: {next:?}");
    }

    #[tokio::test]
    async fn a_hub_that_never_ends_is_not_waited_for() {
        let saves = Saves::default();
        let slow = saves.one(pending::<Result<(), _>>(), Duration::from_millis(1)).await;
        assert!(matches!(slow, Err(NotSaved::TooSlow)), "{slow:?}");
    }
}
