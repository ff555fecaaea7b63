//! How a command can end other than well.

use anyhow::anyhow;
use doorward_api::{ClientError, ProblemKind};

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// The arguments do not fit together; says what to type instead. Exit code 2.
    Usage(String),
    /// Refused or failed. Exit code 1.
    Failed(anyhow::Error),
    /// As [`Failure::Failed`], and what was printed says all.
    Told,
}

impl Failure {
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }
}

/// What to type next, for whoever is refused in one way.
pub(super) trait Advice<T> {
    /// Ends a refusal of this kind with `advice`, a clause.
    fn or_advise(self, refused: ProblemKind, advice: &str) -> Result<T, Failure>;
}

impl<T> Advice<T> for Result<T, ClientError> {
    fn or_advise(self, refused: ProblemKind, advice: &str) -> Result<T, Failure> {
        self.map_err(|error| {
            if matches!(&error, ClientError::Problem(problem) if problem.kind == refused) {
                return Failure::Failed(anyhow!("{error}; {advice}"));
            }
            error.into()
        })
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}
