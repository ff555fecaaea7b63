//! An entry's story: what happened when, and why, for somebody who was not there.

use doorward_api::entry::{EntryView, Outcome, Stage};
use doorward_api::event::LogEvent;
use doorward_api::log::LogLine;
use doorward_api::status::ClockTrust;
use doorward_api::story::EntryStory;
use jiff::Timestamp;

use super::look::{Look, Tint};
use super::table::{Cell, Table};
use super::words::{self, bytes, count, duration};

/// Tells the story.
pub(super) fn text(story: &EntryStory, look: &Look) -> String {
    let mut text = heading(story, look);
    text.push_str(&lines(story, look));
    for recording in &story.recordings {
        let id = recording.id;
        text.push_str(&format!(
            "\nRecording {id}: {}, {}, {}.\n",
            duration(recording.duration_ms),
            count(recording.segments.into(), "sealed segment", "sealed segments"),
            bytes(recording.bytes),
        ));
        if recording.segments > 0 {
            text.push_str(&format!(
                "To see it: doorward recording export {id} --identity FILE --out clip.mp4\n"
            ));
        }
    }
    text
}

fn heading(story: &EntryStory, look: &Look) -> String {
    let entry = &story.entry;
    let mut table = Table::default();
    let mut row = |name: &str, cell: Cell| table.push([name.into(), cell]);
    row("door", entry.door.as_str().into());
    row("who", words::actor(&entry.by).into());
    let began = look.local(entry.opened_at).strftime("%A %-d %B %Y, %H:%M:%S %Z").to_string();
    row("began", began.into());
    if let Some(closed) = entry.closed_at {
        row("lasted", duration(between(entry.opened_at, closed)).into());
    }
    row("outcome", went(entry));
    let title = look.paint(Tint::Strong, format!("Entry {}", entry.id));
    format!("{title}\n{}\n", table.lay_out(2, look))
}

fn lines(story: &EntryStory, look: &Look) -> String {
    let mut table = Table::default();
    let began = Began::of(story);
    for line in story.lines.iter().filter(|line| is_told(&line.event)) {
        let text = words::line(line);
        let cell =
            tint(&line.event).map_or_else(|| text.clone().into(), |t| Cell::tinted(t, &text));
        table.push([time(line, look), began.offset(line).into(), cell]);
    }
    table.lay_out(2, look)
}

/// Segments are sealed every few seconds; the recording's line sums them up.
pub(super) fn is_told(event: &LogEvent) -> bool {
    !matches!(event, LogEvent::SegmentSealed { .. })
}

fn time(line: &LogLine, look: &Look) -> Cell {
    let time = look.seconds(line.at);
    match line.clock {
        ClockTrust::Trusted => time.into(),
        ClockTrust::Untrusted => Cell::tinted(Tint::Watch, time + "?"),
    }
}

/// When an entry began, on the hub's own clock, which does not jump.
struct Began {
    hub_ms: u64,
}

impl Began {
    /// The first line was written a moment after the entry began, and both clocks ran
    /// in between.
    fn of(story: &EntryStory) -> Self {
        let hub_ms = story.lines.first().map_or(0, |first| {
            first.hub_ms.saturating_sub(between(story.entry.opened_at, first.at))
        });
        Self { hub_ms }
    }

    fn offset(&self, line: &LogLine) -> String {
        let ms = line.hub_ms.saturating_sub(self.hub_ms);
        format!("+{}.{} s", ms / 1000, ms % 1000 / 100)
    }
}

/// Returns how many milliseconds lie between two moments; 0 if they come the other way
/// round.
pub(super) fn between(earlier: Timestamp, later: Timestamp) -> u64 {
    u64::try_from(later.duration_since(earlier).as_millis()).unwrap_or(0)
}

/// Says what an event means to whoever glances at it.
pub(super) const fn tint(event: &LogEvent) -> Option<Tint> {
    match event {
        LogEvent::Alarm { .. } | LogEvent::Trespass { .. } => Some(Tint::Bad),
        LogEvent::EntryDenied { .. }
        | LogEvent::CodeRefused { .. }
        | LogEvent::KeypadLockedOut { .. }
        | LogEvent::KeypadSuspended { .. }
        | LogEvent::DeviceRefused { .. }
        | LogEvent::EntryBlocked { .. }
        | LogEvent::PinRests { .. }
        | LogEvent::DevicePaired { .. }
        | LogEvent::PasskeyAdded { .. }
        | LogEvent::HubRestored { .. }
        | LogEvent::ClockStepped { .. } => Some(Tint::Watch),
        LogEvent::UnlockGranted { .. } | LogEvent::EntryClosed { .. } => Some(Tint::Strong),
        LogEvent::BoltReported { .. }
        | LogEvent::ContactReported { .. }
        | LogEvent::SegmentSealed { .. } => Some(Tint::Faint),
        LogEvent::HubStarted
        | LogEvent::HubStopped
        | LogEvent::DoorAdded { .. }
        | LogEvent::DoorPolicyChanged { .. }
        | LogEvent::DeviceEnrolled { .. }
        | LogEvent::DeviceRevoked { .. }
        | LogEvent::CertificateIssued { .. }
        | LogEvent::CertificateReplaced { .. }
        | LogEvent::AuthorityAdded { .. }
        | LogEvent::AuthorityRetired { .. }
        | LogEvent::DeviceAllowed { .. }
        | LogEvent::DeviceDisallowed { .. }
        | LogEvent::NoticesAllowed { .. }
        | LogEvent::NoticesDisallowed { .. }
        | LogEvent::HomeAssistantOn
        | LogEvent::HomeAssistantOff
        | LogEvent::CameraAdded { .. }
        | LogEvent::CameraRemoved { .. }
        | LogEvent::CameraWatched { .. }
        | LogEvent::BackupMade
        | LogEvent::CodePaused { .. }
        | LogEvent::CodeResumed { .. }
        | LogEvent::CodeIssued { .. }
        | LogEvent::CodeEnded { .. }
        | LogEvent::KeypadRearmed { .. }
        | LogEvent::EntryMoved { .. }
        | LogEvent::EntryResumed { .. }
        | LogEvent::EntryApproved { .. }
        | LogEvent::LockAsked { .. }
        | LogEvent::RecordingOpened { .. }
        | LogEvent::RecordingClosed { .. }
        | LogEvent::RecordingErased { .. }
        | LogEvent::FilmingRested { .. }
        | LogEvent::EntryErased { .. }
        | LogEvent::CodeNotesErased { .. }
        | LogEvent::PersonAdded { .. }
        | LogEvent::PersonChanged { .. }
        | LogEvent::PersonRemoved { .. }
        | LogEvent::PairingEnded { .. }
        | LogEvent::PinLifted { .. }
        | LogEvent::ClockConfirmed
        | LogEvent::Erased => None,
    }
}

/// Says how a visit went, or how it goes.
pub(super) fn went(entry: &EntryView) -> Cell {
    match entry.outcome {
        Some(outcome @ (Outcome::Completed | Outcome::NotEntered)) => {
            Cell::tinted(Tint::Good, words::outcome(outcome))
        }
        Some(outcome @ Outcome::Denied { .. }) => {
            Cell::tinted(Tint::Watch, words::outcome(outcome))
        }
        None => {
            let tint = match entry.stage {
                Stage::Jammed | Stage::Unknown => Tint::Bad,
                Stage::Arming
                | Stage::Unlocking
                | Stage::Unlocked
                | Stage::Open
                | Stage::Relocking
                | Stage::Secured => Tint::Watch,
            };
            Cell::tinted(tint, format!("in progress: {}", words::stage(entry.stage)))
        }
    }
}
