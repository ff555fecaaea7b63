//! One camera: its connection, its pre-roll, its recordings and its eye.
//!
//! Two tasks per camera. The *pump* owns the connection, the ring and the
//! recordings; it never waits for a disk or a decoder. The *looker* owns the
//! eye and judges keyframes. Both write into one status,
//! which the gate reads.

mod backoff;
mod gate;
mod looker;
mod pump;
mod recordings;
pub(crate) mod status;

use std::sync::Arc;

use doorward_core::ids::{CameraName, RecordingId};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::camera_url::CameraUrl;
use crate::event::RecorderEvent;
use crate::fault::CameraFault;
use crate::gop::FragmentBounds;
use crate::live::LiveStream;
use crate::media::{AudioParameters, AudioSample, StreamParameters, VideoSample};
use crate::ring::PreRollBounds;
use crate::rtsp::Audio;
use crate::seal::RecordingRecipient;

pub use gate::Live;
pub(crate) use looker::Eyes;
use status::CameraStatus;
pub use status::{CameraHealth, PictureFormat, Streaming};

/// How many pictures, or pieces of sound, a slow live viewer may lag before it loses some.
const LIVE_BACKLOG: usize = 256;
/// How many orders may wait for a camera's pump.
const ORDER_BACKLOG: usize = 32;

/// A camera to add.
pub struct CameraConfig {
    /// Its name.
    pub name: CameraName,
    /// Its address and login.
    pub url: CameraUrl,
    /// Whether sound may be recorded and heard.
    pub audio: Audio,
    /// How much of the past is kept in memory.
    pub pre_roll: PreRollBounds,
    /// How large a segment may grow.
    pub segment: FragmentBounds,
}

impl CameraConfig {
    /// Returns a configuration with the default bounds and without sound.
    #[must_use]
    pub fn new(name: CameraName, url: CameraUrl) -> Self {
        Self {
            name,
            url,
            audio: Audio::default(),
            pre_roll: PreRollBounds::default(),
            segment: FragmentBounds::default(),
        }
    }
}

/// One picture on its way to those who watch.
#[derive(Debug, Clone)]
pub struct LiveSample {
    /// What a decoder must know.
    pub parameters: Arc<StreamParameters>,
    /// The picture.
    pub sample: VideoSample,
}

/// One piece of sound on its way to those who listen.
#[derive(Debug, Clone)]
pub struct LiveSoundSample {
    /// What a decoder must know.
    pub parameters: Arc<AudioParameters>,
    /// The sound.
    pub sample: AudioSample,
}

/// What a pump is told to do.
#[derive(Debug)]
pub(crate) enum Order {
    /// Begin a recording with what the ring holds.
    Start { recording: RecordingId, recipient: RecordingRecipient, taken: oneshot::Sender<Taken> },
    /// End a recording, if it is this camera's.
    Stop { recording: RecordingId, found: oneshot::Sender<Found> },
    /// Show somebody the camera.
    Watch { shown: oneshot::Sender<LiveStream> },
    /// Do not wait any longer before the next try to connect.
    TryNow,
}

/// Whether a recording was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Begun,
    RunsAlready,
}

/// Whether a recording was this camera's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Here,
    NotHere,
}

/// What all cameras of one recorder share.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) folder: Arc<std::path::Path>,
    pub(crate) events: mpsc::Sender<RecorderEvent>,
    pub(crate) eyes: Eyes,
    pub(crate) tasks: TaskTracker,
}

/// The recorder's hold on one camera.
#[derive(Debug)]
pub(crate) struct CameraHandle {
    name: CameraName,
    orders: mpsc::Sender<Order>,
    status: watch::Receiver<CameraStatus>,
    wanted: Arc<tokio::sync::Notify>,
    sound: broadcast::Sender<LiveSoundSample>,
    audio: Audio,
    stop: CancellationToken,
}

impl CameraHandle {
    /// Starts a camera's tasks.
    pub(crate) fn start(config: CameraConfig, around: &Surroundings) -> Self {
        let (orders, order_receiver) = mpsc::channel(ORDER_BACKLOG);
        let (status_sender, status) = watch::channel(CameraStatus::default());
        let (keyframes, keyframe_receiver) = watch::channel(None);
        let (live, _) = broadcast::channel(LIVE_BACKLOG);
        let (sound, _) = broadcast::channel(LIVE_BACKLOG);
        let audio = config.audio;
        let wanted = Arc::new(tokio::sync::Notify::new());
        let stop = CancellationToken::new();
        let name = config.name.clone();
        let status_sender = Arc::new(status_sender);
        around.tasks.spawn(pump::supervise(
            pump::Surface {
                config: Arc::new(config),
                around: around.clone(),
                status: Arc::clone(&status_sender),
                keyframes,
                live,
                sound: sound.clone(),
                stop: stop.clone(),
            },
            order_receiver,
        ));
        around.tasks.spawn(looker::supervise(
            looker::Surface {
                camera: name.clone(),
                eyes: around.eyes.clone(),
                status: status_sender,
                keyframes: keyframe_receiver,
                wanted: Arc::clone(&wanted),
            },
            stop.clone(),
        ));
        Self { name, orders, status, wanted, sound, audio, stop }
    }

    /// Asks for a live picture.
    pub(crate) async fn check_live(&self) -> Result<Live, CameraFault> {
        // A full queue means that the pump is busy and not asleep.
        let _awake = self.orders.try_send(Order::TryNow);
        gate::check_live(self.status.clone(), &self.wanted).await
    }

    pub(crate) fn health(&self) -> CameraHealth {
        self.status.borrow().health(std::time::Instant::now())
    }

    /// Returns what the camera hears, if its owner allowed it.
    pub(crate) fn listen_live(&self) -> Option<broadcast::Receiver<LiveSoundSample>> {
        match self.audio {
            Audio::Recorded => Some(self.sound.subscribe()),
            Audio::Dropped => None,
        }
    }

    pub(crate) fn orders(&self) -> mpsc::Sender<Order> {
        self.orders.clone()
    }

    pub(crate) fn name(&self) -> &CameraName {
        &self.name
    }

    /// Tells the camera's tasks to end; they close their recordings first.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }
}

/// A camera that nobody holds any more ends, recordings first.
impl Drop for CameraHandle {
    fn drop(&mut self) {
        self.stop();
    }
}
