//! Follows the house for those parts of the program that are there while the window is hidden: how
//! the doors are, and what people must be told.
//!
//! It listens, comes back by itself, and decides nothing.

mod pace;
mod sight;
mod teller;
mod told;

use std::time::{Duration, Instant};

use doorward_api::client::Following as Heard;
use doorward_api::event::LogEvent;
use doorward_api::notice::News;
use doorward_api::status::{DoorStatus, Seal, Status};
use doorward_api::{Client, ClientError, ProblemKind};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tracing::{debug, info};

use crate::hub::attachment::Attachment;
use crate::hub::{Hub, Shown};
use crate::mood::Mood;
pub(crate) use pace::MOST_AT_ONCE;
use sight::mood_of;
pub(crate) use sight::{Place, Sight};
use teller::Teller;
use told::told;
pub(crate) use told::{Told, Weight};

/// How long to wait before the hub is looked for again.
const BREATH: Duration = Duration::from_secs(2);

/// More doors than these no house has; a hub elsewhere could name any number.
const MOST_DOORS: usize = 256;

/// Where what was seen goes.
pub(crate) struct Followers {
    pub(crate) sight: watch::Sender<Sight>,
    pub(crate) told: mpsc::Sender<Told>,
    /// Whether somebody looks at the window: what it shows them, the icon need not.
    pub(crate) looking: watch::Receiver<bool>,
}

/// Follows the hub until the program ends.
pub(crate) async fn follow(hub: Hub, followers: Followers) {
    let mut changes = hub.changes();
    let mut following = Following::of(hub, followers);
    loop {
        following.take_place();
        let all = async {
            following.look().await;
            following.tell_rest();
            sleep(BREATH).await;
        };
        // What was heard of one hub says nothing of another.
        if unless(&mut changes, all).await.is_none() {
            following.take_leave();
        }
    }
}

/// `None` if the window went over to another hub before that was done.
async fn unless<T>(
    changes: &mut watch::Receiver<Shown>,
    done: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        _changed = changes.changed() => None,
        done = done => Some(done),
    }
}

struct Following {
    hub: Hub,
    followers: Followers,
    doors: Vec<DoorStatus>,
    teller: Teller,
}

impl Following {
    fn of(hub: Hub, followers: Followers) -> Self {
        let teller = Teller::of(followers.told.clone());
        Self { hub, followers, doors: Vec::new(), teller }
    }

    /// Looks for the hub, and listens to it while it is there.
    async fn look(&mut self) {
        match self.hub.look().await {
            Attachment::Attached { .. } => {
                if let Err(error) = self.listen().await {
                    debug!(%error, "the hub was lost");
                    self.mood(mood_without(&error));
                }
            }
            Attachment::Away { .. }
            | Attachment::Lost { .. }
            | Attachment::Slow
            | Attachment::Stopped
            | Attachment::Foreign { .. }
            | Attachment::Closed { .. }
            | Attachment::Strange { .. }
            | Attachment::Absent { .. } => self.mood(Mood::Away),
        }
    }

    async fn listen(&mut self) -> Result<(), ClientError> {
        let host = self.hub.host();
        let Some(client) = self.hub.client_of(&host) else { return Ok(()) };
        let status = client.status().await?;
        match status.seal {
            Seal::Sealed => self.mood(Mood::Sealed),
            Seal::Unclaimed => self.mood(Mood::Unclaimed),
            Seal::Unsealed => {
                // First the ear, then the look: nothing happens between the two unheard.
                let notices = client.follow().await?;
                self.take_in(client.status().await?);
                info!("attached to the hub");
                let end = self.hear(&client, notices, &host).await;
                self.mood(Mood::Away);
                info!("the hub has gone");
                return end;
            }
        }
        Ok(())
    }

    async fn hear(
        &mut self,
        client: &Client,
        mut notices: Heard,
        host: &str,
    ) -> Result<(), ClientError> {
        loop {
            // How long the hub may be silent is counted from its last word, whatever is told meanwhile.
            let heard = self.teller.beside(notices.next(), host).await?;
            let Some(notice) = heard else { return Ok(()) };
            if let Some(told) = told(&notice, host) {
                self.tell(told);
            }
            match notice.news {
                News::DoorChanged { door } => self.change(door),
                News::Missed { .. } => self.take_in(client.status().await?),
                News::Logged { line } if adds_door(&line.event) => {
                    self.take_in(client.status().await?);
                }
                News::Logged { .. }
                | News::ApprovalWanted { .. }
                | News::EntryChanged { .. }
                | News::Arrived { .. }
                | News::Bell { .. }
                | News::Alarm { .. }
                | News::Trespass { .. }
                | News::CertificateEnds { .. } => {}
            }
        }
    }

    fn take_place(&self) {
        let place = if self.hub.is_here() { Place::Here } else { Place::Elsewhere };
        let host = self.hub.host();
        self.followers.sight.send_if_modified(|sight| {
            let changed = sight.place != place || sight.host != host;
            (sight.place, sight.host) = (place, host);
            changed
        });
    }

    fn take_leave(&mut self) {
        self.doors.clear();
        self.teller.forget_rest();
        self.followers.sight.send_replace(Sight::default());
    }

    fn take_in(&mut self, status: Status) {
        self.doors = status.house.map(|house| house.doors).unwrap_or_default();
        self.doors.truncate(MOST_DOORS);
        self.show();
    }

