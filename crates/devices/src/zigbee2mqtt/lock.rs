//! A lock behind Zigbee2MQTT.
//!
//! `state` knows two words, LOCK and UNLOCK, and says UNLOCK of a bolt that is
//! stuck half-way and of one whose place the lock does not know. `lock_state`
//! tells those apart, so it comes first; a lock that uses it and leaves it out
//! does not know. Only for a lock that never used it does `state` speak.
//!
//! `action`, `action_source_name`, `last_unlock_source` and their like tell of
//! events, late and sometimes without any movement: they are not read.

use doorward_core::device::Motion;
use doorward_core::door::Bolt;
use serde::{Deserialize, Serialize};

use crate::parse::{self, said};
use crate::speech::{Malformed, Outgoing, Unwritable, outgoing};

/// What must be remembered of a lock.
#[derive(Default)]
pub(crate) struct Lock {
    detail: Detail,
}

/// How much a lock tells of its bolt.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// `lock_state` was never seen.
    #[default]
    StateOnly,
    /// It was seen at least once.
    LockState,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default, deserialize_with = "said")]
    lock_state: Option<Option<String>>,
    state: Option<String>,
}

#[derive(Serialize)]
struct Set {
    state: &'static str,
}

impl Lock {
    /// Reads where the bolt is, if the message tells.
    pub(crate) fn read(&mut self, text: &str) -> Result<Option<Bolt>, Malformed> {
        let said: Said = parse::object(text)?;
        if let Some(lock_state) = said.lock_state {
            self.detail = Detail::LockState;
            return Ok(Some(bolt_of_lock_state(lock_state.as_deref())));
        }
        Ok(said.state.map(|state| self.bolt_of_state(&state)))
    }

    fn bolt_of_state(&self, state: &str) -> Bolt {
        match (self.detail, state) {
            (Detail::StateOnly, "LOCK") => Bolt::Thrown,
            (Detail::StateOnly, "UNLOCK") => Bolt::Retracted,
            (Detail::StateOnly | Detail::LockState, _) => Bolt::Unknown,
        }
    }
}

fn bolt_of_lock_state(word: Option<&str>) -> Bolt {
    match word {
        Some("locked") => Bolt::Thrown,
        Some("unlocked") => Bolt::Retracted,
        Some("not_fully_locked") => Bolt::Jammed,
        Some(_) | None => Bolt::Unknown,
    }
}

/// Tells a lock to move its bolt.
pub(crate) fn set(prefix: &str, friendly: &str, motion: Motion) -> Result<Outgoing, Unwritable> {
    let state = match motion {
        Motion::Retract => "UNLOCK",
        Motion::Throw => "LOCK",
    };
    outgoing(&format!("{prefix}{friendly}/set"), &Set { state })
}

/// Tells a lock nothing: Zigbee2MQTT sets what an object names, and this one
/// names nothing.
pub(crate) fn idle_command(prefix: &str, friendly: &str) -> Result<Outgoing, Unwritable> {
    #[derive(Serialize)]
    struct Nothing {}
    outgoing(&format!("{prefix}{friendly}/set"), &Nothing {})
}

/// Asks a lock where its bolt is. Only for `state`: asking for PINs without
/// naming one would walk through every slot and drain the battery.
pub(crate) fn ask(prefix: &str, friendly: &str) -> Result<Outgoing, Unwritable> {
    outgoing(&format!("{prefix}{friendly}/get"), &Set { state: "" })
}
