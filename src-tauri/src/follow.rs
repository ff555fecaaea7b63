//! Follows the house for those parts of the program that are there while the window is hidden: how
//! the doors are, and what people must be told.
//!
//! It listens, comes back by itself, and decides nothing.

use std::time::Duration;

use doorward_api::client::Following as Heard;
use doorward_api::door::{Bolt, Contact};
use doorward_api::entry::Actor;
use doorward_api::event::{Alarm, LogEvent};
use doorward_api::notice::{News, Notice};
use doorward_api::status::{DoorStatus, Link, Seal, Status};
use doorward_api::{ClientError, DoorName, EntryId, ProblemKind};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tracing::{debug, info};

use crate::hub::{Attachment, Hub};
use crate::words;

/// How long to wait before the hub is looked for again.
const BREATH: Duration = Duration::from_secs(2);

/// How the doors are at their worst; the further down, the worse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mood {
    /// No hub answers.
    #[default]
    Away,
    /// The hub waits for its key.
    Sealed,
    /// The hub waits for its household.
    Unclaimed,
    /// The hub is on another machine, and nobody is logged in there.
    LoggedOut,
    /// There is no door.
    NoDoor,
    /// Every bolt is thrown, by its lock's own report.
    Locked,
    /// A lock has not said, or cannot be reached.
    Unknown,
    /// A bolt is retracted, or on its way.
    Unlocked,
    /// A leaf is open.
    Open,
    /// A bolt is stuck.
    Jammed,
    /// There was an alarm that nobody has looked at.
    Alarmed,
}

/// What is to be seen of the house from outside the window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    pub(crate) mood: Mood,
    /// The doors, by name.
    pub(crate) doors: Vec<DoorName>,
    /// The last thing that people were told, and where the app shows it.
    pub(crate) last: Option<(String, String)>,
    /// The last alarm, until somebody has looked.
    pub(crate) alarm: Option<String>,
    /// Whether the hub is on this computer.
    pub(crate) place: Place,
}

/// Where the hub is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// On this computer.
    #[default]
    Here,
    /// On another one.
    Elsewhere,
}

impl Sight {
    /// What the icon shows.
    pub(crate) fn worst(&self) -> Mood {
        if self.alarm.is_some() { Mood::Alarmed } else { self.mood }
    }

    /// What the icon says.
    pub(crate) fn sentence(&self) -> String {
        self.alarm.clone().unwrap_or_else(|| words::mood(self.mood).to_owned())
    }
}

/// Something that people must be told even if they do not look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) sentence: String,
    pub(crate) weight: Weight,
    /// Where the app shows more.
    pub(crate) page: String,
    /// The visit that waits for leave, if one does.
    pub(crate) approve: Option<EntryId>,
    /// The hub that told it, by its host: numbers of visits are each hub's own.
    pub(crate) host: String,
}

/// How loudly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Good to know.
    Plain,
    /// Somebody must look.
    Heavy,
}

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
    let mut following = Following { hub, followers, doors: Vec::new() };
    loop {
        // It may have become another hub while it was looked for, too.
        if changes.has_changed().is_ok_and(|changed| changed) {
            changes.mark_unchanged();
            following.take_leave();
        }
        following.take_place();
        match following.hub.look().await {
            Attachment::Attached { .. } => {
                let listened = tokio::select! {
                    listened = following.listen() => listened,
                    // What was heard of one hub says nothing of another.
                    _ = changes.changed() => {
                        following.take_leave();
                        Ok(())
                    }
                };
                if let Err(error) = listened {
                    debug!(%error, "the hub was lost");
                    following.mood(mood_without(&error));
                }
            }
            Attachment::Away { .. }
            | Attachment::Slow
            | Attachment::Stopped
            | Attachment::Foreign { .. }
            | Attachment::Closed { .. }
            | Attachment::Strange { .. }
            | Attachment::Absent { .. } => following.mood(Mood::Away),
        }
        sleep(BREATH).await;
    }
}

struct Following {
    hub: Hub,
    followers: Followers,
    doors: Vec<DoorStatus>,
}

