//! From the connection to the ring and the recordings, one task per camera.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward_core::ids::RecordingId;
use futures::FutureExt;
use jiff::Timestamp;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::backoff::Backoff;
use super::looker::{Arrived, Newest};
use super::recordings::ActiveRecording;
use super::status::{CameraStatus, KeyframeNumber, Link, PictureFormat};
use super::{CameraConfig, Found, LiveSample, LiveSoundSample, Order, Surroundings, Taken};
use crate::event::RecorderEvent;
use crate::eye::Keyframe;
use crate::fault::CameraFault;
use crate::gop::GopBuilder;
use crate::live::LiveStream;
use crate::media::{
    AudioParameters, AudioSample, Fragment, PictureKind, StreamParameters, VideoSample,
};
use crate::ring::PreRoll;
use crate::rtsp::{Incoming, Stream};
use crate::timeline::Timeline;

/// How often conditions that depend on time alone are looked at.
const TICK: Duration = Duration::from_millis(250);
/// After so long without a frame the connection is given up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(6);
/// Pauses between tries to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Pauses after a refused password: cameras lock those out who try too often.
const FIRST_PAUSE_REFUSED: Duration = Duration::from_secs(30);
const LONGEST_PAUSE_REFUSED: Duration = Duration::from_secs(600);

/// What a pump shares with the rest of its camera.
pub(super) struct Surface {
    pub(super) config: Arc<CameraConfig>,
    pub(super) around: Surroundings,
    pub(super) status: Arc<watch::Sender<CameraStatus>>,
    pub(super) keyframes: watch::Sender<Option<Newest>>,
    pub(super) live: broadcast::Sender<LiveSample>,
    pub(super) sound: broadcast::Sender<LiveSoundSample>,
    pub(super) stop: CancellationToken,
}

/// Runs a pump, and another one if it panics.
pub(super) async fn supervise(surface: Surface, mut orders: mpsc::Receiver<Order>) {
    loop {
        let pump = Pump::new(&surface).run(&mut orders);
        match AssertUnwindSafe(pump).catch_unwind().await {
            Ok(()) => return,
            Err(_) => error!(camera = %surface.config.name, "camera task panicked, starting over"),
        }
        sleep(FIRST_PAUSE).await;
    }
}

/// Why a session is over.
enum Ended {
    Stopped,
    Fault(CameraFault),
}

struct Pump<'a> {
    surface: &'a Surface,
    timeline: Timeline,
    builder: GopBuilder,
    ring: PreRoll,
    recordings: BTreeMap<RecordingId, ActiveRecording>,
    keyframes_seen: u64,
    /// What the sound needs to be decoded, as the last picture told.
    heard: Option<Arc<AudioParameters>>,
    reported: Option<Option<CameraFault>>,
    pauses: Backoff,
    pauses_refused: Backoff,
}

