//! What a device of our own dialect is told.

use doorward_core::device::{DeviceOrder, KeypadAnswer, LockCommand, Motion, Tone};
use serde::Serialize;

use crate::speech::{Outgoing, Unwritable, outgoing};

#[derive(Serialize)]
struct LockSet {
    bolt: &'static str,
    /// Text, since not every JSON reader keeps 64 bits of a number.
    id: String,
    /// Whole seconds, rounded down: simpler to read on a small chip, and never
    /// later than meant.
    expires: String,
}

#[derive(Serialize)]
struct Answer {
    seq: u64,
    answer: &'static str,
}

#[derive(Serialize)]
struct Countdown {
    countdown_s: u8,
}

#[derive(Serialize)]
struct Sound {
    tone: &'static str,
}

/// Writes an order for the device whose topics begin with `prefix`.
pub(crate) fn write(prefix: &str, order: &DeviceOrder) -> Result<Vec<Outgoing>, Unwritable> {
    let answer_topic = || format!("{prefix}keypad/answer");
    let message = match order {
        DeviceOrder::Move(command) => outgoing(&format!("{prefix}lock/set"), &lock_set(command)),
        // What a lock said last is retained, and it says it again whenever it
        // connects.
        DeviceOrder::ReportBolt => return Ok(Vec::new()),
        DeviceOrder::Answer { transaction, answer } => {
            outgoing(&answer_topic(), &verdict(*transaction, *answer))
        }
        DeviceOrder::Tone(Tone::Countdown { seconds }) => {
            outgoing(&answer_topic(), &Countdown { countdown_s: *seconds })
        }
        DeviceOrder::Tone(Tone::HeldOpen) => {
            outgoing(&answer_topic(), &Sound { tone: "held_open" })
        }
        DeviceOrder::Tone(Tone::Quiet) => outgoing(&answer_topic(), &Countdown { countdown_s: 0 }),
    };
    message.map(|one| vec![one])
}

/// Writes a command to lock that expired at the beginning of time as chips count
/// it: even a lock whose clock was never set passes it over, and one that does
/// not look at the expiry locks.
pub(crate) fn idle_command(prefix: &str) -> Result<Outgoing, Unwritable> {
    let long_over =
        LockSet { bolt: "throw", id: "trial".into(), expires: "1970-01-01T00:00:00Z".into() };
    outgoing(&format!("{prefix}lock/set"), &long_over)
}

fn lock_set(command: &LockCommand) -> LockSet {
    LockSet {
        bolt: match command.motion {
            Motion::Retract => "retract",
            Motion::Throw => "throw",
        },
        id: command.id.to_string(),
        expires: command.expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

fn verdict(seq: u64, answer: KeypadAnswer) -> Answer {
    Answer {
        seq,
        answer: match answer {
            KeypadAnswer::Accepted => "accepted",
            KeypadAnswer::Refused => "refused",
        },
    }
}
