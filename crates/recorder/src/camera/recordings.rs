//! Running recordings of one camera, and the task that stores each of them.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use doorward_core::ids::{CameraName, RecordingId};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tracing::warn;

use super::Surroundings;
use crate::disk::{RecordingFolder, StorageError, StoredSegment};
use crate::event::{GapCause, RecorderEvent, SealedSegment};
use crate::fault::CameraFault;
use crate::media::{Fragment, PictureKind, Ticks};
use crate::mp4::{fragment_head, initialization, tracks};
use crate::seal::RecordingRecipient;

/// How many fragments may wait for the disk: half a minute of video. What comes
/// then is dropped and told; a camera is never made to wait for a disk.
const PIECE_BACKLOG: usize = 16;

/// How many notes may wait for that queue.
const MOST_UNSENT: usize = 32;

/// What a recording is made of, in order.
enum Piece {
    Fragment(Arc<Fragment>),
    Gap { cause: GapCause, since: Timestamp },
    Resumed { at: Timestamp },
}

/// The pump's hold on a running recording.
pub(super) struct ActiveRecording {
    pieces: mpsc::Sender<Piece>,
    /// Notes that found the queue full; they go before anything else.
    unsent: VecDeque<Piece>,
    /// Nothing before a keyframe can be decoded.
    needs_keyframe: bool,
    gap: Option<GapCause>,
}

impl ActiveRecording {
    /// Begins a recording and starts its task.
    pub(super) fn begin(
        recording: RecordingId,
        camera: &CameraName,
        recipient: RecordingRecipient,
        around: &Surroundings,
    ) -> Self {
        let (pieces, receiver) = mpsc::channel(PIECE_BACKLOG);
        let camera = camera.clone();
        let events = around.events.clone();
        let folder = Arc::clone(&around.folder);
        let storing = Storing { recording, recipient, folder, open: None, zero: None };
        around.tasks.spawn(Writer { camera, events, storing }.run(receiver));
        Self { pieces, unsent: VecDeque::new(), needs_keyframe: true, gap: None }
    }

    /// Takes in a fragment, unless it cannot be decoded or the disk is behind.
    pub(super) fn push(&mut self, fragment: &Arc<Fragment>) {
        if self.needs_keyframe && fragment.opening() == PictureKind::Dependent {
            return;
        }
        if self.gap == Some(GapCause::DiskTooSlow) && self.has_room() {
            self.resumed(fragment.starts_at);
        }
        self.send_notes();
        let piece = Piece::Fragment(Arc::clone(fragment));
        let taken = self.unsent.is_empty() && self.pieces.try_send(piece).is_ok();
        self.needs_keyframe = !taken;
        if !taken {
            self.lost(GapCause::DiskTooSlow, fragment.starts_at);
        }
    }

    /// Notes that pictures are missing since `since`; once per gap.
    fn lost(&mut self, cause: GapCause, since: Timestamp) {
        if self.gap.is_none() {
            self.gap = Some(cause);
            self.tell(Piece::Gap { cause, since });
        }
    }

    /// Follows the camera's condition.
    pub(super) fn camera_is(&mut self, fault: Option<CameraFault>, at: Timestamp) {
        match (fault, self.gap) {
            (Some(fault), None) => self.lost(GapCause::Camera(fault), at),
            (None, Some(GapCause::Camera(_))) => self.resumed(at),
            (Some(_) | None, _) => {}
        }
    }

    fn resumed(&mut self, at: Timestamp) {
        self.gap = None;
        self.tell(Piece::Resumed { at });
    }

    /// Says whether the queue takes the notes that wait, one more and a fragment.
    fn has_room(&self) -> bool {
        self.pieces.capacity() > self.unsent.len() + 1
    }

    /// Hands a note to the writer, in order with the fragments. Behind a disk
    /// that is stuck for minutes notes are dropped, as fragments are: the gap
    /// that it caused has been noted long before.
    fn tell(&mut self, note: Piece) {
        if self.unsent.len() < MOST_UNSENT {
            self.unsent.push_back(note);
        }
        self.send_notes();
    }