    fn change(&mut self, changed: DoorStatus) {
        let known = self.doors.iter_mut().find(|door| door.name == changed.name);
        if let Some(door) = known {
            *door = changed;
        } else if self.doors.len() < MOST_DOORS {
            self.doors.push(changed);
        }
        self.show();
    }

    fn show(&self) {
        let mood = self.doors.iter().map(mood_of).max().unwrap_or(Mood::NoDoor);
        let doors = self.doors.iter().map(|door| door.name.clone()).collect();
        self.followers.sight.send_modify(|sight| {
            sight.mood = mood;
            sight.doors = doors;
        });
    }

    fn mood(&self, mood: Mood) {
        self.followers.sight.send_if_modified(|sight| {
            let changed = sight.mood != mood;
            sight.mood = mood;
            changed
        });
    }

    fn tell(&mut self, told: Told) {
        let last = Some(told.clone());
        let heavy = told.weight == Weight::Heavy && told.approve.is_none();
        let unseen = heavy && !*self.followers.looking.borrow();
        self.followers.sight.send_modify(|sight| {
            sight.last = last;
            if unseen {
                sight.alarm = Some(told.sentence.clone());
            }
        });
        self.teller.tell(told, Instant::now());
    }

    /// Tells what is left to tell of a hub that says nothing more.
    fn tell_rest(&mut self) {
        self.teller.tell_rest(&self.hub.host(), Instant::now());
    }
}

/// A hub that answers, but not to somebody whom it does not know, is there.
fn mood_without(error: &ClientError) -> Mood {
    if let ClientError::Problem(problem) = error
        && problem.kind == ProblemKind::SignedOut
    {
        return Mood::LoggedOut;
    }
    Mood::Away
}

fn adds_door(event: &LogEvent) -> bool {
    matches!(event, LogEvent::DoorAdded { .. })
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use doorward_api::EntryId;
    use doorward_api::event::Alarm;
    use doorward_api::notice::Notice;
    use tokio::time::timeout;

    use super::*;
    use crate::hub;
    use crate::stand_in::{Asked, hub_at};

    const PATIENCE: Duration = Duration::from_secs(30);

    async fn asked(hub: &mut mpsc::UnboundedReceiver<Asked>) -> Asked {
        timeout(PATIENCE, hub.recv()).await.unwrap().unwrap()
    }

    fn followers() -> (Followers, watch::Receiver<Sight>) {
        let (sight, seen) = watch::channel(Sight::default());
        let (_looks, looking) = watch::channel(false);
        let (told, _heard) = mpsc::channel(MOST_AT_ONCE);
        (Followers { sight, told, looking }, seen)
    }

    #[tokio::test]
    async fn a_hub_that_hangs_is_left_at_once_for_the_one_that_the_window_shows() {
        let home = tempfile::tempdir().unwrap();
        let (own, other) = (home.path().join("own"), home.path().join("other"));
        let ((own_runs, mut owns), (_runs, mut others)) = (hub_at(&own), hub_at(&other));
        let places = [own, other].map(hub::Place::Folder).to_vec();
        let (hub, (followers, mut seen)) = (Hub::at(places), followers());
        let following = tokio::spawn(follow(hub.clone(), followers));
        let (_status, _unanswered) = asked(&mut owns).await;

        own_runs.abort();
        assert!(own_runs.await.is_err());
        hub.look().await;
        let host = hub.host();
        let (question, _unanswered) = asked(&mut others).await;
        assert!(question.contains("/status "), "{question}");
        timeout(PATIENCE, seen.wait_for(|sight| sight.host == host)).await.unwrap().unwrap();
        following.abort();
    }

    #[tokio::test]
    async fn what_was_heard_of_one_hub_counts_for_nothing_once_another_is_shown() {
        let here = |folder: &str| Shown::Here(hub::Place::Folder(folder.into()));
        let (shown, mut changes) = watch::channel(here("/own"));
        assert_eq!(unless(&mut changes, ready("heard")).await, Some("heard"));
        shown.send_replace(here("/other"));
        assert_eq!(unless(&mut changes, ready("heard")).await, None);
    }

    fn notice(news: News) -> Told {
        let notice = Notice { at: "2026-11-22T10:00:00Z".parse().unwrap(), news };
        told(&notice, "hub-1").unwrap()
    }

    #[test]
    fn a_bell_that_rings_without_end_keeps_no_alarm_from_being_told() {
        let (sight, seen) = watch::channel(Sight::default());
        let (_looks, looking) = watch::channel(false);
        let (tell, mut heard) = mpsc::channel(MOST_AT_ONCE);
        let mut following =
            Following::of(Hub::at(Vec::new()), Followers { sight, told: tell, looking });
        for _ring in 0..10_000 {
            following.tell(notice(News::Bell { door: "front".into() }));
        }
        let (door, entry) = (Some("front".into()), Some(EntryId(7)));
        let alarm = notice(News::Alarm { door, entry, alarm: Alarm::ForcedOpen });
        following.tell(alarm.clone());
        let shown: Vec<Told> = std::iter::from_fn(|| heard.try_recv().ok()).collect();
        assert_eq!(shown.last(), Some(&alarm), "{} were told", shown.len());
        assert!(shown.len() < 20, "{} were told", shown.len());
        assert_eq!(seen.borrow().last, Some(alarm));
    }
}
