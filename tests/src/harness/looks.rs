//! Looking at a scene: what the log says, what the lock was told.

use doorward_api::EntryId;
use doorward_api::entry::{Reason, Stage};
use doorward_api::event::{Alarm, LogEvent};

use super::listener::logged;
use super::patience::PATIENCE;
use super::scene::Scene;
use crate::house::door::{Bolt, Turn};
use crate::house::{Seen, Verdict};
use crate::journal::Place;

impl Scene {
    /// Types a code on the first keypad and waits for the keypad's light.
    ///
    /// # Errors
    /// If the keypad stays dark.
    pub async fn type_code(&self, code: &str) -> anyhow::Result<Verdict> {
        self.type_code_on(Self::KEYPADS[0], code).await
    }

    /// Types a code on a keypad and waits for its light.
    ///
    /// # Errors
    /// If the keypad stays dark.
    pub async fn type_code_on(&self, keypad: &str, code: &str) -> anyhow::Result<Verdict> {
        Ok(self.house.type_and_hear(keypad, code, PATIENCE).await?)
    }

    /// Waits until the bolt is seen somewhere.
    ///
    /// # Errors
    /// If it does not get there.
    pub async fn bolt(&self, from: Place, bolt: Bolt) -> anyhow::Result<()> {
        let what = format!("the bolt {bolt:?}");
        let seen = Seen::Bolt { bolt };
        let journal = self.house.journal();
        journal.wait(from, PATIENCE, &what, |sight| (sight.what == seen).then_some(())).await?;
        Ok(())
    }

    /// Waits for something in the log.
    ///
    /// # Errors
    /// If it does not come.
    pub async fn logged<F>(
        &self,
        from: Place,
        what: &str,
        find: impl Fn(&LogEvent) -> Option<F>,
    ) -> anyhow::Result<F> {
        let journal = self.listener.journal();
        let found = journal.wait(from, PATIENCE, what, |notice| logged(notice).and_then(&find));
        Ok(found.await?.0)
    }

    /// Waits for an entry's end.
    ///
    /// # Errors
    /// If none ends.
    pub async fn entry_closed(&self, from: Place) -> anyhow::Result<EntryId> {
        self.logged(from, "the entry's end", |event| {
            let LogEvent::EntryClosed { entry, .. } = event else { return None };
            Some(*entry)
        })
        .await
    }

    /// Waits for an entry's denial; returns why.
    ///
    /// # Errors
    /// If none is denied.
    pub async fn denial(&self, from: Place) -> anyhow::Result<Reason> {
        self.logged(from, "the denial in the log", |event| {
            let LogEvent::EntryDenied { reason, .. } = event else { return None };
            Some(*reason)
        })
        .await
    }

    /// Waits for a refused code in the log; returns why.
    ///
    /// # Errors
    /// If none is refused.
    pub async fn refusal(&self, from: Place) -> anyhow::Result<Reason> {
        self.logged(from, "the refusal in the log", |event| {
            let LogEvent::CodeRefused { reason, .. } = event else { return None };
            Some(*reason)
        })
        .await
    }

    /// Waits for an alarm.
    ///
    /// # Errors
    /// If it does not come.
    pub async fn alarm(&self, from: Place, wanted: Alarm) -> anyhow::Result<()> {
        self.logged(from, &format!("the alarm {wanted:?}"), |event| {
            let LogEvent::Alarm { alarm, .. } = event else { return None };
            (*alarm == wanted).then_some(())
        })
        .await
    }

    /// Waits until an entry has come to a stage.
    ///
    /// # Errors
    /// If none does.
    pub async fn stage(&self, from: Place, wanted: Stage) -> anyhow::Result<EntryId> {
        self.logged(from, &format!("the stage {wanted:?}"), |event| {
            let LogEvent::EntryMoved { entry, stage, .. } = event else { return None };
            (*stage == wanted).then_some(*entry)
        })
        .await
    }

    /// What the lock was told and did, in order.
    #[must_use]
    pub fn commands(&self) -> Vec<Turn> {
        let seen = self.house.journal().all();
        let commands = seen.iter().filter_map(|sight| {
            let Seen::Commanded { turn } = &sight.what else { return None };
            Some(*turn)
        });
        commands.collect()
    }

    /// The stages that entries came to, in order.
    #[must_use]
    pub fn stages(&self) -> Vec<Stage> {
        let notices = self.listener.journal().all();
        let stages = notices.iter().filter_map(logged).filter_map(|event| {
            let LogEvent::EntryMoved { stage, .. } = event else { return None };
            Some(*stage)
        });
        stages.collect()
    }

    /// Whether something was seen in the house.
    #[must_use]
    pub fn saw(&self, what: &Seen) -> bool {
        self.house.journal().all().iter().any(|sight| sight.what == *what)
    }
}
