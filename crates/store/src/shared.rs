//! What the store and those who read beside it have in common.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::connect::{Claim, Place};
use crate::error::OpenError;
use crate::keys::StoreKeys;
use crate::log::checkpoint::LogKey;

/// Where the database is, the log's key, and whether something is still to be scrubbed.
pub(crate) struct Shared {
    pub(crate) place: Place,
    pub(crate) log_key: LogKey,
    scrub_due: AtomicBool,
}

impl Shared {
    /// Takes the database for this process alone.
    pub(crate) fn claim(path: &Path, keys: StoreKeys) -> Result<(Self, Claim), OpenError> {
        let log_key = LogKey::new(keys.signing_key());
        let place = Place { path: path.to_owned(), keys: Arc::new(keys) };
        let claim = Claim::take(&place)?;
        let shared = Self { place, log_key, scrub_due: AtomicBool::new(false) };
        Ok((shared, claim))
    }

    /// Says whether erased bytes may still stand in the WAL.
    pub(crate) fn scrub_due(&self) -> bool {
        self.scrub_due.load(Ordering::Relaxed)
    }

    /// Notes whether they may.
    pub(crate) fn set_scrub_due(&self, due: bool) {
        self.scrub_due.store(due, Ordering::Relaxed);
    }
}
