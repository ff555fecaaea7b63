//! Access codes: giving them out, listing them, taking them back.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{CodeId, DoorName, PersonId};

/// A code to be given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewCode {
    /// Opens one door once, within a window.
    Delivery {
        /// The door.
        door: DoorName,
        /// When the courier may come.
        window: Window,
        /// Who brings it.
        #[serde(default)]
        carrier: Option<String>,
        /// The carrier's number for it.
        #[serde(default)]
        reference: Option<String>,
        /// Where to put the parcel.
        #[serde(default)]
        instructions: Option<String>,
    },
    /// Opens on days and hours.
    Guest {
        /// Who comes.
        name: String,
        /// The doors.
        doors: Vec<DoorName>,
        /// When the guest may come.
        schedule: Schedule,
        /// How often, if limited.
        #[serde(default)]
        uses: Option<u32>,
    },
    /// For an emergency: always opens its doors and always alarms.
    BreakGlass {
        /// The doors.
        doors: Vec<DoorName>,
    },
    /// Opens like the code it resembles, and tells silently.
    Duress {
        /// The code it resembles.
        resembles: CodeId,
    },
}

/// From when until when; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// When a guest may come; local time at the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// On these days of the week; at least one.
    pub days: Vec<Day>,
    /// From this hour on.
    #[schema(value_type = String, example = "09:00:00")]
    pub from: Time,
    /// Until this hour, which is not part of it. At or before `from` it means the
    /// next day.
    #[schema(value_type = String, example = "09:00:00")]
    pub until: Time,
    /// From this date on, if set.
    #[serde(default)]
    pub first: Option<Date>,
    /// Up to and including this date, if set.
    #[serde(default)]
    pub last: Option<Date>,
}

/// A day of the week.
#[expect(missing_docs, reason = "days of the week need no explanation")]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// A code that was given out. This is the only time its digits are shown.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct IssuedCode {
    /// The code.
    pub code: CodeView,
    /// Its eight digits, as typed: without a space.
    #[serde(with = "crate::secret")]
    #[schema(value_type = String)]
    pub digits: SecretString,
}

/// A code as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CodeView {
    /// Its number.
    pub id: CodeId,
    /// The doors it opens.
    pub doors: Vec<DoorName>,
    /// When it was given out.
    pub issued_at: Timestamp,
    /// The person who gave it out; absent if it was given out at the hub's own machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_by: Option<PersonId>,
    /// What kind of code it is, with what that kind needs.
    pub terms: CodeTerms,
    /// What is left of it.
    pub state: CodeState,
}

/// What kind of code it is, with what that kind needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CodeTerms {
    /// See [`NewCode::Delivery`].
    Delivery {
        /// When the courier may come.
        window: Window,
        /// Who brings it.
        carrier: Option<String>,
        /// The carrier's number for it.
        reference: Option<String>,
        /// Where to put the parcel.
        instructions: Option<String>,
    },
    /// See [`NewCode::Guest`].
    Guest {
        /// Who comes; absent once erased.
        name: Option<String>,
        /// When the guest may come.
        schedule: Schedule,
        /// How often it still opens; without a limit if absent.
        uses_left: Option<u32>,
    },
    /// See [`NewCode::BreakGlass`].
    BreakGlass,
    /// See [`NewCode::Duress`].
    Duress {
        /// The code it resembles.
        resembles: CodeId,
    },
}

impl CodeTerms {
    /// Returns the kind's name.
    #[must_use]
    pub const fn kind(&self) -> CodeKind {
        match self {
            Self::Delivery { .. } => CodeKind::Delivery,
            Self::Guest { .. } => CodeKind::Guest,
            Self::BreakGlass => CodeKind::BreakGlass,
            Self::Duress { .. } => CodeKind::Duress,
        }
    }
}

/// A kind of code, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeKind {
    /// See [`NewCode::Delivery`].
    Delivery,
    /// See [`NewCode::Guest`].
    Guest,
    /// See [`NewCode::BreakGlass`].
    BreakGlass,
    /// See [`NewCode::Duress`].
    Duress,
}

/// What is left of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeState {
    /// Its time lies ahead.
    Waiting,
    /// It opens, or will at its next hour.
    Live,
    /// It opens nothing until it is taken up again.
    Paused,
    /// It has opened as often as it may.
    Spent,
    /// Its time is over.
    Expired,
    /// The owner took it back.
    Cancelled,
}

/// Which codes to list, or which kind a code is believed to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeFilter {
    /// Only this kind. Taking back a code of another kind answers `not found`, so
    /// that a mistyped number hits nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CodeKind>,
}
