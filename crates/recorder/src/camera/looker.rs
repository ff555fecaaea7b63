//! Judges one camera's keyframes, through its eye.
//!
//! A look is always at two keyframes that follow each other: a picture that
//! froze a minute ago differs from one of two minutes ago and not from the one
//! right before. Looks are rare while nobody asks, because decoding is what
//! costs most here, and immediate when the gate asks.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward_core::ids::CameraName;
use futures::FutureExt;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::backoff::Backoff;
use super::status::{CameraStatus, KeyframeNumber, Look, Seen};
use crate::eye::{Eye, EyeError, EyeProgram, Keyframe, Verdict};

/// How often a camera is looked at while nobody asks.
const IDLE_PACE: Duration = Duration::from_secs(10);
/// How often while it records: a camera that freezes then is evidence lost.
const RECORDING_PACE: Duration = Duration::from_secs(6);

/// How to start eyes.
#[derive(Debug, Clone)]
pub(crate) struct Eyes(pub(crate) Arc<EyeProgram>);

/// A keyframe and when it came.
#[derive(Debug, Clone)]
pub(super) struct Arrived {
    pub(super) number: KeyframeNumber,
    pub(super) at: Instant,
    pub(super) keyframe: Keyframe,
}

/// The two newest keyframes.
#[derive(Debug, Clone)]
pub(super) struct Newest {
    pub(super) newest: Arrived,
    pub(super) before: Option<Arrived>,
}

/// What a looker shares with the rest of its camera.
pub(super) struct Surface {
    pub(super) camera: CameraName,
    pub(super) eyes: Eyes,
    pub(super) status: Arc<watch::Sender<CameraStatus>>,
    pub(super) keyframes: watch::Receiver<Option<Newest>>,
    pub(super) wanted: Arc<Notify>,
}

/// Looks until told to stop, and starts over after a panic.
pub(super) async fn supervise(surface: Surface, stop: CancellationToken) {
    loop {
        let mut looker = Looker::new(&surface);
        let looking = AssertUnwindSafe(looker.run()).catch_unwind();
        if stop.run_until_cancelled(looking).await.is_none() {
            return;
        }
        error!(camera = %surface.camera, "looker panicked, starting over");
        sleep(Duration::from_secs(1)).await;
    }
}

struct Looker<'a> {
    surface: &'a Surface,
    keyframes: watch::Receiver<Option<Newest>>,
    eye: Option<Eye>,
    /// What the running eye compares with next.
    last_seen: Option<KeyframeNumber>,
    backoff: Backoff,
}

impl<'a> Looker<'a> {
    fn new(surface: &'a Surface) -> Self {
        Self {
            surface,
            keyframes: surface.keyframes.clone(),
            eye: None,
            last_seen: None,
            backoff: Backoff::new(Duration::from_millis(200), Duration::from_secs(10)),
        }
    }

    async fn run(&mut self) {
        let mut looked_at = None;
        loop {
            tokio::select! {
                () = self.surface.wanted.notified() => self.look_at_newest(&mut looked_at).await,
                () = sleep(self.pace()) => {
                    self.look_at_newest(&mut looked_at).await;
                    self.close_idle_eye();
                }
            }
        }
    }

    /// Looks, unless there is nothing to compare or it has been looked at.
    async fn look_at_newest(&mut self, looked_at: &mut Option<KeyframeNumber>) {
        let newest = self.keyframes.borrow_and_update().clone();
        let Some(Newest { newest, before: Some(before) }) = newest else { return };
        if *looked_at != Some(newest.number) {
            let seen = self.look_at(&before, &newest).await;
            *looked_at = Some(newest.number);
            self.report(&newest, seen).await;
        }
    }

    fn pace(&self) -> Duration {
        match self.is_recording() {
            true => RECORDING_PACE,
            false => IDLE_PACE,
        }
    }

    fn is_recording(&self) -> bool {
        self.surface.status.borrow().recordings > 0
    }

    /// Ends an eye that nobody is about to ask. A decoder's memory is worth
    /// more than the few milliseconds of a start, and an eye that a camera took
    /// over does not live on.
    fn close_idle_eye(&mut self) {
        if !self.is_recording() {
            self.eye = None;
            self.last_seen = None;
        }
    }

    async fn look_at(&mut self, before: &Arrived, newest: &Arrived) -> Seen {
        match self.try_look(before, newest).await {
            Ok(verdict) => {
                self.backoff.reset();
                Seen::Judged(verdict)
            }
            Err(error) => {
                let camera = &self.surface.camera;
                warn!(%camera, %error, "no verdict on a picture");
                Seen::Nothing
            }
        }
    }

    async fn try_look(&mut self, before: &Arrived, newest: &Arrived) -> Result<Verdict, EyeError> {
        let mut eye = self.awake().await?;
        if self.last_seen.take() != Some(before.number)
            && eye.look(&before.keyframe).await? == Verdict::Undecodable
        {
            self.eye = Some(eye);
            return Ok(Verdict::Undecodable);
        }
        let verdict = eye.look(&newest.keyframe).await?;
        self.last_seen = Some(newest.number);
        self.eye = Some(eye);
        Ok(verdict)
    }

    /// Takes the running eye, or starts one. It is put back only after an
    /// answer, so that an eye that failed is dropped and ends.
    async fn awake(&mut self) -> Result<Eye, EyeError> {
        if let Some(eye) = self.eye.take().filter(|eye| !eye.is_worn_out()) {
            return Ok(eye);
        }
        self.last_seen = None;
        let eye = Eye::spawn(&self.surface.eyes.0).await?;
        let layers = eye.layers();
        self.surface.status.send_modify(|status| status.layers = Some(layers));
        debug!(camera = %self.surface.camera, ?layers, "eye started");
        Ok(eye)
    }

    /// Publishes a look; after a failure, leaves some time before the next one.
    async fn report(&mut self, newest: &Arrived, seen: Seen) {
        let look = Look { keyframe: newest.number, arrived: newest.at, seen };
        self.surface.status.send_modify(|status| status.look = Some(look));
        if seen == Seen::Nothing {
            sleep(self.backoff.wait()).await;
        }
    }
}