    fn send_notes(&mut self) {
        while let Ok(place) = self.pieces.try_reserve() {
            match self.unsent.pop_front() {
                Some(note) => place.send(note),
                None => return,
            }
        }
    }
}

/// The task of one recording.
struct Writer {
    camera: CameraName,
    events: mpsc::Sender<RecorderEvent>,
    storing: Storing,
}

impl Writer {
    async fn run(mut self, mut pieces: mpsc::Receiver<Piece>) {
        let recording = self.storing.recording;
        let mut segments = 0;
        let mut ends_at = None;
        let mut failing = false;
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Fragment(fragment) => match self.store(&fragment).await {
                    Ok(stored) => {
                        segments += 1;
                        ends_at = Some(end_of(&fragment));
                        if std::mem::take(&mut failing) {
                            self.resumed(fragment.starts_at).await;
                        }
                        self.sealed(&fragment, stored).await;
                    }
                    Err(error) => {
                        self.failed(&error, fragment.starts_at, failing).await;
                        failing = true;
                    }
                },
                Piece::Gap { cause, since } => self.gap(cause, since).await,
                Piece::Resumed { at } => self.resumed(at).await,
            }
        }
        self.tell(RecorderEvent::RecordingClosed { recording, segments, ends_at }).await;
    }

    /// Stores a fragment on a thread that may wait for the disk.
    async fn store(&mut self, fragment: &Arc<Fragment>) -> Result<StoredSegment, StorageError> {
        let mut storing = self.storing.take();
        let fragment = Arc::clone(fragment);
        let stored = spawn_blocking(move || {
            let stored = storing.store(&fragment);
            (storing, stored)
        });
        match stored.await {
            Ok((storing, stored)) => {
                self.storing = storing;
                stored
            }
            Err(error) => Err(StorageError::Io {
                step: "write a segment",
                source: std::io::Error::other(error),
            }),
        }
    }

    async fn sealed(&self, fragment: &Fragment, stored: StoredSegment) {
        self.tell(RecorderEvent::SegmentSealed(SealedSegment {
            recording: self.storing.recording,
            camera: self.camera.clone(),
            sequence: stored.sequence,
            starts_at: fragment.starts_at,
            duration_ms: fragment.duration_ms(),
            bytes: stored.bytes,
            sha256: stored.sha256,
        }))
        .await;
    }

    async fn failed(&self, error: &StorageError, since: Timestamp, failing: bool) {
        let recording = self.storing.recording;
        let cause = error.cause();
        warn!(%recording, ?cause, "segment not stored");
        self.tell(RecorderEvent::StorageFailed { recording, cause }).await;
        if !failing {
            self.gap(GapCause::Storage(cause), since).await;
        }
    }

    async fn gap(&self, cause: GapCause, since: Timestamp) {
        let (recording, camera) = (self.storing.recording, self.camera.clone());
        self.tell(RecorderEvent::RecordingGap { recording, camera, cause, since }).await;
    }

    async fn resumed(&self, at: Timestamp) {
        let (recording, camera) = (self.storing.recording, self.camera.clone());
        self.tell(RecorderEvent::RecordingResumed { recording, camera, at }).await;
    }

    /// Waits until the hub has room: what is on the disk must be indexed. A hub
    /// that is gone finds it at its next sweep.
    async fn tell(&self, event: RecorderEvent) {
        let _hub_is_gone = self.events.send(event).await;
    }
}

fn end_of(fragment: &Fragment) -> Timestamp {
    let ms = i64::try_from(fragment.duration_ms()).unwrap_or(0);
    fragment
        .starts_at
        .checked_add(jiff::SignedDuration::from_millis(ms))
        .unwrap_or(fragment.starts_at)
}

/// The blocking half of a recording.
struct Storing {
    recording: RecordingId,
    recipient: RecordingRecipient,
    folder: Arc<Path>,
    open: Option<RecordingFolder>,
    /// Where the recording's time starts on its camera's line.
    zero: Option<Ticks>,
}

