//! Erasing: the key first, and once that is on the disk, the files.
//!
//! Whoever asked may go away in the middle, and the machine may stop: files whose
//! key is gone open to nobody, and the next start removes them.

use doorward_core::entry::Actor;
use doorward_core::ids::{EntryId, RecordingId};
use doorward_core::io::{OwnerRequest, Refusal};
use doorward_recorder::Library;
use doorward_recorder::disk::PruneError;
use tokio::task::JoinError;
use tracing::info;

use super::mail::{Mailbox, Stopping};

/// Erases recordings and entries.
#[derive(Clone)]
pub(super) struct Eraser {
    pub(super) mailbox: Mailbox,
    pub(super) library: Library,
}

/// Why something was not erased, or not wholly.
#[derive(Debug, thiserror::Error)]
pub(super) enum EraseError {
    #[error(transparent)]
    Stopping(#[from] Stopping),
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The next start removes them.
    #[error("the key is erased, the files are not")]
    Files(#[from] PruneError),
    #[error("the key is erased, the files may not be")]
    Died(#[from] JoinError),
}

impl Eraser {
    /// Erases one recording, and returns once nothing is left of it.
    pub(super) async fn recording(
        &self,
        by: Actor,
        recording: RecordingId,
    ) -> Result<(), EraseError> {
        self.wish(by, OwnerRequest::EraseRecording(recording)).await?;
        self.remove_files(vec![recording]).await?;
        info!(%recording, "recording erased");
        Ok(())
    }

    /// Erases an entry together with its recordings.
    pub(super) async fn entry(
        &self,
        by: Actor,
        entry: EntryId,
        recordings: Vec<RecordingId>,
    ) -> Result<(), EraseError> {
        self.wish(by, OwnerRequest::EraseEntry(entry)).await?;
        self.remove_files(recordings).await?;
        info!(%entry, "entry erased");
        Ok(())
    }

    async fn wish(&self, by: Actor, wish: OwnerRequest) -> Result<(), EraseError> {
        self.mailbox.wish(by, wish).await??;
        Ok(())
    }

    /// Thousands of files are removed and synced on a thread that may wait.
    async fn remove_files(&self, recordings: Vec<RecordingId>) -> Result<(), EraseError> {
        let library = self.library.clone();
        let remove = move || recordings.into_iter().try_for_each(|one| library.prune(one));
        Ok(tokio::task::spawn_blocking(remove).await??)
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::io::Reply;
    use tokio::sync::mpsc;

    use super::super::mail::Mail;
    use super::*;

    /// An eraser over one recording's files, and the mailbox that it writes to.
    fn eraser() -> (tempfile::TempDir, Eraser, mpsc::Receiver<Mail>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("1")).unwrap();
        std::fs::write(folder.path().join("1/000001.mp4.age"), "sealed").unwrap();
        let (sender, mail) = mpsc::channel(4);
        let library = Library::new(folder.path().to_owned());
        (folder, Eraser { mailbox: Mailbox(sender), library }, mail)
    }

    async fn wish(
        mail: &mut mpsc::Receiver<Mail>,
    ) -> tokio::sync::oneshot::Sender<Result<Reply, Refusal>> {
        match mail.recv().await {
            Some(Mail::Wish(Actor::Hub, OwnerRequest::EraseRecording(RecordingId(1)), answer)) => {
                answer
            }
            Some(_) | None => panic!("no wish to erase recording 1"),
        }
    }

    #[tokio::test]
    async fn files_go_once_the_key_is_gone_and_not_before() {
        let (_folder, eraser, mut mail) = eraser();
        let library = eraser.library.clone();
        let erasing =
            tokio::spawn(async move { eraser.recording(Actor::Hub, RecordingId(1)).await });
        let answer = wish(&mut mail).await;
        assert_eq!(library.recordings().unwrap(), [RecordingId(1)]);
        assert!(!erasing.is_finished());
        assert!(answer.send(Ok(Reply::Done)).is_ok());
        erasing.await.unwrap().unwrap();
        assert_eq!(library.recordings().unwrap(), []);
    }

    #[tokio::test]
    async fn a_recording_that_is_filmed_keeps_its_files() {
        let (_folder, eraser, mut mail) = eraser();
        let library = eraser.library.clone();
        let erasing =
            tokio::spawn(async move { eraser.recording(Actor::Hub, RecordingId(1)).await });
        assert!(wish(&mut mail).await.send(Err(Refusal::StillFilming)).is_ok());
        let refused = erasing.await.unwrap();
        assert!(matches!(refused, Err(EraseError::Refused(Refusal::StillFilming))));
        assert_eq!(library.recordings().unwrap(), [RecordingId(1)]);
    }
}
