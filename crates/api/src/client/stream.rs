//! Answers that are read piece by piece: notices, sealed segments and backups.

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::{Method, Response};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::transport::{ANSWER_TIME, Payload};
use super::{Client, ClientError};
use crate::id::RecordingId;
use crate::notice::Notice;
use crate::path;

/// The longest line that can be a notice.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// Notices as they come; ends when the hub stops.
pub struct Notices {
    body: Incoming,
    read: Vec<u8>,
}

/// A sealed segment or a backup on its way: an age file.
pub struct SealedDownload {
    body: Incoming,
}

impl Client {
    /// Listens to what the people of the house are told.
    ///
    /// # Errors
    /// If the hub cannot be asked, or refuses.
    pub async fn notices(&self) -> Result<Notices, ClientError> {
        let answer = self.open(Method::GET, path::EVENTS, Payload::Empty).await?;
        Ok(Notices { body: answer.into_body(), read: Vec::new() })
    }

    /// Begins to download one sealed segment.
    ///
    /// # Errors
    /// If the hub cannot be asked, or refuses.
    pub async fn segment(
        &self,
        recording: RecordingId,
        sequence: u32,
    ) -> Result<SealedDownload, ClientError> {
        let path = path::fill(path::SEGMENT, &[&recording, &sequence]);
        let answer = self.open(Method::GET, &path, Payload::Empty).await?;
        Ok(SealedDownload::of(answer))
    }

    /// Has a backup sealed and begins to download it.
    ///
    /// # Errors
    /// If the hub cannot be asked, or refuses.
    pub async fn backup(&self) -> Result<SealedDownload, ClientError> {
        let answer = self.open(Method::POST, path::BACKUP, Payload::Empty).await?;
        Ok(SealedDownload::of(answer))
    }
}

impl Notices {
    /// Waits for the next notice; `None` when the hub ends the stream.
    ///
    /// # Errors
    /// If the connection breaks, a line makes no sense, or the hub says nothing for so long that it
    /// hangs: in a quiet house it sends an empty line four times a minute.
    pub async fn next(&mut self) -> Result<Option<Notice>, ClientError> {
        loop {
            if let Some(line) = self.take_line() {
                return serde_json::from_slice(&line).map(Some).map_err(ClientError::NotUnderstood);
            }
            if self.read.len() > MAX_LINE_BYTES {
                return Err(ClientError::TooLong);
            }
            let frame = timeout(ANSWER_TIME, self.body.frame());
            match frame.await.map_err(|_| ClientError::TooSlow)? {
                Some(frame) => self.read.extend(frame?.into_data().unwrap_or_default()),
                None => return Ok(None),
            }
        }
    }

    /// Takes the first whole line that says something. The hub sends empty ones to
    /// see whether anybody still listens.
    fn take_line(&mut self) -> Option<Vec<u8>> {
        while let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.read.drain(..=end).collect();
            if line.len() > 1 {
                return Some(line);
            }
        }
        None
    }
}

impl SealedDownload {
    pub(super) fn of(answer: Response<Incoming>) -> Self {
        Self { body: answer.into_body() }
    }

    /// How long it is, as the hub says.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// Writes the file to `target` as it comes; returns how many bytes it has.
    ///
    /// # Errors
    /// If the connection breaks, `max_bytes` is passed, or `target` cannot be
    /// written to.
    pub async fn write_to(
        mut self,
        target: &mut (impl AsyncWrite + Unpin),
        max_bytes: u64,
    ) -> Result<u64, ClientError> {
        let mut written = 0;
        while let Some(frame) =
            timeout(ANSWER_TIME, self.body.frame()).await.map_err(|_| ClientError::TooSlow)?
        {
            let piece = frame?.into_data().unwrap_or_default();
            written += piece.len() as u64;
            if written > max_bytes {
                return Err(ClientError::TooLong);
            }
            target.write_all(&piece).await.map_err(ClientError::Write)?;
        }
        // Only this tells what became of the last piece, for which a disk may have had no room.
        target.flush().await.map_err(ClientError::Write)?;
        Ok(written)
    }

    /// Reads the file into memory.
    ///
    /// # Errors
    /// As [`Self::write_to`].
    pub async fn into_vec(self, max_bytes: u64) -> Result<Vec<u8>, ClientError> {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes, max_bytes).await?;
        Ok(bytes)
    }
}
