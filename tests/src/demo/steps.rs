//! The steps of a delivery, and following it through both views.

use std::collections::BTreeSet;

use anyhow::bail;
use doorward_api::RecordingId;
use doorward_api::entry::Stage;
use doorward_api::event::LogEvent;

use super::narrator::Narrator;
use super::setting::Setting;
use crate::harness::logged;
use crate::house::door::{Bolt, Leaf};
use crate::house::{Seen, Verdict};
use crate::journal::Place;

/// What must be seen of a delivery, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    CodeIssued,
    Typed,
    CameraConfirmed,
    Unlocked,
    Opened,
    Closed,
    Locked,
    ClipSealed,
    LogVerified,
}

const ALL: [(Step, &str); 9] = [
    (Step::CodeIssued, "code issued"),
    (Step::Typed, "typed"),
    (Step::CameraConfirmed, "camera confirmed"),
    (Step::Unlocked, "unlocked"),
    (Step::Opened, "opened"),
    (Step::Closed, "closed"),
    (Step::Locked, "locked"),
    (Step::ClipSealed, "clip sealed"),
    (Step::LogVerified, "log verified"),
];

/// How far the two journals were told, and what was seen in them.
#[derive(Debug)]
pub(crate) struct Follow {
    in_house: Place,
    in_log: Place,
    seen: BTreeSet<Step>,
    opened: Option<RecordingId>,
    closed: Option<RecordingId>,
}

impl Follow {
    /// Follows from these places on.
    pub(crate) const fn new(in_house: Place, in_log: Place) -> Self {
        Self { in_house, in_log, seen: BTreeSet::new(), opened: None, closed: None }
    }

    /// Notes a step.
    pub(crate) fn saw(&mut self, step: Step) {
        self.seen.insert(step);
    }

    /// Narrates until the recording of this delivery is closed.
    pub(crate) async fn until_closed(
        &mut self,
        setting: &Setting,
        narrator: &Narrator,
    ) -> anyhow::Result<()> {
        while self.closed.is_none() || !self.seen.contains(&Step::Locked) {
            self.more(setting, narrator).await;
            if self.seen.is_empty() {
                bail!("the entry was denied");
            }
        }
        Ok(())
    }

    /// Waits for something to happen in either view, and narrates it.
    pub(crate) async fn more(&mut self, setting: &Setting, narrator: &Narrator) {
        tokio::select! {
            (sights, place) = setting.house().journal().more(self.in_house) => {
                self.in_house = place;
                for sight in sights {
                    narrator.tell("house", &sight.what.to_string());
                    self.look(&sight.what);
                }
            }
            (notices, place) = setting.listener().journal().more(self.in_log) => {
                self.in_log = place;
                for event in notices.iter().filter_map(logged) {
                    narrator.log_line(event);
                    self.read(event);
                }
            }
        }
    }

    /// The steps that were not seen, in words.
    pub(crate) fn missing(&self) -> String {
        let missing = ALL.iter().filter(|(step, _)| !self.seen.contains(step));
        missing.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
    }

    /// Says that all was seen.
    ///
    /// # Errors
    /// If it was not.
    pub(crate) fn conclude(&self, narrator: &Narrator) -> anyhow::Result<()> {
        let missing = self.missing();
        if !missing.is_empty() {
            bail!("the delivery is over, but this was not seen: {missing}");
        }
        narrator.headline("every step was seen");
        narrator.note(&ALL.map(|(_, name)| name).join(" → "));
        Ok(())
    }

    /// The recording of this delivery, once it is closed.
    pub(crate) const fn closed(&self) -> Option<RecordingId> {
        self.closed
    }

    fn look(&mut self, seen: &Seen) {
        match seen {
            Seen::Typed { .. } => self.saw(Step::Typed),
            Seen::Bolt { bolt: Bolt::Retracted } => self.saw(Step::Unlocked),
            Seen::Leaf { leaf: Leaf::Open } => self.saw(Step::Opened),
            Seen::Leaf { leaf: Leaf::Closed } => self.saw(Step::Closed),
            Seen::Answered { answer: Verdict::Refused, .. } => self.seen.clear(),
            Seen::Answered { answer: Verdict::Accepted, .. }
            | Seen::Bolt { bolt: Bolt::Thrown | Bolt::Moving | Bolt::Jammed | Bolt::Unknown }
            | Seen::Up { .. }
            | Seen::Down { .. }
            | Seen::Rang { .. }
            | Seen::Countdown { .. }
            | Seen::Commanded { .. }
            | Seen::Unheeded { .. }
            | Seen::ThrownOnOpenLeaf
            | Seen::Unclear { .. } => {}
        }
    }

    /// "Locked" is seen when the hub says so, which it may only after the lock's own report.
    fn read(&mut self, event: &LogEvent) {
        if let LogEvent::RecordingOpened { recording, .. } = event {
            self.opened = Some(*recording);
            self.saw(Step::CameraConfirmed);
        }
        if matches!(event, LogEvent::EntryMoved { stage: Stage::Secured, .. }) {
            self.saw(Step::Locked);
        }
        if let LogEvent::RecordingClosed { recording } = event {
            self.closed = self.opened.filter(|opened| opened == recording);
        }
    }
}
