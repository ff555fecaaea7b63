//! What `doctor` finds.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Examination {
    /// In the order in which a person would look.
    pub checks: Vec<Check>,
}

impl Examination {
    /// Returns the worst verdict.
    #[must_use]
    pub fn worst(&self) -> Verdict {
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Ok)
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// What was looked at, in a word or two: `camera porch`, `disk`.
    pub name: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, in a sentence without a final stop.
    pub found: String,
    /// What the owner can do about it, if anything.
    pub advice: Option<String>,
}

/// The certificate of a client that is not the hub, to try on the locks' topics at
/// another broker.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TryBroker {
    /// The certificate and the chain up to its authority, PEM.
    pub certificate_pem: String,
    /// Its key, PEM. The hub forgets it after the trial.
    #[serde(with = "crate::secret")]
    #[schema(value_type = String)]
    pub key_pem: SecretString,
}

/// How a thing is; from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and somebody should look tomorrow.
    Warn,
    /// A promise is broken or about to be.
    Fail,
}
