//! Between the core, which wants an entry filmed, and the recorder, which films.
//!
//! One task takes orders in turn, so that a recording is never stopped before it
//! was started. The question whether a camera is live takes its time beside it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use doorward_core::batch::SegmentRecord;
use doorward_core::ids::{CameraName, EntryId, HouseholdId, RecordingId};
use doorward_core::io::{CameraFault, Input};
use doorward_recorder::disk::FoundSegment;
use doorward_recorder::{HouseholdRecipient, Recorder, RecorderEvent, RecordingKey, SealedSegment};
use doorward_store::{NewRecording, StoreHandle};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::mail::{Mailbox, Stopping};

/// How many orders may wait.
pub(super) const ORDERS: usize = 64;

/// What the core wants filmed.
pub(super) enum CameraOrder {
    Film { recording: RecordingId, entry: EntryId, household: HouseholdId, camera: CameraName },
    Stop(RecordingId),
}

/// Which recordings run; clones share one list.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Mutex<BTreeSet<RecordingId>>>);

impl Running {
    pub(crate) fn contains(&self, recording: RecordingId) -> bool {
        self.with(|all| all.contains(&recording))
    }

    fn add(&self, recording: RecordingId) {
        self.with(|all| all.insert(recording));
    }

    fn remove(&self, recording: RecordingId) {
        self.with(|all| all.remove(&recording));
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut BTreeSet<RecordingId>) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the cameras' task works with.
pub(super) struct Cameras {
    pub(super) recorder: Recorder,
    pub(super) store: StoreHandle,
    pub(super) household: HouseholdRecipient,
    pub(super) running: Running,
    pub(super) mailbox: Mailbox,
}

/// Why a recording did not start.
#[derive(Debug, thiserror::Error)]
enum NotFilming {
    #[error("the recording's key could not be sealed")]
    Key(#[from] doorward_recorder::seal::SealError),
    #[error("the recording could not be written down")]
    Row(#[from] doorward_store::WriteError),
    #[error("the camera could not be told to record")]
    Camera(#[from] doorward_recorder::StartError),
}

impl Cameras {
    /// Takes orders until the last sender is gone.
    pub(super) async fn run(self, mut orders: mpsc::Receiver<CameraOrder>) {
        while let Some(order) = orders.recv().await {
            match order {
                CameraOrder::Film { recording, entry, household, camera } => {
                    self.film(recording, entry, household, camera).await;
                }
                CameraOrder::Stop(recording) => self.stop(recording).await,
            }
        }
    }

    async fn film(
        &self,
        recording: RecordingId,
        entry: EntryId,
        household: HouseholdId,
        camera: CameraName,
    ) {
        if !self.running.contains(recording)
            && let Err(error) = self.start(recording, entry, household, &camera).await
        {
            error!(%recording, %camera, %error, "recording not started");
            return self.report(recording, Err(CameraFault::Unavailable)).await;
        }
        let (recorder, mailbox) = (self.recorder.clone(), self.mailbox.clone());
        tokio::spawn(async move {
            let live = recorder.check_live(&camera).await;
            if let Err(fault) = &live {
                warn!(%recording, %camera, %fault, "camera cannot stand witness");
            }
            let outcome = live.map(|_| ()).map_err(fault_of);
            // Nobody to tell: the hub is stopping, and nothing will unlock.
            let _ = mailbox.tell(Input::Filming(recording, outcome)).await;
        });
    }

    /// The row first: a segment whose key is not on record is lost.
    async fn start(
        &self,
        recording: RecordingId,
        entry: EntryId,
        household: HouseholdId,
        camera: &CameraName,
    ) -> Result<(), NotFilming> {
        let key = RecordingKey::generate(&self.household)?;
        let row = NewRecording {
            id: recording,
            entry,
            camera: camera.clone(),
            household,
            sealed_secret: key.sealed_secret.as_bytes().to_vec(),
            recipient: key.recipient.to_string(),
            opened_at_ms: Timestamp::now().as_millisecond(),
        };
        self.store.open_recording(row).await?;
        self.recorder.start_recording(recording, camera, key.recipient).await?;
        self.running.add(recording);
        Ok(())
    }

    async fn stop(&self, recording: RecordingId) {
        if !self.running.contains(recording) {
            return;
        }
        if let Err(error) = self.recorder.stop_recording(recording).await {
            warn!(%recording, %error, "recording had ended already");
            self.running.remove(recording);
        }
    }

    async fn report(&self, recording: RecordingId, outcome: Result<(), CameraFault>) {
        // Nobody to tell: the hub is stopping, and nothing will unlock.
        let _ = self.mailbox.tell(Input::Filming(recording, outcome)).await;
    }
}

/// Carries what the recorder reports to the core, until it has been `silenced`
/// and everything that it said before is carried.
pub(super) async fn listen(
    mut events: mpsc::Receiver<RecorderEvent>,
    mailbox: Mailbox,
    running: Running,
    silenced: CancellationToken,
) {
    loop {
        let event = tokio::select! {
            biased;
            Some(event) = events.recv() => event,
            () = silenced.cancelled() => return,
        };
        if let Some(input) = input_of(event, &running)
            && mailbox.tell(input).await == Err(Stopping)
        {
            warn!("the recorder outlives the hub; what it reports waits for the next start");
        }
    }
}

fn input_of(event: RecorderEvent, running: &Running) -> Option<Input> {
    match event {
        RecorderEvent::SegmentSealed(segment) => Some(Input::SegmentSealed(record(&segment))),
        RecorderEvent::RecordingClosed { recording, segments, .. } => {
            info!(%recording, segments, "recording closed");
            running.remove(recording);
            Some(Input::RecordingClosed(recording))
        }
        RecorderEvent::RecordingGap { recording, camera, cause, .. } => {
            warn!(%recording, %camera, ?cause, "the recording has a gap");
            Some(Input::CameraLost(camera))
        }
        RecorderEvent::RecordingResumed { recording, camera, .. } => {
            info!(%recording, %camera, "the recording goes on");
            None
        }
        RecorderEvent::CameraChanged { camera, fault } => {
            match fault {
                Some(fault) => warn!(%camera, %fault, "camera changed"),
                None => info!(%camera, "camera is well"),
            }
            None
        }
        RecorderEvent::StorageFailed { recording, cause } => {
            error!(%recording, ?cause, "a segment could not be stored");
            None
        }
    }
}

pub(super) fn record(segment: &SealedSegment) -> SegmentRecord {
    SegmentRecord {
        recording: segment.recording,
        sequence: segment.sequence.0,
        starts_at_ms: segment.starts_at.as_millisecond(),
        duration_ms: u32::try_from(segment.duration_ms).unwrap_or(u32::MAX),
        bytes: segment.bytes,
        sha256: segment.sha256,
    }
}

/// Takes up a segment that was sealed but not indexed. How long it lasts is not
/// known without opening it, which the hub cannot.
pub(super) fn adopt(found: &FoundSegment) -> SegmentRecord {
    SegmentRecord {
        recording: found.recording,
        sequence: found.sequence.0,
        starts_at_ms: found.starts_at.map_or(0, Timestamp::as_millisecond),
        duration_ms: 0,
        bytes: found.bytes,
        sha256: found.sha256,
    }
}

/// What a fault means for a door.
fn fault_of(fault: doorward_recorder::CameraFault) -> CameraFault {
    use doorward_recorder::CameraFault as Fault;
    match fault {
        Fault::Unknown
        | Fault::Unreachable
        | Fault::NotRtsp
        | Fault::NoVideo
        | Fault::Stalled
        | Fault::KeyframesTooRare => CameraFault::Unavailable,
        Fault::WrongPassword => CameraFault::Refused,
        Fault::Frozen => CameraFault::Frozen,
        Fault::Undecodable | Fault::NoVerdict => CameraFault::Unjudged,
    }
}
