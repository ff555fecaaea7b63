//! Follows the house for those parts of the program that are there while the window is hidden: how
//! the doors are, and what people must be told.
//!
//! It listens, comes back by itself, and decides nothing.

mod pace;
mod sight;
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
pub(crate) use pace::MOST_AT_ONCE;
use pace::Pace;
use sight::mood_of;
pub(crate) use sight::{Mood, Place, Sight};
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
    pace: Pace,
}

impl Following {
    fn of(hub: Hub, followers: Followers) -> Self {
        Self { hub, followers, doors: Vec::new(), pace: Pace::at(Instant::now()) }
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
        while let Some(notice) = notices.next().await? {
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
        Ok(())
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
        let allowed = self.pace.allows(told.weight, Instant::now());
        if !allowed || self.followers.told.try_send(told).is_err() {
            debug!("a notification was left out: there are too many");
        }
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
    use doorward_api::EntryId;
    use doorward_api::event::Alarm;
    use doorward_api::notice::Notice;

    use super::*;

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
