//! Hands on what people are told, at a pace; of what is left out they are told how many there were.

use std::future::pending;
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
        let allowed = self.pace.allows(weight, now);
        if !allowed || self.to.try_send(told).is_err() {
            self.pace.leaves_out(weight, 1);
            debug!("a notification was left out: there are too many");
        }
    }

    /// Waits until the rest may be told, if there is one.
    pub(super) async fn rested(&self) {
        match self.pace.due() {
            Some(due) => sleep_until(due.into()).await,
            None => pending().await,
        }
    }

    /// Tells how many were left out of what the hub with this host told, as soon as that may be told.
    pub(super) fn tell_rest(&mut self, host: &str, now: Instant) {
        while let Some((weight, number)) = self.pace.takes_rest(now) {
            if self.to.try_send(Told::rest(weight, number, host)).is_err() {
                self.pace.leaves_out(weight, number);
                return;
            }
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

    use super::*;
    use crate::follow::Weight;

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