impl<'a> Pump<'a> {
    fn new(surface: &'a Surface) -> Self {
        let config = &surface.config;
        Self {
            surface,
            timeline: Timeline::new(Instant::now()),
            builder: GopBuilder::new(config.segment),
            ring: PreRoll::new(config.pre_roll),
            recordings: BTreeMap::new(),
            keyframes_seen: 0,
            heard: None,
            reported: None,
            pauses: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE),
            pauses_refused: Backoff::new(FIRST_PAUSE_REFUSED, LONGEST_PAUSE_REFUSED),
        }
    }

    async fn run(mut self, orders: &mut mpsc::Receiver<Order>) {
        loop {
            match self.session(orders).await {
                Ended::Stopped => break,
                Ended::Fault(fault) => self.down(fault),
            }
            if let Ended::Stopped = self.pause(orders).await {
                break;
            }
        }
        self.close();
    }

    /// Connects and streams until something ends it.
    async fn session(&mut self, orders: &mut mpsc::Receiver<Order>) -> Ended {
        let config = Arc::clone(&self.surface.config);
        let stop = self.surface.stop.clone();
        let mut tick = ticks();
        let mut connecting = std::pin::pin!(Stream::connect(&config.url, config.audio));
        let mut stream = loop {
            tokio::select! {
                () = stop.cancelled() => return Ended::Stopped,
                order = orders.recv() => if let Some(ended) = self.obey(order) { return ended },
                _ = tick.tick() => self.follow_condition(),
                connected = &mut connecting => match connected {
                    Ok(stream) => break stream,
                    Err(fault) => return Ended::Fault(fault),
                },
            }
        };
        let playing_since = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ended::Stopped,
                order = orders.recv() => if let Some(ended) = self.obey(order) { return ended },
                _ = tick.tick() => {
                    self.follow_condition();
                    if self.is_given_up(playing_since) {
                        return Ended::Fault(CameraFault::Stalled);
                    }
                }
                incoming = stream.next() => match incoming {
                    Ok(incoming) => self.take_in(incoming),
                    Err(fault) => return Ended::Fault(fault),
                },
            }
        }
    }

    /// Waits before the next try; whoever needs the camera now ends the wait.
    async fn pause(&mut self, orders: &mut mpsc::Receiver<Order>) -> Ended {
        let refused = self.surface.status.borrow().link == Link::Down(CameraFault::WrongPassword);
        let pause = match refused {
            true => self.pauses_refused.wait(),
            false => self.pauses.wait(),
        };
        let mut over = std::pin::pin!(sleep(pause));
        let stop = self.surface.stop.clone();
        let mut tick = ticks();
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ended::Stopped,
                () = &mut over => return Ended::Fault(CameraFault::Unreachable),
                _ = tick.tick() => self.follow_condition(),
                order = orders.recv() => match order {
                    Some(Order::TryNow) if !refused => return Ended::Fault(CameraFault::Unreachable),
                    order => if let Some(ended) = self.obey(order) { return ended },
                },
            }
        }
    }

    /// Does what it is told; an end of orders is an order to end.
    fn obey(&mut self, order: Option<Order>) -> Option<Ended> {
        match order {
            None => return Some(Ended::Stopped),
            Some(Order::TryNow) => {}
            Some(Order::Watch { shown }) => {
                let _nobody_waits = shown.send(self.view());
            }
            Some(Order::Start { recording, recipient, taken }) => {
                let answer = match self.recordings.contains_key(&recording) {
                    true => Taken::RunsAlready,
                    false => {
                        self.begin(recording, recipient);
                        Taken::Begun
                    }
                };
                let _nobody_waits = taken.send(answer);
            }
            Some(Order::Stop { recording, found }) => {
                let answer = match self.recordings.remove(&recording) {
                    Some(active) => {
                        self.end(active);
                        Found::Here
                    }
                    None => Found::NotHere,
                };
                let _nobody_waits = found.send(answer);
            }
        }
        None
    }

    /// Returns the view of somebody who begins to watch. What is gathered and what is sent from
    /// here on leave nothing out; what a camera sent before it fell silent is no live picture.
    fn view(&self) -> LiveStream {
        let begun = match self.surface.status.borrow().is_stalled(Instant::now()) {
            true => None,
            false => self.builder.since_keyframe(),
        };
        LiveStream::since_keyframe(begun, self.surface.live.subscribe())
    }

    fn begin(&mut self, recording: RecordingId, recipient: crate::seal::RecordingRecipient) {
        let (name, around) = (&self.surface.config.name, &self.surface.around);
        let mut active = ActiveRecording::begin(recording, name, recipient, around);
        self.ring.fragments().for_each(|fragment| active.push(fragment));
        self.recordings.insert(recording, active);
        self.count_recordings();
        self.follow_condition();
        info!(camera = %name, %recording, "recording began");
    }

    /// Ends a recording with the open group as it is; other recordings get the
    /// whole group later.
    fn end(&mut self, mut active: ActiveRecording) {
        if let Some(open) = self.builder.snapshot() {
            active.push(&Arc::new(open));
        }
        self.count_recordings();
    }

    fn count_recordings(&self) {
        let count = self.recordings.len();
        self.surface.status.send_modify(|status| status.recordings = count);
    }

    fn take_in(&mut self, incoming: Incoming) {
        let now = Instant::now();
        match incoming {
            Incoming::Picture { elapsed, clock_rate, kind, data, parameters } => {
                let shown_at = self.timeline.place_picture(elapsed, clock_rate, now);
                self.picture(VideoSample { shown_at, kind, data }, &parameters, now);
            }
            Incoming::Sound { elapsed, clock_rate, duration, data } => {
                if let Some(heard_at) = self.timeline.place_sound(elapsed, clock_rate) {
                    self.sound(AudioSample { heard_at, duration, data });
                }
            }
        }
    }

    fn picture(&mut self, sample: VideoSample, parameters: &Arc<StreamParameters>, now: Instant) {
        let keyframe = match sample.kind {
            PictureKind::Keyframe => Some(self.show_keyframe(&sample, parameters, now)),
            PictureKind::Dependent => None,
        };
        self.heard.clone_from(&parameters.audio);
        self.surface.status.send_modify(|status| {
            status.link = Link::Streaming;
            status.frame_at = Some(now);
            status.keyframe = keyframe.or(status.keyframe);
            status.picture = Some(PictureFormat::of(&parameters.video));
        });
        if self.surface.live.receiver_count() > 0 {
            let (parameters, sample) = (Arc::clone(parameters), sample.clone());
            let _nobody_watches = self.surface.live.send(LiveSample { parameters, sample });
        }
        if let Some(fragment) = self.builder.push_video(sample, parameters, Timestamp::now()) {
            self.fragment(fragment);
            self.pauses.reset();
            self.pauses_refused.reset();
        }
    }

    fn sound(&mut self, sample: AudioSample) {
        if let (Some(parameters), true) = (&self.heard, self.surface.sound.receiver_count() > 0) {
            let (parameters, sample) = (Arc::clone(parameters), sample.clone());
            let _nobody_listens = self.surface.sound.send(LiveSoundSample { parameters, sample });
        }
        self.builder.push_audio(sample);
    }

    /// Leaves a keyframe where the looker finds it.
    fn show_keyframe(
        &mut self,
        sample: &VideoSample,
        parameters: &StreamParameters,
        at: Instant,
    ) -> (KeyframeNumber, Instant) {
        self.keyframes_seen += 1;
        let number = KeyframeNumber(self.keyframes_seen);
        let keyframe = Keyframe {
            codec: parameters.video.codec,
            configuration: parameters.video.configuration.clone(),
            data: sample.data.clone(),
        };
        self.surface.keyframes.send_modify(|newest| {
            let before = newest.take().map(|newest| newest.newest);
            *newest = Some(Newest { newest: Arrived { number, at, keyframe }, before });
        });
        (number, at)
    }

    fn fragment(&mut self, fragment: Fragment) {
        let fragment = Arc::new(fragment);
        for active in self.recordings.values_mut() {
            active.push(&fragment);
        }
        self.ring.push(fragment);
    }

    fn is_given_up(&self, playing_since: Instant) -> bool {
        let frame_at = self.surface.status.borrow().frame_at;
        let quiet_since = frame_at.map_or(playing_since, |at| at.max(playing_since));
        quiet_since.elapsed() >= GIVE_UP_AFTER
    }

    /// Notes that the connection is gone.
    fn down(&mut self, fault: CameraFault) {
        if let Some(fragment) = self.builder.finish() {
            self.fragment(fragment);
        }
        self.timeline.reconnected();
        // What comes next is not compared with what was before: in between, a
        // camera may have frozen while the light changed.
        self.surface.keyframes.send_replace(None);
        self.surface.status.send_modify(|status| {
            status.link = Link::Down(fault);
            status.keyframe = None;
            status.look = None;
        });
        self.follow_condition();
    }

    /// Tells the hub and the recordings when the camera's condition changed.
    fn follow_condition(&mut self) {
        let status = *self.surface.status.borrow();
        let fault = status.fault(Instant::now());
        let evidence_lost = fault.filter(|fault| *fault != CameraFault::NoVerdict);
        for active in self.recordings.values_mut() {
            active.camera_is(evidence_lost, Timestamp::now());
        }
        if status.link != Link::Connecting && self.reported != Some(fault) {
            let camera = self.surface.config.name.clone();
            let told =
                self.surface.around.events.try_send(RecorderEvent::CameraChanged { camera, fault });
            if told.is_ok() {
                self.reported = Some(fault);
            }
        }
    }

    /// Ends all recordings with what there is.
    fn close(&mut self) {
        let last = self.builder.finish().map(Arc::new);
        for (_, mut active) in std::mem::take(&mut self.recordings) {
            last.iter().for_each(|fragment| active.push(fragment));
        }
        self.count_recordings();
    }
}

fn ticks() -> tokio::time::Interval {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
