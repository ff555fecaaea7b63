//! What is answered when the hub itself fails: that it did, and if the disk is full, that.

use std::error::Error;
use std::io::ErrorKind;
use std::iter::successors;

use doorward_api::{Problem, ProblemKind};
use doorward_store::DatabaseError;

/// Says that the hub failed, or that its disk is full; its own log says more.
pub(in crate::daemon) fn failed<E: Error + 'static>(what: &'static str) -> impl Fn(E) -> Problem {
    move |error| {
        let error: &(dyn Error + 'static) = &error;
        tracing::error!(error, what, "a question could not be answered");
        if successors(Some(error), |&error| error.source()).any(is_full) {
            let detail = format!("{what}: the disk of the hub is full. Make room on it");
            return Problem::new(ProblemKind::NotRecorded, detail);
        }
        Problem::new(ProblemKind::Internal, format!("{what}; the hub's log says why"))
    }
}

/// Whether this, of a chain of causes, is a full disk.
pub(super) fn is_full(cause: &(dyn Error + 'static)) -> bool {
    let by_system = cause.downcast_ref::<std::io::Error>();
    let by_database = cause.downcast_ref::<DatabaseError>();
    by_system.is_some_and(|error| error.kind() == ErrorKind::StorageFull)
        || matches!(by_database, Some(DatabaseError::Full))
}

#[cfg(test)]
mod tests {
    use doorward_store::{ReadError, WriteError};

    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_from_a_fault_of_the_hubs() {
        let kind = |problem: Problem| problem.kind;
        let full = DatabaseError::Full;
        assert_eq!(kind(failed("x")(WriteError::from(full.clone()))), ProblemKind::NotRecorded);
        assert_eq!(kind(failed("x")(ReadError::from(full))), ProblemKind::NotRecorded);
        let by_system = std::io::Error::from(ErrorKind::StorageFull);
        assert_eq!(kind(failed("x")(by_system)), ProblemKind::NotRecorded);
        let damaged = WriteError::from(DatabaseError::Damaged);
        assert_eq!(kind(failed("x")(damaged)), ProblemKind::Internal);
    }
}
