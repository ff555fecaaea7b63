//! Bytes on their way to a client, and how long it has been taking none.

use std::time::Instant;

use bytes::BytesMut;
use tokio::io::{AsyncWriteExt, WriteHalf};

use crate::leave::Wire;

/// Bytes on their way to the client.
#[derive(Default)]
pub(super) struct Output {
    pub(super) bytes: BytesMut,
    /// What TLS has taken may not have reached the socket.
    pub(super) unflushed: bool,
    /// When the client last took something, while there is something to take.
    pub(super) waiting_since: Option<Instant>,
    /// When something in it expires that must not come late.
    pub(super) due: Option<Instant>,
}

impl Output {
    pub(super) fn note_due(&mut self, due: Option<Instant>) {
        self.due = self.due.into_iter().chain(due).min();
    }

    pub(super) fn note_written(&mut self) {
        self.waiting_since = None;
        if !self.has_some() {
            self.due = None;
        }
    }

    pub(super) fn has_some(&self) -> bool {
        self.unflushed || !self.bytes.is_empty()
    }

    pub(super) fn note_waiting(&mut self, now: Instant) {
        if self.has_some() {
            self.waiting_since.get_or_insert(now);
        }
    }

    /// Writes some bytes. May be dropped at any await: what TLS has taken is
    /// no longer in `bytes`, and `unflushed` stays true until it is out.
    pub(super) async fn write(&mut self, writer: &mut WriteHalf<Wire>) -> std::io::Result<()> {
        self.unflushed = true;
        if !self.bytes.is_empty() && writer.write_buf(&mut self.bytes).await? == 0 {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        if self.bytes.is_empty() {
            writer.flush().await?;
            self.unflushed = false;
        }
        Ok(())
    }
}
