//! Somebody's wish that a restoring stop.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A wish to stop, which one thread utters and another obeys. Copies are one wish.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for it.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has been asked for.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Lets a file be read until then.
    pub(super) fn reading<R: Read>(&self, file: R) -> Stoppable<R> {
        Stoppable { file, stop: self.clone() }
    }
}

/// A file that cannot be read on once somebody has asked to stop.
pub(super) struct Stoppable<R> {
    file: R,
    stop: Stop,
}

impl<R: Read> Read for Stoppable<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_asked() {
            return Err(io::Error::other("asked to stop"));
        }
        self.file.read(into)
    }
}