impl Storing {
    /// Lends itself to a blocking thread. What stays behind can begin again,
    /// should that thread panic.
    fn take(&mut self) -> Self {
        Self {
            recording: self.recording,
            recipient: self.recipient.clone(),
            folder: Arc::clone(&self.folder),
            open: self.open.take(),
            zero: self.zero,
        }
    }

    fn store(&mut self, fragment: &Fragment) -> Result<StoredSegment, StorageError> {
        let mut folder = match self.open.take() {
            Some(open) => open,
            None => RecordingFolder::open(&self.folder, self.recording)?,
        };
        let zero = *self.zero.get_or_insert(fragment.starts);
        let stored = store_fragment(&mut folder, &self.recipient, fragment, zero);
        self.open = Some(folder);
        stored
    }
}

fn store_fragment(
    folder: &mut RecordingFolder,
    recipient: &RecordingRecipient,
    fragment: &Fragment,
    zero: Ticks,
) -> Result<StoredSegment, StorageError> {
    let head = initialization(&tracks(&fragment.parameters), fragment.starts_at);
    let moof = fragment_head(fragment, folder.next_sequence().0, zero);
    let samples = fragment.video.iter().map(|sample| &sample.data);
    let samples = samples.chain(moof.sound_of(fragment));
    folder.store(recipient, fragment.starts_at, |w| {
        w.write_all(&head)?;
        w.write_all(&moof.bytes)?;
        samples.into_iter().try_for_each(|data| w.write_all(data))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{picture, stream_parameters};

    fn fragment(kind: PictureKind) -> Arc<Fragment> {
        Arc::new(Fragment {
            parameters: Arc::new(stream_parameters(640)),
            video: vec![picture(kind, 0, 10)],
            audio: Vec::new(),
            starts: Ticks(0),
            ends: Ticks(0).plus_ms(40),
            starts_at: Timestamp::UNIX_EPOCH,
        })
    }

    fn drain(pieces: &mut mpsc::Receiver<Piece>) -> String {
        let letter = |piece| match piece {
            Piece::Fragment(_) => 'F',
            Piece::Gap { cause: GapCause::DiskTooSlow, .. } => 'D',
            Piece::Gap { .. } => 'G',
            Piece::Resumed { .. } => 'R',
        };
        std::iter::from_fn(|| pieces.try_recv().ok()).map(letter).collect()
    }

    fn recording(backlog: usize) -> (ActiveRecording, mpsc::Receiver<Piece>) {
        let (pieces, receiver) = mpsc::channel(backlog);
        let unsent = VecDeque::new();
        (ActiveRecording { pieces, unsent, needs_keyframe: true, gap: None }, receiver)
    }

    #[test]
    fn a_recording_starts_with_a_keyframe() {
        let (mut active, mut pieces) = recording(4);
        active.push(&fragment(PictureKind::Dependent));
        active.push(&fragment(PictureKind::Keyframe));
        active.push(&fragment(PictureKind::Dependent));
        assert_eq!(drain(&mut pieces), "FF");
    }

    #[test]
    fn what_a_slow_disk_costs_is_told_and_goes_on_with_a_keyframe() {
        let (mut active, mut pieces) = recording(3);
        for _ in 0..5 {
            active.push(&fragment(PictureKind::Keyframe));
        }
        assert_eq!(drain(&mut pieces), "FFF");
        active.push(&fragment(PictureKind::Dependent));
        active.push(&fragment(PictureKind::Keyframe));
        active.push(&fragment(PictureKind::Dependent));
        assert_eq!(drain(&mut pieces), "DRF");
    }

    #[test]
    fn a_cameras_fault_is_told_once_and_so_is_its_end() {
        let (mut active, mut pieces) = recording(8);
        for fault in [None, Some(CameraFault::Stalled), Some(CameraFault::Unreachable), None, None]
        {
            active.camera_is(fault, Timestamp::UNIX_EPOCH);
        }
        assert_eq!(drain(&mut pieces), "GR");
    }
}
