//! What is to be seen of the house from outside the window.

use doorward_api::DoorName;
use doorward_api::device::Link;
use doorward_api::door::{Bolt, Contact};
use doorward_api::status::DoorStatus;

use super::told::Told;
use crate::mood::Mood;
use crate::words;

/// What is to be seen of the house from outside the window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    pub(crate) mood: Mood,
    /// The doors, by name.
    pub(crate) doors: Vec<DoorName>,
    /// The last thing that people were told.
    pub(crate) last: Option<Told>,
    /// The last alarm, until somebody has looked.
    pub(crate) alarm: Option<String>,
    /// Whether the hub is on this computer.
    pub(crate) place: Place,
    /// The hub whose doors these are, by its host: its names mean other doors elsewhere.
    pub(crate) host: String,
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

/// How a door is; what is not known is never taken for good.
pub(super) fn mood_of(door: &DoorStatus) -> Mood {
    let open = door.contact.as_ref().is_some_and(|contact| contact.contact == Contact::Open);
    match (door.lock.bolt, door.lock.link) {
        (Bolt::Jammed, _) => Mood::Jammed,
        _ if open => Mood::Open,
        (Bolt::Retracted | Bolt::Moving, _) => Mood::Unlocked,
        (Bolt::Thrown, Link::Online) => Mood::Locked,
        (Bolt::Thrown, Link::Offline | Link::Unknown) | (Bolt::Unknown, _) => Mood::Unknown,
    }
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
}
