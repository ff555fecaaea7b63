//! All cameras of one hub.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::ids::{CameraName, RecordingId};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use crate::camera::{
    CameraConfig, CameraHandle, CameraHealth, Eyes, Found, Live, Order, Surroundings, Taken,
};
use crate::event::RecorderEvent;
use crate::eye::EyeProgram;
use crate::fault::CameraFault;
use crate::live::{LiveSound, LiveStream, NotHeard};
use crate::seal::RecordingRecipient;

/// How many events may wait for the hub.
const EVENT_BACKLOG: usize = 256;

/// Where recordings go, and who looks at pictures.
#[derive(Debug, Clone)]
pub struct RecorderConfig {
    /// The folder of all recordings; made when the first one starts.
    pub folder: PathBuf,
    /// The program that decodes pictures.
    pub eye: EyeProgram,
}

/// A camera that cannot be added.
#[derive(Debug, thiserror::Error)]
#[error("camera {0} exists already")]
pub struct CameraExists(pub CameraName);

/// Why a recording did not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// There is no such camera.
    #[error("there is no camera {0}")]
    UnknownCamera(CameraName),
    /// The recording runs already.
    #[error("recording {0} runs already")]
    RunsAlready(RecordingId),
    /// The camera was removed, or the recorder stopped, at the same moment.
    #[error("camera {0} is being removed")]
    Stopping(CameraName),
}

/// A recording that cannot be stopped, because it does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("recording {0} does not run")]
pub struct NotRecording(pub RecordingId);

/// All cameras. Cloning it gives another hold on the same recorder.
#[derive(Debug, Clone)]
pub struct Recorder {
    cameras: Arc<Mutex<BTreeMap<CameraName, Arc<CameraHandle>>>>,
    around: Surroundings,
}

impl Recorder {
    /// Starts without cameras. Must be called within a tokio runtime.
    ///
    /// The receiver gets everything that happens and must be read all the
    /// time: a recording waits for the hub rather than lose what it stored.
    #[must_use]
    pub fn start(config: RecorderConfig) -> (Self, mpsc::Receiver<RecorderEvent>) {
        let (events, receiver) = mpsc::channel(EVENT_BACKLOG);
        let around = Surroundings {
            folder: config.folder.into(),
            events,
            eyes: Eyes(Arc::new(config.eye)),
            tasks: TaskTracker::new(),
        };
        (Self { cameras: Arc::default(), around }, receiver)
    }

    /// Adds a camera and connects to it.
    ///
    /// # Errors
    /// Fails if there is a camera of that name.
    pub fn add_camera(&self, config: CameraConfig) -> Result<(), CameraExists> {
        let name = config.name.clone();
        let mut cameras = self.cameras();
        if cameras.contains_key(&name) {
            return Err(CameraExists(name));
        }
        cameras.insert(name, Arc::new(CameraHandle::start(config, &self.around)));
        Ok(())
    }

    /// Removes a camera and closes its recordings; nothing to do is no error.
    pub fn remove_camera(&self, name: &CameraName) {
        if let Some(camera) = self.cameras().remove(name) {
            camera.stop();
        }
    }

    /// Starts a recording with what the camera's pre-roll holds.
    ///
    /// A camera without pictures does not stop it: the recording starts with a
    /// gap, and goes on when pictures come.
    ///
    /// # Errors
    /// Fails if there is no such camera or the recording runs already.
    pub async fn start_recording(
        &self,
        recording: RecordingId,
        camera: &CameraName,
        recipient: RecordingRecipient,
    ) -> Result<(), StartError> {
        let handle = self.camera(camera);
        let handle = handle.ok_or_else(|| StartError::UnknownCamera(camera.clone()))?;
        let (taken, answer) = oneshot::channel();
        let stopping = || StartError::Stopping(camera.clone());
        let order = Order::Start { recording, recipient, taken };
        handle.orders().send(order).await.map_err(|_| stopping())?;
        match answer.await.map_err(|_| stopping())? {
            Taken::Begun => Ok(()),
            Taken::RunsAlready => Err(StartError::RunsAlready(recording)),
        }
    }

    /// Ends a recording with the open group of pictures. `RecordingClosed`
    /// follows when everything is on the disk.
    ///
    /// # Errors
    /// Fails if no camera makes this recording.
    pub async fn stop_recording(&self, recording: RecordingId) -> Result<(), NotRecording> {
        let cameras: Vec<_> = self.cameras().values().cloned().collect();
        for camera in cameras {
            let (found, answer) = oneshot::channel();
            let sent = camera.orders().send(Order::Stop { recording, found }).await;
            if sent.is_ok() && answer.await == Ok(Found::Here) {
                return Ok(());
            }
        }
        Err(NotRecording(recording))
    }

    /// Waits, for less than three seconds, for a live and moving keyframe.
    ///
    /// # Errors
    /// Says why there is none.
    pub async fn check_live(&self, camera: &CameraName) -> Result<Live, CameraFault> {
        let camera = self.camera(camera).ok_or(CameraFault::Unknown)?;
        camera.check_live().await
    }

    /// Returns how all cameras are.
    #[must_use]
    pub fn camera_health(&self) -> Vec<(CameraName, CameraHealth)> {
        let cameras = self.cameras();
        cameras.values().map(|camera| (camera.name().clone(), camera.health())).collect()
    }

    /// Shows a camera's picture, from the last keyframe on.
    pub async fn live_pictures(&self, camera: &CameraName) -> Option<LiveStream> {
        let handle = self.camera(camera)?;
        let (shown, stream) = oneshot::channel();
        handle.orders().send(Order::Watch { shown }).await.ok()?;
        stream.await.ok()
    }

    /// Lets somebody hear a camera.
    ///
    /// # Errors
    /// Fails if there is no such camera, or if its owner did not allow it.
    pub fn live_sound(&self, camera: &CameraName) -> Result<LiveSound, NotHeard> {
        let handle = self.camera(camera);
        let handle = handle.ok_or_else(|| NotHeard::UnknownCamera(camera.clone()))?;
        let samples = handle.listen_live();
        samples.map(LiveSound::new).ok_or_else(|| NotHeard::NotAllowed(camera.clone()))
    }

    /// Removes all cameras, and waits until all recordings are closed and on
    /// the disk. The events must be read meanwhile.
    pub async fn stop(&self) {
        let cameras = std::mem::take(&mut *self.cameras());
        cameras.values().for_each(|camera| camera.stop());
        drop(cameras);
        self.around.tasks.close();
        self.around.tasks.wait().await;
    }

    fn camera(&self, name: &CameraName) -> Option<Arc<CameraHandle>> {
        self.cameras().get(name).cloned()
    }

    /// No code panics while it holds this lock, so a poisoned one is whole.
    fn cameras(&self) -> MutexGuard<'_, BTreeMap<CameraName, Arc<CameraHandle>>> {
        self.cameras.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
