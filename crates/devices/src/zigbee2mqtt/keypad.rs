//! A keypad behind Zigbee2MQTT.
//!
//! Such a keypad is made for alarm systems: a code is typed to *disarm*, each
//! try has a transaction that must be answered, and the panel shows what it was
//! last told, which the answer alone does not change.

use doorward_core::device::{DeviceReport, KeypadAnswer, Tone};
use doorward_core::time::HubTime;
use serde::{Deserialize, Serialize};

use crate::digits::Digits;
use crate::parse;
use crate::speech::{Malformed, Outgoing, Unwritable, outgoing};
use crate::tries::RecentTries;

/// The transaction of a try that came without one. Zigbee's have eight bits.
const UNNUMBERED: u64 = u64::MAX;

/// The longest countdown that a panel can show, in seconds; it serves for a
/// sound without an end, too.
const LONGEST_DELAY_S: u8 = u8::MAX;

/// What must be remembered of a keypad.
pub(crate) struct Keypad {
    tries: RecentTries,
    panel: Panel,
}

/// What the panel was last told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Panel {
    /// Nothing to show.
    Idle,
    /// It counts down or sounds.
    Sounding,
}

#[derive(Deserialize)]
struct Said {
    action: Option<String>,
    action_code: Option<Digits>,
    action_transaction: Option<u64>,
}

#[derive(Serialize)]
struct Set {
    arm_mode: ArmMode,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ArmMode {
    /// The answer to a try.
    Reply { transaction: u64, mode: &'static str },
    /// What the panel shows, without a sound.
    Status { mode: &'static str },
    /// What the panel shows, with its sound.
    Countdown { mode: &'static str, delay: u8, audiblenotif: u8 },
}

const IDLE: ArmMode = ArmMode::Status { mode: "disarm" };

impl Keypad {
    pub(crate) fn new() -> Self {
        Self { tries: RecentTries::new(), panel: Panel::Idle }
    }

    /// Reads a try, if the message is one that was not heard before. Arming,
    /// emergency and panic keys are not tries, whatever was typed before them.
    pub(crate) fn read(
        &mut self,
        text: &str,
        now: HubTime,
    ) -> Result<Option<DeviceReport>, Malformed> {
        let said: Said = parse::object(text)?;
        if said.action.as_deref() != Some("disarm") {
            return Ok(None);
        }
        let digits = said.action_code.unwrap_or_else(Digits::none);
        let is_first = self.tries.is_first(said.action_transaction, &digits, now);
        Ok(is_first.then(|| DeviceReport::Typed {
            code: digits.code(),
            transaction: said.action_transaction.unwrap_or(UNNUMBERED),
        }))
    }

    /// Gives the panel something to show after it, or its bridge, started.
    pub(crate) fn seed(&mut self, prefix: &str, friendly: &str) -> Result<Outgoing, Unwritable> {
        self.panel = Panel::Idle;
        set(prefix, friendly, IDLE)
    }

    /// Answers a try, and then tells the panel what to show: a refusal while
    /// it counts down changes nothing there.
    pub(crate) fn answer(
        &mut self,
        prefix: &str,
        friendly: &str,
        transaction: u64,
        answer: KeypadAnswer,
    ) -> Result<Vec<Outgoing>, Unwritable> {
        let mode = match answer {
            KeypadAnswer::Accepted => "disarm",
            KeypadAnswer::Refused => "invalid_code",
        };
        let reply = ArmMode::Reply { transaction, mode };
        let reply = (transaction != UNNUMBERED).then(|| set(prefix, friendly, reply));
        if answer == KeypadAnswer::Accepted {
            self.panel = Panel::Idle;
        }
        let status = match self.panel {
            Panel::Idle => Some(set(prefix, friendly, IDLE)),
            Panel::Sounding => None,
        };
        reply.into_iter().chain(status).collect()
    }

    /// Makes the panel sound or be quiet.
    pub(crate) fn tone(
        &mut self,
        prefix: &str,
        friendly: &str,
        tone: Tone,
    ) -> Result<Vec<Outgoing>, Unwritable> {
        let (panel, mode) = match tone {
            Tone::Countdown { seconds } => (Panel::Sounding, countdown(seconds)),
            // Not `in_alarm`: that sets off sirens, and a parcel that takes
            // long to put down is no burglary.
            Tone::HeldOpen => (Panel::Sounding, countdown(LONGEST_DELAY_S)),
            Tone::Quiet => (Panel::Idle, IDLE),
        };
        self.panel = panel;
        set(prefix, friendly, mode).map(|one| vec![one])
    }
}

fn countdown(delay: u8) -> ArmMode {
    ArmMode::Countdown { mode: "entry_delay", delay, audiblenotif: 1 }
}

fn set(prefix: &str, friendly: &str, arm_mode: ArmMode) -> Result<Outgoing, Unwritable> {
    outgoing(&format!("{prefix}{friendly}/set"), &Set { arm_mode })
}
