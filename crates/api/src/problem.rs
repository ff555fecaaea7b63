//! Errors on the wire: one form for all of them, RFC 9457
//! `application/problem+json`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The media type of a [`Problem`].
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a question or a wish was not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    /// What kind of problem, for programs.
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// The kind in words.
    pub title: String,
    /// The HTTP status code.
    pub status: u16,
    /// What failed, on which thing, and what the owner can do; for people.
    pub detail: String,
}

impl Problem {
    /// Makes a problem of a kind; `detail` is what people read.
    #[must_use]
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, title: kind.title().to_owned(), status: kind.status(), detail: detail.into() }
    }
}

/// A kind of problem. On the wire it is a reference, `/problems/not-found`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum ProblemKind {
    /// The request cannot be understood, or a value in it breaks a rule.
    #[serde(rename = "/problems/invalid")]
    Invalid,
    /// The asker may not ask this.
    #[serde(rename = "/problems/forbidden")]
    Forbidden,
    /// Nobody is logged in, or not any more: sign a challenge.
    #[serde(rename = "/problems/signed-out")]
    SignedOut,
    /// The signature or the PIN is not right, or the PIN rests.
    #[serde(rename = "/problems/not-proven")]
    NotProven,
    /// Too often in too short a time.
    #[serde(rename = "/problems/too-many")]
    TooMany,
    /// The hub has no household yet: its setup link names the first one.
    #[serde(rename = "/problems/unclaimed")]
    Unclaimed,
    /// The hub does not go by the name under which it was asked.
    #[serde(rename = "/problems/misdirected")]
    Misdirected,
    /// There is no such thing.
    #[serde(rename = "/problems/not-found")]
    NotFound,
    /// It clashes with what is: a name is taken, a door is busy.
    #[serde(rename = "/problems/conflict")]
    Conflict,
    /// The house's rules forbid it.
    #[serde(rename = "/problems/refused")]
    Refused,
    /// The request is larger than the hub takes.
    #[serde(rename = "/problems/too-large")]
    TooLarge,
    /// The answer took too long.
    #[serde(rename = "/problems/timeout")]
    TimedOut,
    /// The hub has no root key yet: `unseal` it first.
    #[serde(rename = "/problems/sealed")]
    Sealed,
    /// It is not this hub's passphrase.
    #[serde(rename = "/problems/wrong-passphrase")]
    WrongPassphrase,
    /// It could not be written down, so it was not done.
    #[serde(rename = "/problems/not-recorded")]
    NotRecorded,
    /// A device or camera that is needed cannot be reached.
    #[serde(rename = "/problems/unavailable")]
    Unavailable,
    /// The hub failed; its own log says more.
    #[serde(rename = "/problems/internal")]
    Internal,
}

impl ProblemKind {
    /// Returns the kind in words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Invalid => "the request is not valid",
            Self::Forbidden => "not allowed",
            Self::SignedOut => "not logged in",
            Self::NotProven => "not proven",
            Self::TooMany => "too many tries",
            Self::Unclaimed => "the hub has no household",
            Self::Misdirected => "wrong address",
            Self::NotFound => "no such thing",
            Self::Conflict => "it clashes with what is",
            Self::Refused => "the rules forbid it",
            Self::TooLarge => "the request is too large",
            Self::TimedOut => "it took too long",
            Self::Sealed => "the hub is sealed",
            Self::WrongPassphrase => "wrong passphrase",
            Self::NotRecorded => "it could not be written down",
            Self::Unavailable => "not reachable",
            Self::Internal => "the hub failed",
        }
    }

    /// Returns the HTTP status code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::SignedOut => 401,
            Self::Forbidden | Self::NotProven | Self::WrongPassphrase => 403,
            Self::TooMany => 429,
            Self::Misdirected => 421,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Refused => 422,
            Self::TooLarge => 413,
            Self::TimedOut => 504,
            Self::Sealed | Self::Unclaimed | Self::Unavailable => 503,
            Self::NotRecorded => 507,
            Self::Internal => 500,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_members_that_rfc_9457_names() {
        let json = serde_json::to_value(Problem::new(ProblemKind::NotFound, "no door x")).unwrap();
        let expected = serde_json::json!({
            "type": "/problems/not-found",
            "title": "no such thing",
            "status": 404,
            "detail": "no door x",
        });
        assert_eq!(json, expected);
    }
}
