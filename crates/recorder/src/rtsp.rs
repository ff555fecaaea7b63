//! One connection to one camera: RTSP over TCP, with retina.
//!
//! Guarantees: pictures come in the order in which they are decoded, with
//! their parameters; a failure is one of the words of [`CameraFault`] and
//! carries nothing that the camera or the owner wrote. retina's own error texts
//! are never looked at or passed on: they may hold addresses.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use retina::client::{
    Demuxed, Described, InitialTimestampPolicy, PlayOptions, Session, SessionOptions, SetupOptions,
    Transport,
};
use retina::codec::{AudioFrame, CodecItem, FrameFormat, ParametersRef, VideoFrame};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::camera_url::{CameraUrl, Login};
use crate::fault::CameraFault;
use crate::media::{AudioParameters, PictureKind, StreamParameters, VideoCodec, VideoParameters};

/// How long a camera may take from the first packet to playing.
const CONNECT_WITHIN: Duration = Duration::from_secs(8);
/// How long the check may take whether anything listens at all.
const PROBE_WITHIN: Duration = Duration::from_secs(2);

/// Whether sound may be had: recorded, and heard with the live picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Audio {
    /// Sound is never asked for; the camera does not even send it.
    #[default]
    Dropped,
    /// AAC is recorded and may be heard live, as it is; sound of another kind is dropped.
    Recorded,
}

/// One thing that came from a camera.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A coded picture.
    Picture {
        /// The time on the stream's own clock.
        elapsed: i64,
        /// That clock's ticks per second.
        clock_rate: u32,
        kind: PictureKind,
        data: Bytes,
        parameters: Arc<StreamParameters>,
    },
    /// A coded piece of sound.
    Sound { elapsed: i64, clock_rate: u32, duration: u32, data: Bytes },
}

/// A camera that plays.
pub(crate) struct Stream {
    demuxed: Demuxed,
    video: usize,
    audio: Option<usize>,
    codec: VideoCodec,
    parameters: Option<Arc<StreamParameters>>,
}

impl Stream {
    /// Connects, logs in and starts playing.
    pub(crate) async fn connect(url: &CameraUrl, audio: Audio) -> Result<Self, CameraFault> {
        match timeout(CONNECT_WITHIN, Self::play(url, audio)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(ConnectError::Fault(fault))) => Err(fault),
            Ok(Err(ConnectError::Retina(error))) => Err(classify(&error, url).await),
            Err(_) => Err(probe(url).await),
        }
    }

    async fn play(url: &CameraUrl, audio: Audio) -> Result<Self, ConnectError> {
        let options = SessionOptions::default()
            .creds(url.login().map(Login::expose_to_client))
            .user_agent("doorward".to_owned());
        let mut session = Session::describe(url.expose_to_client(), options).await?;
        let (video, codec) = find_video(&session).ok_or(CameraFault::NoVideo)?;
        let audio = find_audio(&session, audio);
        for stream in [Some(video), audio].into_iter().flatten() {
            let tcp = SetupOptions::default().transport(Transport::Tcp(Default::default()));
            session.setup(stream, tcp.frame_format(FrameFormat::MP4)).await?;
        }
        let policy = InitialTimestampPolicy::Permissive;
        let playing = session.play(PlayOptions::default().initial_timestamp(policy)).await?;
        Ok(Self { demuxed: playing.demuxed()?, video, audio, codec, parameters: None })
    }

    /// Waits for the next picture or sound; may be dropped while it waits.
    ///
    /// # Errors
    /// Fails when the stream ends, for whatever reason; the stream is over then.
    pub(crate) async fn next(&mut self) -> Result<Incoming, CameraFault> {
        loop {
            let item = self.demuxed.next().await;
            let item = item.ok_or(CameraFault::Unreachable)?;
            let item = item.map_err(|_| CameraFault::Unreachable)?;
            // Anything else is RTCP or ONVIF metadata.
            if let CodecItem::VideoFrame(frame) = item {
                return self.picture(frame);
            } else if let CodecItem::AudioFrame(frame) = item {
                return Ok(sound(&frame));
            }
        }
    }

    fn picture(&mut self, frame: VideoFrame) -> Result<Incoming, CameraFault> {
        let known = self.parameters.clone().filter(|_| !frame.has_new_parameters());
        let parameters = match known {
            Some(known) => known,
            None => Arc::new(self.read_parameters().ok_or(CameraFault::NoVideo)?),
        };
        self.parameters = Some(Arc::clone(&parameters));
        let at = frame.timestamp();
        Ok(Incoming::Picture {
            elapsed: at.elapsed(),
            clock_rate: at.clock_rate().get(),
            kind: kind_of(&frame, self.codec),
            data: frame.into_data().into(),
            parameters,
        })
    }

    fn read_parameters(&self) -> Option<StreamParameters> {
        let stream = self.demuxed.streams().get(self.video)?;
        let Some(ParametersRef::Video(video)) = stream.parameters() else {
            return None;
        };
        let (width, height) = video.pixel_dimensions();
        let video = VideoParameters {
            codec: self.codec,
            codec_string: video.rfc6381_codec().to_owned(),
            sample_entry: video.mp4_sample_entry().build().ok()?.into(),
            configuration: Bytes::copy_from_slice(video.extra_data()),
            width: width.try_into().ok()?,
            height: height.try_into().ok()?,
        };
        Some(StreamParameters { video, audio: self.read_audio_parameters() })
    }

    fn read_audio_parameters(&self) -> Option<Arc<AudioParameters>> {
        let stream = self.demuxed.streams().get(self.audio?)?;
        let Some(ParametersRef::Audio(audio)) = stream.parameters() else {
            return None;
        };
        Some(Arc::new(AudioParameters {
            codec_string: audio.rfc6381_codec()?.to_owned(),
            sample_entry: audio.mp4_sample_entry().build().ok()?.into(),
            clock_rate: audio.clock_rate(),
        }))
    }
}