impl Following {
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
                let end = self.hear(notices, &host).await;
                self.mood(Mood::Away);
                info!("the hub has gone");
                return end;
            }
        }
        Ok(())
    }

    async fn hear(&mut self, mut notices: Heard, host: &str) -> Result<(), ClientError> {
        while let Some(notice) = notices.next().await? {
            if let Some(told) = told(&notice, host) {
                self.tell(told);
            }
            match notice.news {
                News::DoorChanged { door } => self.change(door),
                News::Missed { .. } => self.take_in(self.hub.client().status().await?),
                News::Logged { line } if adds_door(&line.event) => {
                    self.take_in(self.hub.client().status().await?);
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
        let place = place_of(&self.hub);
        self.followers
            .sight
            .send_if_modified(|sight| std::mem::replace(&mut sight.place, place) != place);
    }

    fn take_leave(&mut self) {
        self.doors.clear();
        self.followers.sight.send_replace(Sight::default());
    }

    fn take_in(&mut self, status: Status) {
        self.doors = status.house.map(|house| house.doors).unwrap_or_default();
        self.show();
    }

    fn change(&mut self, changed: DoorStatus) {
        match self.doors.iter_mut().find(|door| door.name == changed.name) {
            Some(door) => *door = changed,
            None => self.doors.push(changed),
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

    fn tell(&self, told: Told) {
        let last = Some((told.sentence.clone(), told.page.clone()));
        let heavy = told.weight == Weight::Heavy && told.approve.is_none();
        let unseen = heavy && !*self.followers.looking.borrow();
        self.followers.sight.send_modify(|sight| {
            sight.last = last;
            if unseen {
                sight.alarm = Some(told.sentence.clone());
            }
        });
        if self.followers.told.try_send(told).is_err() {
            debug!("a notification was left out: there are too many");
        }
    }
}

fn place_of(hub: &Hub) -> Place {
    hub.elsewhere().map_or(Place::Here, |_| Place::Elsewhere)
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

/// How a door is; what is not known is never taken for good.
fn mood_of(door: &DoorStatus) -> Mood {
    let open = door.contact.as_ref().is_some_and(|contact| contact.contact == Contact::Open);
    match (door.lock.bolt, door.lock.link) {
        (Bolt::Jammed, _) => Mood::Jammed,
        _ if open => Mood::Open,
        (Bolt::Retracted | Bolt::Moving, _) => Mood::Unlocked,
        (Bolt::Thrown, Link::Online) => Mood::Locked,
        (Bolt::Thrown, Link::Offline | Link::Unknown) | (Bolt::Unknown, _) => Mood::Unknown,
    }
}

/// What of a notice people are told.
fn told(notice: &Notice, host: &str) -> Option<Told> {
    let plain = |sentence: String, page: String| Told {
        sentence: words::capital(&sentence),
        weight: Weight::Plain,
        page,
        approve: None,
        host: host.to_owned(),
    };
    match &notice.news {
        News::Logged { line } => arrival(&line.event).map(|(door, entry)| {
            plain(
                format!("somebody was let in at {}", words::door(door)),
                format!("/visit/{entry}"),
            )
        }),
        News::ApprovalWanted { door, entry } => Some(Told {
            weight: Weight::Heavy,
            approve: Some(*entry),
            ..plain(
                format!("somebody waits for your leave at {}", words::door(door)),
                format!("/visit/{entry}"),
            )
        }),
        News::Bell { door } => {
            Some(plain(format!("somebody rang at {}", words::door(door)), "/".to_owned()))
        }
        // Whoever stands before this screen may be the one who forces somebody. The app lists it.
        News::Alarm { alarm: Alarm::Duress, .. } => None,
        News::Alarm { door, entry, alarm } => Some(Told {
            weight: Weight::Heavy,
            ..plain(
                words::alarm(*alarm, door.as_ref()),
                entry.map_or_else(|| "/notices".to_owned(), |entry| format!("/history/{entry}")),
            )
        }),
        News::Trespass { device, .. } => Some(Told {
            weight: Weight::Heavy,
            ..plain(format!("{device} tried what it may not"), "/notices".to_owned())
        }),
        News::CertificateEnds { device, .. } => {
            Some(plain(format!("the certificate of {device} ends soon"), "/notices".to_owned()))
        }
        News::EntryChanged { .. }
        | News::DoorChanged { .. }
        | News::Arrived { .. }
        | News::Missed { .. } => None,
    }
}

/// A door was unlocked for somebody who typed a code.
fn arrival(event: &LogEvent) -> Option<(&DoorName, EntryId)> {
    let LogEvent::UnlockGranted { entry, door, by: Actor::Code { .. } } = event else {
        return None;
    };
    Some((door, *entry))
}

#[cfg(test)]
mod tests {
    use doorward_api::status::{ContactStatus, LockStatus};

    use super::*;

    fn a_door(bolt: Bolt, link: Link, contact: Option<Contact>) -> DoorStatus {
        let contact = contact.map(|contact| ContactStatus {
            device: "contact".into(),
            link: Link::Online,
            contact,
            age_ms: Some(1),
        });
        let lock = LockStatus { device: "lock".into(), link, bolt, age_ms: Some(1) };
        DoorStatus { name: "front".into(), lock, contact, keypads: Vec::new(), entry: None }
    }

    fn told_of(news: News) -> Option<Told> {
        told(&Notice { at: "2026-11-22T10:00:00Z".parse().unwrap(), news }, "localhost")
    }

    #[test]
    fn a_door_is_locked_only_by_the_word_of_a_lock_that_is_there() {
        let mood = |bolt, link, contact| mood_of(&a_door(bolt, link, contact));
        assert_eq!(mood(Bolt::Thrown, Link::Online, Some(Contact::Closed)), Mood::Locked);
        assert_eq!(mood(Bolt::Thrown, Link::Online, None), Mood::Locked);
        assert_eq!(mood(Bolt::Thrown, Link::Offline, None), Mood::Unknown);
        assert_eq!(mood(Bolt::Thrown, Link::Unknown, None), Mood::Unknown);
        assert_eq!(mood(Bolt::Unknown, Link::Online, None), Mood::Unknown);
        assert_eq!(mood(Bolt::Thrown, Link::Online, Some(Contact::Open)), Mood::Open);
        assert_eq!(mood(Bolt::Retracted, Link::Online, Some(Contact::Closed)), Mood::Unlocked);
        assert_eq!(mood(Bolt::Jammed, Link::Online, Some(Contact::Open)), Mood::Jammed);
    }

    #[test]
    fn the_worst_door_is_shown() {
        let doors = [
            a_door(Bolt::Thrown, Link::Online, None),
            a_door(Bolt::Retracted, Link::Online, Some(Contact::Closed)),
            a_door(Bolt::Unknown, Link::Online, None),
        ];
        assert_eq!(doors.iter().map(mood_of).max(), Some(Mood::Unlocked));
    }

    #[test]
    fn an_alarm_is_told_loudly_and_leads_to_its_visit() {
        let news = News::Alarm {
            door: Some("front".into()),
            entry: Some(EntryId(7)),
            alarm: Alarm::HeldOpen,
        };
        let told = told_of(news).unwrap();
        assert_eq!(told.sentence, "The front door has been open for too long");
        assert_eq!((told.weight, told.page.as_str()), (Weight::Heavy, "/history/7"));
    }

    #[test]
    fn no_screen_calls_out_that_somebody_is_forced_to_open() {
        let news = News::Alarm { door: None, entry: Some(EntryId(7)), alarm: Alarm::Duress };
        assert_eq!(told_of(news), None);
    }

    #[test]
    fn an_alarm_stays_on_the_icon_over_whatever_the_doors_do() {
        let calm = Sight { mood: Mood::Locked, ..Sight::default() };
        assert_eq!(
            (calm.worst(), calm.sentence().as_str()),
            (Mood::Locked, "All doors are locked")
        );
        let alarm = Some("The front door was forced open".to_owned());
        let alarmed = Sight { alarm: alarm.clone(), ..calm };
        assert_eq!((alarmed.worst(), Some(alarmed.sentence())), (Mood::Alarmed, alarm));
    }

    #[test]
    fn a_visit_that_waits_can_be_let_go_on() {
        let news = News::ApprovalWanted { door: "front".into(), entry: EntryId(8) };
        let told = told_of(news).unwrap();
        assert_eq!((told.approve, told.page.as_str()), (Some(EntryId(8)), "/visit/8"));
    }
}
