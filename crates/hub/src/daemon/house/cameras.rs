//! Cameras: added, listed, removed.

use std::time::Duration;

use doorward_api as api;
use doorward_api::camera::{AddCamera, CameraView};
use doorward_api::status::{CameraHealth, CameraStatus};
use doorward_api::{Problem, ProblemKind};
use doorward_core::ids::CameraName;
use doorward_core::io::{Note, OwnerRequest};
use doorward_recorder::camera::{PictureFormat, Streaming};
use doorward_recorder::media::VideoCodec;
use doorward_recorder::ring::PreRollBounds;
use doorward_recorder::{Audio, CameraConfig, CameraFault, CameraUrl, Login, Recorder};
use doorward_store::{Camera, StoreHandle};
use secrecy::{ExposeSecret, SecretString};

use super::super::awake::Awake;
use super::super::convert;
use super::super::home_network::is_at_home;
use super::{failed, parse};
use crate::http::Answer;

/// Hangs all cameras that the database has.
pub(in crate::daemon) async fn hang_cameras(
    recorder: &Recorder,
    store: &StoreHandle,
) -> anyhow::Result<()> {
    for camera in store.cameras().await? {
        let config = config_of(&camera)?;
        anyhow::ensure!(is_at_home(config.url.address()), "{} is not at home", camera.name);
        recorder.add_camera(config)?;
    }
    Ok(())
}

fn config_of(camera: &Camera) -> Result<CameraConfig, doorward_recorder::CameraUrlError> {
    let login = match (&camera.username, &camera.password) {
        (Some(user), Some(password)) => {
            Some(Login::new(SecretString::from(user.clone()), copy(password)))
        }
        (None, _) | (_, None) => None,
    };
    let url = CameraUrl::parse(&camera.url, login)?;
    let mut config = CameraConfig::new(camera.name.clone(), url);
    config.audio = match camera.audio {
        doorward_store::Audio::Off => Audio::Dropped,
        doorward_store::Audio::Recorded => Audio::Recorded,
    };
    config.pre_roll.wanted_ms = convert::millis(camera.pre_roll);
    Ok(config)
}

/// A second box for the same secret: one for the database, one for the camera.
fn copy(secret: &SecretString) -> SecretString {
    SecretString::from(secret.expose_secret().to_owned())
}

impl Awake {
    pub(super) async fn hang_camera(&self, add: AddCamera) -> Answer<CameraView> {
        let AddCamera { name, url, login } = add;
        let name: CameraName = parse("camera", name.as_str())?;
        let (username, password) = match login {
            Some(login) => (Some(login.username), Some(login.password)),
            None => (None, None),
        };
        let camera = Camera {
            name: name.clone(),
            url: SecretString::from(url),
            username,
            password,
            audio: doorward_store::Audio::Off,
            pre_roll: Duration::from_millis(PreRollBounds::default().wanted_ms),
        };
        let config = config_of(&camera)
            .map_err(|error| Problem::new(ProblemKind::Invalid, error.to_string()))?;
        if !is_at_home(config.url.address()) {
            let detail = "the camera's address is not in the home network; use a private one, \
                          such as 192.168.1.20";
            return Err(Problem::new(ProblemKind::Refused, detail));
        }
        if self.find_camera(&name).await?.is_some() {
            let detail = format!("there is a camera {name} already; remove it first");
            return Err(Problem::new(ProblemKind::Conflict, detail));
        }
        let added = self.store.add_camera(camera).await;
        added.map_err(failed("the camera could not be written down"))?;
        self.recorder.add_camera(config).map_err(failed("the camera could not be started"))?;
        self.done(OwnerRequest::Note(Note::CameraAdded(name.clone()))).await?;
        let found = self.find_camera(&name).await?;
        let found = found.ok_or_else(|| no_such_camera(&name))?;
        Ok(self.camera_view(&found))
    }

    pub(super) async fn all_cameras(&self) -> Answer<Vec<CameraView>> {
        let cameras = self.stored_cameras().await?;
        Ok(cameras.iter().map(|camera| self.camera_view(camera)).collect())
    }

