//! Hands on what people are told, at a pace; of what is left out they are told how many there were.

use std::future::pending;
use std::pin::pin;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::time::sleep_until;
use tracing::debug;

use super::Told;
use super::pace::Pace;

/// Hands on what people are told.
pub(super) struct Teller {
    to: mpsc::Sender<Told>,
    pace: Pace,
}

impl Teller {
    /// To whoever shows notifications.
    pub(super) fn of(to: mpsc::Sender<Told>) -> Self {
        Self { to, pace: Pace::at(Instant::now()) }
    }

    /// Tells something, unless too much was told lately.
    pub(super) fn tell(&mut self, told: Told, now: Instant) {
        let weight = told.weight;
        // Room comes first: what finds none has not been told, and does not count against the next.
        match self.to.try_reserve() {
            Ok(room) if self.pace.allows(weight, now) => room.send(told),
            Ok(_) | Err(_) => {
                self.pace.leaves_out(weight, 1);
                debug!("a notification was left out: there are too many");
            }
        }
    }

    /// Waits until the rest may be told, if there is one, and there is room for it.
    pub(super) async fn rested(&self) {
        let Some(due) = self.pace.due() else { return pending().await };
        sleep_until(due.into()).await;
        if self.to.reserve().await.is_err() {
            // Nobody shows notifications any more.
            pending().await
        }
    }

    /// Waits for this, and tells the rest meanwhile: what is waited for is not begun anew.
    pub(super) async fn beside<T>(&mut self, awaited: impl Future<Output = T>, host: &str) -> T {
        let mut awaited = pin!(awaited);
        loop {
            tokio::select! {
                done = &mut awaited => return done,
                () = self.rested() => self.tell_rest(host, Instant::now()),
            }
        }
    }

    /// Tells how many were left out of what the hub with this host told, as soon as that may be told.
    pub(super) fn tell_rest(&mut self, host: &str, now: Instant) {
        while let Ok(room) = self.to.try_reserve() {
            let Some((weight, number)) = self.pace.takes_rest(now) else { return };
            room.send(Told::rest(weight, number, host));
        }
    }

    /// What another hub told is not counted any more.
    pub(super) fn forget_rest(&mut self) {
        self.pace.forgets_rest();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::follow::Weight;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn ring() -> Told {
        let (sentence, page) = ("Somebody rang at the front door".to_owned(), "/".to_owned());
        let host = "hub-1".to_owned();
        Told { sentence, weight: Weight::Plain, page, approve: None, host }
    }

    fn told(heard: &mut mpsc::Receiver<Told>) -> Vec<String> {
        std::iter::from_fn(|| heard.try_recv().ok()).map(|told| told.sentence).collect()
    }

    #[tokio::test]
    async fn a_burst_ends_with_the_number_of_those_that_were_left_out() {
        let (tell, mut heard) = mpsc::channel(64);
        let (mut teller, start) = (Teller::of(tell), Instant::now());
        for _ring in 0..100 {
            teller.tell(ring(), start);
        }
        teller.tell_rest("hub-1", start);
        assert_eq!(told(&mut heard).len(), 8, "the rest comes later");
        let later = start + Duration::from_secs(20);
        teller.tell_rest("hub-1", later);
        teller.tell_rest("hub-1", later + Duration::from_secs(20));
        assert_eq!(told(&mut heard), ["And 92 more notices"]);
    }

    #[tokio::test]
    async fn what_the_desktop_has_no_room_for_is_counted_too() {
        let (tell, mut heard) = mpsc::channel(1);
        let (mut teller, start) = (Teller::of(tell), Instant::now());
        for _ring in 0..3 {
            teller.tell(ring(), start);
        }
        teller.tell_rest("hub-1", start);
        assert_eq!(told(&mut heard).len(), 1);
        teller.rested().await;
        teller.tell_rest("hub-1", Instant::now());
        assert_eq!(told(&mut heard), ["And 2 more notices"]);
    }

    #[tokio::test]
    async fn what_the_desktop_has_no_room_for_does_not_count_against_what_comes_next() {
        let (tell, mut heard) = mpsc::channel(1);
        let (mut teller, start) = (Teller::of(tell), Instant::now());
        for _ring in 0..100 {
            teller.tell(ring(), start);
            teller.tell_rest("hub-1", start);
        }
        assert_eq!(told(&mut heard).len(), 1);
        teller.tell(Told { sentence: "The door is open".to_owned(), ..ring() }, start);
        assert_eq!(told(&mut heard), ["The door is open"]);
    }

    #[tokio::test]
    async fn the_rest_waits_for_room_without_being_tried_over_and_over() {
        let (tell, mut heard) = mpsc::channel(1);
        let (mut teller, start) = (Teller::of(tell), Instant::now());
        for _ring in 0..3 {
            teller.tell(ring(), start);
        }
        let soon = Duration::from_millis(100);
        assert!(timeout(soon, teller.rested()).await.is_err(), "there is no room");
        assert_eq!(told(&mut heard).len(), 1);
        assert!(timeout(PATIENCE, teller.rested()).await.is_ok());
        drop(heard);
        assert!(timeout(soon, teller.rested()).await.is_err(), "there is nobody to tell");
    }

    #[tokio::test]
    async fn the_rest_is_told_while_something_is_waited_for() {
        let (tell, mut heard) = mpsc::channel(64);
        let (mut teller, long_ago) = (Teller::of(tell), Instant::now() - Duration::from_secs(60));
        teller.pace = Pace::at(long_ago);
        for _ring in 0..9 {
            teller.tell(ring(), long_ago);
        }
        assert_eq!(told(&mut heard).len(), 8);
        let told = timeout(PATIENCE, teller.beside(heard.recv(), "hub-1")).await;
        assert_eq!(told.unwrap().unwrap().sentence, "And 1 more notice");
    }

    #[tokio::test]
    async fn what_one_hub_told_is_not_counted_for_another() {
        let (tell, mut heard) = mpsc::channel(64);
        let (mut teller, start) = (Teller::of(tell), Instant::now());
        for _ring in 0..9 {
            teller.tell(ring(), start);
        }
        assert_eq!(told(&mut heard).len(), 8);
        teller.forget_rest();
        teller.tell_rest("hub-2", start + Duration::from_secs(60));
        assert!(told(&mut heard).is_empty());
    }
}
