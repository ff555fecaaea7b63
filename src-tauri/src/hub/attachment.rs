//! How the window stands to its hub.

use std::sync::Arc;
use std::time::Duration;

use doorward_api::{Client, ClientError};
use serde::Serialize;
use tokio::time::timeout;

use super::Hub;
use super::program::{self, NoProgram};
use crate::elsewhere::Elsewhere;
use crate::words;

/// How long a hub may take to say how it is, before it is called slow.
const LOOK_TIME: Duration = Duration::from_secs(5);

/// The longest version that is shown, in letters.
const LONGEST_VERSION: usize = 40;

/// How this window stands to its hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum Attachment {
    /// It answers.
    Attached {
        /// Its version.
        version: String,
        /// Whether that is this program's own.
        same_version: bool,
    },
    /// It takes longer than it should.
    Slow,
    /// There is one, and it does not run.
    Stopped,
    /// There is one, and it is another user's.
    Foreign {
        /// Where its state lies. Nobody can see from outside whether there is a hub in it.
        folder: String,
        /// Whether this user may have one beside it.
        can_set_up: bool,
    },
    /// There is one of the system, and this user is not in its group.
    Closed {
        /// Whether this user may have one beside it.
        can_set_up: bool,
    },
    /// Something answers that is no hub, or none that this program understands.
    Strange {
        /// What is odd about it.
        why: String,
    },
    /// It is on another machine, and cannot be reached there.
    Away {
        /// What keeps it away.
        why: String,
    },
    /// It is on another machine, and what was remembered of it cannot be read.
    Lost {
        /// Why.
        why: String,
    },
    /// There is none.
    Absent {
        /// Whether the hub's program is there to make one with.
        can_set_up: bool,
        /// Why not, if there is more to say than that it is not installed.
        #[serde(skip_serializing_if = "Option::is_none")]
        why_not: Option<String>,
    },
}

impl Attachment {
    /// Where there is no hub and nothing to make one with.
    pub(super) const NOTHING: Self = Self::Absent { can_set_up: false, why_not: None };

    /// Where there is no hub: whether this program finds what makes one.
    pub(super) fn absent() -> Self {
        match program::find() {
            Ok(_program) => Self::Absent { can_set_up: true, why_not: None },
            Err(NoProgram::Missing) => Self::NOTHING,
            Err(open @ NoProgram::Open { .. }) => {
                Self::Absent { can_set_up: false, why_not: Some(open.to_string()) }
            }
        }
    }

    /// Looks at a hub on another machine. Every address may take its time.
    pub(crate) async fn along(elsewhere: Arc<Elsewhere>) -> Self {
        match timeout(LOOK_TIME * 3, version(&Client::along(elsewhere))).await {
            Ok(Ok(version)) => Self::attached(&version),
            Ok(Err(ClientError::NoRoad(why))) => Self::Away { why: why.to_string() },
            Ok(Err(error)) => Self::strange(&error),
            Err(_late) => Self::Slow,
        }
    }

    /// Asks a hub on this computer; `None` if it takes too long.
    pub(super) async fn ask(client: &Client) -> Option<Result<Self, ClientError>> {
        let asked = timeout(LOOK_TIME, version(client)).await.ok()?;
        Some(asked.map(|version| Self::attached(&version)))
    }

    fn attached(version: &str) -> Self {
        let same_version = version == env!("CARGO_PKG_VERSION");
        Self::Attached { version: words::brief(version, LONGEST_VERSION), same_version }
    }

    /// What answered said something that no hub says, at any length.
    pub(super) fn strange(error: &ClientError) -> Self {
        Self::Strange { why: words::sentence(&error.to_string()) }
    }

    /// The lower, the more there is to this place. The hub that is shown is not left because it takes
    /// its time.
    pub(super) const fn rank(&self, is_shown: bool) -> u8 {
        match self {
            Self::Attached { .. } => 0,
            Self::Slow if is_shown => 0,
            Self::Slow => 1,
            Self::Stopped => 2,
            Self::Strange { .. } => 3,
            Self::Closed { .. } => 4,
            Self::Foreign { .. } => 5,
            Self::Away { .. } | Self::Lost { .. } => 6,
            Self::Absent { .. } => 7,
        }
    }

    /// The same, where this user may have a hub beside the one that is found, or not.
    pub(super) fn beside(self, can_set_up: bool) -> Self {
        match self {
            Self::Foreign { folder, .. } => Self::Foreign { folder, can_set_up },
            Self::Closed { .. } => Self::Closed { can_set_up },
            Self::Attached { .. }
            | Self::Slow
            | Self::Stopped
            | Self::Strange { .. }
            | Self::Away { .. }
            | Self::Lost { .. }
            | Self::Absent { .. } => self,
        }
    }
}

/// Asks a hub for no more than it says while it is sealed, too.
async fn version(client: &Client) -> Result<String, ClientError> {
    Ok(client.welcome().await?.version)
}

/// Says how this window stands to its hub.
#[tauri::command]
pub(crate) async fn attachment(hub: tauri::State<'_, Hub>) -> Result<Attachment, String> {
    Ok(hub.look().await)
}