/// Tells keyframes from others. retina takes only IDR pictures for keyframes;
/// in H.265 a clean random access picture is one too, and x265 and many cameras
/// send nothing else after the first picture.
fn kind_of(frame: &VideoFrame, codec: VideoCodec) -> PictureKind {
    let is_keyframe = frame.is_random_access_point()
        || codec == VideoCodec::H265 && starts_with_irap(frame.data());
    if is_keyframe { PictureKind::Keyframe } else { PictureKind::Dependent }
}

/// Says whether the first coded slice is of an intra random access point: NAL
/// unit types 16 to 23 of ITU-T H.265, table 7-1. Types from 32 on hold no
/// pictures.
fn starts_with_irap(mut nals: &[u8]) -> bool {
    while let Some((length, rest)) = nals.split_first_chunk::<4>() {
        let Some(kind) = rest.first().map(|head| head >> 1 & 0x3f) else { return false };
        if kind < 32 {
            return (16..=23).contains(&kind);
        }
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        nals = rest.get(length..).unwrap_or_default();
    }
    false
}

enum ConnectError {
    Fault(CameraFault),
    Retina(retina::Error),
}

impl From<CameraFault> for ConnectError {
    fn from(fault: CameraFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<retina::Error> for ConnectError {
    fn from(error: retina::Error) -> Self {
        Self::Retina(error)
    }
}

/// Finds the first pictures that can be recorded and looked at.
fn find_video(session: &Session<Described>) -> Option<(usize, VideoCodec)> {
    let streams = session.streams().iter().enumerate();
    streams.filter(|(_, stream)| stream.media() == "video").find_map(|(place, stream)| match stream
        .encoding_name()
    {
        "h264" => Some((place, VideoCodec::H264)),
        "h265" => Some((place, VideoCodec::H265)),
        _ => None,
    })
}

fn find_audio(session: &Session<Described>, audio: Audio) -> Option<usize> {
    match audio {
        Audio::Dropped => None,
        Audio::Recorded => session.streams().iter().position(|stream| {
            stream.media() == "audio" && stream.encoding_name() == "mpeg4-generic"
        }),
    }
}

fn sound(frame: &AudioFrame) -> Incoming {
    let at = frame.timestamp();
    Incoming::Sound {
        elapsed: at.elapsed(),
        clock_rate: at.clock_rate().get(),
        duration: frame.frame_length().get(),
        data: Bytes::copy_from_slice(frame.data()),
    }
}

/// Puts a failure into words. A response speaks for itself; without one, what
/// counts is whether anything listens.
async fn classify(error: &retina::Error, url: &CameraUrl) -> CameraFault {
    match error.status_code() {
        Some(401 | 403) => CameraFault::WrongPassword,
        Some(_) => CameraFault::NoVideo,
        None => probe(url).await,
    }
}

async fn probe(url: &CameraUrl) -> CameraFault {
    let connected = timeout(PROBE_WITHIN, TcpStream::connect((url.address(), url.port()))).await;
    match connected {
        Ok(Ok(_)) => CameraFault::NotRtsp,
        Ok(Err(_)) | Err(_) => CameraFault::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns NAL units of the given types, each with two bytes of content.
    fn nals(kinds: &[u8]) -> Vec<u8> {
        kinds.iter().flat_map(|kind| [0, 0, 0, 4, kind << 1, 1, 9, 9]).collect()
    }

    #[test]
    fn a_clean_random_access_picture_is_a_keyframe() {
        const CRA: u8 = 21;
        const IDR: u8 = 19;
        const TRAIL: u8 = 1;
        const SEI: u8 = 39;
        assert!(starts_with_irap(&nals(&[SEI, CRA])));
        assert!(starts_with_irap(&nals(&[IDR])));
        assert!(!starts_with_irap(&nals(&[SEI, TRAIL, CRA])));
        assert!(!starts_with_irap(&nals(&[SEI])));
        assert!(!starts_with_irap(&[0, 0, 0, 99, SEI << 1]));
        assert!(!starts_with_irap(&[]));
    }
}
