//! Between the core, which wants an entry filmed, and the recorder, which films.
//!
//! One task takes orders in turn, so that a recording is never stopped before it
//! was started. The question whether a camera is live takes its time beside it.

use std::collections::BTreeMap;
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
pub(crate) struct Running(Arc<Mutex<BTreeMap<RecordingId, Phase>>>);

/// How far a recording has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Filming,
    /// It was told to end; what was filmed is on its way to the disk.
    Ending,
}

/// Whether a recording's end is to be told: it is told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    ToBeTold,
    Told,
}

impl Running {
    pub(crate) fn contains(&self, recording: RecordingId) -> bool {
        self.with(|all| all.contains_key(&recording))
    }

    fn add(&self, recording: RecordingId) {
        self.with(|all| all.insert(recording, Phase::Filming));
    }

    fn phase(&self, recording: RecordingId) -> Option<Phase> {
        self.with(|all| all.get(&recording).copied())
    }

    fn is_ending(&self, recording: RecordingId) {
        self.with(|all| {
            if let Some(phase) = all.get_mut(&recording) {
                *phase = Phase::Ending;
            }
        });
    }

    fn ended(&self, recording: RecordingId) -> End {
        match self.with(|all| all.remove(&recording)) {
            Some(Phase::Filming | Phase::Ending) => End::ToBeTold,
            None => End::Told,
        }
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut BTreeMap<RecordingId, Phase>) -> T) -> T {
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
            self.report(Input::Filming(recording, Err(CameraFault::Unavailable))).await;
            // Its key is forgotten: whatever there is of it, nothing is added.
            return self.report(Input::RecordingClosed(recording)).await;
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
        self.running.add(recording);
        let started = self.recorder.start_recording(recording, camera, key.recipient).await;
        if started.is_err() {
            self.running.ended(recording);
        }
        Ok(started?)
    }

    async fn stop(&self, recording: RecordingId) {
        match self.running.phase(recording) {
            Some(Phase::Filming) => {}
            Some(Phase::Ending) | None => return,
        }
        match self.recorder.stop_recording(recording).await {
            Ok(()) => self.running.is_ending(recording),
            Err(error) => {
                warn!(%recording, %error, "recording had ended already");
                if self.running.ended(recording) == End::ToBeTold {
                    self.report(Input::RecordingClosed(recording)).await;
                }
            }
        }
    }

    async fn report(&self, input: Input) {
        // Nobody to tell: the hub is stopping, nothing will unlock, and the next
        // start closes what is open.
        let _ = self.mailbox.tell(input).await;
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
            match running.ended(recording) {
                End::ToBeTold => Some(Input::RecordingClosed(recording)),
                End::Told => None,
            }
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
/// known without opening it, which the hub cannot. A file without a readable date
/// begins with its recording.
pub(super) fn adopt(found: &FoundSegment, opened_at_ms: i64) -> SegmentRecord {
    SegmentRecord {
        recording: found.recording,
        sequence: found.sequence.0,
        starts_at_ms: found.starts_at.map_or(opened_at_ms, Timestamp::as_millisecond),
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

#[cfg(test)]
mod tests {
    use doorward_recorder::SegmentSequence;
    use doorward_recorder::event::RecorderEvent;
    use doorward_recorder::{EyeProgram, HouseholdIdentity, RecorderConfig};
    use doorward_store::{Store, StoreKeys};
    use secrecy::SecretBox;

    use super::super::mail::Mail;
    use super::*;

    const ONE: RecordingId = RecordingId(1);

    /// The cameras' task without any camera, and what it tells the core.
    fn cameras() -> (tempfile::TempDir, Cameras, mpsc::Receiver<Mail>) {
        let folder = tempfile::tempdir().unwrap();
        let keys = StoreKeys {
            database: SecretBox::new(Box::new([7; 32])),
            log_signing_seed: SecretBox::new(Box::new([8; 32])),
        };
        let store = Store::create(&folder.path().join("doorward.db"), keys).unwrap();
        let eye = EyeProgram { program: "none".into(), arguments: Vec::new() };
        let recordings = folder.path().join("recordings");
        let (recorder, _) = Recorder::start(RecorderConfig { folder: recordings, eye });
        let (sender, mail) = mpsc::channel(8);
        let cameras = Cameras {
            recorder,
            store: StoreHandle::spawn(store).unwrap(),
            household: HouseholdIdentity::generate().recipient(),
            running: Running::default(),
            mailbox: Mailbox(sender),
        };
        (folder, cameras, mail)
    }

    fn closed(mail: &mut mpsc::Receiver<Mail>) -> bool {
        matches!(mail.try_recv(), Ok(Mail::Input(Input::RecordingClosed(ONE))))
    }

    #[tokio::test]
    async fn a_recording_that_does_not_start_is_denied_and_closed() {
        let (_folder, cameras, mut mail) = cameras();
        let camera = CameraName::parse("porch").unwrap();
        cameras.film(ONE, EntryId(1), HouseholdId(1), camera).await;
        let denied = mail.try_recv();
        assert!(matches!(denied, Ok(Mail::Input(Input::Filming(ONE, Err(_))))));
        assert!(closed(&mut mail));
        assert!(!cameras.running.contains(ONE));
    }

    #[tokio::test]
    async fn a_recording_that_had_ended_already_is_closed_once() {
        let (_folder, cameras, mut mail) = cameras();
        cameras.running.add(ONE);
        cameras.stop(ONE).await;
        assert!(closed(&mut mail));
        cameras.stop(ONE).await;
        let late = RecorderEvent::RecordingClosed { recording: ONE, segments: 1, ends_at: None };
        assert!(input_of(late, &cameras.running).is_none());
        assert!(mail.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_recording_that_is_ending_is_left_to_end() {
        let (_folder, cameras, mut mail) = cameras();
        cameras.running.add(ONE);
        cameras.running.is_ending(ONE);
        cameras.stop(ONE).await;
        assert!(mail.try_recv().is_err(), "its last segment is on its way");
        let end = RecorderEvent::RecordingClosed { recording: ONE, segments: 1, ends_at: None };
        assert!(matches!(input_of(end, &cameras.running), Some(Input::RecordingClosed(ONE))));
    }

    #[test]
    fn a_segment_without_a_date_begins_with_its_recording() {
        let found = FoundSegment {
            recording: ONE,
            sequence: SegmentSequence(3),
            starts_at: None,
            bytes: 1,
            sha256: [0; 32],
        };
        assert_eq!(adopt(&found, 1_790_000_000_000).starts_at_ms, 1_790_000_000_000);
    }
}
