//! What people are told though they do not look, and in which words.

use doorward_api::entry::Actor;
use doorward_api::event::{Alarm, LogEvent};
use doorward_api::notice::{News, Notice};
use doorward_api::{DoorName, EntryId};

use crate::words;

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

impl Told {
    fn plainly(sentence: &str, page: String, host: &str) -> Self {
        let (sentence, host) = (words::capital(sentence), host.to_owned());
        Self { sentence, weight: Weight::Plain, page, approve: None, host }
    }

    /// How many more there were than were told.
    pub(super) fn rest(weight: Weight, number: u32, host: &str) -> Self {
        let notices = if number == 1 { "notice" } else { "notices" };
        let sentence = format!("and {number} more {notices}");
        Self { weight, ..Self::plainly(&sentence, "/notices".to_owned(), host) }
    }

    fn heavily(self) -> Self {
        Self { weight: Weight::Heavy, ..self }
    }
}

/// What of a notice of the hub with this host people are told.
pub(super) fn told(notice: &Notice, host: &str) -> Option<Told> {
    let plain = |sentence: String, page: String| Told::plainly(&sentence, page, host);
    let among_notices = || "/notices".to_owned();
    match &notice.news {
        News::Logged { line } => {
            let (door, entry) = arrival(&line.event)?;
            let sentence = format!("somebody was let in at {}", words::door(door));
            Some(plain(sentence, format!("/visit/{entry}")))
        }
        News::ApprovalWanted { door, entry } => {
            let sentence = format!("somebody waits for your leave at {}", words::door(door));
            let told = plain(sentence, format!("/visit/{entry}")).heavily();
            Some(Told { approve: Some(*entry), ..told })
        }
        News::Bell { door } => {
            Some(plain(format!("somebody rang at {}", words::door(door)), "/".to_owned()))
        }
        // Whoever stands before this screen may be the one who forces somebody. The app lists it.
        News::Alarm { alarm: Alarm::Duress, .. } => None,
        News::Alarm { door, entry, alarm } => {
            let page = entry.map_or_else(among_notices, |entry| format!("/history/{entry}"));
            Some(plain(words::alarm(*alarm, door.as_ref()), page).heavily())
        }
        News::Trespass { device, .. } => {
            let device = words::name(device.as_str());
            Some(plain(format!("{device} tried what it may not"), among_notices()).heavily())
        }
        News::CertificateEnds { device, .. } => {
            let device = words::name(device.as_str());
            Some(plain(format!("the certificate of {device} ends soon"), among_notices()))
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
    use super::*;

    fn told_of(news: News) -> Option<Told> {
        told(&Notice { at: "2026-11-22T10:00:00Z".parse().unwrap(), news }, "localhost")
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
    fn a_name_of_a_hub_elsewhere_makes_no_sentence_longer_or_another() {
        let door = format!("front\u{202e}{}", "x".repeat(10_000));
        let told = told_of(News::Bell { door: door.as_str().into() }).unwrap();
        assert!(told.sentence.starts_with("Somebody rang at the frontxxx"), "{}", told.sentence);
        assert!(told.sentence.chars().count() < 100, "{}", told.sentence);
    }

    #[test]
    fn a_visit_that_waits_can_be_let_go_on() {
        let news = News::ApprovalWanted { door: "front".into(), entry: EntryId(8) };
        let told = told_of(news).unwrap();
        assert_eq!((told.approve, told.page.as_str()), (Some(EntryId(8)), "/visit/8"));
    }
}
