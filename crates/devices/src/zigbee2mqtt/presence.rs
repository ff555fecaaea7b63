//! Who is there, in the words of `bridge/state` and `<name>/availability`.

use doorward_core::device::DeviceReport;
use serde::Deserialize;

use crate::parse;
use crate::speech::Malformed;

/// The most bytes of such a message.
const MAX_PAYLOAD_BYTES: usize = 4096;

/// Whether a bridge or device is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Nobody said.
    Unsaid,
    /// It is there.
    Online,
    /// It is gone.
    Offline,
}

#[derive(Deserialize)]
struct State {
    state: String,
}

impl Presence {
    /// Reads `{"state":"online"}`, or the plain word that older bridges send.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, Malformed> {
        let text = parse::text(payload, MAX_PAYLOAD_BYTES)?.trim();
        if let Ok(presence) = Self::from_word(text) {
            return Ok(presence);
        }
        let state: State = parse::object(text)?;
        Self::from_word(&state.state)
    }

    fn from_word(word: &str) -> Result<Self, Malformed> {
        match word {
            "online" => Ok(Self::Online),
            "offline" => Ok(Self::Offline),
            _ => Err(Malformed::WrongType),
        }
    }

    /// Tells whether it may be there: nobody called it gone.
    pub(crate) fn may_be_there(self) -> bool {
        match self {
            Self::Unsaid | Self::Online => true,
            Self::Offline => false,
        }
    }

    pub(crate) fn report(self) -> Option<DeviceReport> {
        match self {
            Self::Unsaid => None,
            Self::Online => Some(DeviceReport::Online),
            Self::Offline => Some(DeviceReport::Offline),
        }
    }
}