    pub(super) async fn take_camera_down(&self, name: &api::CameraName) -> Answer<()> {
        let name: CameraName = parse("camera", name.as_str())?;
        if self.find_camera(&name).await?.is_none() {
            return Err(no_such_camera(&name));
        }
        let wanted = name.clone();
        let doors = self.mailbox.look(|sight| sight.hub.doors()).await?;
        if let Some(view) = doors.iter().find(|view| view.door.camera.as_ref() == Some(&wanted)) {
            let detail = format!("the camera films {}; a door keeps its camera", view.door.name);
            return Err(Problem::new(ProblemKind::Conflict, detail));
        }
        self.recorder.remove_camera(&name);
        let removed = self.store.remove_camera(name.clone()).await;
        removed.map_err(failed("the camera could not be removed"))?;
        self.done(OwnerRequest::Note(Note::CameraRemoved(name))).await
    }

    pub(super) async fn known_camera(&self, name: &CameraName) -> Answer<()> {
        match self.find_camera(name).await? {
            Some(_) => Ok(()),
            None => Err(no_such_camera(name)),
        }
    }

    /// Says how all cameras are.
    pub(super) fn camera_statuses(&self) -> Vec<CameraStatus> {
        let all = self.recorder.camera_health();
        let status = |(name, health): &(CameraName, _)| CameraStatus {
            name: convert::camera(name),
            health: show_health(health),
        };
        all.iter().map(status).collect()
    }

    async fn find_camera(&self, name: &CameraName) -> Answer<Option<Camera>> {
        let cameras = self.stored_cameras().await?;
        Ok(cameras.into_iter().find(|camera| camera.name == *name))
    }

    async fn stored_cameras(&self) -> Answer<Vec<Camera>> {
        self.store.cameras().await.map_err(failed("the cameras cannot be read"))
    }

    fn camera_view(&self, camera: &Camera) -> CameraView {
        let name = convert::camera(&camera.name);
        let mut statuses = self.camera_statuses().into_iter();
        let status = statuses.find(|status| status.name == name);
        CameraView {
            name,
            url: camera.url.expose_secret().to_owned(),
            username: camera.username.clone(),
            health: status.map_or(CameraHealth::Connecting, |status| status.health),
        }
    }
}

fn show_health(health: &doorward_recorder::CameraHealth) -> CameraHealth {
    let age_ms = health.keyframe_age.map(convert::millis);
    match (health.fault, health.streaming, age_ms) {
        (Some(CameraFault::WrongPassword), _, _) => CameraHealth::Refused,
        (Some(CameraFault::Frozen), _, _) => CameraHealth::Frozen,
        (Some(CameraFault::Undecodable | CameraFault::NoVerdict), _, _) => CameraHealth::Unjudged,
        (
            Some(
                fault @ (CameraFault::Unknown
                | CameraFault::Unreachable
                | CameraFault::NotRtsp
                | CameraFault::NoVideo
                | CameraFault::Stalled
                | CameraFault::KeyframesTooRare),
            ),
            _,
            _,
        ) => CameraHealth::Unavailable { why: fault.to_string() },
        (None, Streaming::Yes, Some(keyframe_age_ms)) => live(health, keyframe_age_ms),
        (None, Streaming::Yes | Streaming::No, _) => CameraHealth::Connecting,
    }
}

fn live(health: &doorward_recorder::CameraHealth, keyframe_age_ms: u64) -> CameraHealth {
    let Some(PictureFormat { codec, width, height }) = health.picture else {
        return CameraHealth::Connecting;
    };
    let codec = match codec {
        VideoCodec::H264 => "H.264",
        VideoCodec::H265 => "H.265",
    };
    let (codec, width, height) = (codec.to_owned(), width.into(), height.into());
    CameraHealth::Live { keyframe_age_ms, codec, width, height }
}

fn no_such_camera(name: &CameraName) -> Problem {
    let detail = format!("there is no camera {name}; `doorward camera list` shows all");
    Problem::new(ProblemKind::NotFound, detail)
}
